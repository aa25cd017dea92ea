"""Public ids stand for UUIDs, one to one, and anything else finds nothing."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from dealflow.core import ids


@given(st.uuids())
def test_encoding_is_undone_by_decoding(value: uuid.UUID) -> None:
    text = ids.encode("prj", value)
    assert ids.decode("prj", text) == value
    assert ids.decode("prj", text.upper()) == value
    assert ids.decode("deal", text) is None


@given(st.text(max_size=60))
def test_anything_else_is_no_id(text: str) -> None:
    decoded = ids.decode("prj", text)
    assert decoded is None or ids.encode("prj", decoded) == text.lower().replace("o", "0").replace(
        "i", "1"
    ).replace("l", "1")


def test_later_ids_sort_later() -> None:
    made = [ids.new("prj") for _ in range(1000)]
    assert made == sorted(made)
    assert len(set(made)) == 1000
