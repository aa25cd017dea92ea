"""The family `recoupment`: terms with receipts, or with a grid of gross amounts, to who gets what."""

from __future__ import annotations

from datetime import date
from typing import Any

from dealflow.finance import reading
from dealflow.finance.errors import FinanceInputError, Refused
from dealflow.finance.waterfall import output
from dealflow.finance.waterfall.engine import Engine
from dealflow.finance.waterfall.inputs import SpendBook, ad_spend, receipts_by_date
from dealflow.finance.waterfall.parsing import parse_terms
from dealflow.finance.waterfall.terms import Terms

MAX_TIERS = 100
MAX_PAYEES = 500
MAX_GRID = 2_000
MAX_RECEIPTS = 20_000
MAX_AD_SPEND = 20_000
MAX_ESCALATORS = 100
MAX_CELLS = 2_000_000
"""Amounts one simulation may answer with: points times tiers times payees, or dates times payees."""

MAX_WORK = 10_000_000
"""Allocations one simulation may need, a microsecond or two each: entries of all share lists times points
and tiers, and as much as ten points for each escalator."""


def recoupment(data: dict[str, Any]) -> dict[str, Any]:
    """Who gets what: `{terms, receipts}` or `{terms, gross_grid, on}`, each with `ad_spend`, to section 2.7.

    Refusals (`invalid_terms`, `fx_missing`) are returned as `{"error": code}`. Raises FinanceInputError for a
    malformed input. Time is linear in receipts and grid points.
    """
    if ("receipts" in data) == ("gross_grid" in data):
        raise FinanceInputError("receipts", "missing", "needs either receipts or gross_grid")
    try:
        terms = parse_terms(reading.member(data, "terms", ""))
        book = SpendBook(terms, ad_spend(data, terms))
        if "receipts" in data:
            return _by_receipts(terms, receipts_by_date(data, terms.currency), book)
        grid = [
            reading.as_integer(gross, f"gross_grid[{position}]")
            for position, gross in enumerate(reading.sequence(data, "gross_grid", ""))
        ]
        return {"grid": _by_gross(terms, grid, reading.day(data, "on", ""), book)}
    except Refused as refusal:
        return refusal.as_output()


def _by_receipts(terms: Terms, sums: dict[date, int], book: SpendBook) -> dict[str, Any]:
    """The output for receipts, date by date."""
    engine = Engine(terms)
    timeline = []
    for on, amount in sums.items():
        engine.receive(on, amount, book)
        timeline.append(output.timeline_row(engine))
    return {**output.standing(engine), "timeline": timeline}


def _by_gross(terms: Terms, grid: list[int], on: date, book: SpendBook) -> list[dict[str, Any]]:
    """The output for each gross amount as if it came in at once on the date `on`, in the order given.

    How the money of one date is cut changes nothing, so the amounts are walked once, ascending. A negative
    amount is a refund and pays nobody.
    """
    engine = Engine(terms)
    rows: dict[int, dict[str, Any]] = {}
    for gross in sorted(set(grid)):
        if gross > engine.gross:
            if engine.gross == 0:
                engine.open_date(on, book)
            engine.flow(gross - engine.gross)
            engine.settle()
        rows[gross] = output.grid_row(engine, gross)
    return [rows[gross] for gross in grid]


def _length(owner: Any, key: str) -> int:
    """How many items list member `key` has; 0 where there is no such list (its reader will say so)."""
    value = owner.get(key) if isinstance(owner, dict) else None
    return len(value) if isinstance(value, list) else 0


def _limit(count: int, most: int, field: str) -> None:
    """Raise when there are more than `most`."""
    if count > most:
        raise FinanceInputError(field, "too_many", f"is more than one request may hold or ask for ({most})")


def _dates(data: dict[str, Any]) -> int:
    """How many different dates the receipts have, as far as they are readable."""
    dates = (receipt.get("on") for receipt in data["receipts"] if isinstance(receipt, dict))
    return len({on for on in dates if isinstance(on, str)})


def check_size(data: dict[str, Any]) -> None:
    """Raise FinanceInputError (`too_many`, `too_deep`) for an input larger than one request may be."""
    reading.check_depth(data, "")
    terms = data.get("terms")
    tiers, payees = _length(terms, "tiers"), _length(terms, "payees")
    grid, receipts = _length(data, "gross_grid"), _length(data, "receipts")
    _limit(tiers, MAX_TIERS, "terms.tiers")
    _limit(payees, MAX_PAYEES, "terms.payees")
    _limit(grid, MAX_GRID, "gross_grid")
    _limit(receipts, MAX_RECEIPTS, "receipts")
    _limit(_length(data, "ad_spend"), MAX_AD_SPEND, "ad_spend")
    dates = _dates(data) if receipts else 0
    _limit(grid * (tiers + 1) * payees, MAX_CELLS, "gross_grid")
    _limit(dates * payees, MAX_CELLS, "receipts")
    if isinstance(terms, dict) and tiers:
        _check_work(terms["tiers"], grid + dates)


def _check_work(tiers: list[Any], points: int) -> None:
    """Raise when the tiers' lists, all together, are too much for so many dates or grid points."""
    entries = steps = 0
    for position, tier in enumerate(tiers):
        count = _length(tier, "escalators")
        _limit(count, MAX_ESCALATORS, f"terms.tiers[{position}].escalators")
        steps += count
        entries += sum(_length(tier, key) for key in ("shares", "principals", "loans"))
        entries += sum(_length(step, "shares") for step in tier["escalators"]) if count else 0
    _limit(entries * (points + len(tiers) + 10 * steps), MAX_WORK, "terms.tiers")


def simulate(data: dict[str, Any]) -> dict[str, Any]:
    """`recoupment` for input from strangers: sizes and depth are limited before anything is computed.

    Raises FinanceInputError with `.field` (path) and `.code`; refusals are returned as `{"error": code}`.
    """
    reading.mapping(data, "")
    check_size(data)
    return recoupment(data)
