"""Stylesheets, fonts, icons and vendored files: complete, small, readable in both themes, from known sources."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from dealflow.web.rooms import ROOMS

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SHEETS = sorted((STATIC / "css").glob("*.css"))
# What is read at text size: foreground, background, least ratio (WCAG 2.2: 4.5 for text, 3 for controls and drawings).
PAIRS = [
    *((text, ground, 4.5) for text in ("text", "text-muted", "text-faint") for ground in ("bg", "surface", "surface-sunk")),
    *(("accent-text", ground, 4.5) for ground in ("bg", "surface", "accent-soft")),
    ("on-accent", "accent", 4.5), ("on-accent", "accent-hover", 4.5), ("text", "accent-soft", 4.5),
    ("text-muted", "accent-soft", 4.5), ("text-muted", "surface-hover", 4.5), ("chart-minus", "surface", 4.5),
    *((tone, f"{tone}-soft", 4.5) for tone in ("success", "warning", "danger")),
    *((tone, ground, 4.5) for tone in ("success", "warning", "danger") for ground in ("surface", "bg")),
    *(("text", f"{tone}-soft", 4.5) for tone in ("success", "warning", "danger")),
    *((edge, "surface", 3.0) for edge in ("line-control", "accent", "chart-1", "chart-ad", "chart-3")),
]  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_controls_have_enough_contrast(theme: str) -> None:
    colours = tokens("light") | tokens(theme)
    weak = {
        f"{front} on {ground}": round(contrast(colours[front], colours[ground]), 2)
        for front, ground, least in PAIRS
        if contrast(colours[front], colours[ground]) < least
    }
    assert weak == {}


def test_contrast_is_measured_as_the_standard_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_the_dark_theme_is_the_same_by_choice_and_by_system() -> None:
    assert tokens("dark") == tokens("auto")


def test_every_custom_property_used_is_defined() -> None:
    css = "\n".join(sheet.read_text("utf-8") for sheet in SHEETS)
    assert set(re.findall(r"var\(--([\w-]+)", css)) - set(re.findall(r"--([\w-]+):", css)) == set()


def test_the_stylesheets_stay_small_and_load_nothing_from_elsewhere() -> None:
    assert sum(sheet.stat().st_size for sheet in SHEETS if sheet.stem not in ROOMS) < 66_000
    assert all(sheet.stat().st_size < 8_000 for sheet in SHEETS if sheet.stem in ROOMS)
    for sheet in SHEETS:
        css = sheet.read_text("utf-8")
        assert "@import" not in css
        for address in re.findall(r"url\(\"?([^\")]+)", css):
            assert address.startswith("data:") or (sheet.parent / address).resolve().is_file(), address


def test_every_stylesheet_is_linked() -> None:
    document = (ROOT / "templates/layouts/document.html").read_text("utf-8")
    for sheet in SHEETS:
        if sheet.stem in ROOMS:
            pages = (ROOT / "templates" / sheet.stem).glob("**/*.html")
            assert any(f"css/{sheet.name}" in page.read_text("utf-8") for page in pages), sheet.name
        else:
            assert f"'{sheet.stem}'" in document


def test_classes_in_layouts_and_components_are_styled_or_known_to_scripts() -> None:
    css = "\n".join(sheet.read_text("utf-8") for sheet in SHEETS)
    styled = set(re.findall(r"\.([a-zA-Z][\w-]*)", css))
    for path in TEMPLATES:
        if path.parent.name in ("layouts", "components"):
            for value in re.findall(r'class="([^"{]*)"', path.read_text("utf-8")):
                assert set(value.split()) <= styled | {"gauge"}, f"{path.name}: {value}"


def test_icons_named_in_templates_exist() -> None:
    missing = {
        f"{path.parent.name}/{path.name}: {name}"
        for path in TEMPLATES
        for name in icons_in(path.read_text("utf-8"))
        if name not in symbols()
    }
    assert missing == set()


def test_icons_named_in_navigation_exist() -> None:
    named = {
        name
        for path in (ROOT / "dealflow").rglob("*.py")
        for name in re.findall(r"\bicon=\"([\w-]+)\"", path.read_text("utf-8"))
    }
    assert named - symbols() == set()


def test_the_search_for_icons_finds_them_as_written() -> None:
    assert icons_in("{{ icon('bell') }}{{ x(1, icon_name='plus') }}{{ icon_button(_('Edit'), 'pencil') }}") == {
        "bell", "plus", "pencil",
    }  # fmt: skip


def test_vendored_files_are_the_pinned_ones() -> None:
    readme = (STATIC / "vendor/README.md").read_text("utf-8")
    pins = json.loads((ROOT / "package.json").read_text("utf-8"))["devDependencies"]
    rows = re.findall(
        r"^\| `([^`]+)` \| `([^`]+)`.*? \| ([\d.]+) \| .*?\(`([^`]+)`\) \| (.*?) \|$", readme, re.M
    )
    assert len(rows) == 10
    for file, package, version, licence, digest in rows:
        assert pins[package] == version
        assert (STATIC / licence).stat().st_size > 400
        if re.fullmatch(r"[0-9a-f]{64}", digest):
            assert hashlib.sha256((STATIC / file).read_bytes()).hexdigest() == digest
    assert f'version:"{pins["htmx.org"]}"' in (STATIC / "vendor/htmx/htmx.min.js").read_text("utf-8")


def test_the_carried_chinese_font_has_gb2312_and_common_name_characters() -> None:
    held = TTFont(STATIC / "fonts/dealflow-sans-sc.woff2").getBestCmap()
    wanted = set("镕喆堃玥祎翀昇婠赟頔淏玘珺彧晞芃，。：；！？（）《》“”、￥·")
    for high in range(0xB0, 0xF8):
        for low in range(0xA1, 0xFF):
            wanted |= set(bytes([high, low]).decode("gb2312", errors="ignore"))
    assert {sign for sign in wanted if ord(sign) not in held} == set()


def test_the_latin_font_aligns_figures() -> None:
    font = TTFont(STATIC / "fonts/inter-latin.woff2")
    assert "tnum" in {record.FeatureTag for record in font["GSUB"].table.FeatureList.FeatureRecord}
    assert {ord(sign) for sign in "0123456789¥€−×,."} <= set(font.getBestCmap())


@cache
def symbols() -> frozenset[str]:
    """The ids of the icon sprite."""
    return frozenset(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text("utf-8")))


def icons_in(template: str) -> set[str]:
    """Names of icons written out in a template."""
    direct = re.findall(r"\bicon\('([\w-]+)'", template)
    named = re.findall(r"\bicon_name='([\w-]+)'", template)
    buttons = re.findall(r"\bicon_button\(_\('[^']*'\), '([\w-]+)'", template)
    return {*direct, *named, *buttons}


@cache
def tokens(theme: str) -> dict[str, str]:
    """The colours of a theme by name, as the stylesheet states them."""
    css = (STATIC / "css/tokens.css").read_text("utf-8")
    start = {"light": ":root {", "dark": ':root[data-theme="dark"] {', "auto": ':root[data-theme="auto"] {'}[
        theme
    ]
    block = css.split(start, 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def contrast(front: str, ground: str) -> float:
    """The WCAG contrast ratio of two colours given as #rrggbb."""
    lighter, darker = sorted((luminance(front), luminance(ground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
