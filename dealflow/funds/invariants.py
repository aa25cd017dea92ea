"""Named checks of the room."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import select

from dealflow.core import clock
from dealflow.core.db import session
from dealflow.core.invariants import invariant
from dealflow.funds import chart, queries
from dealflow.funds.models import Fund, FundCallLine, FundPayment, FundRevision, FundStatement
from dealflow.funds.periods import span
from dealflow.funds.service.statements import digest
from dealflow.ledger import queries as ledger
from dealflow.ledger import verification


def _funds() -> list[Fund]:
    return list(session().scalars(select(Fund).order_by(Fund.id)))


@invariant("funds: capital accounts sum to what the fund holds and owes")
def capital() -> list[str]:
    """Assets less what partners owe of calls, less liabilities, are the capital of all partners."""
    found = []
    for fund in _funds():
        book = queries.book_of_fund(fund)
        if book is None:
            continue
        own, worth = 0, 0
        for balance in ledger.trial_balance(book):
            owner, code = chart.owner(balance.account.code), balance.account.code
            if owner is not None and owner[2] not in chart.CALLED:
                own -= balance.amount.amount_minor
            elif owner is None and not code.startswith("assets:receivable:"):
                worth += balance.amount.amount_minor
        if own != worth:
            found.append(f"{fund.id}: partners have {own}, the fund {worth}")
    return found


@invariant("funds: unfunded is what was committed less what was called, and never below zero")
def unfunded() -> list[str]:
    """Whatever is called within commitments leaves as much less to call."""
    return [
        f"{fund.id}: {lp_id} has {position.unfunded.amount_minor} left"
        for fund in _funds()
        for lp_id, position in queries.positions(fund).items()
        if position.unfunded.amount_minor < 0
    ]


@invariant("funds: what is paid of a call is the sum of its payments, and what is owed stands in the book")
def paid() -> list[str]:
    """Lines of calls against payments, and receivables against lines."""
    found = []
    sums: dict[str, int] = defaultdict(int)
    for row in queries.standing(session().scalars(select(FundPayment))):
        sums[row.call_line_id or ""] += row.amount_minor
    for line in session().scalars(select(FundCallLine)):
        if line.paid_minor != sums[line.id]:
            found.append(f"{line.id}: {line.paid_minor} paid, payments sum to {sums[line.id]}")
    for fund in _funds():
        owed: dict[str, int] = defaultdict(int)
        issued = [call for call in queries.calls(fund.id) if call.state == "issued"]
        for lines in queries.call_lines(issued).values():
            for line in lines:
                owed[line.lp_id] += line.open_minor
        book = queries.book_of_fund(fund)
        standing = {b.account.code: b.amount.amount_minor for b in ledger.trial_balance(book)} if book else {}
        for lp_id in queries.names(fund.id):
            there = standing.get(f"assets:receivable:{lp_id}", 0)
            if there != owed[lp_id]:
                found.append(f"{fund.id}: {lp_id} owes {owed[lp_id]}, the book says {there}")
    return found


@invariant("funds: what partners overpaid is what their payments say")
def overpaid() -> list[str]:
    """Excess that came in, less what was used for calls and paid back, against the book."""
    sums: dict[str, int] = defaultdict(int)
    for row in queries.standing(session().scalars(select(FundPayment))):
        sign = 1 if row.kind == "payment" else -1
        sums[row.lp_id] += sign * (row.amount_minor if row.kind == "offset" else row.excess_minor)
    there = {
        lp_id: money.amount_minor for fund in _funds() for lp_id, money in queries.overpaid(fund).items()
    }
    return [
        f"{lp_id}: {sums[lp_id]} overpaid, the book says {there.get(lp_id, 0)}"
        for lp_id in sorted(sums.keys() | there.keys())
        if sums[lp_id] != there.get(lp_id, 0)
    ]


@invariant("funds: distributions are posted as they were planned")
def distributed() -> list[str]:
    """What partners got with what the manager got is what left the bank account."""
    found = []
    for fund in _funds():
        for row in queries.distributions(fund.id):
            parts = row.plan["lps"].values()
            whole = sum(part["amount_minor"] + part["carry_minor"] for part in parts)
            if row.kind == "distribution" and whole != row.amount_minor:
                found.append(f"{row.id}: parts sum to {whole} of {row.amount_minor}")
    return found


def _statements() -> list[FundStatement | FundRevision]:
    """All issues of statements."""
    rows: list[FundStatement | FundRevision] = list(session().scalars(select(FundStatement)))
    rows += session().scalars(select(FundRevision).where(FundRevision.kind == "statement"))
    return rows


@verification.check("funds: statements follow from entries")
def derived() -> Iterator[str]:
    """Each movement of a statement is what its entry posted for the partner, and they sum to the closing."""
    for row in _statements():
        posted: dict[str, int] = defaultdict(int)
        for item in row.data["movements"]:
            posted[item["entry_id"]] += item["amount_minor"]
        (closing,) = [line for line in row.data["columns"] if line["key"] == "closing"]
        if sum(posted.values()) != closing["inception"]["amount_minor"]:
            yield f"{row.id}: movements sum to {sum(posted.values())}"
        posted.pop("", None)
        there: dict[str, int] = defaultdict(int)
        for move in queries.movements(queries.by_id(row.fund_id), row.lp_id, span(row.data["period"])[1]):
            there[move.entry_id] += move.amount.amount_minor
        for entry_id, minor in posted.items():
            if there[entry_id] != minor:
                yield f"{row.id}: {entry_id} posted {there[entry_id]}, the statement says {minor}"


@invariant("funds: statements are as issued")
def issued() -> list[str]:
    """The content still has its hash, and was issued before now; so do papers that were issued anew."""
    rows: list[FundStatement | FundRevision] = list(session().scalars(select(FundStatement)))
    rows += session().scalars(select(FundRevision))
    return [
        f"{row.id}: content and hash differ"
        for row in rows
        if digest(row.data) != row.sha256 or row.issued_at > clock.now()
    ]


@invariant("funds: each issue of a paper replaces the one before it")
def replaced() -> list[str]:
    """Numbers follow each other from 2 on, and each names what it replaces."""
    found, last = [], {row.id: (1, row.sha256) for row in session().scalars(select(FundStatement))}
    for row in session().scalars(select(FundRevision).order_by(FundRevision.about, FundRevision.number)):
        number, sha256 = last.get(row.about, (1, ""))
        replaces = row.data["revision"]["replaces"]
        if row.number != number + 1 or (replaces["number"], replaces["sha256"]) != (number, sha256):
            found.append(f"{row.id}: issue {row.number} of {row.about} does not follow issue {number}")
        last[row.about] = row.number, row.sha256
    return found
