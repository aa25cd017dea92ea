"""Funds, partners and what was done, as rows; scoped by the actor of the open transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, false, func, or_, select, true

from dealflow.core import db, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import NotFound
from dealflow.core.paging import Searched
from dealflow.core.search import escape
from dealflow.funds.models import (
    Fund,
    FundCall,
    FundCallLine,
    FundCharge,
    FundClosing,
    FundCommitment,
    FundDistribution,
    FundDistributionLine,
    FundDistributionNotice,
    FundLp,
    FundPayment,
    FundStatement,
    FundTransfer,
    held_by,
)
from dealflow.funds.models.flows import REFERENCE, reference_of
from dealflow.funds.policy import Can

P = TypeVar("P", bound=Any)
_JUDGED = {"unscoped": "whoever asks has been judged on the fund"}
_OF_LINES = {"unscoped": "the lines are those that the actor may know of"}
_WHOLE = {"unscoped": "the waterfall is the whole fund's, whoever reads what it means for one partner"}
_ADDRESSED = {"unscoped": "the query itself says which rows are addressed to the actor"}


def _addressed(model: type[FundCall] | type[FundDistribution]) -> ColumnElement[bool]:
    """The calls or distributions that the actor of the open transaction may know of."""
    actor = db.actor()
    if actor is None:
        return false()
    return true() if actor.is_system else model.addressed_to(actor)


class FundQuery(Searched):
    """Filters of the list of funds."""


def by_id(fund_id: str) -> Fund:
    """A fund for a caller that has judged the actor."""
    return session().scalars(select(Fund).where(Fund.id == fund_id), execution_options=_JUDGED).one()


def get(actor: Actor, fund_id: str) -> Fund:
    """A fund that the actor manages or is a partner of; NotFound otherwise."""
    found = session().scalars(select(Fund).where(Fund.id == fund_id)).first()
    if found is None or not policy.can(actor, Can.SEE, found):
        raise NotFound()
    return found


def managed(actor: Actor, fund_id: str) -> Fund:
    """A fund of the actor's own organisation; NotFound otherwise, to its partners too."""
    found = get(actor, fund_id)
    policy.require(actor, Can.MANAGE, found, see=Can.MANAGE)
    return found


def listed(actor: Actor, query: FundQuery | None = None) -> tuple[list[Fund], int]:
    """A page of the funds that the actor manages or is a partner of, by name, and how many there are."""
    wanted = select(Fund)
    query = query or FundQuery(limit=200)
    if query.q:
        wanted = wanted.where(Fund.name.ilike(f"%{escape(query.q)}%", escape="\\"))
    total = session().scalar(select(func.count()).select_from(wanted.subquery())) or 0
    rows = session().scalars(wanted.order_by(Fund.name, Fund.id).limit(query.limit).offset(query.offset))
    return list(rows), total


def vehicles(fund: Fund) -> list[Fund]:
    """The vehicles below a fund."""
    return list(session().scalars(select(Fund).where(Fund.parent_id == fund.id).order_by(Fund.name)))


def lps(fund_id: str) -> list[FundLp]:
    """All partners of a fund in the order in which they came."""
    query = select(FundLp).where(FundLp.fund_id == fund_id).order_by(FundLp.id)
    return list(session().scalars(query, execution_options=_JUDGED))


def names(fund_id: str) -> dict[str, str]:
    """The partners' names by id."""
    return {row.id: row.name for row in lps(fund_id)}


def own_lps(actor: Actor, fund_ids: Iterable[str]) -> dict[str, FundLp]:
    """Fund id → the partner that the actor's organisation is in it."""
    query = select(FundLp).where(FundLp.fund_id.in_(set(fund_ids)), held_by(actor))
    return {row.fund_id: row for row in session().scalars(query)}


def lp(actor: Actor, fund_id: str, lp_id: str) -> FundLp:
    """A partner that the actor may read: any to the manager, itself to a partner; NotFound otherwise."""
    found = session().scalars(select(FundLp).where(FundLp.id == lp_id, FundLp.fund_id == fund_id)).first()
    if found is None or not policy.can(actor, Can.SEE_LP, found):
        raise NotFound()
    return found


