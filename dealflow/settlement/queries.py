"""Reads of commitments and their money. Those with an actor are scoped; those without serve higher rooms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import Select, func, select

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import NotFound
from dealflow.core.money import Money
from dealflow.core.paging import Query
from dealflow.core.schema import Date, Ref
from dealflow.settlement import interest
from dealflow.settlement.models import (
    Commitment,
    MilestoneFact,
    MilestoneProof,
    PaymentCall,
    Tranche,
    TrancheEvent,
    Transfer,
)

_WHOLE = {"unscoped": "the room that asks has judged its reader"}
_FILES = {"unscoped": "the sweep of files serves all tenants"}
State = Literal["waiting", "open", "held", "missed", "called", "part_paid", "paid", "refunded", "cancelled"]


class TrancheQuery(Query):
    """Filters of the list of tranches. `due_by`: a call due, or a long-stop date, up to that day."""

    state: State | None = None
    project_id: Ref("prj") | None = None  # type: ignore[valid-type]
    deal_id: Ref("deal") | None = None  # type: ignore[valid-type]
    due_by: Date | None = None
    sort: Literal["long_stop", "-long_stop"] | None = None


def _one(model: Any, key: str) -> Any:
    found = session().get(model, key)
    if found is None:
        raise NotFound()
    return found


def get(actor: Actor, commitment_id: str) -> Commitment:
    """A commitment of which the actor is a party; NotFound otherwise."""
    found: Commitment = _one(Commitment, commitment_id)
    return found


def tranche(actor: Actor, tranche_id: str) -> Tranche:
    """A tranche the actor may know of; NotFound otherwise."""
    found: Tranche = _one(Tranche, tranche_id)
    return found


def call(actor: Actor, call_id: str) -> PaymentCall:
    """A call the actor may know of; NotFound otherwise."""
    found: PaymentCall = _one(PaymentCall, call_id)
    return found


def proof(actor: Actor, proof_id: str) -> MilestoneProof:
    """A proof the actor may know of; NotFound otherwise."""
    found: MilestoneProof = _one(MilestoneProof, proof_id)
    return found


def transfer(actor: Actor, transfer_id: str) -> Transfer:
    """Money that moved, of which the actor may know; NotFound otherwise."""
    found: Transfer = _one(Transfer, transfer_id)
    return found


def of_term_sheet(term_sheet_id: str) -> Commitment | None:
    """The commitment that a term sheet became."""
    return session().scalars(select(Commitment).where(Commitment.term_sheet_id == term_sheet_id)).first()


def commitments(
    actor: Actor, *, project_id: str | None = None, deal_id: str | None = None
) -> list[Commitment]:
    """The actor's commitments, the latest first."""
    query = select(Commitment).order_by(Commitment.id.desc())
    if project_id is not None:
        query = query.where(Commitment.project_id == project_id)
    if deal_id is not None:
        query = query.where(Commitment.deal_id == deal_id)
    return list(session().scalars(query))


def commitment_page(
    actor: Actor, query: Query, project_id: str | None = None
) -> tuple[list[Commitment], int]:
    """A page of the actor's commitments, the latest first, and how many there are."""
    wanted = select(Commitment)
    if project_id is not None:
        wanted = wanted.where(Commitment.project_id == project_id)
    total = session().scalar(select(func.count()).select_from(wanted.subquery())) or 0
    rows = wanted.order_by(Commitment.id.desc()).limit(query.limit).offset(query.offset)
    return list(session().scalars(rows)), total


def tranches_of(ids: Iterable[str]) -> dict[str, list[Tranche]]:
    """Commitment id → its tranches in order. One statement."""
    found: dict[str, list[Tranche]] = {key: [] for key in ids}
    query = select(Tranche).where(Tranche.commitment_id.in_(found)).order_by(Tranche.number)
    for row in session().scalars(query) if found else ():
        found[row.commitment_id].append(row)
    return found


