"""Pipelines with their stages and rules, and the reasons of closing."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dealflow.core.errors import Conflict, Invalid, StaleVersion
from dealflow.core.http import actor, needs, writes
from dealflow.core.i18n import gettext as _
from dealflow.core.schema import load
from dealflow.deals import queries, service
from dealflow.deals.forms import CloseReasonIn, PipelineIn, StageIn
from dealflow.deals.pages.base import bp
from dealflow.deals.policy import Can
from dealflow.deals.states import LABELS, MOVERS, OUTCOMES, REQUIRED, STAGES

MOST_STAGES = 30


@bp.get("/deals/pipelines")
@needs(Can.SEE_PIPELINES)
@writes
def pipelines() -> str:
    """The organisation's pipelines and its reasons of winning and losing."""
    service.own_pipeline(actor())
    return _list()


def _list(error: str = "") -> str:
    rows, stages = queries.pipelines(actor(), archived=True), queries.stages(actor())
    return render_template(
        "deals/pipelines.html", pipelines=[(queries.pipeline_dict(row, stages), row) for row in rows], error=error,
        reasons=[(r, queries.reason_label(r)) for r in queries.reasons(actor())], outcomes=OUTCOMES, labels=LABELS,
    )  # fmt: skip


@bp.post("/deals/pipelines")
@needs(Can.MANAGE_PIPELINES)
def make_pipeline() -> Any:
    """Make a pipeline with the usual stages."""
    values = load(PipelineIn, {"name": request.form.get("name", "")})
    row = service.create_pipeline(actor(), name=values.name)
    flash(_("The pipeline is made. Name its stages and set their rules."), "success")
    return redirect(url_for("deals.pipeline", pipeline_id=row.id), 303)


@bp.get("/deals/pipelines/<pipeline_id>")
@needs(Can.SEE_PIPELINES)
def pipeline(pipeline_id: str) -> str:
    """One pipeline: its stages, what each asks for, who may move there."""
    return _edit(pipeline_id)


def _edit(
    pipeline_id: str, typed: list[dict[str, Any]] | None = None, errors: list[str] | None = None
) -> str:
    row = queries.pipeline(actor(), pipeline_id)
    stages = [
        queries.stage_dict(s) | {"own_name": s.name, "place": s.place}
        for s in queries.stages(actor(), row.id)
    ]
    return render_template(
        "deals/pipeline.html", pipeline=row, name=queries.pipeline_label(row), stages=typed or stages, errors=errors or [],
        labels=LABELS, states=STAGES, required=REQUIRED, movers=MOVERS,
    )  # fmt: skip


def _typed() -> list[dict[str, Any]]:
    """The stages as they were typed, those ticked for removal and an empty last one left out, in their order."""
    form, found = request.form, []
    for at in range(MOST_STAGES + 1):
        at_ = f"stages-{at}-"
        state = form.get(at_ + "state", "")
        if state not in STAGES or at_ + "remove" in form:
            continue
        place, days = form.get(at_ + "place", ""), form.get(at_ + "stale_days", "")
        found.append(
            {
                "id": form.get(at_ + "id") or None, "state": state, "name": form.get(at_ + "name", ""),
                "required": [k for k in form.getlist(at_ + "required") if k in REQUIRED],
                "approval": at_ + "approval" in form, "movers": form.get(at_ + "movers", "members"),
                "stale_days": int(days) if days.isdecimal() and len(days) < 6 else None,
                "place": int(place) if place.isdecimal() and len(place) < 6 else at,
            }
        )  # fmt: skip
    return sorted(found, key=lambda s: (STAGES.index(s["state"]), s["place"]))


@bp.post("/deals/pipelines/<pipeline_id>")
@needs(Can.MANAGE_PIPELINES)
def save_pipeline(pipeline_id: str) -> Any:
    """Save a pipeline."""
    row, form, typed = queries.pipeline(actor(), pipeline_id), request.form, _typed()
    version = form.get("version", "")
    try:
        stages = [load(StageIn, {k: v for k, v in s.items() if k != "place"}).model_dump() for s in typed]
        values = {"stages": stages} if stages else {}
        name = form.get("name", "").strip()[:80]
        if name and name != queries.pipeline_label(row):
            values["name"] = name  # type: ignore[assignment]
        service.update_pipeline(
            actor(), row.id, values | {"is_default": "is_default" in form or row.is_default},
            version=int(version) if version.isdecimal() and len(version) < 10 else None,
        )  # fmt: skip
    except (Invalid, Conflict, StaleVersion) as refusal:
        shown = [s | {"own_name": s["name"]} for s in typed]
        return _edit(
            pipeline_id, shown, [e.text() for e in refusal.errors] or [refusal.text()]
        ), refusal.status
    flash(_("Saved."), "success")
    return redirect(url_for("deals.pipeline", pipeline_id=row.id), 303)


@bp.post("/deals/pipelines/<pipeline_id>/archive")
@needs(Can.MANAGE_PIPELINES)
def archive_pipeline(pipeline_id: str) -> Response:
    """Put a pipeline away; its deals go to the one for new deals."""
    service.update_pipeline(actor(), pipeline_id, {"archived": True})
    flash(_("The pipeline is put away; its deals stand in the usual one."), "success")
    return redirect(url_for("deals.pipelines"), 303)


@bp.post("/deals/pipelines/<pipeline_id>/restore")
@needs(Can.MANAGE_PIPELINES)
def restore_pipeline(pipeline_id: str) -> Response:
    """Take a pipeline into use again."""
    service.update_pipeline(actor(), pipeline_id, {"archived": False})
    flash(_("The pipeline is in use again."), "success")
    return redirect(url_for("deals.pipelines"), 303)


@bp.post("/deals/reasons")
@needs(Can.MANAGE_PIPELINES)
def add_reason() -> Any:
    """Add a reason of winning or losing."""
    values = load(
        CloseReasonIn, {"outcome": request.form.get("outcome"), "label": request.form.get("label", "")}
    )
    service.add_reason(actor(), outcome=values.outcome, label=values.label)
    flash(_("The reason is in the list."), "success")
    return redirect(url_for("deals.pipelines", _anchor="reasons"), 303)


@bp.post("/deals/reasons/<reason_id>/remove")
@needs(Can.MANAGE_PIPELINES)
def remove_reason(reason_id: str) -> Response:
    """Take a reason out of the list."""
    service.remove_reason(actor(), reason_id)
    flash(_("The reason is out of the list."), "success")
    return redirect(url_for("deals.pipelines", _anchor="reasons"), 303)
