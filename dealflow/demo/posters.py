"""Posters of the demo: abstract artwork by shelf, drawn from the idea's own chance, the same every time.

They are carried as small WebP files, so that loading the demo draws nothing. After a change of ideas or artwork:
`python -m dealflow.demo.posters` draws those that are missing (`--all`: every one) and drops those of no idea.
"""

from __future__ import annotations

import io
import math
import sys
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from dealflow.demo.pitches import Idea, ideas
from dealflow.settings import ROOT

SIZE = (600, 800)
FOLDER = Path(__file__).with_name("data") / "posters"
_FONT = ROOT / "static" / "fonts" / "pdf" / "NotoSansSC-Bold.ttf"
# Shelf → sky above, sky below, ground, light.
_PALETTES = {
    "female": ("#4a1942", "#c94c6e", "#2a0f2b", "#ffd9c7"), "sweet": ("#f7a7a6", "#fde2c8", "#c9566b", "#fff6ec"),
    "costume": ("#1d2b4f", "#a23b3b", "#14192b", "#f1c878"), "republican": ("#3b3a36", "#8c6a4f", "#1f1c19", "#e9d6b0"),
    "wuxia": ("#20414a", "#8fb1a6", "#122428", "#f3ead2"), "xianxia": ("#1b2a6b", "#6fa7d6", "#101a45", "#e6f4ff"),
    "rural": ("#f0b552", "#7fa650", "#35592c", "#fff3c9"), "silver": ("#d98f5c", "#f3d6a5", "#7a4b3a", "#fff7e3"),
    "family": ("#e07a5f", "#f2cc8f", "#3d405b", "#fffaf0"), "comedy": ("#f2a541", "#f7e2a0", "#d1495b", "#fffdf2"),
    "youth": ("#3a86c8", "#bfe3f2", "#1f5d8c", "#fff4c2"), "scifi": ("#0b132b", "#3a506b", "#05080f", "#5bc0be"),
    "ai": ("#231557", "#8f4bd8", "#0d0628", "#70e1f5"), "system": ("#2b1055", "#7597de", "#150833", "#ffe66d"),
    "suspense": ("#0f1417", "#4b5d67", "#07090a", "#d7263d"), "crime": ("#11181c", "#5b6b73", "#080b0d", "#f0a202"),
    "legal": ("#243b53", "#829ab1", "#102a43", "#f0f4f8"), "medical": ("#0b525b", "#9ad1d4", "#053038", "#f5fbfb"),
    "workplace": ("#33415c", "#9aa5b8", "#1b2336", "#f7c59f"), "male": ("#5a1a01", "#d96c06", "#260a00", "#ffe0a3"),
    "period": ("#6b705c", "#cb997e", "#3f4238", "#ffe8d6"), "heritage": ("#0a4d4d", "#d4a24c", "#062d2d", "#fbeec1"),
}  # fmt: skip
_ABROAD = (
    ("#1a1f3b", "#5c4d8a", "#0b0d1c", "#e8c1d4"), ("#13293d", "#3e92cc", "#0a1622", "#fffaff"),
    ("#2b2d42", "#b56576", "#15161f", "#eaac8b"), ("#1b4332", "#74a57f", "#0b1d15", "#fefae0"),
)  # fmt: skip
_NO_TOWERS = ("costume", "wuxia", "xianxia", "rural", "heritage", "republican", "period")


def file(idea: Idea) -> Path:
    """Where the carried poster of an idea lies."""
    return FOLDER / f"{idea.key}.webp"


def draw(idea: Idea) -> bytes:
    """The poster of an idea as WebP."""
    from PIL import Image, ImageDraw

    rng = idea.rng("poster")
    shelf = idea.premise["shelf"]
    above, below, ground, light = _ABROAD[rng.randrange(4)] if idea.overseas else _PALETTES[shelf]
    picture = Image.composite(
        Image.new("RGB", SIZE, below), Image.new("RGB", SIZE, above), Image.linear_gradient("L").resize(SIZE)
    )
    pen = ImageDraw.Draw(picture, "RGBA")
    _light(pen, rng, light)
    scenery = (_hills, _rays) if shelf in _NO_TOWERS else (_hills, _towers, _rays)
    rng.choice(scenery)(pen, rng, ground, light)
    _title(pen, idea, light)
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=78, method=6)
    return out.getvalue()


