"""Layouts and macros as source: documented as they are, translated, and without what the content policy forbids."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

ROOT = Path(__file__).parents[2]
COMPONENTS = sorted((ROOT / "templates/components").glob("*.html"))
SOURCES = [*COMPONENTS, *sorted((ROOT / "templates/layouts").glob("*.html"))]
# Used by the layouts or inside one file only; the README lists what rooms call.
INNER = {"shell.html", "styleguide.html"}
INNER_MACROS = {"classes", "label_text", "below", "described", "control", "heading", "nice_step"}
ENGINE = Environment(extensions=["jinja2.ext.i18n"])  # noqa: S701 - parses, never renders


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.name)
def test_the_readme_gives_every_macro_with_its_arguments(path: Path) -> None:
    if path.name in INNER:
        return
    readme = (ROOT / "templates/components/README.md").read_text("utf-8")
    for name, arguments in macros(path.read_text("utf-8")):
        if name not in INNER_MACROS:
            listed = re.findall(rf"\b{name}\(((?:[^()]|\([^()]*\))*)\)", readme)
            assert any(same(names_of(text), arguments) for text in listed), f"{name}{arguments}: {listed}"


def test_the_comparison_with_the_readme_sees_a_missing_argument() -> None:
    assert names_of("label, value, delta=''") != ["label", "value", "delta", "tone"]
    assert names_of("[{label, href}…], sort='', cards=true") == ["*", "sort", "cards"]
    assert not same(["*", "sort"], ["items", "order"])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_file_begins_with_a_word_on_its_use(path: Path) -> None:
    assert path.read_text("utf-8").startswith("{#")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_text_outside_the_catalogue(path: Path) -> None:
    markup = "".join(value for _line, kind, value in ENGINE.lex(path.read_text("utf-8")) if kind == "data")
    text = re.sub(r"<[^>]*>", " ", markup)
    words = {word for word in re.findall(r"[A-Za-z]{2,}|[\u4e00-\u9fff]+", text)}
    # The names of the languages are written in themselves.
    assert words - {"中文", "English"} == set()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_message_has_chinese_with_the_same_placeholders(path: Path) -> None:
    with (ROOT / "translations/zh/common.po").open("rb") as file:
        known = {m.id[0] if isinstance(m.id, tuple) else m.id: m.string for m in read_po(file)}
    for _line, _function, found in ENGINE.extract_translations(path.read_text("utf-8")):
        message = next(part for part in found if part) if isinstance(found, tuple) else found
        chinese = known.get(message) or ""
        chinese = chinese[0] if isinstance(chinese, tuple) else chinese
        assert chinese, message
        assert placeholders(chinese) == placeholders(message), message


def test_scripts_say_only_what_the_page_gives_them() -> None:
    given = (ROOT / "templates/components/shell.html").read_text("utf-8")
    keys = set(re.findall(r"'(\w+)': _\(", given.split("script_texts", 1)[1].split("endmacro", 1)[0]))
    scripts = "\n".join(path.read_text("utf-8") for path in (ROOT / "static/js").glob("*.js"))
    used = set(re.findall(r"\b(?:text|say)\(\"(\w+)\"", scripts))
    conditional = {
        "compare_full",
        "compare_some",
        "even",
        "left",
        "over",
        "row_added",
        "row_moved",
        "row_removed",
        "restore",
        "discard",
    }
    assert used - keys == set()
    assert keys == used | conditional


def macros(source: str) -> list[tuple[str, list[str]]]:
    """Name and argument names of each macro in a template."""
    return [(m.name, [a.name for a in m.args]) for m in ENGINE.parse(source).find_all(nodes.Macro)]


def names_of(text: str) -> list[str]:
    """Argument names of a signature as the README writes it; a described list or pair counts as one unnamed."""
    flat = re.sub(r"\[[^\]]*\]|\([^()]*\)|{[^}]*}", "*", text)
    parts = [part.split("=")[0].strip() for part in flat.split(",") if part.strip()]
    return ["*" if "*" in part else part for part in parts if not part.startswith("**")]


def same(listed: list[str], arguments: list[str]) -> bool:
    """Whether a listed signature is the macro's; `*` stands for a list whose shape the README describes."""
    return len(listed) == len(arguments) and all(
        a in (b, "*") for a, b in zip(listed, arguments, strict=True)
    )


def placeholders(text: str) -> set[str]:
    """Names in %(name)s."""
    return set(re.findall(r"%\((\w+)\)s", text))
