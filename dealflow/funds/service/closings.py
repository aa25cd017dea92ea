"""Closings with equalisation, and transfers between partners."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dealflow.audit import service as audit
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid
from dealflow.core.i18n import N_
from dealflow.core.money import Money
from dealflow.finance import capital_calls
from dealflow.finance.allocation import half_up, largest_remainder
from dealflow.funds import chart, queries
from dealflow.funds.models import Fund, FundClosing, FundCommitment, FundLp, FundTransfer
from dealflow.funds.policy import Can, Tag
from dealflow.funds.service import notices, true_up
from dealflow.funds.service.base import hold, merged, not_ahead, of_fund, open_book
from dealflow.ledger import queries as books
from dealflow.ledger import service as ledger
from dealflow.ledger.service import Draft, Side
from dealflow.notify import service as notify

# Results that a later partner shares as if it had been there from the start.
_SHARED = (
    ("expenses", "fee"), ("expenses", "expenses"), ("income", "other"), ("income", "realised"), ("income", "unrealised"),
)  # fmt: skip
MOVED = (
    "contribution", "contribution_outside", "interest_paid", "refund", "interest_received", "fee", "fee_interest",
)  # fmt: skip
Lines = list[tuple[Side, Money]]


@dataclass(frozen=True)
class Equalisation:
    """What later partners bring in for past calls and who gets it: by call as the finance rules give it, and summed; and
    what they owe of earlier management fees."""

    by_call: dict[str, dict[str, Any]] = field(default_factory=dict)
    true_up: true_up.Owed = field(default_factory=dict)

    def summed(self) -> dict[str, dict[str, int]]:
        """Partner → the fields of MOVED in minor units; `contribution_outside` is beside the commitment."""
        found: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(MOVED, 0))
        for lp_id, (fee, interest) in true_up.sums(self.true_up).items():
            found[lp_id]["fee"], found[lp_id]["fee_interest"] = fee, interest
        for slice_id, parts in self.by_call.items():
            where = "contribution_outside" if slice_id.endswith(true_up.FEE_OUTSIDE) else "contribution"
            for lp_id, new in parts["new"].items():
                found[lp_id][where] += new["contribution_minor"]
                found[lp_id]["interest_paid"] += new["interest_minor"]
            for lp_id, old in parts["existing"].items():
                found[lp_id]["refund"] += old["refund_minor"]
                found[lp_id]["interest_received"] += old["interest_minor"]
        return dict(found)


def paid_by_call(fund: Fund) -> dict[str, dict[str, int]]:
    """Call id → partner → what it has paid of it within its commitment, after equalisations and transfers.

    Where later partners bear fees from the start, what was paid for fees stands apart, under the id with an ending.
    """
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    calls = {call.id: call for call in queries.calls(fund.id)}
    lines = {line.id: line for rows in queries.call_lines(calls.values()).values() for line in rows}
    for payment in queries.payments(fund.id):
        call, lp_id, inside = (
            calls[lines[str(payment.call_line_id)].call_id],
            payment.lp_id,
            payment.inside_minor,
        )
        if true_up.applies(fund):
            fee = true_up.fee_part(call, inside, outside=False)
            found[call.id + true_up.FEE][lp_id] += fee
            found[call.id + true_up.FEE_OUTSIDE][lp_id] += true_up.fee_part(
                call, payment.amount_minor - inside, outside=True
            )
            inside -= fee
        found[call.id][lp_id] += inside
    events: list[tuple[str, Any]] = [(row.id[4:], row) for row in queries.closings(fund.id)]
    events += [(row.id[4:], row) for row in queries.transfers(fund.id)]
    # The last part of an id rises with time, so that closings and transfers take effect in the order they were made.
    for _order, row in sorted(events, key=lambda event: event[0]):
        if isinstance(row, FundTransfer):
            for call_id, minor in row.moved.items():
                found[call_id][row.from_lp_id] -= minor
                found[call_id][row.to_lp_id] += minor
            continue
        for call_id, parts in row.equalised.items():
            for lp_id, new in parts["new"].items():
                found[call_id][lp_id] += new["contribution_minor"]
            for lp_id, old in parts["existing"].items():
                found[call_id][lp_id] -= old["refund_minor"]
    return found


def equalisation(fund: Fund, on: date, rate_ppm: int, new: dict[str, int]) -> Equalisation:
    """What a closing on a day would move; `new` is partner id → minor units newly committed. Nothing is changed."""
    existing = {lp_id: minor for lp_id, minor in queries.commitments_on(fund.id).items() if minor}
    by_call = {}
    due = {call.id: call.due_on for call in queries.calls(fund.id)}
    for slice_id, paid in paid_by_call(fund).items():
        call_id, _, is_fee = slice_id.partition(":")
        whole = sum(paid.values())
        if not whole or not existing or due[call_id] > on:
            continue
        if is_fee:
            payers = sum(minor for lp_id, minor in existing.items() if paid.get(lp_id, 0) > 0)
            by_call[slice_id] = _beside(whole, payers, new)
            continue
        # Who commits more counts as a newcomer with the increase, under a name of its own.
        answer = capital_calls.compute(
            {
                "op": "equalise", "closing": on.isoformat(), "rate_ppm": rate_ppm,
                "calls": [{"on": due[call_id].isoformat(), "amount_minor": whole, "paid": {k: v for k, v in paid.items() if k in existing}}],
                "existing": [{"id": lp_id, "commitment_minor": minor} for lp_id, minor in existing.items()],
                "new": [{"id": f"+{lp_id}", "commitment_minor": minor} for lp_id, minor in new.items()],
            }
        )  # fmt: skip
        by_call[slice_id] = {
            "new": {lp_id.removeprefix("+"): parts for lp_id, parts in answer["new"].items()},
            "existing": answer["existing"],
        }
    return Equalisation(by_call, true_up.owed(fund, on, rate_ppm, new))


def _beside(whole: int, payers: int, new: dict[str, int]) -> dict[str, Any]:
    """Newcomers bring in as much for each unit of commitment as the others did; those get nothing back."""
    parts = {lp_id: half_up(whole * minor, payers) if payers else 0 for lp_id, minor in new.items()}
    return {
        "new": {lp_id: {"contribution_minor": minor, "interest_minor": 0} for lp_id, minor in parts.items()},
        "existing": {},
    }


def hold_closing(
    actor: Actor, fund_id: str, *, on: date, commitments: list[tuple[str, Money]], rate_ppm: int | None = None
) -> FundClosing:
    """Admit partners (id, amount) on a day, the money of their equalisation being there.

    Raises Invalid (`commitments`, `on`), Conflict when there was a closing on this day.
    """
    fund = hold(actor, fund_id, Can.EDIT)
    not_ahead(on, "on")
    new = _newly(fund, commitments)
    earlier = queries.closings(fund.id)
    if earlier and on <= earlier[-1].closed_on:
        raise Invalid.field("on", "too_early", N_("Use a day after the last closing"))
    paid_out = [row.paid_on for row in queries.distributions(fund.id) if row.state == "posted"]
    if paid_out and on < max(paid_out):
        raise Invalid.field("on", "too_early", N_("Use the day of the last distribution or a later one"))
    rate = fund.equalisation_rate_ppm if rate_ppm is None else rate_ppm
    found = equalisation(fund, on, rate, new)
    row = FundClosing(
        fund_id=fund.id, organisation_id=fund.organisation_id, number=len(earlier) + 1, closed_on=on, rate_ppm=rate,
        equalised=found.by_call, true_up=found.true_up, created_by_id=actor.user_id,
    )  # fmt: skip
    session().add(row)
    session().flush()
    for lp_id, minor in new.items():
        session().add(
            FundCommitment(
                fund_id=fund.id,
                lp_id=lp_id,
                organisation_id=fund.organisation_id,
                since=on,
                amount_minor=minor,
                closing_id=row.id,
            )
        )
    session().flush()
    rows = {lp.id: lp for lp in queries.lps(fund.id)}
    lines = merged([*_equalised(fund, rows, found), *_shared_anew(fund, rows)])
    if lines:
        draft = Draft(on, "fund_closing", f"closing:{row.id}", lines, source=row.id)
        row.entry_id = ledger.post(actor, open_book(actor, fund), draft).id
        session().flush()
    true_up.charge(actor, fund, rows, row, found.true_up)
    row.notices = notices.facts(fund, rows, row, found.summed())
    session().flush()
    audit.record(
        actor, Tag.CLOSED, row, after={"on": on.isoformat(), "commitments": new, "rate_ppm": rate},
        organisation_id=fund.organisation_id,
    )  # fmt: skip
    _tell(actor, fund, rows, new, N_("Your commitment to %(fund)s is in force"))
    return row


def _newly(fund: Fund, commitments: list[tuple[str, Money]]) -> dict[str, int]:
    if not commitments:
        raise Invalid.field("commitments", "required", N_("Name at least one partner and its commitment"))
    found: dict[str, int] = {}
    for index, (lp_id, amount) in enumerate(commitments):
        path = f"commitments.{index}"
        if of_fund(fund, lp_id, f"{path}.lp_id").id in found:
            raise Invalid.field(path, "duplicate", N_("The same entry is named twice"))
        if amount.currency != fund.currency or amount.amount_minor <= 0:
            raise Invalid.field(
                f"{path}.amount", "wrong_amount", N_("Enter an amount above zero in the fund's currency")
            )
        found[lp_id] = amount.amount_minor
    return found


def _equalised(fund: Fund, rows: dict[str, FundLp], found: Equalisation) -> Lines:
    lines: Lines = []
    for lp_id, part in found.summed().items():
        lp, money = rows[lp_id], fund.money
        lines += [
            (chart.BANK, money(part["contribution"] + part["contribution_outside"] + part["interest_paid"])),
            (chart.equity(lp, "contribution"), money(-part["contribution"])),
            (
                chart.equity(lp, "contribution_outside"),
                money(-part["contribution_outside"] - part["interest_paid"]),
            ),
            (chart.expense(lp, "equalisation_interest"), money(part["interest_paid"])),
            (chart.income(lp, "equalisation_interest"), money(-part["interest_received"])),
            (chart.equity(lp, "refund"), money(part["refund"])),
            (chart.equity(lp, "interest"), money(part["interest_received"])),
            (chart.BANK, money(-part["refund"] - part["interest_received"])),
        ]
    return lines


def _shared_anew(fund: Fund, rows: dict[str, FundLp]) -> Lines:
    """Costs and results to date, shared by the commitments as they are now."""
    book = queries.book_of_fund(fund)
    committed = queries.commitments_on(fund.id)
    if book is None or not any(committed.values()):
        return []
    shared = [pair for pair in _SHARED if pair != ("expenses", "fee") or not true_up.applies(fund)]
    standing: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for balance in books.trial_balance(book):
        owner = chart.owner(balance.account.code)
        if owner is not None and (owner[1], owner[2]) in shared:
            standing[owner[1], owner[2]][owner[0]] = balance.amount.amount_minor
    lines: Lines = []
    for (family, what), there in standing.items():
        make = chart.expense if family == "expenses" else chart.income
        parts = largest_remainder(sum(there.values()), list(committed.values()))
        wanted = dict(zip(committed, parts, strict=True))
        for lp_id in {**committed, **there}:
            change = wanted.get(lp_id, 0) - there.get(lp_id, 0)
            lines.append((make(rows[lp_id], what), fund.money(change)))
    return lines


def transfer(
    actor: Actor, fund_id: str, *, from_lp_id: str, to_lp_id: str, amount: Money, on: date
) -> FundTransfer:
    """Move a commitment, or part of it, to another partner from a day on: its accounts move in the same proportion.

    Raises Invalid; Conflict while the one who leaves still owes a call.
    """
    fund = hold(actor, fund_id, Can.EDIT)
    giver, taker = of_fund(fund, from_lp_id, "from_lp_id"), of_fund(fund, to_lp_id, "to_lp_id")
    held = queries.commitments_on(fund.id).get(giver.id, 0)
    _check_transfer(fund, giver, taker, amount, held, on)
    share = amount.amount_minor
    moved = {
        call_id: minor
        for call_id, paid in paid_by_call(fund).items()
        if (minor := half_up(paid.get(giver.id, 0) * share, held))
    }
    row = FundTransfer(
        fund_id=fund.id, organisation_id=fund.organisation_id, from_lp_id=giver.id, to_lp_id=taker.id, moved_on=on,
        amount_minor=share, moved=moved, created_by_id=actor.user_id,
    )  # fmt: skip
    session().add(row)
    session().flush()
    for lp, minor in ((giver, -share), (taker, share)):
        session().add(
            FundCommitment(
                fund_id=fund.id,
                lp_id=lp.id,
                organisation_id=fund.organisation_id,
                since=on,
                amount_minor=minor,
                transfer_id=row.id,
            )
        )
    lines = merged(_moved_accounts(fund, giver, taker, share, held))
    if lines:
        draft = Draft(on, "fund_transfer", f"transfer:{row.id}", lines, source=row.id)
        row.entry_id = ledger.post(actor, open_book(actor, fund), draft).id
    session().flush()
    audit.record(
        actor, Tag.TRANSFERRED, row,
        after={"from": giver.id, "to": taker.id, "amount_minor": share, "on": on.isoformat()},
        organisation_id=fund.organisation_id,
    )  # fmt: skip
    _tell(
        actor, fund, {giver.id: giver, taker.id: taker}, {giver.id: 0, taker.id: 0},
        N_("A commitment to %(fund)s was transferred"),
    )  # fmt: skip
    return row


def _check_transfer(fund: Fund, giver: FundLp, taker: FundLp, amount: Money, held: int, on: date) -> None:
    not_ahead(on, "on")
    if giver.id == taker.id:
        raise Invalid.field("to_lp_id", "same_partner", N_("Choose another partner"))
    if amount.currency != fund.currency or not 0 < amount.amount_minor <= held:
        raise Invalid.field(
            "amount", "wrong_amount", N_("Enter an amount up to the commitment of the partner, in the fund's currency")
        )  # fmt: skip
    owed = [
        line
        for rows in queries.call_lines(c for c in queries.calls(fund.id) if c.state == "issued").values()
        for line in rows
        if line.lp_id in (giver.id, taker.id) and line.open_minor
    ]
    if owed:
        raise Conflict(
            N_("A call is not paid yet; enter the payment or cancel the call first"), code="call_open"
        )
    last = [flow.on for flow in queries.cashflows(fund.id)] + [
        row.since for row in queries.commitments(fund.id)
    ]
    if last and on < max(last):
        raise Invalid.field("on", "too_early", N_("Use a day on or after the last movement of the fund"))


def _moved_accounts(fund: Fund, giver: FundLp, taker: FundLp, share: int, held: int) -> Lines:
    """What stands on the giver's accounts, in proportion, on the same accounts of the taker."""
    book = queries.book_of_fund(fund)
    lines: Lines = []
    for balance in books.trial_balance(book) if book else []:
        lp_id, family, what = chart.owner(balance.account.code) or ("", "", "")
        if lp_id != giver.id:
            continue
        make = {"equity": chart.equity, "income": chart.income, "expenses": chart.expense}[family]
        minor = half_up(balance.amount.amount_minor * share, held)
        lines += [(make(giver, what), fund.money(-minor)), (make(taker, what), fund.money(minor))]
    return lines


def _tell(actor: Actor, fund: Fund, rows: dict[str, FundLp], who: dict[str, int], title: str) -> None:
    for lp_id in who:
        organisation = rows[lp_id].lp_organisation_id
        if organisation is not None:
            notify.tell(
                code="fund_commitment", title=title, params={"fund": fund.name}, link=f"/funds/{fund.id}/lps/{lp_id}",
                organisation_id=organisation, but=actor.user_id,
            )  # fmt: skip
