"""Reads of runs, statements, disputes and payouts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, func, select

from dealflow.core import policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import NotFound
from dealflow.core.money import Money
from dealflow.core.paging import Query, listing
from dealflow.ledger import queries as ledger
from dealflow.pitches import queries as pitches
from dealflow.recoupment.models import (
    Dispute,
    DistributionConversion,
    DistributionInput,
    DistributionLine,
    DistributionRun,
    DistributionStatement,
    Payout,
    PayoutLine,
    PayoutReturn,
    StatementFile,
)
from dealflow.recoupment.policy import Can
from dealflow.termsheets import queries as termsheets

# Re-exported so that pages name types through this door.
__all__ = ["Dispute", "DistributionLine", "DistributionRun", "DistributionStatement", "Payout"]
_JUDGED = {"unscoped": "the reader of the project's money was judged before"}
_MANY = 500  # values in one statement


@dataclass(frozen=True)
class Desk:
    """A project as this room sees it: who runs its distributions, and which organisations are paid by them."""

    project_id: str
    organisation_id: str
    title: str
    titles: dict[str, Any]
    payees: frozenset[str]


@dataclass(frozen=True)
class PayoutRow:
    """What was paid to a payee from a tier, for the rooms above."""

    id: str
    run_id: str
    project_id: str
    payee: str
    on: date
    amount: Money
    tier: str


def desk(actor: Actor, project_id: str) -> Desk:
    """The project for whoever is paid by it or runs it; NotFound otherwise."""
    brief = pitches.briefs([project_id]).get(project_id)
    if brief is None:
        raise NotFound()
    found = Desk(
        project_id,
        brief["organisation_id"],
        brief["title"],
        brief["titles"],
        termsheets.investors_of(project_id),
    )
    if not policy.can(actor, Can.SEE_PART, found):
        raise NotFound()
    return found


def own_desk(actor: Actor, project_id: str) -> Desk:
    """The project for the organisation that runs it; NotFound for everybody else."""
    found = desk(actor, project_id)
    if not policy.can(actor, Can.SEE, found):
        raise NotFound()
    return found


def run(actor: Actor, run_id: str) -> DistributionRun:
    """A run of the actor's organisation; NotFound otherwise."""
    found = session().get(DistributionRun, run_id)
    if found is None:
        raise NotFound()
    return found


def runs(project_id: str) -> list[DistributionRun]:
    """The runs of a project, the latest first, without those that were discarded."""
    query = select(DistributionRun).where(
        DistributionRun.project_id == project_id, DistributionRun.state != "discarded"
    )
    return list(session().scalars(query.order_by(DistributionRun.id.desc())))