def _wanted(query: TrancheQuery) -> Select[Any]:
    wanted = select(Tranche)
    if query.state:
        wanted = wanted.where(Tranche.state == query.state)
    if query.project_id:
        wanted = wanted.where(Tranche.project_id == query.project_id)
    if query.deal_id:
        mine = select(Commitment.id).where(Commitment.deal_id == query.deal_id)
        wanted = wanted.where(Tranche.commitment_id.in_(mine))
    if query.due_by:
        called = select(PaymentCall.tranche_id).where(
            PaymentCall.state == "open", PaymentCall.due_on <= query.due_by
        )
        waiting = Tranche.state.in_(("waiting", "missed")) & (Tranche.long_stop <= query.due_by)
        wanted = wanted.where(Tranche.id.in_(called) | waiting)
    return wanted


def page(actor: Actor, query: TrancheQuery) -> tuple[list[Tranche], int]:
    """A page of the actor's tranches over all projects, and how many there are. By long-stop date, or `sort=-long_stop`."""
    wanted = _wanted(query)
    total = session().scalar(select(func.count()).select_from(wanted.subquery())) or 0
    order = Tranche.long_stop.desc() if query.sort == "-long_stop" else Tranche.long_stop
    rows = wanted.order_by(order, Tranche.id).limit(query.limit).offset(query.offset)
    return list(session().scalars(rows)), total


def counts(actor: Actor) -> dict[str, int]:
    """State → number of the actor's tranches."""
    rows = session().execute(select(Tranche.state, func.count()).group_by(Tranche.state))
    return {state: number for state, number in rows}


def due_at_closing(tranches: list[Tranche]) -> list[Tranche]:
    """Of all tranches of a commitment those whose payment makes a deal funded: due at signing, or the first when none is."""
    return [t for t in tranches if t.milestone == "signing"] or tranches[:1]


def live_calls(tranche_ids: Iterable[str]) -> dict[str, PaymentCall]:
    """Tranche id → its call that is not withdrawn. One statement."""
    query = select(PaymentCall).where(
        PaymentCall.tranche_id.in_(list(tranche_ids)), PaymentCall.state != "withdrawn"
    )
    return {row.tranche_id: row for row in session().scalars(query)}


def live_call(tranche_id: str) -> PaymentCall | None:
    """The call of a tranche that is not withdrawn, as it is now."""
    query = select(PaymentCall).where(PaymentCall.tranche_id == tranche_id, PaymentCall.state != "withdrawn")
    return session().scalars(query, execution_options={"populate_existing": True}).first()


def open_calls(actor: Actor, *, as_payee: bool = False) -> list[PaymentCall]:
    """Calls that await payment, by due date; `as_payee`: of the actor's own projects only."""
    query = select(PaymentCall).where(PaymentCall.state == "open").order_by(PaymentCall.due_on)
    if as_payee:
        query = query.where(PaymentCall.project_organisation_id == actor.organisation_id)
    return list(session().scalars(query))


def owing_calls(actor: Actor) -> list[PaymentCall]:
    """Calls of the actor's own projects that await payment or, paid late, may bear interest that is owed, by due date."""
    query = select(PaymentCall).where(
        PaymentCall.project_organisation_id == actor.organisation_id,
        (PaymentCall.state == "open") | ((PaymentCall.state == "paid") & (PaymentCall.late_rate_ppm > 0)),
    )
    return list(session().scalars(query.order_by(PaymentCall.due_on, PaymentCall.id)))


def calls_like(actor: Actor, words: str, limit: int) -> list[PaymentCall]:
    """The actor's calls whose reference begins like that; none for fewer than four signs."""
    start = words.strip().upper()
    if len(start) < 4 or not start.isalnum():
        return []
    query = select(PaymentCall).where(PaymentCall.reference.startswith(start)).order_by(PaymentCall.id.desc())
    return list(session().scalars(query.limit(limit)))


