"""Figures of a fund's partners out of the fund's book: cash flows, what is called, paid, and still to be called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from dealflow.core.errors import Invalid
from dealflow.core.i18n import N_
from dealflow.core.money import Money
from dealflow.finance.allocation import largest_remainder
from dealflow.finance.errors import Refused
from dealflow.funds import chart
from dealflow.funds.models import Fund, FundLp
from dealflow.funds.queries.objects import by_id, commitments_on, lps
from dealflow.ledger import queries as ledger
from dealflow.ledger.queries import Book, Entry, PostedLine


@dataclass(frozen=True)
class Figure:
    """An amount and the entries of the book behind it."""

    amount: Money
    entry_ids: tuple[str, ...] = ()

    def json(self) -> dict[str, object]:
        """As the API gives it."""
        return {**self.amount.json(), "entry_ids": list(self.entry_ids)}


@dataclass(frozen=True)
class Flow:
    """Money between a partner and the fund on a day; signed from the partner's view (paid in is negative).

    `kind` as in the fund metrics (`call`, `call_outside`, `call_refund`, `distribution`, `distribution_recallable`), or
    `interest` (equalisation interest received), or `transfer` (history taken over from or left to another partner: no money).
    """

    on: date
    kind: str
    amount: Money
    entry_id: str
    lp_id: str


@dataclass(frozen=True)
class Position:
    """Where a partner stands. `unfunded` = commitment - called + given back + recallable; `due` is called and not paid.

    `interest` is what partners who joined later paid it at their closings: it lowers what is paid in and is no distribution.
    """

    lp: FundLp | None
    commitment: Money
    called: Figure
    contributed: Figure
    outside: Figure
    refunded: Figure
    interest: Figure
    due: Figure
    distributed: Figure
    recallable: Figure
    carry: Figure
    unfunded: Money

    @property
    def paid_in(self) -> Money:
        """What the partner has put in, within the commitment and outside it, less what came back of it."""
        return self.contributed.amount + self.outside.amount - self.refunded.amount - self.interest.amount


def book_of_fund(fund: Fund) -> Book | None:
    """The fund's book; None before anything was posted."""
    return ledger.book_for(chart.BOOK, fund.id)


def cash(fund: Fund, on: date | None = None) -> Money:
    """What stands on the fund's bank account at the end of a day."""
    book = book_of_fund(fund)
    return ledger.balance(book, chart.BANK.code, on=on) if book else fund.money(0)


def overpaid(fund: Fund) -> dict[str, Money]:
    """Partner → what it paid beyond its calls and the fund still holds for it; none for those with nothing."""
    book = book_of_fund(fund)
    lines = ledger.posted_lines(book, prefixes=(chart.OVERPAID,)) if book else []
    sums: dict[str, int] = defaultdict(int)
    for line in lines:
        sums[line.code.removeprefix(chart.OVERPAID)] -= line.amount.amount_minor
    return {lp_id: fund.money(minor) for lp_id, minor in sums.items() if minor}


def cashflows(fund_id: str, lp_id: str | None = None, through: date | None = None) -> list[Flow]:
    """The cash flows of all partners or of one, by day and entry."""
    book = ledger.book_for(chart.BOOK, fund_id)
    if book is None:
        return []
    prefix = f"equity:{lp_id}:" if lp_id else "equity:"
    found = []
    for line in ledger.posted_lines(book, through=through, prefixes=(prefix,)):
        owner, _family, what = chart.owner(line.code) or ("", "", "")
        if what in chart.FLOWS:
            kind = "transfer" if line.kind == "fund_transfer" else chart.FLOWS[what][0]
            found.append(Flow(line.on, kind, line.amount, line.entry_id, owner))
    return found


def _sums(lines: Iterable[PostedLine]) -> dict[str, dict[str, tuple[int, dict[str, None]]]]:
    """Partner → last part of its equity account → minor units (debit positive) and entries in order."""
    found: dict[str, dict[str, tuple[int, dict[str, None]]]] = defaultdict(
        lambda: defaultdict(lambda: (0, {}))
    )
    for line in lines:
        owner = chart.owner(line.code)
        if owner is not None:
            minor, entries = found[owner[0]][owner[2]]
            entries[line.entry_id] = None
            found[owner[0]][owner[2]] = minor + line.amount.amount_minor, entries
    return found


