"""The releases of a project at a glance."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from dealflow.core.errors import Conflict, Invalid
from dealflow.core.http import actor, needs
from dealflow.core.i18n import gettext as _
from dealflow.releases import charts, desks, queries, service, spending
from dealflow.releases.forms import ReleaseForm
from dealflow.releases.pages.base import bp, page
from dealflow.releases.policy import Can
from dealflow.releases.shapes import ReleaseIn


def _overview(project_id: str, form: ReleaseForm | None = None) -> str:
    desk = desks.of_actor(actor(), project_id)
    rows = queries.releases(desk.project_id)
    active = {row.id: row.platform for row in rows if row.withdrawn_at is None}
    figures = queries.strongest(queries.figures(active))
    sums = queries.receipts_by_day(desk.project_id)
    return page(
        "overview", desk, "overview", rows=rows, form=form or ReleaseForm(territory="CN"), totals=charts.totals(sums),
        receipt_charts=charts.receipts(sums), plays_chart=charts.plays(figures, active),
        plays=sum(row.plays or 0 for row in figures), told=any(row.evidence_class == "self_reported" for row in figures),
        levels=spending.levels(desk.project_id, queries.caps(desk.project_id)), spent=spending.spent(desk.project_id),
        confirmed={key for key, known in queries.confirmations(row.id for row in rows).items() if known},
        last=max((row.on for row in figures), default=None),
    )  # fmt: skip


@bp.get("/projects/<project_id>/releases")
@needs(Can.SEE)
def show(project_id: str) -> str:
    """Where a project is out, what it brings, and ad spend against its caps."""
    return _overview(project_id)


@bp.post("/projects/<project_id>/releases")
@needs(Can.WRITE)
def add_release(project_id: str) -> Any:
    """Put a release on record."""
    desks.to_write(actor(), project_id)
    form = ReleaseForm(request.form)
    values = form.load(ReleaseIn)
    if values is None:
        return _overview(project_id, form), 422
    try:
        row = service.add_release(actor(), project_id, values)
    except (Conflict, Invalid) as refusal:
        status = form.refuse(refusal)
        return _overview(project_id, form), status
    flash(_("The release is on record."), "success")
    return redirect(url_for("releases.release", release_id=row.id), 303)