def proofs_of(tranche_ids: Iterable[str]) -> dict[str, list[MilestoneProof]]:
    """Tranche id → proofs handed in for it, the latest first. One statement."""
    found: dict[str, list[MilestoneProof]] = {key: [] for key in tranche_ids}
    query = (
        select(MilestoneProof).where(MilestoneProof.tranche_id.in_(found)).order_by(MilestoneProof.id.desc())
    )
    for row in session().scalars(query):
        found[row.tranche_id].append(row)
    return found


def proof_in_time(row: Tranche) -> bool:
    """Whether a proof waits for its answer that was handed in on the tranche's long-stop date at the latest."""
    query = select(MilestoneProof.created_at).where(
        MilestoneProof.tranche_id == row.id, MilestoneProof.state == "waiting"
    )
    return any(clock.day_of(at) <= row.long_stop for at in session().scalars(query))


def waiting_proofs(actor: Actor) -> list[MilestoneProof]:
    """Proofs that wait for the actor's organisation as the investor; those of lapsed tranches wait no more."""
    query = select(MilestoneProof).where(
        MilestoneProof.state == "waiting", MilestoneProof.investor_organisation_id == actor.organisation_id,
        MilestoneProof.tranche_id.in_(select(Tranche.id).where(Tranche.state != "cancelled")),
    )  # fmt: skip
    return list(session().scalars(query.order_by(MilestoneProof.id)))


def events_of(tranche_ids: Iterable[str]) -> list[TrancheEvent]:
    """What happened to some tranches, the latest first."""
    query = select(TrancheEvent).where(TrancheEvent.tranche_id.in_(list(tranche_ids)))
    return list(session().scalars(query.order_by(TrancheEvent.id.desc())))


def transfers(*, commitment_id: str | None = None, call_id: str | None = None) -> list[Transfer]:
    """Money that moved for a commitment or a call, the latest first."""
    query = select(Transfer)
    if commitment_id is not None:
        query = query.where(Transfer.commitment_id == commitment_id)
    if call_id is not None:
        query = query.where(Transfer.call_id == call_id)
    return list(session().scalars(query.order_by(Transfer.id.desc())))


def transfers_of_lines(line_ids: Iterable[str]) -> list[Transfer]:
    """The payments that stand on bank lines, in the order in which they were entered. One statement."""
    query = select(Transfer).where(Transfer.bank_line_id.in_(list(line_ids))).order_by(Transfer.id)
    return standing(list(session().scalars(query)))


def reversal_of(transfer_id: str) -> Transfer | None:
    """The entry that takes a transfer back, if there is one."""
    return session().scalars(select(Transfer).where(Transfer.reverses_id == transfer_id)).first()


def standing(rows: Sequence[Transfer]) -> list[Transfer]:
    """Those that were not taken back, without the entries that take back."""
    undone = {row.reverses_id for row in rows if row.reverses_id}
    return [row for row in rows if row.kind != "reversal" and row.id not in undone]


def principal_paid(call_ids: Iterable[str]) -> dict[str, list[tuple[date, int]]]:
    """Call id → days and minor units of the principal that was paid on it. One statement."""
    found: dict[str, list[tuple[date, int]]] = {key: [] for key in call_ids}
    rows = session().scalars(select(Transfer).where(Transfer.call_id.in_(found)).order_by(Transfer.id))
    for row in standing(list(rows)):
        if row.kind in ("payment", "offset") and row.call_id:
            found[row.call_id].append((row.moved_on, row.principal_minor))
    return found


def accrued_interest(found: PaymentCall, on: date, paid: Sequence[tuple[date, int]] | None = None) -> int:
    """Late interest in minor units that has run up on a call by the end of `on`, paid or not; `paid`: its principal paid,
    when it is known."""
    known = principal_paid([found.id])[found.id] if paid is None else paid
    return interest.accrued(found.amount_minor, found.due_on, found.late_rate_ppm, known, on)


