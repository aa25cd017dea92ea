"""The mark that names a reader: as outlines for PDFs (nothing to select or search for), as text for pictures."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

from dealflow.core.pdf import mark_missing
from dealflow.core.pdf_child import FONTS
from dealflow.dataroom.models import DataAccess

FONT = FONTS / "NotoSansSC-Regular.ttf"
_MOST = 120


def text_of(access: DataAccess, zone: str = "Asia/Shanghai") -> str:
    """Who, for whom, and when it was opened; the same for every piece of one opening."""
    at = access.at.astimezone(ZoneInfo(zone))
    who = [
        access.reader_organisation,
        access.reader_name,
        access.reader_email if access.reader_organisation else "",
    ]
    moment = f"{at:%Y-%m-%d %H:%M} {at:%Z}"
    parts = [*dict.fromkeys(part for part in who if part), moment, access.id[-6:]]
    return mark_missing(" · ".join(parts))[:_MOST]


@lru_cache(maxsize=1)
def _font() -> Any:
    """The font, read whole: an open file would share its position with forked workers."""
    from fontTools.ttLib import TTFont

    return TTFont(FONT, lazy=False)


# The font's tables are parsed at first use, and two threads that parse one at once leave it without glyphs.
_parsing = Lock()


def outlines(text: str) -> tuple[str, float]:
    """The text as PDF path operators in thousandths of its size, and its width."""
    with _parsing:
        return _outlines(text)


@lru_cache(maxsize=256)
def _outlines(text: str) -> tuple[str, float]:
    from fontTools.pens.basePen import BasePen

    font = _font()
    glyphs, names, advances = font.getGlyphSet(), font.getBestCmap(), font["hmtx"]
    scale = 1000 / font["head"].unitsPerEm
    written: list[str] = []

    class Pen(BasePen):
        """Writes curves where the glyph's place is."""

        at = 0.0

        def _xy(self, *points: tuple[float, float]) -> str:
            return " ".join(f"{round(self.at + x * scale)} {round(y * scale)}" for x, y in points)

        def _moveTo(self, pt: tuple[float, float]) -> None:  # noqa: N802 - the library's names
            written.append(f"{self._xy(pt)} m")

        def _lineTo(self, pt: tuple[float, float]) -> None:  # noqa: N802
            written.append(f"{self._xy(pt)} l")

        def _curveToOne(self, pt1: Any, pt2: Any, pt3: Any) -> None:  # noqa: N802
            written.append(f"{self._xy(pt1, pt2, pt3)} c")

        def _closePath(self) -> None:  # noqa: N802
            written.append("h")

    pen = Pen(glyphs)
    for character in text:
        name = names.get(ord(character), ".notdef")
        glyphs[name].draw(pen)
        pen.at += advances[name][0] * scale
    return "\n".join([*written, "f"]), pen.at


def font_path() -> Path:
    """The font for pictures."""
    return FONT
