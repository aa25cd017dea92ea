"""Lists in pages: what a list takes, and the shape of its answer."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from pydantic import Field

from dealflow.core.errors import Invalid
from dealflow.core.i18n import N_
from dealflow.core.schema import Schema, Text


class Query(Schema):
    """Query parameters of every list. One that searches or orders by itself declares `q` (`Searched`) and `sort`; for the other
    lists of the API `core.narrowing` does both. A page refuses what is not declared as unknown."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Text(200) | None = None  # type: ignore[valid-type]

    @property
    def offset(self) -> int:
        """Where the page starts; Invalid for a cursor that is not ours."""
        if not self.cursor:
            return 0
        try:
            mark, _, number = (
                base64.urlsafe_b64decode(self.cursor.encode() + b"==").decode("ascii").partition(":")
            )
            if mark == "o" and number.isdecimal() and len(number) < 10:
                return int(number)
        except (binascii.Error, UnicodeError):
            pass
        raise Invalid.field("cursor", "bad_cursor", N_("Start again without a cursor"))


class Searched(Query):
    """Query parameters of a list that can be searched: `q` narrows it to what carries these words."""

    q: Text(200) | None = None  # type: ignore[valid-type]


class Ordered(Searched):
    """The same with orders, which the list itself names."""

    sort: Text(60) | None = None  # type: ignore[valid-type]


def cursor_for(offset: int) -> str:
    """The cursor of the page that starts at `offset`."""
    return base64.urlsafe_b64encode(f"o:{offset}".encode()).decode().rstrip("=")


def listing(items: list[Any], total: int, query: Query) -> dict[str, Any]:
    """A list answer: items, next_cursor, total."""
    end = query.offset + len(items)
    return {"items": items, "next_cursor": cursor_for(end) if items and end < total else None, "total": total}