def _position(
    fund: Fund, lp: FundLp | None, committed: int, sums: dict[str, tuple[int, dict[str, None]]]
) -> Position:
    def figure(sign: int, *names: str) -> Figure:
        parts = [sums.get(name, (0, {})) for name in names]
        entries = dict.fromkeys(entry for _minor, there in parts for entry in there)
        return Figure(fund.money(sign * sum(minor for minor, _there in parts)), tuple(entries))

    called = figure(-1, "contribution", "called")
    refunded, recallable = figure(1, "refund"), figure(1, "distribution_recallable")
    unfunded = (
        committed - called.amount.amount_minor + refunded.amount.amount_minor + recallable.amount.amount_minor
    )
    return Position(
        lp, fund.money(committed), called, figure(-1, "contribution"), figure(-1, "contribution_outside"), refunded,
        figure(1, "interest"), figure(-1, "called", "called_outside"), figure(1, "distribution", "distribution_recallable"),
        recallable, figure(1, "carry"), fund.money(unfunded),
    )  # fmt: skip


def positions(fund: Fund, through: date | None = None, *, after: Entry | None = None) -> dict[str, Position]:
    """Where each partner stands at the end of a day, or stood when an entry had been posted; by id, in the partners'
    order. Three statements."""
    book = book_of_fund(fund)
    lines = ledger.posted_lines(book, through=through, prefixes=("equity:",)) if book else []
    if after is not None:
        lines = [line for line in lines if line.number <= after.number]
    committed = commitments_on(fund.id, through, known_by=after.at if after else None)
    sums = _sums(lines)
    return {
        row.id: _position(fund, row, committed.get(row.id, 0), sums.get(row.id, {})) for row in lps(fund.id)
    }


def positions_now_of(fund: Fund, entry: Entry) -> dict[str, Position]:
    """Where each partner stood when an entry had been posted, by what the book says of that moment now: with what was entered
    later for an earlier day, and without what was taken back since."""
    book = book_of_fund(fund)
    lines = ledger.posted_lines(book, prefixes=("equity:",)) if book else []
    known = {line.entry_id for line in lines if line.number <= entry.number or line.on < entry.posted_on}
    undoing = ledger.reversals(book) if book else {}
    sums = _sums(line for line in lines if line.entry_id in known or undoing.get(line.entry_id) in known)
    committed = commitments_on(fund.id, entry.posted_on - timedelta(days=1), or_known_by=entry.at)
    return {
        row.id: _position(fund, row, committed.get(row.id, 0), sums.get(row.id, {})) for row in lps(fund.id)
    }


def fund_position(fund: Fund, found: Iterable[Position]) -> Position:
    """The sum over partners."""
    rows = list(found)

    def figure(name: str) -> Figure:
        parts: list[Figure] = [getattr(row, name) for row in rows]
        entries = dict.fromkeys(entry for part in parts for entry in part.entry_ids)
        return Figure(fund.money(sum(part.amount.amount_minor for part in parts)), tuple(entries))

    return Position(
        None, fund.money(sum(row.commitment.amount_minor for row in rows)), figure("called"), figure("contributed"),
        figure("outside"), figure("refunded"), figure("interest"), figure("due"), figure("distributed"), figure("recallable"),
        figure("carry"), fund.money(sum(row.unfunded.amount_minor for row in rows)),
    )  # fmt: skip


def split(fund_id: str, amount: Money, on: date) -> list[tuple[FundLp, Money]]:
    """An amount among the partners by what each has committed on a day; parts of nothing are left out.

    Raises Invalid when nobody has committed anything by then.
    """
    fund = by_id(fund_id)
    committed = commitments_on(fund.id, on)
    rows = {row.id: row for row in lps(fund.id)}
    try:
        parts = largest_remainder(amount.amount_minor, list(committed.values()))
    except Refused:
        raise Invalid.field(
            "on", "no_commitments", N_("Nobody has committed anything to the fund by this day")
        ) from None
    return [
        (rows[lp_id], Money(part, amount.currency))
        for lp_id, part in zip(committed, parts, strict=True)
        if part
    ]