def _light(pen: Any, rng: Random, light: str) -> None:
    """A moon or sun with two halos."""
    x, y, radius = rng.randint(150, 450), rng.randint(150, 320), rng.randint(60, 120)
    for grow, alpha in ((90, "22"), (40, "44"), (0, "ee")):
        size = radius + grow
        pen.ellipse((x - size, y - size, x + size, y + size), fill=light + alpha)


def _hills(pen: Any, rng: Random, ground: str, light: str) -> None:
    """Three ridges, the nearest darkest."""
    for layer, alpha in enumerate(("66", "aa", "ff")):
        base, height = 420 + layer * 90, rng.randint(30, 80)
        turns, shift = rng.uniform(1.2, 3.0), rng.uniform(0, 6.3)
        ridge = [
            (x, base + height * math.sin(turns * x / 95 + shift) * math.cos(x / 210))
            for x in range(0, 601, 12)
        ]
        pen.polygon([(0, 800), *ridge, (600, 800)], fill=ground + alpha)
    pen.line((0, 640, 600, 640), fill=light + "33", width=2)


def _towers(pen: Any, rng: Random, ground: str, light: str) -> None:
    """A row of houses with some windows lit."""
    x = -20
    while x < 600:
        width, top = rng.randint(50, 110), rng.randint(360, 540)
        pen.rectangle((x, top, x + width, 800), fill=ground + "ee")
        for wx in range(x + 12, x + width - 14, 22):
            for wy in range(top + 18, 620, 34):
                if rng.random() < 0.35:
                    pen.rectangle((wx, wy, wx + 9, wy + 14), fill=light + "bb")
        x += width + rng.randint(0, 12)


def _rays(pen: Any, rng: Random, ground: str, light: str) -> None:
    """Slanting bands over a dark floor."""
    for _ in range(rng.randint(7, 12)):
        x, width, alpha = rng.randint(-200, 600), rng.randint(8, 46), rng.choice(("18", "2c", "40"))
        pen.polygon([(x, 0), (x + width, 0), (x + width + 240, 800), (x + 240, 800)], fill=light + alpha)
    pen.rectangle((0, 600, 600, 800), fill=ground + "dd")


@cache
def _font(size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(_FONT, size)


def _title(pen: Any, idea: Idea, light: str) -> None:
    """The title on a dark band at the foot: the main language large, the other small."""
    main, other = (idea.title["en"], "") if idea.overseas else (idea.title["zh"], idea.title["en"])
    lines = _wrapped(pen, main, _font(50), 520)
    pen.rectangle((0, 800 - 96 - 60 * len(lines), 600, 800), fill="#000000a8")
    y = 800 - 72 - 60 * len(lines)
    for line in lines:
        pen.text((40, y), line, font=_font(50), fill=light)
        y += 60
    if other:
        pen.text((42, y + 8), other, font=_font(20), fill=light + "cc")


def _wrapped(pen: Any, text: str, font: Any, width: int) -> list[str]:
    """The text in lines that fit: broken at spaces when it has some, else between characters."""
    parts, joint = (text.split(), " ") if " " in text else (list(text), "")
    lines: list[str] = []
    for part in parts:
        grown = f"{lines[-1]}{joint}{part}" if lines else part
        if lines and pen.textlength(grown, font=font) <= width:
            lines[-1] = grown
        else:
            lines.append(part)
    return lines


def main(redraw: bool) -> None:
    """Bring the carried files in line with the ideas."""
    FOLDER.mkdir(exist_ok=True)
    wanted = {file(idea): idea for idea in ideas()}
    for path in set(FOLDER.glob("*.webp")) - set(wanted):
        path.unlink()
    for path, idea in wanted.items():
        if redraw or not path.exists():
            path.write_bytes(draw(idea))


if __name__ == "__main__":
    main("--all" in sys.argv)
