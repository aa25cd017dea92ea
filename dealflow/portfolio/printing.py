"""A quarterly report as PDF."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from dealflow.core import i18n, pdf, printed
from dealflow.core.i18n import gettext as _
from dealflow.core.money import Money, show
from dealflow.funds.rates import rate_short, rate_why, times
from dealflow.portfolio import reporting
from dealflow.portfolio.states import METHOD_LABELS, STATUS_LABELS

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "portfolio" / "pdf"
WIDTH, HEIGHT = 556.0, 150.0
# Labels at the side closer than this would stand on each other.
_APART = 14


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return printed.environment(TEMPLATES)


def points(values: Sequence[int], low: int, high: int) -> str:
    """The points of a line in a drawing of WIDTH by HEIGHT."""
    span, last = (high - low) or 1, max(len(values) - 1, 1)
    return " ".join(
        f"{place / last * WIDTH:.1f},{HEIGHT - (value - low) / span * HEIGHT:.1f}"
        for place, value in enumerate(values)
    )


def drawing(report: dict[str, Any]) -> dict[str, Any] | None:
    """The J-curve as lines; None before any money moved."""
    curve = report["curve"]
    if len(curve["labels"]) < 2:
        return None
    both = [*curve["cash"], *curve["total"], 0]
    low, high = min(both), max(both)
    span = (high - low) or 1
    zero = HEIGHT - (0 - low) / span * HEIGHT
    return {
        "cash": points(curve["cash"], low, high), "total": points(curve["total"], low, high),
        "zero": f"{zero:.1f}", "width": WIDTH,
        "ticks": [
            (f"{at:.1f}", minor) for at, minor in ((0.0, high), (zero, 0), (HEIGHT, low)) if minor == 0 or abs(at - zero) >= _APART
        ],
        "first": curve["labels"][0], "last": curve["labels"][-1],
    }  # fmt: skip


def bars(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Exposure by genre as bars: widths in percent of the largest."""
    most = max((row["cost_minor"] for row in report["exposure"]), default=0) or 1
    return [
        row | {"name": i18n.localised(row["names"]), "width": f"{row['cost_minor'] / most * 100:.1f}"}
        for row in report["exposure"]
    ]


def document(report: dict[str, Any]) -> str:
    """The report as HTML in the current language."""
    currency = report["currency"]
    return _environment().get_template("report.html").render(
        report=report, html_lang=i18n.HTML[i18n.language()], spans=reporting.SPANS, span_labels=reporting.SPAN_LABELS,
        lines=reporting.LINES, ending=reporting.ENDING, commitment_lines=reporting.COMMITMENT_LINES,
        commitment_ending=reporting.COMMITMENT_ENDING, metric_labels=reporting.METRIC_LABELS, methods=METHOD_LABELS,
        statuses=STATUS_LABELS, money=lambda minor: show(Money(minor, currency)), rate=rate_short, why=rate_why, times=times,
        drawing=drawing(report), bars=bars(report),
    )  # fmt: skip


def render(report: dict[str, Any]) -> bytes:
    """The report as PDF in the current language."""
    title = _("Quarterly report %(quarter)s", quarter=report["quarter"])
    return pdf.render(
        document(report), title=f"{report['fund']} · {title}", lang=i18n.HTML[i18n.language()],
        identifier=f"{report['fund_id']}:{report['quarter']}".encode(), dated=date.fromisoformat(report["through"]),
    )  # fmt: skip
