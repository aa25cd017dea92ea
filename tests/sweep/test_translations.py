"""Chinese and English alike: every message of the code has one Chinese text, with the same fields in it."""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from babel.messages.extract import extract, extract_python
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from tests.sweep import source_tree

KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "N_": None,
    "_l": None,
    "Lazy": None,
}
JINJA_OPTIONS = {"extensions": "jinja2.ext.do,jinja2.ext.loopcontrols", "silent": "false"}
# Words for which the product has another one: a paper is 出具 and 重新出具, a call of money 发出.
OTHER_WORD = {"签发": "出具", "重新发出": "重新出具", "重新签发": "重新出具"}
FIELD = re.compile(r"%\((\w+)\)[a-z]")


@dataclass(frozen=True)
class Translation:
    """A message of a catalogue: key is (context, message id)."""

    key: tuple[str | None, str]
    text: str
    file: str
    fuzzy: bool


def messages(
    method: Any, source: str, options: dict[str, str]
) -> Iterator[tuple[tuple[str | None, str], int]]:
    """((context, message id), line) of every message in a source text; a plural counts by its singular."""
    stream = io.BytesIO(source.encode())
    for line, message, _comments, context in extract(method, stream, KEYWORDS, options=options):
        yield (context, message[0] if isinstance(message, tuple) else message), line


def used() -> dict[tuple[str | None, str], str]:
    """Every message of the code and one place where it is used."""
    found = {}
    for name in source_tree.files("dealflow/", "ml/", suffix=".py"):
        for key, line in messages(extract_python, source_tree.read(name), {}):
            found[key] = f"{name}:{line}"
    for name in source_tree.templates():
        for key, line in messages(babel_extract, source_tree.read(name), JINJA_OPTIONS):
            found[key] = f"{name}:{line}"
    return {key: place for key, place in found.items() if key[1]}


def read_catalogue(file: str, text: str) -> list[Translation]:
    """All messages of a .po text."""
    found = []
    for message in read_po(io.BytesIO(text.encode()), locale="zh_CN", abort_invalid=True):
        if message.id:
            key = message.id[0] if isinstance(message.id, tuple | list) else message.id
            string = message.string[0] if isinstance(message.string, tuple | list) else message.string
            found.append(Translation((message.context, key), string or "", file, message.fuzzy))
    return found


@pytest.fixture(scope="module")
def translations() -> list[Translation]:
    names = source_tree.files("translations/zh/", suffix=".po")
    return [translation for name in names for translation in read_catalogue(name, source_tree.read(name))]


def contradictions(translations: Iterable[Translation]) -> list[str]:
    """Messages that two files translate differently."""
    texts: dict[tuple[str | None, str], dict[str, str]] = defaultdict(dict)
    for translation in translations:
        texts[translation.key].setdefault(translation.text, translation.file)
    return [f"{key[1]!r}: {found}" for key, found in texts.items() if len(found) > 1]


def wrong_fields(translations: Iterable[Translation]) -> list[str]:
    """Messages whose translation has not the same %(fields)s; such a text fails when it is shown."""
    found = []
    for translation in translations:
        wanted, got = (set(FIELD.findall(text)) for text in (translation.key[1], translation.text))
        # The number of a plural may be left out of the one text and stand in the other.
        if translation.text and (wanted ^ got) - {"num"}:
            found.append(f"{translation.file}: {translation.key[1]!r}")
    return found


def test_every_message_has_a_chinese_text(translations: list[Translation]) -> None:
    known = {translation.key for translation in translations if translation.text and not translation.fuzzy}
    missing = sorted(f"{place}: {key[1]!r}" for key, place in used().items() if key not in known)
    assert not missing, f"{len(missing)} without Chinese\n" + "\n".join(missing)


def test_no_translation_is_fuzzy_or_empty(translations: list[Translation]) -> None:
    unsure = [f"{item.file}: {item.key[1]!r}" for item in translations if item.fuzzy or not item.text]
    assert not unsure, "\n".join(unsure)


def test_two_files_never_translate_a_message_differently(translations: list[Translation]) -> None:
    assert not contradictions(translations), "\n".join(contradictions(translations))


def test_one_thing_has_one_name(translations: list[Translation]) -> None:
    found = [
        f"{item.file}: {item.key[1]!r} says {word}, not {better}"
        for item in translations
        for word, better in OTHER_WORD.items()
        if word in item.text
    ]
    assert not found, "\n".join(found)


def test_translations_keep_the_fields(translations: list[Translation]) -> None:
    assert not wrong_fields(translations), "\n".join(wrong_fields(translations))


def test_extraction_finds_messages_of_code_and_templates() -> None:
    code = "from dealflow.core.i18n import _, _l, ngettext\n_('One')\n_l('Two')\nngettext('%(num)s day', '%(num)s days', 2)"
    assert {key for key, _line in messages(extract_python, code, {})} == {
        (None, "One"),
        (None, "Two"),
        (None, "%(num)s day"),
    }
    page = "<h1>{{ _('Title') }}</h1>{% do x.append(1) %}{{ pgettext('verb', 'Book') }}"
    assert {key for key, _line in messages(babel_extract, page, JINJA_OPTIONS)} == {
        (None, "Title"),
        ("verb", "Book"),
    }


def test_the_sweep_knows_bad_catalogues() -> None:
    one = read_catalogue("one.po", 'msgid "Ask"\nmsgstr "融资额"\n\nmsgid "%(n)s left"\nmsgstr "还有"\n')
    two = read_catalogue("two.po", 'msgid "Ask"\nmsgstr "询问"\n\n#, fuzzy\nmsgid "Deal"\nmsgstr "交易"\n')
    assert len(contradictions([*one, *two])) == 1
    assert wrong_fields(one) == ["one.po: '%(n)s left'"]
    assert [item.key[1] for item in two if item.fuzzy] == ["Deal"]