def _page(wanted: Any, column: Any, query: Query, shown: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    total = session().scalar(select(func.count()).select_from(wanted.subquery())) or 0
    rows = session().scalars(wanted.order_by(column).limit(query.limit).offset(query.offset))
    return listing([shown(row) for row in rows], total, query)


def runs_page(project_id: str, query: Query, shown: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """A page of all runs of a project, the latest first."""
    wanted = select(DistributionRun).where(DistributionRun.project_id == project_id)
    return _page(wanted, DistributionRun.id.desc(), query, shown)


def statements_page(
    run: DistributionRun, query: Query, shown: Callable[[Any], dict[str, Any]]
) -> dict[str, Any]:
    """A page of a run's statements, in order of rank."""
    wanted = select(DistributionStatement).where(DistributionStatement.run_id == run.id)
    return _page(wanted, DistributionStatement.id, query, shown)


def run_of(statement: DistributionStatement) -> DistributionRun:
    """The run of a statement that the actor may read."""
    query = select(DistributionRun).where(DistributionRun.id == statement.run_id)
    return session().scalars(query, execution_options=_JUDGED).one()


def last_posted(project_id: str) -> DistributionRun | None:
    """The latest posted run of a project, whoever asks."""
    query = (
        select(DistributionRun)
        .where(DistributionRun.project_id == project_id, DistributionRun.state == "posted")
        .order_by(DistributionRun.number.desc())
        .limit(1)
    )
    return session().scalars(query, execution_options=_JUDGED).first()


def preview_of(project_id: str) -> DistributionRun | None:
    """The preview that waits for a second person."""
    query = select(DistributionRun).where(
        DistributionRun.project_id == project_id, DistributionRun.state == "preview"
    )
    return session().scalars(query).first()


def waiting_for(actor: Actor) -> list[tuple[DistributionRun, str]]:
    """Previews of the actor's organisation that somebody else made, each with its project's title."""
    query = select(DistributionRun).where(
        DistributionRun.state == "preview", DistributionRun.made_by_id != actor.user_id
    )
    found = list(session().scalars(query.order_by(DistributionRun.id)))
    titles = pitches.briefs(run.project_id for run in found)
    return [(run, titles[run.project_id]["title"]) for run in found]


def receipt_entries(run: DistributionRun, items: list[dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """Receipt → (book, entry) that posted it, for the receipts of a page."""
    book = ledger.book_for("recoupment", run.project_id)
    if book is None:
        return {}
    keys = [f"receipt:{item['id']}" for item in items if item["kind"] == "receipt"]
    return {
        key.removeprefix("receipt:"): (book.id, entry.id) for key, entry in ledger.by_keys(book, keys).items()
    }


def lines(run_id: str, payee: str | None = None) -> list[DistributionLine]:
    """The lines of a run in order of rank."""
    query = select(DistributionLine).where(DistributionLine.run_id == run_id)
    if payee is not None:
        query = query.where(DistributionLine.payee == payee)
    return list(session().scalars(query.order_by(DistributionLine.place), execution_options=_JUDGED))


def covered(project_id: str) -> frozenset[tuple[str, str]]:
    """What posted runs have covered, as (kind, id)."""
    query = select(DistributionInput.kind, DistributionInput.source_id).where(
        DistributionInput.project_id == project_id
    )
    rows = session().execute(query, execution_options=_JUDGED)
    return frozenset((row.kind, row.source_id) for row in rows)


Covered = tuple[DistributionInput, DistributionConversion | None]
"""What a run covered, and what it comes to in another currency of the terms, where that is asked for."""


def _covered(run_id: str, own_currency: str) -> Any:
    if not own_currency:
        return select(DistributionInput).where(DistributionInput.run_id == run_id)
    same = and_(
        DistributionInput.kind == DistributionConversion.kind,
        DistributionInput.source_id == DistributionConversion.source_id,
    )
    return (
        select(DistributionInput, DistributionConversion)
        .join(DistributionConversion, same)
        .where(DistributionConversion.run_id == run_id, DistributionConversion.currency == own_currency)
    )


def _pairs(query: Any) -> list[Covered]:
    rows = session().execute(query, execution_options=_JUDGED)
    return [(row[0], row[1] if len(row) > 1 else None) for row in rows]


def covered_receipts(run: DistributionRun, query: Query, own_currency: str = "") -> dict[str, Any]:
    """A page of the receipts and ad spend that a posted run covered for the first time; in another currency of the terms,
    what it was the first to count in it."""
    wanted = _covered(run.id, own_currency)
    counted = wanted.with_only_columns(DistributionInput.id).subquery()
    total = session().scalar(select(func.count()).select_from(counted), execution_options=_JUDGED)
    ordered = wanted.order_by(
        DistributionInput.kind.desc(), DistributionInput.counted_on, DistributionInput.id
    )
    return listing(_pairs(ordered.limit(query.limit).offset(query.offset)), total or 0, query)


def inputs_of(run_id: str, own_currency: str = "") -> list[Covered]:
    """All that a posted run covered for the first time, by day; see `covered_receipts`."""
    return _pairs(
        _covered(run_id, own_currency).order_by(
            DistributionInput.counted_on, DistributionInput.kind, DistributionInput.source_id
        )
    )


def conversions(project_id: str) -> list[DistributionConversion]:
    """What posted runs have kept of inputs in other currencies of the terms than that of the money."""
    query = select(DistributionConversion).where(DistributionConversion.project_id == project_id)
    return list(session().scalars(query, execution_options=_JUDGED))


def posted_as(ids: Sequence[str]) -> list[DistributionInput]:
    """How posted runs have covered receipts and ad spend, for those that they have."""
    found: list[DistributionInput] = []
    for start in range(0, len(ids), _MANY):
        query = select(DistributionInput).where(DistributionInput.source_id.in_(ids[start : start + _MANY]))
        found += session().scalars(query, execution_options=_JUDGED)
    return found


def statement(actor: Actor, statement_id: str) -> DistributionStatement:
    """A statement for its payee or the organisation that issued it; NotFound otherwise."""
    found = session().get(DistributionStatement, statement_id)
    if found is None:
        raise NotFound()
    return found


def statements(run_id: str) -> list[DistributionStatement]:
    """The statements of a run that the actor may know of."""
    query = select(DistributionStatement).where(DistributionStatement.run_id == run_id)
    return list(session().scalars(query.order_by(DistributionStatement.id)))


def statements_to(actor: Actor, project_id: str) -> list[DistributionStatement]:
    """The statements of a project to the actor's organisation, the latest first."""
    query = select(DistributionStatement).where(
        DistributionStatement.project_id == project_id,
        DistributionStatement.payee_organisation_id == actor.organisation_id,
    )
    return list(session().scalars(query.order_by(DistributionStatement.id.desc())))


def statement_about(payout: Payout) -> DistributionStatement:
    """The statement that a transfer paid."""
    in_it = [s for s in statements(payout.run_id) if s.payee == payout.payee]
    return next(s for s in in_it if s.content["currency"] == payout.currency)


def files_of(statement_id: str) -> dict[str, StatementFile]:
    """The files of a statement by form."""
    query = select(StatementFile).where(StatementFile.statement_id == statement_id)
    return {row.form: row for row in session().scalars(query)}


def disputes(statement_ids: list[str]) -> list[Dispute]:
    """Disputes of statements, the latest first."""
    query = select(Dispute).where(Dispute.statement_id.in_(statement_ids)).order_by(Dispute.id.desc())
    return list(session().scalars(query))


def to_answer(actor: Actor) -> list[tuple[Dispute, DistributionStatement]]:
    """Disputes that wait for the answer of the actor's organisation, each with its statement; the oldest first."""
    query = (
        select(Dispute, DistributionStatement)
        .join(DistributionStatement, DistributionStatement.id == Dispute.statement_id)
        .where(Dispute.state == "open", Dispute.organisation_id == actor.organisation_id)
    )
    return [(row[0], row[1]) for row in session().execute(query.order_by(Dispute.id))]


def dispute(actor: Actor, dispute_id: str) -> Dispute:
    """A dispute for both its parties; NotFound otherwise."""
    found = session().get(Dispute, dispute_id)
    if found is None:
        raise NotFound()
    return found


def _is_open() -> Any:
    """A line of a posted run that no transfer paid, but for those that were taken back."""
    paid = (
        select(PayoutLine.id)
        .outerjoin(PayoutReturn, PayoutReturn.payout_id == PayoutLine.payout_id)
        .where(PayoutLine.line_id == DistributionLine.id, PayoutReturn.id.is_(None))
    )
    return (DistributionRun.state == "posted") & ~paid.exists()


def open_lines(run: DistributionRun, payee: str) -> list[tuple[DistributionLine, int]]:
    """Lines of posted runs up to one that are to be paid, the oldest first, each with how often it was paid in vain."""
    tries = (
        select(func.count(PayoutLine.id)).where(PayoutLine.line_id == DistributionLine.id).scalar_subquery()
    )
    query = (
        select(DistributionLine, tries)
        .join(DistributionRun, DistributionRun.id == DistributionLine.run_id)
        .where(DistributionRun.project_id == run.project_id, DistributionLine.payee == payee, _is_open())
        .where(DistributionLine.due_minor != 0, DistributionRun.number <= run.number)
        .order_by(DistributionRun.number, DistributionLine.place)
    )
    return [(line, int(turn)) for line, turn in session().execute(query, execution_options=_JUDGED)]


def open_by_payee(project_id: str) -> dict[tuple[str, str], int]:
    """(Payee, currency where that is not the runs') → what it is still owed by posted runs (minor units); negative where
    it was paid too much."""
    query = (
        select(DistributionLine.payee, DistributionLine.own_currency, func.sum(DistributionLine.due_minor))
        .join(DistributionRun, DistributionRun.id == DistributionLine.run_id)
        .where(DistributionRun.project_id == project_id, _is_open())
        .group_by(DistributionLine.payee, DistributionLine.own_currency)
    )
    rows = session().execute(query, execution_options=_JUDGED)
    return {(payee, own): int(minor) for payee, own, minor in rows}


def payout(actor: Actor, payout_id: str) -> Payout:
    """A transfer for its payee or the organisation that made it; NotFound otherwise."""
    found = session().get(Payout, payout_id)
    if found is None:
        raise NotFound()
    return found


def returned(project_id: str) -> dict[str, PayoutReturn]:
    """Transfers of a project that were taken back, by id."""
    query = select(PayoutReturn).join(Payout, Payout.id == PayoutReturn.payout_id)
    rows = session().scalars(query.where(Payout.project_id == project_id), execution_options=_JUDGED)
    return {row.payout_id: row for row in rows}


def payouts(project_id: str, payee: str | None = None) -> list[Payout]:
    """The transfers of a project, the latest first."""
    query = select(Payout).where(Payout.project_id == project_id)
    if payee is not None:
        query = query.where(Payout.payee == payee)
    return list(session().scalars(query.order_by(Payout.id.desc()), execution_options=_JUDGED))


def _paid() -> Any:
    return (
        select(PayoutLine, Payout, DistributionLine)
        .join(Payout, Payout.id == PayoutLine.payout_id)
        .join(DistributionLine, DistributionLine.id == PayoutLine.line_id)
        .order_by(Payout.on, PayoutLine.id)
    )


def _rows(query: Any) -> list[PayoutRow]:
    return [
        PayoutRow(
            paid.id, line.run_id, transfer.project_id, line.payee, transfer.on,
            Money(paid.amount_minor, transfer.currency), line.tier,
        )
        for paid, transfer, line in session().execute(query, execution_options=_JUDGED)
    ]  # fmt: skip


def payouts_to(organisation_id: str, project_id: str | None = None) -> list[PayoutRow]:
    """What an organisation was paid by distributions, by day; for the rooms that keep its holdings."""
    taken_back = select(PayoutReturn.id).where(PayoutReturn.payout_id == Payout.id)
    query = _paid().where(Payout.payee_organisation_id == organisation_id, ~taken_back.exists())
    return _rows(query if project_id is None else query.where(Payout.project_id == project_id))


def rows_of(payout: Payout) -> list[PayoutRow]:
    """What a transfer paid, line by line."""
    return _rows(_paid().where(Payout.id == payout.id))