def partner(fund_id: str, lp_id: str) -> FundLp | None:
    """A partner of a fund for a caller that has judged the actor."""
    query = select(FundLp).where(FundLp.id == lp_id, FundLp.fund_id == fund_id)
    return session().scalars(query, execution_options=_JUDGED).first()


def commitments(fund_id: str) -> list[FundCommitment]:
    """The history of commitments that the actor may know of, oldest first."""
    query = select(FundCommitment).where(FundCommitment.fund_id == fund_id)
    return list(session().scalars(query.order_by(FundCommitment.since, FundCommitment.id)))


def commitments_on(
    fund_id: str, on: date | None = None, *, known_by: datetime | None = None, or_known_by: datetime | None = None
) -> dict[str, int]:  # fmt: skip
    """Partner id → minor units committed at the end of a day (default: all that is known, or was by an instant; either of
    day and instant with `or_known_by`), in the partners' order."""
    query = (
        select(FundCommitment.lp_id, func.sum(FundCommitment.amount_minor))
        .where(FundCommitment.fund_id == fund_id)
        .group_by(FundCommitment.lp_id)
    )
    if on is not None and or_known_by is not None:
        query = query.where(or_(FundCommitment.since <= on, FundCommitment.created_at <= or_known_by))
    elif on is not None:
        query = query.where(FundCommitment.since <= on)
    if known_by is not None:
        query = query.where(FundCommitment.created_at <= known_by)
    found = {row[0]: int(row[1]) for row in session().execute(query, execution_options=_JUDGED)}
    return {lp_id: found[lp_id] for lp_id in sorted(found)}


def closings(fund_id: str) -> list[FundClosing]:
    """The closings of a fund."""
    query = select(FundClosing).where(FundClosing.fund_id == fund_id).order_by(FundClosing.number)
    return list(session().scalars(query, execution_options=_JUDGED))


def closing(fund_id: str, closing_id: str) -> FundClosing:
    """A closing of a fund; NotFound otherwise."""
    return _found(next((row for row in closings(fund_id) if row.id == closing_id), None))


def transfers(fund_id: str) -> list[FundTransfer]:
    """The transfers of a fund."""
    query = select(FundTransfer).where(FundTransfer.fund_id == fund_id)
    return list(
        session().scalars(query.order_by(FundTransfer.moved_on, FundTransfer.id), execution_options=_JUDGED)
    )


def calls(fund_id: str) -> list[FundCall]:
    """The calls of a fund that the actor may know of, the latest first."""
    query = select(FundCall).where(FundCall.fund_id == fund_id, _addressed(FundCall))
    return list(session().scalars(query.order_by(FundCall.number.desc()), execution_options=_ADDRESSED))


def call(actor: Actor, fund_id: str, call_id: str) -> FundCall:
    """A call of a fund; NotFound for one the actor may not know of."""
    query = select(FundCall).where(FundCall.id == call_id, FundCall.fund_id == fund_id, _addressed(FundCall))
    return _found(session().scalars(query, execution_options=_ADDRESSED).first())


def call_lines(calls: Iterable[FundCall]) -> dict[str, list[FundCallLine]]:
    """Call id → its lines that the actor may know of."""
    found: dict[str, list[FundCallLine]] = {row.id: [] for row in calls}
    query = select(FundCallLine).where(FundCallLine.call_id.in_(found)).order_by(FundCallLine.lp_id)
    for line in session().scalars(query):
        found[line.call_id].append(line)
    return found


def lines_by_id(ids: Iterable[str]) -> dict[str, FundCallLine]:
    """Lines of calls that the actor may know of, by their ids. One statement."""
    query = select(FundCallLine).where(FundCallLine.id.in_(set(ids)))
    return {row.id: row for row in session().scalars(query)}


