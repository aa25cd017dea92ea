"""Words and orders for lists that have none of their own, on the rows as they are told to whoever asks.

Every list of the API takes `q` and `sort`. A list of which there can be very many rows declares them itself and asks the database; of
all others whole lists are small, and what a reader may not see stands in no row, so nothing can be learnt by asking.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import BaseModel, Field, create_model

from dealflow.core.errors import Invalid
from dealflow.core.i18n import N_, localised
from dealflow.core.paging import Query, listing
from dealflow.core.schema import Text
from dealflow.core.search import normalise

MOST = 2000
PAGE = 200
_TAKEN = {
    "q": (Text(200) | None, Field(None, description="Only rows that carry all of these words.")),
    "sort": (Text(60) | None, Field(None, description="A field of the rows; a minus before it turns the order.")),
}  # fmt: skip


def taking(declared: type[BaseModel] | None) -> type[BaseModel] | None:
    """The parameters of a list, with `q` and `sort` where it declares none; what comes whole takes neither."""
    if declared is None or not issubclass(declared, Query):
        return declared
    missing: dict[str, Any] = {
        name: kind for name, kind in _TAKEN.items() if name not in declared.model_fields
    }
    return create_model(declared.__name__, __base__=declared, **missing) if missing else declared


def telling(view: Callable[..., Any], declared: Any, taken: Any, shape: Any) -> Callable[..., Any]:
    """The view of a list that declares one thing and takes another (`taking`): it does both. Any other view as it is."""
    if taken is declared:
        return view

    def tell(*args: Any, query: Query, **kwargs: Any) -> Any:
        return narrowed(declared, shape, query, lambda asked: view(*args, query=asked, **kwargs))

    return tell


def narrowed(
    declared: type[Query], shape: type[BaseModel], query: Any, tell: Callable[[Query], dict[str, Any]]
) -> dict[str, Any]:
    """The answer of a list for a query of `taking(declared)`. `tell` gives a page of rows of the kind `shape`; asked for
    what the list does not do itself, all its pages are gone through. Invalid (`sort`, or a list of more than MOST rows)."""
    words = () if "q" in declared.model_fields else tuple(normalise(query.q).split())
    order = None if "sort" in declared.model_fields else query.sort
    if not words and not order:
        return tell(query)
    field = _field(order, shape) if order else None
    first, rows = _whole(query, tell, "sort" if order else "q")
    rows = [row for row in rows if _carries(row, words)]
    if field is not None:
        known = [row for row in rows if row.get(field) is not None]
        known.sort(key=lambda row: _key(row[field]), reverse=str(order).startswith("-"))
        rows = [*known, *(row for row in rows if row.get(field) is None)]
    return first | listing(rows[query.offset : query.offset + query.limit], len(rows), query)


def _field(order: str, shape: type[BaseModel]) -> str:
    name = order.removeprefix("-")
    if name not in shape.model_fields:
        message = N_("This list has no such order. Choose one of: %(fields)s")
        raise Invalid.field("sort", "unknown_order", message, fields=", ".join(shape.model_fields))
    return name


def _whole(
    query: Query, tell: Callable[[Query], dict[str, Any]], field: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The first page, and the rows of all of them."""
    first = page = tell(query.model_copy(update={"limit": PAGE, "cursor": None}))
    if first["total"] > MOST:
        message = N_("The list has %(total)s rows, too many to look through; narrow it to at most %(most)s by its filters")  # fmt: skip
        raise Invalid.field(field, "too_many_rows", message, total=first["total"], most=MOST)
    rows = list(first["items"])
    while page["next_cursor"]:
        page = tell(query.model_copy(update={"limit": PAGE, "cursor": page["next_cursor"]}))
        rows.extend(page["items"])
    return first, rows


def _carries(row: Any, words: tuple[str, ...]) -> bool:
    text = normalise(*_texts(row)) if words else ""
    return all(word in text for word in words)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _key(value: Any) -> tuple[str, float, str]:
    """Amounts by currency and sum, numbers by size, texts in the reader's language without regard to case."""
    if isinstance(value, dict) and "amount_minor" in value:
        return str(value.get("currency")), value["amount_minor"], ""
    if isinstance(value, bool | int | float):
        return "", value, ""
    if isinstance(value, dict) and value.keys() <= {"zh", "en"}:
        return "", 0, normalise(localised(value))
    return "", 0, normalise(value if isinstance(value, str) else json.dumps(value, default=str))
