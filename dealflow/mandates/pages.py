"""Pages of mandates: the cards, the editor with its live counts, and what one does with a mandate."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from dealflow.core import policy, slots
from dealflow.core.errors import FieldError, Invalid, StaleVersion
from dealflow.core.http import actor, needs, read_query
from dealflow.core.i18n import N_
from dealflow.core.i18n import gettext as _
from dealflow.core.intake_pages import ImportPages
from dealflow.mandates import importing, queries, service, uploads, wording
from dealflow.mandates.forms import MandateForm
from dealflow.mandates.policy import INVESTORS, Can
from dealflow.mandates.rows import COLUMNS
from dealflow.mandates.schemas import MandateQuery
from dealflow.mandates.wording import describe

bp = Blueprint("mandates", __name__)


@bp.get("/mandates")
@needs(Can.LIST)
def index() -> str:
    """The organisation's mandates as cards."""
    args = request.args.copy()
    args.pop("lang", None)
    query = read_query(MandateQuery, args)
    found = queries.page(actor(), query)
    cards = [
        {"mandate": m, "lines": describe(queries.content(m)), "may_edit": policy.can(actor(), Can.EDIT, m)}
        for m in found["items"]
    ]
    return render_template(
        "mandates/index.html", cards=cards, found=found, query=query, summary=queries.summary(actor()),
        may_create=policy.can(actor(), Can.CREATE), invests=actor().kind in INVESTORS,
    )  # fmt: skip


def _editor(form: MandateForm, mandate: Any = None, *, stale: Any = None, version: int | None = None) -> str:
    panels = slots.panels("mandate.counts", actor(), form.constraints())
    return render_template(
        "mandates/edit.html", form=form, mandate=mandate, stale=stale,
        version=version if version is not None else (mandate.version if mandate else None),
        panels=panels, beside={name: text for _template, panel in panels for name, text in panel["beside"].items()},
    )  # fmt: skip


def _nothing_passes(form: MandateForm) -> bool:
    """Whether what stands in the editor excludes every project."""
    found = slots.panels("mandate.counts", actor(), form.constraints())
    return any(panel["published"] and not panel["together"] for _template, panel in found)


@bp.get("/mandates/new")
@needs(Can.CREATE)
def new() -> str:
    """An empty editor."""
    policy.require(actor(), Can.CREATE)
    return _editor(MandateForm())


@bp.post("/mandates/new")
@needs(Can.CREATE)
def create() -> Any:
    """State the mandate that was typed."""
    form = MandateForm(request.form)
    values = form.judged()
    if values is not None:
        try:
            mandate = service.create(actor(), values)
        except Invalid as refusal:
            form.show(refusal.errors)
        else:
            if _nothing_passes(form):
                flash(_("The mandate is active, but no project passes all of its constraints."), "warning")
            else:
                flash(_("The mandate is active. These projects fit it best."), "success")
            return redirect(_after_save(mandate.id), 303)
    return _editor(form), 422


@bp.get("/mandates/<mandate_id>/edit")
@needs(Can.EDIT)
def edit(mandate_id: str) -> str:
    """The editor of a mandate."""
    mandate = queries.get(actor(), mandate_id)
    policy.require(actor(), Can.EDIT, mandate, see=Can.SEE)
    return _editor(MandateForm(None, queries.content(mandate)), mandate)


@bp.post("/mandates/<mandate_id>/edit")
@needs(Can.EDIT)
def save(mandate_id: str) -> Any:
    """Save what was typed; when somebody saved in between, show both and keep what was typed."""
    mandate = queries.get(actor(), mandate_id)
    stored = queries.content(mandate)
    form = MandateForm(request.form, stored)
    version = request.form.get("version", "")
    values = form.judged()
    if values is None:
        return _editor(form, mandate, version=int(version) if version.isdecimal() else mandate.version), 422
    try:
        service.update(
            actor(), mandate_id, values.plain(), version=int(version) if version.isdecimal() else 0
        )
    except StaleVersion as error:
        stale = _both(stored, values.plain())
        form.show([FieldError("", error.code, error.title)])
        return _editor(form, mandate, stale=stale, version=error.current), 412
    except Invalid as refusal:
        form.show(refusal.errors)
        return _editor(form, mandate), 422
    flash(_("The mandate is saved."), "success")
    return redirect(_after_save(mandate_id), 303)


def _both(stored: dict[str, Any], typed: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of the difference between what is stored now and what was typed, in words."""
    before = dict([(_("Name"), stored["name"]), *describe(stored)])
    after = dict([(_("Name"), typed["name"]), *describe(typed)])
    return [
        {"label": label, "before": before.get(label), "after": after.get(label)}
        for label in dict.fromkeys([*before, *after])
        if before.get(label) != after.get(label)
    ]


def _after_save(mandate_id: str) -> str:
    # The room that ranks owns the list of matches.
    return url_for("matching.matches", mandate_id=mandate_id)


@bp.post("/mandates/counts")
@needs(Can.CREATE)
def counts() -> str:
    """How many published projects pass what stands in the editor now."""
    policy.require(actor(), Can.CREATE)
    form = MandateForm(request.form)
    return render_template(
        "mandates/counts.html", panels=slots.panels("mandate.counts", actor(), form.constraints())
    )


def _version() -> int:
    text = request.form.get("version", "")
    if not text.isdecimal():
        raise Invalid.field("version", "required", N_("This is required"))
    return int(text)


@bp.post("/mandates/<mandate_id>/pause")
@needs(Can.EDIT)
def pause(mandate_id: str) -> Any:
    """Stop ranking for a mandate; creators no longer find it."""
    service.set_active(actor(), mandate_id, False, version=_version())
    flash(_("The mandate is paused."), "success")
    return redirect(url_for("mandates.index"), 303)


@bp.post("/mandates/<mandate_id>/resume")
@needs(Can.EDIT)
def resume(mandate_id: str) -> Any:
    """Use a paused mandate again."""
    service.set_active(actor(), mandate_id, True, version=_version())
    flash(_("The mandate is active again."), "success")
    return redirect(url_for("mandates.index"), 303)


@bp.post("/mandates/<mandate_id>/duplicate")
@needs(Can.CREATE)
def duplicate(mandate_id: str) -> Any:
    """Copy a mandate and open the copy."""
    copy = service.duplicate(actor(), mandate_id)
    flash(_("This is a paused copy. Change it, then resume it."), "success")
    return redirect(url_for("mandates.edit", mandate_id=copy.id), 303)


@bp.post("/mandates/<mandate_id>/delete")
@needs(Can.DELETE)
def delete(mandate_id: str) -> Any:
    """Delete a mandate."""
    service.delete(actor(), mandate_id)
    flash(_("The mandate is deleted."), "success")
    return redirect(url_for("mandates.index"), 303)


ImportPages(
    uploads.FILES, "/mandates", COLUMNS, wording.column_name, "mandates/import.html", "mandates/import_check.html",
    importing.ROW_LIMIT,
).add_to(bp)  # fmt: skip
