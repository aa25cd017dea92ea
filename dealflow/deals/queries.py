"""Reads of deals, scoped by the actor."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

from sqlalchemy import Select, func, select

from dealflow.accounts.queries import organisation_cards
from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import hold, session
from dealflow.core.errors import NotFound
from dealflow.core.i18n import N_, gettext
from dealflow.core.paging import Searched, listing
from dealflow.core.schema import Ref
from dealflow.core.search import normalise
from dealflow.deals.models import (
    CloseReason,
    Deal,
    DealEvent,
    DealMove,
    DealNote,
    DealPosition,
    Introduction,
    MoveApproval,
    Pipeline,
    PipelineStage,
)
from dealflow.deals.states import CLOSED, LABELS, REASON_LABELS, STAGES
from dealflow.pitches import queries as pitches

Stage = Literal[
    "interest", "intro", "data_room", "negotiation", "signed", "funded", "closed_won", "closed_lost"
]


class DealQuery(Searched):
    """Filters of the list of deals."""

    stage: Stage | None = None
    open: Literal["true", "false"] | None = None
    project_id: Ref("prj") | None = None  # type: ignore[valid-type]


def get(actor: Actor, deal_id: str) -> Deal:
    """A deal the actor is a party of; NotFound otherwise."""
    deal = session().get(Deal, deal_id)
    if deal is None:
        raise NotFound()
    return deal


def locked(actor: Actor, deal_id: str) -> Deal:
    """The deal as it is now, kept from others until the transaction ends: whoever changes it takes turns."""
    return hold(Deal, deal_id)


def position(actor: Actor, deal_id: str) -> DealPosition:
    """The actor's own side of a deal; NotFound for a stranger."""
    query = select(DealPosition).where(
        DealPosition.deal_id == deal_id, DealPosition.organisation_id == actor.organisation_id
    )
    found = session().scalars(query, execution_options={"populate_existing": True}).first()
    if found is None:
        raise NotFound()
    return found


def positions(actor: Actor, deal_ids: Iterable[str]) -> dict[str, DealPosition]:
    """The actor's own sides by deal. One statement."""
    wanted = set(deal_ids)
    query = select(DealPosition).where(
        DealPosition.organisation_id == actor.organisation_id, DealPosition.deal_id.in_(wanted)
    )
    return {row.deal_id: row for row in session().scalars(query)} if wanted else {}


def pipelines(actor: Actor, *, archived: bool = False) -> list[Pipeline]:
    """The organisation's pipelines, the one for new deals first."""
    query = select(Pipeline).where(Pipeline.organisation_id == actor.organisation_id)
    if not archived:
        query = query.where(Pipeline.archived_at.is_(None))
    return list(session().scalars(query.order_by(Pipeline.is_default.desc(), Pipeline.id)))


def pipeline(actor: Actor, pipeline_id: str) -> Pipeline:
    """A pipeline of the actor's organisation; NotFound otherwise."""
    row = session().get(Pipeline, pipeline_id)
    if row is None:
        raise NotFound()
    return row


def stages(actor: Actor, pipeline_id: str | None = None, *, kept: bool = False) -> list[PipelineStage]:
    """The stages in use of a pipeline, or of all of the organisation's, in their order.

    `kept`: none of them is removed by somebody else until the transaction ends.
    """
    query = select(PipelineStage).where(
        PipelineStage.organisation_id == actor.organisation_id, PipelineStage.removed_at.is_(None)
    )
    if pipeline_id:
        query = query.where(PipelineStage.pipeline_id == pipeline_id)
    if kept:
        query = query.with_for_update(read=True)
    return list(session().scalars(query.order_by(PipelineStage.pipeline_id, PipelineStage.place)))


def stage_of(actor: Actor, stage_id: str) -> PipelineStage:
    """One stage of the organisation, in use or not; NotFound otherwise."""
    row = session().get(PipelineStage, stage_id)
    if row is None:
        raise NotFound()
    return row


