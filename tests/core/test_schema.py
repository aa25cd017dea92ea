"""Input is read strictly and refused by field, in the reader's language."""

from __future__ import annotations

import pytest

from dealflow.core import i18n
from dealflow.core.errors import BadRequest, Invalid
from dealflow.core.schema import LocalisedText, MoneyIn, Schema, Text, load, partial, read_json


class Thing(Schema):
    title: LocalisedText
    price: MoneyIn
    note: Text(5) | None = None  # type: ignore[valid-type]


GOOD = {"title": {"zh": "镕"}, "price": {"amount_minor": 5, "currency": "CNY"}}


def _refused(change: dict[str, object]) -> tuple[str, str]:
    with pytest.raises(Invalid) as caught:
        load(Thing, GOOD | change)
    error = caught.value.errors[0]
    return error.field, error.code


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"colour": 1}, ("colour", "unknown_field")),
        ({"price": {"amount_minor": 1.0}}, ("price.amount_minor", "wrong_type")),
        ({"price": {"amount_minor": True}}, ("price.amount_minor", "wrong_type")),
        ({"price": {"amount_minor": "1"}}, ("price.amount_minor", "wrong_type")),
        ({"price": {"amount_minor": -1}}, ("price.amount_minor", "too_small")),
        ({"price": {"amount_minor": 10**16}}, ("price.amount_minor", "too_large")),
        ({"price": {"amount_minor": 1, "currency": "ABC"}}, ("price.currency", "unknown_currency")),
        ({"note": "abcdef"}, ("note", "too_long")),
        ({"note": "a\x00b"}, ("note", "control_character")),
        ({"title": {"fr": "x"}}, ("title.fr", "unknown_field")),
        ({"title": 5}, ("title", "wrong_type")),
    ],
)
def test_each_fault_names_its_field_and_code(change: dict[str, object], expected: tuple[str, str]) -> None:
    assert _refused(change) == expected


def test_messages_speak_the_readers_language() -> None:
    with pytest.raises(Invalid) as caught:
        load(Thing, GOOD | {"note": "abcdef"})
    with i18n.using("en"):
        assert caught.value.errors[0].text() == "Use at most 5 characters"
    with i18n.using("zh"):
        assert caught.value.errors[0].text() == "最多 5 个字符"


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b'{"a": NaN}',
        b'{"a": 1, "a": 2}',
        b'"\\ud800"',
        b"\xff",
        b"[" * 100_000,
        b"1" * 10_000,
        b'{"a": Infinity}',
    ],
)
def test_broken_json_is_refused_and_never_crashes(raw: bytes) -> None:
    with pytest.raises(BadRequest):
        read_json(raw)


def test_a_patch_tells_what_was_sent() -> None:
    patch = partial(Thing).model_validate_json('{"note": null}')
    assert patch.model_fields_set == {"note"}
    with pytest.raises(Invalid):
        load(partial(Thing), {"note": "abcdef"})
