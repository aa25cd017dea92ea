"""No words in a template outside `_()`: whatever a reader sees, or hears from a screen reader, has two languages."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from jinja2 import Environment

from tests.sweep import source_tree

SPOKEN = {"alt", "title", "placeholder", "aria-label", "aria-description", "content", "label", "data-confirm"}
SPOKEN_META = {"description", "og:title", "og:description"}
# Names and signs that are the same in both languages, and each language's own name.
SAME = re.compile(
    r"(?i)\b(dealflow|pdf|csv|xlsx|json|api|id|url|otp|totp|irr|tvpi|dpi|xirr|nda|sha-256|zh|en|english)\b|中文|简体"
)
# A macro or block that puts together a class or an id: lower case, and no element in it.
NAMES = re.compile(
    r"{%-?\s*(macro\s[^%]*|set\s+\w+\s*)-?%}(?:[a-z0-9_ \n-]|{%(?!-?\s*end(?:macro|set)).*?%}|{{.*?}})*{%-?\s*end(macro|set)\b"
)
WORD = re.compile(r"[A-Za-z]{2,}|[\u4e00-\u9fff]")


class Reader(HTMLParser):
    """Collects what a template shows besides its expressions."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str]] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("script", "style", "code", "kbd")
        given = dict(attrs)
        for name, value in attrs:
            if name in SPOKEN and (name != "content" or given.get("name") in SPOKEN_META):
                self.hear(value or "")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style", "code", "kbd")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.hear(data)

    def hear(self, text: str) -> None:
        """Note a text that holds a word of one language."""
        if WORD.search(SAME.sub("", text)):
            self.found.append((self.getpos()[0], " ".join(text.split())))


def words(source: str) -> list[tuple[int, str]]:
    """(line, text) of the words of a template that are not the value of an expression."""
    # What is left of the closing tag stays a tag, so that the lexer goes on as before.
    source = NAMES.sub(lambda match: "\n" * match[0].count("\n") + "{% end" + match[2], source)
    text: list[str] = []
    for _line, kind, value in Environment().lex(source):  # noqa: S701 - lexes only, renders nothing
        text.append(value if kind == "data" else "\n" * value.count("\n"))
    reader = Reader()
    reader.feed("".join(text))
    reader.close()
    return reader.found


def test_every_visible_word_is_a_message() -> None:
    found = [
        f"{name}:{line}: {text}"
        for name in source_tree.files("templates/", suffix=".html")
        for line, text in words(source_tree.read(name))
    ]
    assert not found, f"{len(found)} texts outside _()\n" + "\n".join(found)


def test_the_sweep_knows_offenders_and_leaves_messages_alone() -> None:
    source = (
        '<p>{{ _("Ask") }}</p>\n<p class="big">Funds{# note #}</p>\n<img alt="Poster" src="x"><b>融资</b>'
    )
    assert words(source) == [(2, "Funds"), (3, "Poster"), (3, "融资")]
    assert (
        words(
            '<title>Dealflow · {{ title }}</title>{% set kind = "secret words" %}<code>dealflow init</code>'
        )
        == []
    )