def namer(actor: Actor, deal: Deal) -> Callable[[DealEvent], str]:
    """Who did something in a deal: a colleague by name; of the other side its person once contacts are exchanged."""
    side, known = deal.side_of(actor), introduced(deal)

    def name(event: DealEvent) -> str:
        if event.side in (None, side) or known:
            return event.user_name
        return gettext(N_("the investor")) if event.side == "investor" else gettext(N_("the project's side"))

    return name


def introduced(deal: Deal) -> bool:
    """Whether both sides agreed to an introduction about this project: their people may know each other's names."""
    query = select(Introduction.id).where(
        Introduction.investor_organisation_id == deal.investor_organisation_id,
        Introduction.project_id == deal.project_id,
        Introduction.state == "accepted",
    )
    return session().scalars(query.limit(1)).first() is not None


def stage_label(stage: PipelineStage) -> str:
    """The stage's own name, else that of its state."""
    return stage.name or gettext(LABELS[stage.state])


def pipeline_label(row: Pipeline) -> str:
    """The pipeline's own name, else the usual one."""
    return row.name or gettext(N_("All deals"))


def reasons(actor: Actor, outcome: str | None = None) -> list[CloseReason]:
    """The organisation's reasons of closing that are in use."""
    query = select(CloseReason).where(
        CloseReason.organisation_id == actor.organisation_id, CloseReason.removed_at.is_(None)
    )
    if outcome:
        query = query.where(CloseReason.outcome == outcome)
    return list(session().scalars(query.order_by(CloseReason.outcome.desc(), CloseReason.id)))


def reason_label(row: CloseReason) -> str:
    """A reason in words."""
    return row.label or gettext(REASON_LABELS[row.outcome, row.code])


def reason(actor: Actor, reason_id: str | None) -> CloseReason | None:
    """One reason of the organisation, in use or not."""
    return session().get(CloseReason, reason_id) if reason_id else None


def waiting_approval(actor: Actor, deal_id: str) -> MoveApproval | None:
    """The own organisation's move of a deal that waits for a second member."""
    query = select(MoveApproval).where(
        MoveApproval.deal_id == deal_id,
        MoveApproval.organisation_id == actor.organisation_id,
        MoveApproval.state == "waiting",
    )
    return session().scalars(query).first()


def waiting_approvals(actor: Actor) -> list[MoveApproval]:
    """All moves of the organisation that wait for a second member, oldest first."""
    query = select(MoveApproval).where(
        MoveApproval.organisation_id == actor.organisation_id, MoveApproval.state == "waiting"
    )
    return list(session().scalars(query.order_by(MoveApproval.id)))


def last_move(actor: Actor, deal_id: str) -> DealMove | None:
    """The own organisation's latest move of a deal."""
    query = (
        select(DealMove)
        .where(DealMove.deal_id == deal_id, DealMove.organisation_id == actor.organisation_id)
        .order_by(DealMove.id.desc())
        .limit(1)
    )
    return session().scalars(query).first()


def moves_of(actor: Actor, batch_id: str) -> list[DealMove]:
    """The moves of one batch; none for others' batches."""
    query = (
        select(DealMove)
        .where(DealMove.batch_id == batch_id, DealMove.organisation_id == actor.organisation_id)
        .order_by(DealMove.deal_id)
    )
    return list(session().scalars(query, execution_options={"populate_existing": True}))


def open_pair(investor_organisation_id: str, project_id: str) -> Deal | None:
    """The open deal of an investor about a project, when the actor may know of it."""
    query = select(Deal).where(
        Deal.investor_organisation_id == investor_organisation_id,
        Deal.project_id == project_id,
        Deal.stage.not_in(CLOSED),
    )
    return session().scalars(query).first()