def lines_like(actor: Actor, words: str, limit: int) -> list[tuple[Fund, FundCall, FundCallLine, FundLp]]:
    """What calls ask of partners under a reference that begins like that, the latest first, as far as the actor may know of
    it; none for fewer than four signs."""
    start = words.strip().upper()
    if len(start) < 4 or not start.startswith(REFERENCE) or actor.organisation_id is None:
        return []
    known = session().scalars(select(FundCallLine.id).order_by(FundCallLine.id.desc()))
    ids = [line_id for line_id in known if reference_of(line_id).startswith(start)][:limit]
    query = (
        select(Fund, FundCall, FundCallLine, FundLp)
        .join(FundCall, FundCall.fund_id == Fund.id)
        .join(FundCallLine, FundCallLine.call_id == FundCall.id)
        .join(FundLp, FundLp.id == FundCallLine.lp_id)
        .where(FundCallLine.id.in_(ids))
        .order_by(FundCallLine.id.desc())
    )
    return [
        (fund, call, line, lp)
        for fund, call, line, lp in session().execute(query, execution_options=_OF_LINES)
    ]


def payment_rows(
    fund_id: str, lp_id: str | None = None, line_ids: Iterable[str] | None = None, bank_line_id: str | None = None
) -> list[FundPayment]:  # fmt: skip
    """All that was entered about calls and that the actor may know of, oldest first, with what was taken back."""
    query = select(FundPayment).where(FundPayment.fund_id == fund_id)
    if lp_id is not None:
        query = query.where(FundPayment.lp_id == lp_id)
    if line_ids is not None:
        query = query.where(FundPayment.call_line_id.in_(list(line_ids)))
    if bank_line_id is not None:
        # With what takes them back, which does not name the line.
        on_line = select(FundPayment.id).where(FundPayment.bank_line_id == bank_line_id)
        query = query.where(FundPayment.id.in_(on_line) | FundPayment.reverses_id.in_(on_line))
    return list(session().scalars(query.order_by(FundPayment.paid_on, FundPayment.id)))


def standing(rows: Iterable[P]) -> list[P]:
    """Those that were not taken back, without the entries that take back."""
    found = list(rows)
    undone = {row.reverses_id for row in found if row.reverses_id}
    return [row for row in found if row.kind != "reversal" and row.id not in undone]


def taken_back(payment_ids: Iterable[str]) -> set[str]:
    """Those of the payments that another entry takes back."""
    found = select(FundPayment.reverses_id).where(FundPayment.reverses_id.in_(list(payment_ids)))
    return {str(key) for key in session().scalars(found)}


def payments(fund_id: str, lp_id: str | None = None) -> list[FundPayment]:
    """What was paid of calls and stands, as far as the actor may know of it, oldest first."""
    return [row for row in standing(payment_rows(fund_id, lp_id)) if row.call_line_id is not None]


def paid_of_calls(fund_id: str) -> list[Any]:
    """What all partners paid of calls and stands, oldest first, whoever asks: (paid_on, amount_minor, call_id, purposes,
    call_minor)."""
    columns = (
        FundPayment.id, FundPayment.kind, FundPayment.reverses_id, FundPayment.paid_on, FundPayment.amount_minor,
        FundCallLine.call_id, FundCall.purposes, FundCall.amount_minor.label("call_minor"),
    )  # fmt: skip
    query = (
        select(*columns)
        .outerjoin(FundCallLine, FundCallLine.id == FundPayment.call_line_id)
        .outerjoin(FundCall, FundCall.id == FundCallLine.call_id)
        .where(FundPayment.fund_id == fund_id)
        .order_by(FundPayment.paid_on, FundPayment.id)
    )
    rows = session().execute(query, execution_options=_WHOLE).all()
    return [row for row in standing(rows) if row.call_id is not None]


def posted_distributions(fund_id: str) -> list[Any]:
    """(paid_on, amount_minor, deal) of the distributions that were posted, by their numbers, whoever asks."""
    query = select(FundDistribution.paid_on, FundDistribution.amount_minor, FundDistribution.deal).where(
        FundDistribution.fund_id == fund_id,
        FundDistribution.state == "posted",
        FundDistribution.kind == "distribution",
    )
    return list(session().execute(query.order_by(FundDistribution.number), execution_options=_WHOLE))


