"""Templates under the strict content policy: nothing inline, nothing unescaped, nothing from another host."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from tests.sweep import source_tree


@dataclass(frozen=True)
class Rule:
    """A pattern that no template matches; `documents` says whether PDF and mail templates obey it too."""

    pattern: str
    offender: str
    innocent: str
    documents: bool = False


RULES = {
    "nothing is marked safe": Rule(r"\|\s*safe\b", "{{ text | safe }}", "{{ text | safer }}", documents=True),
    "escaping stays on": Rule(
        r"{%-?\s*autoescape\s+false", "{% autoescape false %}", "{% autoescape true %}", documents=True
    ),
    "no style attribute": Rule(r"\sstyle\s*=", '<p style="color: red">', '<p class="style">{{ x.style }}'),
    "no style element": Rule(r"<style\b", "<style>p {}</style>", '<link rel="stylesheet" href="{{ css }}">'),
    "no event attribute": Rule(
        r"""\son\w+\s*=\s*["'{]""", "<a onclick='go()'>", '<a data-on="x" title="on = x">'
    ),
    "no htmx event attribute": Rule(r"\shx-on\b", '<a hx-on:click="go()">', '<a hx-get="/x">'),
    "no script but from a file": Rule(
        r"<script\b(?![^>]*\bsrc=)(?![^>]*\btype=\"application/(ld\+)?json\")",
        "<script>go()</script>",
        '<script defer src="{{ js }}"></script><script type="application/json">{}</script>',
    ),
    "no script address": Rule(
        r"""(?i)=\s*["']\s*javascript:""", '<a href="javascript:go()">', '<a href="/javascript">'
    ),
    "a form with a file does its work once": Rule(
        r"""<form\b(?=[^<]*enctype="multipart/form-data")(?![^<]*csrf\(once=true\))""",
        '<form method="post" enctype="multipart/form-data">{{ csrf() }}<input>',
        '<form method="post" enctype="multipart/form-data">{{ csrf(once=true) }}<input>',
    ),
    "nothing from another host": Rule(
        r"""(?i)<(script|link|img|iframe|source|video|audio|embed|object)\b[^>]*\s(src|href|srcset|data)=["'](https?:)?//""",
        '<img src="//pictures.example/x.png">',
        '<a href="https://pictures.example">',
        documents=True,
    ),
}


def findings(pattern: str, text: str) -> list[int]:
    """Line numbers of all matches; comments of Jinja are not looked at, tags may span lines."""
    text = re.sub(r"{#.*?#}", lambda match: "\n" * match[0].count("\n"), text, flags=re.DOTALL)
    return [text.count("\n", 0, match.start()) + 1 for match in re.finditer(pattern, text)]


@pytest.mark.parametrize("name", RULES)
def test_every_template_obeys(name: str) -> None:
    rule = RULES[name]
    found = [
        f"{file}:{line}"
        for file in source_tree.templates()
        if rule.documents or not source_tree.is_document(file)
        for line in findings(rule.pattern, source_tree.read(file))
    ]
    assert not found, "\n".join([name, *found])


@pytest.mark.parametrize("name", RULES)
def test_the_sweep_knows_an_offender(name: str) -> None:
    assert len(findings(RULES[name].pattern, f"<p>\n{RULES[name].offender}")) == 1
    assert findings(RULES[name].pattern, RULES[name].innocent) == []


def foreign_addresses(text: str) -> list[str]:
    """Addresses that a style sheet or script of ours would load from another host."""
    return re.findall(r"""(?:url\(|@import\s|import\(|\bfrom\s)\s*["']?((?:https?:)?//[^"')\s]+)""", text)


def test_no_style_sheet_or_script_loads_from_another_host() -> None:
    names = [name for name in source_tree.files("static/") if name.endswith((".css", ".js"))]
    found = {name: foreign_addresses(source_tree.read(name)) for name in names}
    assert not {name: addresses for name, addresses in found.items() if addresses}


def test_the_sweep_knows_a_foreign_address() -> None:
    assert foreign_addresses("a { background: url(https://pictures.example/x.png) }")
    assert not foreign_addresses("a { background: url(../img/x.png) } /* https://pictures.example */")
