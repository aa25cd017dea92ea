"""Geometry of the two drawings; the templates turn it into SVG. All lengths in the SVG's own units."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from dealflow.termsheets.library.document import Document
from dealflow.termsheets.library.figures import PayoutRow
from dealflow.termsheets.library.formats import figures, percent
from dealflow.termsheets.library.model import Text
from dealflow.termsheets.library.waterfalls import INVESTOR, PRODUCER

WIDTH = 680
MAX_COLUMNS = 6
# Distinct in hue and in lightness, so that a grey print still tells them apart.
_FIXED = {INVESTOR: "#2c49c8", PRODUCER: "#e08a1e"}
_OTHERS = ("#64748b", "#0f766e", "#7c3aed", "#be123c", "#0369a1", "#4d7c0f", "#a16207", "#475569")


@dataclass(frozen=True)
class Box:
    """One tier: its box, the lines of text in it, the payees beside it."""

    y: float
    rank: int
    label: str
    detail: str
    chips: tuple[tuple[float, float, str, str], ...]  # x, width, text, colour


@dataclass(frozen=True)
class OrderDrawing:
    width: int
    height: float
    box_x: float
    box_width: float
    box_height: float
    source: str
    boxes: tuple[Box, ...]
    description: str


@dataclass(frozen=True)
class Bar:
    y: float
    label: str
    multiple: str
    break_even: bool
    parts: tuple[tuple[float, float, str], ...]  # x, width, colour


@dataclass(frozen=True)
class Bars:
    width: int
    height: float
    bar_x: float
    bar_width: float
    bar_height: float
    bars: tuple[Bar, ...]
    legend: tuple[tuple[float, float, str, str], ...]  # x, y, text, colour
    description: str


@dataclass(frozen=True)
class PayoutColumns:
    """The payout table's payees, and each level with one amount per column."""

    columns: tuple[tuple[str, Text], ...]
    rows: tuple[tuple[PayoutRow, tuple[int, ...]], ...]
    wide: bool


def text_width(text: str, size: float) -> float:
    """Roughly how wide a text runs in the document's font."""
    return size * sum(1.0 if unicodedata.east_asian_width(char) in "WFA" else 0.58 for char in text)


def fit(text: str, width: float, size: float) -> str:
    """The text, cut with an ellipsis where it would run over `width`."""
    text = " ".join(text.split())
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text + "…"


def colours(document: Document) -> dict[str, str]:
    """Payee → colour."""
    rest = [key for key, _name in document.payees if key not in _FIXED]
    return _FIXED | {key: _OTHERS[index % len(_OTHERS)] for index, key in enumerate(rest)}


def _joined(parts: list[str]) -> str:
    return " · ".join(dict.fromkeys(part for part in parts if part))


def order_drawing(document: Document) -> OrderDrawing:
    """The tiers as boxes from the top, each with its payees to the right."""
    lead, palette = document.langs[0], colours(document)
    names = {key: _joined([name.get(lang) for lang in document.langs]) for key, name in document.payees}
    short = {key: name.get(lead) for key, name in document.payees}
    height, gap, top, box_width = 46.0, 20.0, 44.0, 400.0
    boxes = []
    for index, tier in enumerate(document.tiers):
        x, chips = box_width + 44, []
        for payee in tier.payees[:3]:
            text = fit(
                names[payee] if len(tier.payees) == 1 else short[payee],
                (WIDTH - box_width - 60) / min(3, len(tier.payees)) - 22,
                9,
            )
            width = text_width(text, 9) + 18
            chips.append((x, width, text, palette[payee]))
            x += width + 6
        if len(tier.payees) > 3:
            chips.append((x, 30, f"+{len(tier.payees) - 3}", "#64748b"))
        label = fit(_joined([tier.label.get(lang) for lang in document.langs]), box_width - 60, 11.5)
        detail = fit(f"{tier.takes.get(lead)}  ·  {tier.until.get(lead)}", box_width - 60, 9)
        boxes.append(Box(top + index * (height + gap), tier.rank, label, detail, tuple(chips)))
    source = _joined([{"zh": "总收入", "en": "Gross receipts"}[lang] for lang in document.langs])
    spoken = {"zh": "回收与分配顺序：", "en": "Recoupment order: "}[lead]
    return OrderDrawing(
        width=WIDTH,
        height=top + len(boxes) * (height + gap) - gap + 4,
        box_x=2,
        box_width=box_width,
        box_height=height,
        source=source,
        boxes=tuple(boxes),
        description=spoken + "; ".join(f"{tier.rank} {tier.label.get(lead)}" for tier in document.tiers),
    )


def payout_columns(document: Document) -> PayoutColumns:
    """At most six columns of payees; what does not fit is summed in the last."""
    payees = list(document.payees)
    shown = payees if len(payees) <= MAX_COLUMNS else payees[: MAX_COLUMNS - 1]
    rest = payees[len(shown) :]
    columns = [*shown, *([("", Text(zh="其他", en="Others"))] if rest else [])]
    rows = []
    for row in document.payouts.rows:
        cells = [row.by_payee[key] for key, _name in shown]
        rows.append((row, tuple(cells + ([sum(row.by_payee[key] for key, _name in rest)] if rest else []))))
    longest = max(len(figures(row.gross_minor, document.currency)) for row in document.payouts.rows)
    # A page holds some hundred figures of the table's usual size side by side.
    return PayoutColumns(tuple(columns), tuple(rows), wide=longest * (len(columns) + 1) > 84)


def payout_bars(document: Document) -> Bars:
    """Each level of gross as a bar, cut by who gets what."""
    lead, palette = document.langs[0], colours(document)
    left, width, step, thick = 150.0, 440.0, 21.0, 13.0
    bars = []
    for index, row in enumerate(document.payouts.rows):
        x, parts = left, []
        for payee, _name in document.payees:
            part = width * row.by_payee[payee] / row.gross_minor
            if part > 0:
                parts.append((x, part, palette[payee]))
            x += part
        label = figures(row.gross_minor, document.currency).split(".")[0]
        bars.append(
            Bar(
                index * step + 4,
                label,
                percent(row.multiple_ppm // 10_000 * 10_000),
                row.break_even,
                tuple(parts),
            )
        )
    legend, x, y = [], left, len(bars) * step + 16
    for payee, name in document.payees:
        text = fit(_joined([name.get(lang) for lang in document.langs]), 200, 9)
        run = text_width(text, 9) + 30
        if x > left and x + run > WIDTH:
            x, y = left, y + 16
        legend.append((x, y, text, palette[payee]))
        x += run
    return Bars(
        width=WIDTH,
        height=y + 8,
        bar_x=left,
        bar_width=width,
        bar_height=thick,
        bars=tuple(bars),
        legend=tuple(legend),
        description={"zh": "各总收入水平下的分配比例", "en": "Who gets which part at each level of gross"}[
            lead
        ],
    )
