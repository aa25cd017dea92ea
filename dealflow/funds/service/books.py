"""Closing a fund's book once figures of a period are issued, so that what was issued stays what the book says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from dealflow.core.actor import Actor
from dealflow.funds import queries
from dealflow.funds.models import Fund
from dealflow.funds.periods import span
from dealflow.ledger import service as ledger

_issued: dict[str, Callable[[str], Iterable[str]]] = {}


def may_close(actor: Actor, fund: Fund) -> bool:
    """Whether the actor may close the fund's book."""
    book = queries.book_of_fund(fund)
    return book is not None and ledger.may_close(actor, book)


def close(actor: Actor, fund: Fund, period: str) -> None:
    """Close the book through the end of a period; one that is closed so far stays. Raises Forbidden, Invalid."""
    book, (_since, through) = queries.book_of_fund(fund), span(period)
    if book is not None and (book.closed_through is None or book.closed_through < through):
        ledger.close_period(actor, book.id, through=through)


def register_issued(name: str, periods: Callable[[str], Iterable[str]]) -> None:
    """Let a higher room tell of which periods it has issued figures of a fund: `periods(fund_id)`."""
    _issued[name] = periods


def left_open(fund: Fund) -> tuple[str, date] | None:
    """The latest period with issued figures through whose end the book is not closed, and that end."""
    book = queries.book_of_fund(fund)
    periods = {row.period for row in queries.statements(fund.id)}.union(
        *(find(fund.id) for find in _issued.values())
    )
    issued = {period: span(period)[1] for period in periods}
    if book is None or not issued:
        return None
    period, through = max(issued.items(), key=lambda item: item[1])
    closed = book.closed_through is not None and book.closed_through >= through
    return None if closed else (period, through)


def not_posted(fund: Fund, through: date) -> list[str]:
    """What belongs into a period that ends on a day and could not be posted once it is closed: `fee`, `distribution`."""
    found = []
    covered = [span(row.key[4:])[1] for row in queries.charges(fund.id) if row.key.startswith("fee:")]
    if (
        fund.fee_rate_ppm
        and queries.commitments_on(fund.id, through)
        and max(covered, default=date.min) < through
    ):
        found.append("fee")
    if any(row.state == "draft" and row.paid_on <= through for row in queries.distributions(fund.id)):
        found.append("distribution")
    return found
