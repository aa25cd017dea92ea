"""For the room that keeps bank statements: what calls still ask of partners, and the payments that stand on its lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from dealflow.accounts.queries import OrganisationCard, organisation_cards
from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.funds import queries
from dealflow.funds.models import Fund, FundCall, FundCallLine, FundLp, FundPayment
from dealflow.funds.service import late_interest


@dataclass(frozen=True)
class OpenLine:
    """What a call asks of one partner and is not paid, or bears late interest; `payers`: names it has paid under."""

    fund: Fund
    call: FundCall
    line: FundCallLine
    lp: FundLp
    payers: Sequence[str]
    paid: Sequence[FundPayment]

    @property
    def link(self) -> str:
        """The address of the call's page."""
        return f"/funds/{self.fund.id}/calls/{self.call.id}"

    def owed(self, on: date) -> int:
        """Late interest in minor units owed at the end of a day."""
        if not self.fund.late_rate_ppm or on <= self.call.due_on:
            return 0
        return late_interest(self.fund, self.call, self.line, on, self.paid)


@dataclass(frozen=True)
class Settled:
    """A payment taken from a bank statement, with the address where it is shown."""

    fund: Fund
    payment: FundPayment
    link: str


def open_lines(actor: Actor) -> list[OpenLine]:
    """What partners owe of the issued calls of the funds that the actor's organisation manages, by due day."""
    query = (
        select(Fund, FundCall, FundCallLine, FundLp)
        .join(FundCall, FundCall.fund_id == Fund.id)
        .join(FundCallLine, FundCallLine.call_id == FundCall.id)
        .join(FundLp, FundLp.id == FundCallLine.lp_id)
        .where(FundCall.state == "issued", FundCall.organisation_id == actor.organisation_id)
        .order_by(FundCall.due_on, FundCallLine.id)
    )
    found = list(session().execute(query))
    by_lp: dict[str, list[FundPayment]] = defaultdict(list)
    entered = select(FundPayment).where(FundPayment.fund_id.in_({fund.id for fund, _c, _l, _lp in found}))
    for row in queries.standing(session().scalars(entered.order_by(FundPayment.paid_on, FundPayment.id))):
        by_lp[row.lp_id].append(row)
    cards = organisation_cards(lp.lp_organisation_id for _f, _c, _l, lp in found if lp.lp_organisation_id)
    rows = [
        OpenLine(
            fund, call, line, lp, _names(lp, cards.get(lp.lp_organisation_id or ""), by_lp[lp.id]),
            [row for row in by_lp[lp.id] if row.call_line_id == line.id],
        )
        for fund, call, line, lp in found
    ]  # fmt: skip
    return [row for row in rows if row.line.open_minor or row.owed(clock.today())]


def _names(lp: FundLp, card: OrganisationCard | None, paid: Iterable[FundPayment]) -> list[str]:
    """The partner's names here and on the platform, and those under which it paid before."""
    there = (lp.name, *(card.names if card else ()), *(row.payer for row in paid))
    return [name for name in dict.fromkeys(there) if name]


def of_bank_lines(line_ids: Iterable[str] | None = None) -> list[Settled]:
    """The payments that stand on lines of bank statements (None: on any)."""
    query = select(FundPayment).where(FundPayment.bank_line_id.is_not(None))
    if line_ids is not None:
        query = query.where(FundPayment.bank_line_id.in_(list(line_ids)))
    rows = list(session().scalars(query.order_by(FundPayment.id)))
    undone = queries.taken_back(row.id for row in rows)
    return settled(row for row in rows if row.id not in undone)


def settled(payments: Iterable[FundPayment]) -> list[Settled]:
    """Payments with what they belong to. Two statements."""
    rows = list(payments)
    funds = {
        row.id: row for row in session().scalars(select(Fund).where(Fund.id.in_({r.fund_id for r in rows})))
    }
    lines = queries.lines_by_id(str(row.call_line_id) for row in rows)
    return [
        Settled(funds[row.fund_id], row, f"/funds/{row.fund_id}/calls/{lines[str(row.call_line_id)].call_id}")
        for row in rows
    ]
