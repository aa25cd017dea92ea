"""What must hold before a deal enters a stage: who may, what is filled, what is said."""

from __future__ import annotations

from sqlalchemy import func, select

from dealflow.core import policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import FieldError, Forbidden, Invalid, InvalidTransition, StaleVersion
from dealflow.core.i18n import N_
from dealflow.deals import queries, states
from dealflow.deals.models import Deal, DealEvent, DealNote, DealPosition, PipelineStage
from dealflow.deals.policy import Can
from dealflow.deals.states import CLOSED, NEEDS_REASON, REQUIRED


def may_move(actor: Actor, deal: Deal, place: DealPosition, stage: PipelineStage) -> None:
    """Raise Forbidden unless this person may bring the deal to this stage."""
    if stage.state == deal.stage:
        wanted = Can.EDIT
    else:
        wanted = Can.DECLINE if stage.state == "closed_lost" else Can.MOVE
    policy.require(actor, wanted, deal, see=Can.SEE)
    if stage.movers == "owners" and not actor.is_owner:
        raise Forbidden(N_("Only owners of your organisation bring deals to this stage"))
    if stage.movers == "assignee" and not actor.is_owner and place.assignee_id != actor.user_id:
        raise Forbidden(N_("Only who looks after the deal, or an owner, brings it to this stage"))


def check(
    actor: Actor,
    deal: Deal,
    place: DealPosition,
    stage: PipelineStage,
    reason: str,
    reason_id: str | None,
) -> None:
    """Raise Invalid that names each thing that is missing, or InvalidTransition."""
    if stage.id == place.stage_id:
        raise InvalidTransition(N_("The deal is there already"))
    problems = []
    if stage.state != deal.stage and stage.state in NEEDS_REASON and not reason.strip():
        problems.append(FieldError("reason", "required", N_("Say in a few words what happened")))
    chosen = queries.reason(actor, reason_id)
    if reason_id and (
        chosen is None or stage.state not in CLOSED or not stage.state.endswith(chosen.outcome)
    ):
        problems.append(FieldError("reason_id", "not_a_choice", N_("Choose one of the reasons")))
    problems += [
        FieldError(name, "required", N_("This stage asks for it: fill it first")) for name in missing(deal, place, stage)
    ]  # fmt: skip
    if problems:
        raise Invalid(errors=problems)
    if stage.state != deal.stage:
        # Asked here too, so that nobody fills in fields or waits for approval in vain.
        by_hand(deal, stage.state)


def by_hand(deal: Deal, to: str) -> None:
    """Raise InvalidTransition unless people may bring the deal to another state."""
    if to not in states.by_hand(deal.stage):
        raise InvalidTransition()


def missing(deal: Deal, place: DealPosition, stage: PipelineStage) -> list[str]:
    """What the stage asks for and the own side has not filled."""
    filled = {
        "amount": place.amount is not None,
        "assignee": place.assignee_id is not None,
        "next_step": bool(place.next_step),
        # The other side has none to fill, and must not learn by its own rule whether there is one.
        "mandate": deal.mandate_id is not None or place.organisation_id != deal.investor_organisation_id,
    }
    if "note" in stage.required:
        count = select(func.count(DealNote.id)).where(
            DealNote.deal_id == deal.id, DealNote.organisation_id == place.organisation_id
        )
        filled["note"] = bool(session().scalar(count))
    return [name for name in REQUIRED if name in stage.required and not filled[name]]


def stale(actor: Actor, deal: Deal, place: DealPosition) -> StaleVersion:
    """The refusal of a move made on an old view: says where the deal stands now and who brought it there."""
    query = (
        select(DealEvent)
        .where(DealEvent.deal_id == deal.id, DealEvent.kind.in_(("moved", "taken_back")))
        .order_by(DealEvent.id.desc())
        .limit(1)
    )
    last = session().scalars(query).first()
    here = queries.stage_of(actor, place.stage_id)
    error = (
        FieldError(
            "stage", "changed", N_("It stands at “%(stage)s” now; moved by %(name)s"),
            {"stage": queries.stage_label(here), "name": queries.namer(actor, deal)(last)},
        )
        if last
        else FieldError("stage", "changed", N_("It stands at “%(stage)s” now"), {"stage": queries.stage_label(here)})
    )  # fmt: skip
    return StaleVersion(place.version, errors=[error])