def payment(actor: Actor, fund_id: str, payment_id: str) -> FundPayment:
    """An entry about a call that the actor may know of; NotFound otherwise."""
    query = select(FundPayment).where(FundPayment.id == payment_id, FundPayment.fund_id == fund_id)
    return _found(session().scalars(query).first())


def charges(fund_id: str) -> list[FundCharge]:
    """Fees, expenses and other income of a fund, the latest first."""
    query = select(FundCharge).where(FundCharge.fund_id == fund_id)
    return list(session().scalars(query.order_by(FundCharge.charged_on.desc(), FundCharge.id.desc())))


def charge(fund_id: str, charge_id: str) -> FundCharge:
    """A charge of a fund; NotFound otherwise."""
    query = select(FundCharge).where(FundCharge.id == charge_id, FundCharge.fund_id == fund_id)
    return _found(session().scalars(query).first())


def distributions(fund_id: str) -> list[FundDistribution]:
    """The distributions of a fund that the actor may know of, the latest first."""
    query = select(FundDistribution).where(FundDistribution.fund_id == fund_id, _addressed(FundDistribution))
    rows = session().scalars(query.order_by(FundDistribution.number.desc()), execution_options=_ADDRESSED)
    return list(rows)


def distribution(fund_id: str, distribution_id: str) -> FundDistribution:
    """A distribution of a fund; NotFound otherwise."""
    query = select(FundDistribution).where(
        FundDistribution.id == distribution_id,
        FundDistribution.fund_id == fund_id,
        _addressed(FundDistribution),
    )
    return _found(session().scalars(query, execution_options=_ADDRESSED).first())


def distribution_lines(
    fund_id: str, lp_id: str | None = None, *, distribution_id: str | None = None
) -> list[FundDistributionLine]:
    """What partners got, as far as the actor may know it."""
    query = select(FundDistributionLine).where(FundDistributionLine.fund_id == fund_id)
    if lp_id is not None:
        query = query.where(FundDistributionLine.lp_id == lp_id)
    if distribution_id is not None:
        query = query.where(FundDistributionLine.distribution_id == distribution_id)
    return list(session().scalars(query.order_by(FundDistributionLine.id)))


@dataclass(frozen=True)
class Noticed:
    """What a partner is told of a distribution; `issued_on` where that was not when it was posted."""

    line: FundDistributionLine
    facts: dict[str, Any]
    issued_on: date | None


def distribution_notices(
    fund_id: str, lp_id: str | None = None, *, distribution_id: str | None = None
) -> dict[tuple[str, str], Noticed]:
    """(Distribution, partner) → its notice, as far as the actor may know it. Two statements."""
    lines = distribution_lines(fund_id, lp_id, distribution_id=distribution_id)
    query = select(FundDistributionNotice).where(FundDistributionNotice.fund_id == fund_id)
    later = {row.line_id: row for row in session().scalars(query)}
    found = {}
    for line in lines:
        if line.facts:
            found[line.distribution_id, line.lp_id] = Noticed(line, line.facts, None)
        elif (row := later.get(line.id)) is not None:
            found[line.distribution_id, line.lp_id] = Noticed(line, row.facts, row.issued_on)
    return found


def statement(fund_id: str, lp_id: str, period: str) -> FundStatement | None:
    """The statement issued for a period, when the actor may know of it."""
    query = select(FundStatement).where(
        FundStatement.fund_id == fund_id, FundStatement.lp_id == lp_id, FundStatement.period == period
    )
    return session().scalars(query).first()


def statements(fund_id: str, lp_id: str | None = None) -> list[FundStatement]:
    """Statements that the actor may know of, the latest period first."""
    query = select(FundStatement).where(FundStatement.fund_id == fund_id)
    if lp_id is not None:
        query = query.where(FundStatement.lp_id == lp_id)
    return list(session().scalars(query.order_by(FundStatement.period.desc(), FundStatement.lp_id)))


def _found(row: Any) -> Any:
    if row is None:
        raise NotFound()
    return row
