"""One release: its facts and the figures of its days."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from dealflow.core import clock, policy
from dealflow.core.errors import Conflict, Invalid, StaleVersion
from dealflow.core.http import actor, needs
from dealflow.core.i18n import gettext as _
from dealflow.releases import charts, desks, queries, service
from dealflow.releases.forms import FigureForm, ReleaseForm, WithdrawReleaseForm
from dealflow.releases.pages.base import bp, document_of, page, version, with_document
from dealflow.releases.policy import Can
from dealflow.releases.shapes import FigureIn, ReleaseIn, WithdrawReleaseIn

_SHOWN = 120


def _release(
    release_id: str,
    *,
    figure: FigureForm | None = None,
    edit: ReleaseForm | None = None,
    withdraw: WithdrawReleaseForm | None = None,
    stale: bool = False,
) -> str:
    row = queries.release(actor(), release_id)
    desk = desks.of_actor(actor(), row.project_id)
    figures = queries.figures([row.id])
    strongest = queries.strongest(figures)
    counted = {one.id for one in strongest}
    known = queries.confirmations([row.id])[row.id]
    return page(
        "release", desk, "overview", row=row, figures=sorted(figures, key=lambda f: (f.on, f.id), reverse=True)[:_SHOWN],
        counted=counted, total=len(figures), chart=charts.plays(strongest, {row.id: row.platform}), stale=stale,
        figure_form=figure or FigureForm(), form=edit or ReleaseForm(obj=row), withdraw_form=withdraw or WithdrawReleaseForm(),
        editing=edit is not None, closed=set() if desk.side == "owner" else queries.closed_files_of_figures(figures),
        confirmations=known,
        may_confirm=row.withdrawn_at is None and not known and row.released_on <= clock.today()
        and policy.can(actor(), Can.CONFIRM, desk),
    )  # fmt: skip


@bp.get("/releases/<release_id>")
@needs(Can.SEE)
def release(release_id: str) -> str:
    """One release."""
    return _release(release_id)


@bp.post("/releases/<release_id>")
@needs(Can.WRITE)
def change_release(release_id: str) -> Any:
    """Change what is said of a release."""
    row = queries.release(actor(), release_id)
    desks.to_write(actor(), row.project_id)
    form = ReleaseForm(request.form)
    values = form.load(ReleaseIn)
    if values is None:
        return _release(release_id, edit=form), 422
    try:
        service.change_release(actor(), release_id, values.model_dump(mode="json"), version=version())
    except StaleVersion:
        return _release(release_id, edit=form, stale=True), 409
    except (Conflict, Invalid) as refusal:
        status = form.refuse(refusal)
        return _release(release_id, edit=form), status
    flash(_("Saved."), "success")
    return redirect(url_for("releases.release", release_id=release_id), 303)


@bp.post("/releases/<release_id>/confirm")
@needs(Can.CONFIRM)
def confirm_release(release_id: str) -> Any:
    """An investor bound to the project has seen it there."""
    service.confirm_release(actor(), release_id)
    flash(_("Confirmed. From now on it counts as proven."), "success")
    return redirect(url_for("releases.release", release_id=release_id), 303)


@bp.post("/releases/<release_id>/withdraw")
@needs(Can.WRITE)
def withdraw_release(release_id: str) -> Any:
    """Take a release that was entered by mistake off the record."""
    row = queries.release(actor(), release_id)
    desks.to_write(actor(), row.project_id)
    form = WithdrawReleaseForm(request.form)
    values = form.load(WithdrawReleaseIn)
    if values is None:
        return _release(release_id, withdraw=form), 422
    service.withdraw_release(actor(), release_id, reason=values.reason)
    flash(_("The release is off the record. Receipts stay."), "success")
    return redirect(url_for("releases.show", project_id=row.project_id), 303)


@bp.post("/releases/<release_id>/figures")
@needs(Can.WRITE)
@with_document(lambda release_id: queries.release(actor(), release_id).project_id)
def add_figures(release_id: str) -> Any:
    """What a source says of one day."""
    row = queries.release(actor(), release_id)
    desks.to_write(actor(), row.project_id)
    form = FigureForm(request.form)
    if form.load(FigureIn, form.values(None)) is None:
        return _release(release_id, figure=form), 422
    try:
        values = form.load(FigureIn, form.values(document_of(row.project_id)))
        assert values is not None  # noqa: S101 - the same values were taken above
        _row, fresh = service.add_figures(actor(), release_id, values)
    except (Conflict, Invalid) as refusal:
        status = form.refuse(refusal)
        return _release(release_id, figure=form), status
    flash(_("The figures are on record.") if fresh else _("These figures were on record already."), "success")
    return redirect(url_for("releases.release", release_id=release_id), 303)
