"""An organisation's own pipelines and reasons of closing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from dealflow.accounts import queries as accounts
from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import hold, session
from dealflow.core.errors import Conflict, FieldError, Invalid, NotFound, StaleVersion
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.deals import queries
from dealflow.deals.models import CloseReason, DealPosition, Pipeline, PipelineStage
from dealflow.deals.policy import Can, Tag
from dealflow.deals.service import positions
from dealflow.deals.states import STAGES

MOST_PIPELINES, MOST_REASONS = 20, 40


def create_pipeline(
    actor: Actor, *, name: str, stages: Sequence[dict[str, Any]] = (), is_default: bool = False
) -> Pipeline:
    """Make a pipeline; without stages it has one for each state of a deal. Raises Forbidden, Invalid, Conflict."""
    policy.require(actor, Can.MANAGE_PIPELINES)
    usual = positions.ensure_pipeline(actor.organisation_id or "")
    if len(queries.pipelines(actor, archived=True)) >= MOST_PIPELINES:
        raise Invalid.field("name", "too_many", N_("This is the greatest number of pipelines"))
    row = Pipeline(id=new("pip"), organisation_id=actor.organisation_id, name=name)
    _add(row)
    _arrange(actor, row, stages or [{"state": state} for state in STAGES])
    if is_default:
        _make_default(usual, row)
    audit.record(actor, Tag.PIPELINE_MADE, row, after=_told(actor, row))
    return row


def update_pipeline(
    actor: Actor, pipeline_id: str, values: dict[str, Any], *, version: int | None = None
) -> Pipeline:
    """Change a pipeline; only what `values` names of name, stages, is_default and archived.

    Deals of a stage that is removed go to the first one that stands for the same state; those of an archived pipeline
    to the pipeline for new deals. Raises NotFound, Forbidden, StaleVersion, Invalid, Conflict.
    """
    row = hold(Pipeline, pipeline_id)
    policy.require(actor, Can.MANAGE_PIPELINES, row, see=Can.SEE_PIPELINES)
    if version is not None and version != row.version:
        raise StaleVersion(row.version)
    before = _told(actor, row)
    if values.get("name"):
        row.name = values["name"]
        _add(row)
    if values.get("stages"):
        _arrange(actor, row, values["stages"])
    if values.get("is_default") and not row.is_default:
        row.archived_at = None
        _make_default(positions.ensure_pipeline(row.organisation_id), row)
    if values.get("archived") is not None:
        _archive(row, values["archived"])
    after = _told(actor, row)
    if after != before:
        row.updated_at = clock.now()
        session().flush()
        audit.record(actor, Tag.PIPELINE_CHANGED, row, before=before, after=after)
    return row


def _told(actor: Actor, row: Pipeline) -> dict[str, Any]:
    shown = queries.pipeline_dict(row, queries.stages(actor, row.id))
    return {name: shown[name] for name in ("name", "is_default", "archived", "stages")}


def _add(row: Pipeline) -> None:
    try:
        with session().begin_nested():
            session().add(row)
    except IntegrityError:
        raise Conflict(N_("You have a pipeline of this name")) from None


def _make_default(usual: Pipeline, row: Pipeline) -> None:
    usual.is_default = False
    session().flush()
    row.is_default = True
    session().flush()


def _archive(row: Pipeline, archived: bool) -> None:
    if archived == (row.archived_at is not None):
        return
    if row.is_default:
        raise Invalid.field("archived", "is_default", N_("Choose another pipeline for new deals first"))
    row.archived_at = clock.now() if archived else None
    session().flush()
    if archived:
        usual = positions.ensure_pipeline(row.organisation_id)
        for stage in _live(row.id):
            _bring(stage, positions.first_stage(usual.id, stage.state))


def _live(pipeline_id: str) -> list[PipelineStage]:
    query = select(PipelineStage).where(
        PipelineStage.pipeline_id == pipeline_id, PipelineStage.removed_at.is_(None)
    )
    return list(session().scalars(query.order_by(PipelineStage.place)))


def _bring(stage: PipelineStage, to: PipelineStage) -> None:
    """All deals of one stage into another that stands for the same state; whoever looks at one sees that it changed."""
    session().execute(
        update(DealPosition)
        .where(DealPosition.stage_id == stage.id)
        .values(stage_id=to.id, pipeline_id=to.pipeline_id, version=DealPosition.version + 1)
    )


def _arrange(actor: Actor, row: Pipeline, wanted: Sequence[dict[str, Any]]) -> None:
    known = {stage.id: stage for stage in _live(row.id)}
    _refuse(actor, known, wanted)
    for place, values in enumerate(wanted):
        stage = known.pop(values.get("id") or "", None)
        if stage is None:
            stage = PipelineStage(
                id=new("stg"), organisation_id=row.organisation_id, pipeline_id=row.id, state=values["state"]
            )
            session().add(stage)
        stage.place, stage.name = place, values.get("name") or ""
        stage.required, stage.needs_approval = (
            list(values.get("required") or ()),
            bool(values.get("approval")),
        )
        stage.movers, stage.stale_days = values.get("movers") or "members", values.get("stale_days")
    for stage in known.values():
        stage.removed_at = clock.now()
    session().flush()
    for stage in known.values():
        _bring(stage, positions.first_stage(row.id, stage.state))


def _refuse(actor: Actor, known: dict[str, PipelineStage], wanted: Sequence[dict[str, Any]]) -> None:
    problems = []
    order = [STAGES.index(values["state"]) for values in wanted]
    for at, values in enumerate(wanted):
        if at and order[at] < order[at - 1]:
            problems.append(
                FieldError(
                    f"stages.{at}.state", "wrong_order", N_("Stages follow the order of a deal's states")
                )
            )
        if (stage_id := values.get("id")) and (
            stage_id not in known or known[stage_id].state != values["state"]
        ):
            problems.append(
                FieldError(
                    f"stages.{at}.id", "not_a_choice", N_("A stage keeps its state; add another one instead")
                )
            )
    for state in STAGES:
        if STAGES.index(state) not in order:
            problems.append(
                FieldError(
                    "stages", "state_missing", N_("One stage at least stands for each state of a deal")
                )
            )
            break
    if any(values.get("approval") for values in wanted):
        writers = [m for m in accounts.members(actor) if m.role != "viewer"]
        if len(writers) < 2:
            problems.append(
                FieldError("stages", "nobody_to_approve", N_("An approval needs a second member"))
            )
    if problems:
        raise Invalid(errors=problems)


def add_reason(actor: Actor, *, outcome: str, label: str) -> CloseReason:
    """Add a reason of winning or losing to the organisation's list; a removed one comes back."""
    policy.require(actor, Can.MANAGE_PIPELINES)
    positions.ensure_pipeline(actor.organisation_id or "")
    query = select(CloseReason).where(
        CloseReason.organisation_id == actor.organisation_id, CloseReason.outcome == outcome
    )
    rows = list(session().scalars(query))
    row = next((r for r in rows if r.label == label), None)
    if row is not None and row.removed_at is None:
        raise Conflict(N_("This reason is in the list"))
    if row is None and len(rows) >= MOST_REASONS:
        raise Invalid.field("label", "too_many", N_("This is the greatest number of reasons"))
    if row is None:
        row = CloseReason(id=new("rsn"), organisation_id=actor.organisation_id, outcome=outcome, label=label)
        session().add(row)
    row.removed_at = None
    session().flush()
    audit.record(actor, Tag.REASON_ADDED, row, after={"outcome": outcome, "label": label})
    return row


def remove_reason(actor: Actor, reason_id: str) -> None:
    """Take a reason out of the list; deals that name it keep it."""
    row = queries.reason(actor, reason_id)
    if row is None:
        raise NotFound()
    policy.require(actor, Can.MANAGE_PIPELINES, row, see=Can.SEE_PIPELINES)
    if row.removed_at is None:
        row.removed_at = clock.now()
        session().flush()
        audit.record(actor, Tag.REASON_REMOVED, row, before={"outcome": row.outcome, "label": row.label})
