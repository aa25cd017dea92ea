"""The administration of the installation, for the platform's people."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from dealflow.accounts import labels, queries
from dealflow.accounts.pages import bp
from dealflow.accounts.policy import Can
from dealflow.accounts.schemas import AuditQuery
from dealflow.accounts.service import platform
from dealflow.audit import queries as audit
from dealflow.core import mail, policy, slots
from dealflow.core.actor import Actor
from dealflow.core.errors import Conflict
from dealflow.core.http import actor, needs, read_query
from dealflow.core.i18n import gettext as _
from dealflow.core.paging import Query, Searched, cursor_for


def _query(model: type[Query]) -> Any:
    policy.require(actor(), Can.ADMINISTER)
    return read_query(model, MultiDict((k, v) for k, v in request.args.items() if k != "lang" and v))


def _pager(query: Query, shown: int, total: int) -> dict[str, Any]:
    end = query.offset + shown
    args = {k: v for k, v in request.args.items() if k != "cursor"}
    more = f"{request.path}?{urlencode(args | {'cursor': cursor_for(end)})}"
    first = f"{request.path}?{urlencode(args)}" if query.offset else ""
    following = more if shown and end < total else ""
    return {
        "total": total,
        "shown": shown,
        "next_url": following,
        "first_url": first,
        "start": query.offset + 1,
    }


@slots.fill("home.todo", order=50)
def first_organisation(who: Actor, _thing: Any) -> tuple[str, dict[str, Any]] | None:
    """For the platform's people while nobody else is there: how organisations come in."""
    if not policy.can(who, Can.ADMINISTER) or queries.all_organisations(who, "", 0, 1)[1] > 1:
        return None
    item = {
        "title": _("Let organisations register"),
        "text": _("Give them the address %(address)s. Who registers appears under Administration.", address=mail.link("/signup")),
        "href": url_for("accounts.admin"), "action": _("Administration"), "icon": "building",
    }  # fmt: skip
    return "", {"items": [item]}


@bp.get("/admin")
@needs(Can.ADMINISTER)
def admin() -> str:
    """All organisations."""
    query = _query(Searched)
    rows, total = queries.all_organisations(actor(), query.q or "", query.offset, query.limit)
    return render_template(
        "accounts/admin_organisations.html", rows=rows, query=query, pager=_pager(query, len(rows), total), kinds=labels.KINDS
    )  # fmt: skip


@bp.get("/admin/users")
@needs(Can.ADMINISTER)
def admin_users() -> str:
    """All people."""
    query = _query(Searched)
    rows, total = queries.all_users(actor(), query.q or "", query.offset, query.limit)
    return render_template(
        "accounts/admin_users.html",
        rows=rows,
        query=query,
        pager=_pager(query, len(rows), total),
        roles=labels.ROLES,
    )


@bp.post("/admin/users/<user_id>/disable")
@needs(Can.ADMINISTER)
def disable_user(user_id: str) -> Response:
    """Shut a person out."""
    try:
        platform.disable(actor(), user_id, reason=request.form.get("reason", ""))
        flash(_("The account is disabled; its sessions and tokens are ended."), "success")
    except Conflict as refusal:
        flash(refusal.text(), "danger")
    return redirect(url_for("accounts.admin_users"), 303)


@bp.post("/admin/users/<user_id>/enable")
@needs(Can.ADMINISTER)
def enable_user(user_id: str) -> Response:
    """Let a person in again."""
    platform.enable(actor(), user_id)
    flash(_("The account is enabled."), "success")
    return redirect(url_for("accounts.admin_users"), 303)


@bp.get("/admin/jobs")
@needs(Can.ADMINISTER)
def admin_jobs() -> str:
    """Jobs that ran out of tries."""
    return render_template("accounts/admin_jobs.html", rows=queries.dead_jobs(actor()))


@bp.post("/admin/jobs/<job_id>/retry")
@needs(Can.ADMINISTER)
def retry_job(job_id: str) -> Response:
    """Let a dead job run again."""
    platform.retry_job(actor(), job_id)
    flash(_("The job will run again."), "success")
    return redirect(url_for("accounts.admin_jobs"), 303)


@bp.get("/admin/audit")
@needs(Can.ADMINISTER)
def admin_audit() -> str:
    """The whole log, latest first."""
    query = _query(AuditQuery)
    rows, total = audit.page(
        object_id=query.object, tag=query.q, offset=query.offset, limit=query.limit, everywhere=True
    )
    names = queries.organisation_cards(r.organisation_id for r in rows if r.organisation_id)
    return render_template(
        "accounts/admin_audit.html",
        rows=rows,
        query=query,
        names=names,
        pager=_pager(query, len(rows), total),
    )