def facts(project_id: str, investor_organisation_id: str | None) -> list[MilestoneFact]:
    """The milestones of a project that are on record for an investor (None: for all of them)."""
    whom = MilestoneFact.investor_organisation_id
    query = select(MilestoneFact).where(
        MilestoneFact.project_id == project_id, whom.is_(None) | (whom == investor_organisation_id)
    )
    return list(session().scalars(query.order_by(MilestoneFact.id), execution_options=_WHOLE))


def fact(project_id: str, kind: str, investor_organisation_id: str | None) -> MilestoneFact | None:
    """The record of one milestone of a project that counts for an investor (None: for all of them)."""
    return next((row for row in facts(project_id, investor_organisation_id) if row.kind == kind), None)


def files_in_use(ids: Iterable[str]) -> set[str]:
    """Those of the file ids that a proof refers to."""
    wanted, found = sorted(set(ids)), set()
    for start in range(0, len(wanted), 500):
        query = select(MilestoneProof.file_id).where(MilestoneProof.file_id.in_(wanted[start : start + 500]))
        found |= set(session().scalars(query, execution_options=_FILES))
    return found


def is_proof_of(actor: Actor, file_id: str) -> bool:
    """Whether a file is a proof that the actor's organisation may read as the other party."""
    return session().scalar(select(MilestoneProof.id).where(MilestoneProof.file_id == file_id)) is not None


# For higher rooms.
@dataclass(frozen=True)
class Payment:
    """Money between an investor and a project: kind "payment" (capital, what was overpaid included), "interest" (late
    interest) or "refund" (back to the investor). What was taken back as wrong is left out. (id, kind) is unique."""

    id: str
    commitment_id: str
    tranche_id: str | None
    project_id: str
    investor_organisation_id: str
    on: date
    amount: Money
    kind: str


def commitments_of_project(project_id: str) -> list[Commitment]:
    """All commitments to a project, the first first, whoever asks."""
    query = select(Commitment).where(Commitment.project_id == project_id).order_by(Commitment.id)
    return list(session().scalars(query, execution_options=_WHOLE))


def commitments_of_investor(organisation_id: str) -> list[Commitment]:
    """All commitments of an investor, the first first, whoever asks."""
    query = select(Commitment).where(Commitment.investor_organisation_id == organisation_id)
    return list(session().scalars(query.order_by(Commitment.id), execution_options=_WHOLE))


def tranches_for(commitment_ids: Iterable[str]) -> list[Tranche]:
    """The tranches of some commitments, in order, whoever asks."""
    query = select(Tranche).where(Tranche.commitment_id.in_(list(commitment_ids)))
    return list(
        session().scalars(query.order_by(Tranche.commitment_id, Tranche.number), execution_options=_WHOLE)
    )


def payments_of(investor_organisation_id: str, project_id: str | None = None) -> list[Payment]:
    """An investor's payments by day (of one project), whoever asks."""
    query = select(Transfer).where(Transfer.investor_organisation_id == investor_organisation_id)
    if project_id is not None:
        query = query.where(Transfer.project_id == project_id)
    rows = session().scalars(query.order_by(Transfer.moved_on, Transfer.id), execution_options=_WHOLE)
    found = []
    for row in standing(list(rows)):
        if row.kind == "offset":
            continue
        parts = [(row.kind, row.principal_minor + row.excess_minor), ("interest", row.interest_minor)]
        found += [
            Payment(
                row.id, row.commitment_id, row.tranche_id, row.project_id, row.investor_organisation_id, row.moved_on,
                Money(minor, row.currency), kind,
            )
            for kind, minor in parts if minor
        ]  # fmt: skip
    return found


def overdue(found: PaymentCall) -> bool:
    """Whether a call awaits payment past its due date."""
    return found.state == "open" and found.due_on < clock.today()
