"""Moving deals: one, many, back again. The state machine decides for both parties; a party's own stages lie within it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, DomainError, Invalid, InvalidTransition, NotFound
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.core.outbox import emit
from dealflow.deals import queries
from dealflow.deals.events import DealMoved
from dealflow.deals.models import Deal, DealMove, DealPosition, PipelineStage
from dealflow.deals.policy import Can, Tag
from dealflow.deals.service import approvals, positions, rules
from dealflow.deals.service.timeline import happened
from dealflow.deals.states import CLOSED, DEAL, STAGES, UNDO_WITHIN, UNDOABLE

MOST_AT_ONCE = 200


@dataclass
class Batch:
    """What came of a move of many, or of taking one back: deal ids, and refusals by deal."""

    id: str
    done: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    refused: dict[str, DomainError] = field(default_factory=dict)


def move(
    actor: Actor,
    deal_id: str,
    *,
    to: str | None = None,
    stage_id: str | None = None,
    reason: str = "",
    reason_id: str | None = None,
    version: int | None = None,
    batch_id: str | None = None,
) -> Deal:
    """Move a deal to another state (`to`), or to a stage of the actor's own pipeline (`stage_id`).

    A stage that asks for a second member's approval leaves the deal where it is until that is given. Raises NotFound,
    Forbidden, StaleVersion with what changed, InvalidTransition, and Invalid that names what the stage asks for.
    """
    deal = queries.locked(actor, deal_id)
    place = queries.position(actor, deal.id)
    stage = _checked(actor, deal, place, to, stage_id, reason, reason_id, version)
    if stage.needs_approval:
        approvals.ask(actor, deal, place, stage, reason=reason, reason_id=reason_id)
    else:
        carry_out(actor, deal, place, stage, reason=reason, reason_id=reason_id, batch_id=batch_id)
    return deal


def _checked(
    actor: Actor,
    deal: Deal,
    place: DealPosition,
    to: str | None,
    stage_id: str | None,
    reason: str,
    reason_id: str | None,
    version: int | None,
    *,
    kept: bool = True,
) -> PipelineStage:
    stage = _target(actor, place, to, stage_id, kept=kept)
    rules.may_move(actor, deal, place, stage)
    if version is not None and version != place.version:
        raise rules.stale(actor, deal, place)
    if stage_id is None:
        rules.by_hand(deal, stage.state)
    rules.check(actor, deal, place, stage, reason, reason_id)
    return stage


def obstacle(actor: Actor, deal_id: str, *, stage_id: str, version: int | None = None) -> DomainError | None:
    """What would keep a deal from a stage at this moment; nothing is changed."""
    deal = queries.get(actor, deal_id)
    place = queries.position(actor, deal.id)
    try:
        _checked(actor, deal, place, None, stage_id, "", None, version, kept=False)
    except DomainError as refusal:
        return refusal
    return None


def _target(
    actor: Actor, place: DealPosition, to: str | None, stage_id: str | None, *, kept: bool = True
) -> PipelineStage:
    live = queries.stages(actor, kept=kept)
    if stage_id is not None:
        found = [s for s in live if s.id == stage_id]
    else:
        found = [s for s in live if s.state == to and s.pipeline_id == place.pipeline_id]
    if not found:
        raise Invalid.field("stage_id" if stage_id else "to", "not_a_choice", N_("Choose one of the stages"))
    return found[0]


def carry_out(
    actor: Actor,
    deal: Deal,
    place: DealPosition,
    stage: PipelineStage,
    *,
    reason: str,
    reason_id: str | None,
    batch_id: str | None = None,
) -> None:
    """Do a move that may be done, and note it so that it can be taken back."""
    row = DealMove(
        id=new("mov"), batch_id=batch_id or new("bat"), organisation_id=place.organisation_id, deal_id=deal.id,
        from_stage_id=place.stage_id, to_stage_id=stage.id, since_before=place.since, state_since_before=deal.stage_since,
        before=deal.stage, after=stage.state, user_id=actor.user_id, user_name=actor.user_name,
    )  # fmt: skip
    if stage.state == deal.stage:
        audit.record(
            actor, Tag.PLACED, deal, before={"stage_id": place.stage_id}, after={"stage_id": stage.id}, reason=reason
        )  # fmt: skip
    else:
        shift(actor, deal, stage.state, reason, but=place.organisation_id)
    positions.settle(place, stage)
    if reason_id:
        place.reason_id = reason_id
    session().flush()
    row.version_after = place.version
    session().add(row)
    session().flush()


def shift(
    actor: Actor, deal: Deal, to: str, reason: str, *, but: str | None = None, undone: bool = False
) -> None:
    """Change the state that both parties share: timeline, audit, event, and the places of the parties.

    `undone`: it goes back because what brought it here had not happened.
    """
    before = deal.stage
    deal.stage = DEAL.fire(before, DEAL.event_to(before, to), deal)
    deal.stage_since = clock.now()
    if deal.stage in CLOSED:
        deal.closed_at, deal.close_reason = clock.now(), reason.strip()
    session().flush()
    kind, tag = ("taken_back", Tag.TAKEN_BACK) if undone else ("moved", Tag.MOVED)
    happened(actor, deal, kind, text=reason, before=before, after=to)
    audit.record(
        actor, tag, deal, before={"stage": before}, after={"stage": to}, reason=reason,
        organisation_id=actor.organisation_id or deal.project_organisation_id,
    )  # fmt: skip
    emit(
        DealMoved(
            deal.id, deal.project_id, before, to, deal.investor_organisation_id, deal.project_organisation_id
        )
    )
    positions.follow(deal, but=but)


def advance(actor: Actor, deal: Deal, *, to: str, reason: str = "") -> None:
    """Move a deal forward to a state that a step of a higher room's own work implies, whichever party took it.

    Stages between are passed on the way. Nothing happens when the deal is there, beyond it, or closed.
    """
    deal = queries.locked(actor, deal.id)
    while deal.stage != to:
        ahead = [m.target for m in DEAL.moves if deal.stage in m.sources and _place(m.target) <= _place(to)]
        if not ahead or _place(deal.stage) > _place(to):
            return
        shift(actor, deal, max(ahead, key=_place), reason)


def unfund(actor: Actor, deal: Deal, *, reason: str, undone: bool) -> None:
    """What made a deal funded is gone: it was paid back, or (`undone`) had never come in. The deal is signed again.

    One that was won since keeps its end, and its timeline says what happened; nothing happens to others.
    """
    deal = queries.locked(actor, deal.id)
    if deal.stage == "funded":
        shift(actor, deal, "signed", reason, undone=undone)
    elif deal.stage == "closed_won":
        title = N_("The money that made this deal funded is no longer there")
        happened(actor, deal, "unfunded", text=reason, title=title)


def _place(state: str) -> int:
    return STAGES.index(state)


def move_many(
    actor: Actor,
    deals: Mapping[str, int | None],
    *,
    stage_id: str,
    reason: str = "",
    reason_id: str | None = None,
) -> Batch:
    """Move several deals (id → the version seen, if any) to one stage; each is done or refused on its own.

    Raises the first refusal when not a single one could be moved.
    """
    if not 1 <= len(deals) <= MOST_AT_ONCE:
        raise Invalid.field("deals", "too_many", N_("Choose 1 to 200 deals"))
    batch = Batch(new("bat"))
    # All are taken in one order before anything is written, so that two such moves never wait for each other.
    for deal_id in sorted(deals):
        _lock_if_there(actor, deal_id)
    for deal_id in sorted(deals):
        try:
            with session().begin_nested():
                move(
                    actor, deal_id, stage_id=stage_id, reason=reason, reason_id=reason_id, version=deals[deal_id],
                    batch_id=batch.id,
                )  # fmt: skip
            waits = queries.waiting_approval(actor, deal_id) is not None
            (batch.waiting if waits else batch.done).append(deal_id)
        except DomainError as refusal:
            batch.refused[deal_id] = refusal
    return _some(batch)


def _some(batch: Batch) -> Batch:
    """The batch, unless not a single deal went: then the first refusal is the answer."""
    if not batch.done and not batch.waiting:
        raise next(iter(batch.refused.values()))
    return batch


def _lock_if_there(actor: Actor, deal_id: str) -> None:
    try:
        queries.locked(actor, deal_id)
    except NotFound:
        # Refused by name when its turn comes.
        return


def undo(actor: Actor, batch_id: str) -> Batch:
    """Take a move, or a move of many, back where nothing came after it; each deal is done or refused on its own.

    Raises NotFound for a batch of others, and the first refusal when not a single deal could be taken back.
    """
    known = queries.moves_of(actor, batch_id)
    if not known:
        raise NotFound()
    for row in known:
        queries.locked(actor, row.deal_id)
    batch = Batch(batch_id)
    for row in queries.moves_of(actor, batch_id):
        try:
            with session().begin_nested():
                _take_back(actor, row)
            batch.done.append(row.deal_id)
        except DomainError as refusal:
            batch.refused[row.deal_id] = refusal
    return _some(batch)


def _take_back(actor: Actor, row: DealMove) -> None:
    deal, place = queries.locked(actor, row.deal_id), queries.position(actor, row.deal_id)
    shared = row.before != row.after
    wanted = (Can.DECLINE if row.after == "closed_lost" else Can.MOVE) if shared else Can.EDIT
    policy.require(actor, wanted, deal, see=Can.SEE)
    if row.undone_at is not None:
        raise Conflict(N_("This move was taken back already"), code="invalid_transition")
    if place.version != row.version_after:
        raise rules.stale(actor, deal, place)
    if row.at < clock.now() - UNDO_WITHIN or (shared and row.after not in UNDOABLE):
        raise InvalidTransition(N_("It is too late to take this move back"))
    if shared:
        _unshift(actor, deal, row)
    back = queries.stage_of(actor, row.from_stage_id)
    if back.removed_at is not None:
        back = _target(actor, place, row.before, None)
    place.pipeline_id, place.stage_id, place.since = back.pipeline_id, back.id, row.since_before
    if row.after in CLOSED:
        place.reason_id = None
    row.undone_at = clock.now()
    session().flush()
    if not shared:
        audit.record(
            actor, Tag.TAKEN_BACK, deal, before={"stage_id": row.to_stage_id}, after={"stage_id": back.id}
        )


def _unshift(actor: Actor, deal: Deal, row: DealMove) -> None:
    deal.stage, deal.stage_since = row.before, row.state_since_before
    deal.closed_at = deal.close_reason = None
    try:
        session().flush()
    except IntegrityError:
        raise Conflict(N_("You already have an open deal about this project")) from None
    happened(actor, deal, "taken_back", before=row.after, after=row.before)
    audit.record(actor, Tag.TAKEN_BACK, deal, before={"stage": row.after}, after={"stage": row.before})
    emit(
        DealMoved(
            deal.id,
            deal.project_id,
            row.after,
            row.before,
            deal.investor_organisation_id,
            deal.project_organisation_id,
        )
    )
    positions.follow(deal, but=row.organisation_id)
