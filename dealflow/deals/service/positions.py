"""Each party's place in its own pipeline. It follows the deal's state, whoever moved it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.ids import new
from dealflow.deals.models import CloseReason, Deal, DealPosition, MoveApproval, Pipeline, PipelineStage
from dealflow.deals.policy import Can
from dealflow.deals.states import REASONS, STAGES

# Stages that are usually passed in days grow old sooner than those in which contracts are made.
_STALE_DAYS = {"interest": 14, "intro": 14, "data_room": 21, "negotiation": 30, "signed": 45, "funded": 90}
_BOTH = {"unscoped": "a move of one party is seen in the pipeline of the other", "populate_existing": True}


def make(deal: Deal) -> None:
    """Give both parties of a new deal their place, in the pipeline that takes their new deals."""
    for organisation_id in (deal.investor_organisation_id, deal.project_organisation_id):
        pipeline = ensure_pipeline(organisation_id)
        stage = first_stage(pipeline.id, deal.stage)
        session().add(
            DealPosition(
                id=new("pos"), deal_id=deal.id, organisation_id=organisation_id, pipeline_id=pipeline.id, stage_id=stage.id
            )
        )  # fmt: skip
    session().flush()


def _default(organisation_id: str) -> Pipeline | None:
    query = select(Pipeline).where(Pipeline.organisation_id == organisation_id, Pipeline.is_default)
    return session().scalars(query, execution_options=_BOTH).first()


def ensure_pipeline(organisation_id: str) -> Pipeline:
    """The pipeline that takes the organisation's new deals; the usual one is made when there is none yet."""
    found = _default(organisation_id)
    if found is not None:
        return found
    made = Pipeline(id=new("pip"), organisation_id=organisation_id, is_default=True)
    try:
        with session().begin_nested():
            session().add(made)
    except IntegrityError:
        # Two first deals at once: the other one made it.
        found = _default(organisation_id)
        assert found is not None  # noqa: S101 - the constraint that refused us says that it is there
        return found
    for place, state in enumerate(STAGES):
        session().add(
            PipelineStage(
                id=new("stg"), organisation_id=organisation_id, pipeline_id=made.id, state=state, place=place,
                required=[], stale_days=_STALE_DAYS.get(state),
            )
        )  # fmt: skip
    for outcome, codes in REASONS.items():
        for code in codes:
            session().add(
                CloseReason(id=new("rsn"), organisation_id=organisation_id, outcome=outcome, code=code)
            )
    session().flush()
    return made


def own_pipeline(actor: Actor) -> Pipeline:
    """The pipeline for the actor's own new deals, made now when there is none yet. Raises Forbidden."""
    policy.require(actor, Can.SEE_PIPELINES)
    return ensure_pipeline(actor.organisation_id or "")


def first_stage(pipeline_id: str, state: str) -> PipelineStage:
    """The first stage in use that stands for a state; a pipeline has one for each."""
    query = (
        select(PipelineStage)
        .where(
            PipelineStage.pipeline_id == pipeline_id,
            PipelineStage.state == state,
            PipelineStage.removed_at.is_(None),
        )
        .order_by(PipelineStage.place)
        # A stage in which a deal is about to stand must not be removed in the same moment.
        .with_for_update(read=True)
    )
    return session().scalars(query, execution_options=_BOTH).all()[0]


def follow(deal: Deal, *, but: str | None = None) -> None:
    """Let the parties' places follow the deal's new state; `but` is the organisation that chose its own stage.

    What waited for a second member is overtaken by it.
    """
    query = select(DealPosition).where(DealPosition.deal_id == deal.id).order_by(DealPosition.id)
    for place in session().scalars(query, execution_options=_BOTH):
        if place.organisation_id != but:
            place.stage_id, place.since = first_stage(place.pipeline_id, deal.stage).id, clock.now()
    waiting = select(MoveApproval).where(MoveApproval.deal_id == deal.id, MoveApproval.state == "waiting")
    for approval in session().scalars(waiting, execution_options=_BOTH):
        approval.state, approval.answered_at = "overtaken", clock.now()
    session().flush()


def settle(place: DealPosition, stage: PipelineStage) -> None:
    """Put a party's place into a stage of its own."""
    place.pipeline_id, place.stage_id, place.since = stage.pipeline_id, stage.id, clock.now()
