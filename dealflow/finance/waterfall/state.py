"""A waterfall kept from date to date as a JSON value: start it, advance it, read it.

Running date by date from saved states gives exactly what one batch over all receipts gives.
"""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

from dealflow.finance import reading
from dealflow.finance.errors import FinanceInputError
from dealflow.finance.waterfall import output
from dealflow.finance.waterfall.engine import Engine
from dealflow.finance.waterfall.inputs import SpendBook, ad_spend, receipt_amount
from dealflow.finance.waterfall.parsing import parse_terms

VERSION = 1
"""The shape of saved states; another version is refused."""

State = dict[str, Any]


def start(terms: dict[str, Any]) -> State:
    """The state before any money: a JSON value that holds the terms.

    Raises FinanceInputError or Refused("invalid_terms").
    """
    engine = Engine(parse_terms(terms))
    return {"version": VERSION, "terms": copy.deepcopy(terms), **engine.dump()}


def _engine(state: State) -> Engine:
    """The engine a state was saved from."""
    if state.get("version") != VERSION:
        raise FinanceInputError("version", "unknown_version", f"must be {VERSION}")
    engine = Engine(parse_terms(state["terms"]))
    engine.load(state)
    return engine


def advance(
    state: State, on: date, receipts: list[dict[str, Any]], spend: list[dict[str, Any]] | None = None
) -> State:
    """The state after all receipts of the date `on`, which must be later than any date before; `state` is kept.

    `receipts` are `{"amount_minor", "currency"?, "fx"?}`, refunds negative. `spend` is the whole list of ad
    spend entries known so far, not only the new ones. Raises FinanceInputError, or Refused (`fx_missing`,
    `invalid_terms`).
    """
    engine = _engine(state)
    if engine.on is not None and on <= engine.on:
        raise FinanceInputError("on", "not_later", f"must be later than {engine.on.isoformat()}")
    entries = ad_spend({"ad_spend": spend or []}, engine.terms)
    amount = sum(
        receipt_amount(reading.mapping(item, path), path, engine.terms.currency)
        for path, item in ((f"receipts[{position}]", item) for position, item in enumerate(receipts))
    )
    engine.receive(on, amount, SpendBook(engine.terms, entries))
    return {"version": VERSION, "terms": state["terms"], **copy.deepcopy(engine.dump())}


def standing(state: State) -> dict[str, Any]:
    """The output of section 2.7 at a state, without the timeline."""
    return output.standing(_engine(state))


def timeline_row(state: State) -> dict[str, Any]:
    """The timeline's row for the latest date of a state; `on` is None before any."""
    return output.timeline_row(_engine(state))