def page(actor: Actor, query: DealQuery) -> dict[str, Any]:
    """A page of the actor's deals, the one moved last first; with `q`, of those whose project or a party carries every word."""
    wanted = select(Deal)
    if query.stage:
        wanted = wanted.where(Deal.stage == query.stage)
    if query.open:
        wanted = wanted.where(Deal.stage.in_(CLOSED) if query.open == "false" else Deal.stage.not_in(CLOSED))
    if query.project_id:
        wanted = wanted.where(Deal.project_id == query.project_id)
    ordered = wanted.order_by(Deal.stage_since.desc(), Deal.id.desc())
    if words := normalise(query.q).split():
        found = _named(ordered, words)
        total, ordered = (
            len(found),
            ordered.where(Deal.id.in_(found[query.offset : query.offset + query.limit])),
        )
    else:
        total = session().scalar(select(func.count()).select_from(wanted.subquery())) or 0
        ordered = ordered.limit(query.limit).offset(query.offset)
    return listing(as_dicts(actor, list(session().scalars(ordered))), total, query)


def _named(ordered: Select[Deal], words: list[str]) -> list[str]:
    """The ids of those deals whose project or one of whose parties carries every word, in their order. Three statements."""
    parts = Deal.id, Deal.project_id, Deal.investor_organisation_id, Deal.project_organisation_id
    rows = session().execute(ordered.with_only_columns(*parts)).all()
    projects = pitches.briefs(row.project_id for row in rows)
    parties = organisation_cards(key for row in rows for key in row[2:])

    def text(row: Any) -> str:
        titles = projects[row.project_id]["titles"].values() if row.project_id in projects else ()
        return normalise(*titles, *(name for key in row[2:] if key in parties for name in parties[key].names))

    return [row.id for row in rows if all(word in text(row) for word in words)]


def as_dicts(actor: Actor, deals: list[Deal]) -> list[dict[str, Any]]:
    """Deals in the interface's form. One more statement."""
    places = positions(actor, (deal.id for deal in deals))
    return [_as_dict(deal, places[deal.id]) for deal in deals]


def as_dict(actor: Actor, deal: Deal) -> dict[str, Any]:
    """The interface's form of a deal, as the actor's side sees it."""
    return _as_dict(deal, position(actor, deal.id)) | more(actor, deal)


def more(actor: Actor, deal: Deal) -> dict[str, Any]:
    """What only a deal on its own is told with: the move that waits, and the one that may be taken back."""
    waiting, last = waiting_approval(actor, deal.id), last_move(actor, deal.id)
    return {
        "approval": approval_dict(waiting) if waiting else None,
        "move_id": last.batch_id if last and last.undone_at is None else None,
    }


def approval_dict(row: MoveApproval) -> dict[str, Any]:
    """A move that waits for a second member, or waited."""
    return {
        "id": row.id, "deal_id": row.deal_id, "stage_id": row.stage_id, "state": row.state, "reason": row.reason,
        "asked_by_id": row.asked_by_id, "asked_by_name": row.asked_by_name, "asked_at": clock.rfc3339(row.asked_at),
        "answered_by_id": row.answered_by_id, "answer": row.answer,
        "answered_at": clock.rfc3339(row.answered_at) if row.answered_at else None,
    }  # fmt: skip


def _as_dict(deal: Deal, place: DealPosition) -> dict[str, Any]:
    return {
        "id": deal.id,
        # Of this side's view: it rises with whatever this side can see change, and with nothing else.
        "version": place.version,
        "created_at": clock.rfc3339(deal.created_at),
        "updated_at": clock.rfc3339(place.updated_at),
        "project_id": deal.project_id,
        # Which mandate a deal came from is the investor's own matter.
        "mandate_id": deal.mandate_id if place.organisation_id == deal.investor_organisation_id else None,
        "investor_organisation_id": deal.investor_organisation_id,
        "project_organisation_id": deal.project_organisation_id,
        "stage": deal.stage,
        "stage_since": clock.rfc3339(deal.stage_since),
        "closed_at": clock.rfc3339(deal.closed_at) if deal.closed_at else None,
        "close_reason": deal.close_reason,
        "pipeline_id": place.pipeline_id,
        "pipeline_stage_id": place.stage_id,
        "pipeline_stage_since": clock.rfc3339(place.since),
        "assignee_id": place.assignee_id,
        "amount": place.amount.json() if place.amount else None,
        "next_step": place.next_step or None,
        "next_step_on": place.next_step_on.isoformat() if place.next_step_on else None,
        "remind_days": place.remind_days,
        "reason_id": place.reason_id,
        "approval": None,
        "move_id": None,
    }


def pipeline_dict(row: Pipeline, rows: Iterable[PipelineStage]) -> dict[str, Any]:
    """The interface's form of a pipeline with its stages."""
    return {
        "id": row.id, "version": row.version, "created_at": clock.rfc3339(row.created_at),
        "updated_at": clock.rfc3339(row.updated_at), "name": pipeline_label(row), "is_default": row.is_default,
        "archived": row.archived_at is not None, "stages": [stage_dict(s) for s in rows if s.pipeline_id == row.id],
    }  # fmt: skip


def stage_dict(row: PipelineStage) -> dict[str, Any]:
    """A stage with its rules."""
    return {
        "id": row.id, "name": stage_label(row), "state": row.state, "required": row.required, "approval": row.needs_approval,
        "movers": row.movers, "stale_days": row.stale_days,
    }  # fmt: skip


def timeline(actor: Actor, deal: Deal) -> list[DealEvent]:
    """What happened, latest first."""
    query = select(DealEvent).where(DealEvent.deal_id == deal.id).order_by(DealEvent.id.desc()).limit(500)
    return list(session().scalars(query))


def notes(actor: Actor, deal: Deal) -> list[DealNote]:
    """The own organisation's private notes, latest first."""
    query = select(DealNote).where(DealNote.deal_id == deal.id).order_by(DealNote.id.desc()).limit(500)
    return list(session().scalars(query))


def cards(actor: Actor, deals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Deals with the names that a list shows: project, both parties. Three more statements in all.

    A project that was withdrawn keeps its title here, and nothing else.
    """
    ids = [d["project_id"] for d in deals]
    projects = pitches.briefs(ids) | pitches.summaries(actor, ids)
    organisations = organisation_cards(
        o for d in deals for o in (d["investor_organisation_id"], d["project_organisation_id"])
    )
    return [
        d
        | {
            "project": projects.get(d["project_id"]),
            "investor": organisations.get(d["investor_organisation_id"]),
            "creator": organisations.get(d["project_organisation_id"]),
        }
        for d in deals
    ]


def counts(actor: Actor) -> dict[str, int]:
    """Number of the actor's deals by stage, every stage named."""
    rows = session().execute(select(Deal.stage, func.count(Deal.id)).group_by(Deal.stage))
    found = {stage: number for stage, number in rows}
    return {stage: found.get(stage, 0) for stage in STAGES}


def known(actor: Actor, deal_id: str) -> Deal | None:
    """A deal the actor is a party of, or None."""
    return session().get(Deal, deal_id)


def funded_by_payment() -> set[str]:
    """Deals that stand as funded, or were won since, because a payment came in and nobody said so by hand; without those
    whose timeline says that the money is gone. Whoever asks."""
    query = (
        select(DealEvent)
        .join(Deal, Deal.id == DealEvent.deal_id)
        .where(
            Deal.stage.in_(("funded", "closed_won")),
            DealEvent.kind.in_(("moved", "taken_back", "unfunded")),
        )
        .order_by(DealEvent.id)
    )
    found: set[str] = set()
    for event in session().scalars(query, execution_options={"unscoped": "the room of money has judged"}):
        # A person who brings a deal there has to say in a few words what happened; a payment has nothing to say.
        if event.data.get("after") == "funded" and event.kind == "moved" and not event.text:
            found.add(event.deal_id)
        elif event.data.get("after") != "closed_won":
            found.discard(event.deal_id)
    return found
