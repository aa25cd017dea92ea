"""The inbox."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from dealflow.core.http import actor, needs, read_query
from dealflow.core.i18n import gettext as _
from dealflow.core.paging import cursor_for
from dealflow.notify import queries, service
from dealflow.notify.forms import InboxQuery
from dealflow.notify.policy import Can
from dealflow.notify.wording import words

bp = Blueprint("notify", __name__)


@bp.get("/notifications")
@needs(Can.READ)
def inbox() -> str:
    """What one was told, latest first."""
    query: InboxQuery = read_query(
        InboxQuery, MultiDict((k, v) for k, v in request.args.items() if k != "lang" and v)
    )
    rows, total = queries.inbox(actor(), only_unread=query.unread, offset=query.offset, limit=query.limit)
    end = query.offset + len(rows)
    return render_template(
        "notify/inbox.html", rows=[(row, *words(row)) for row in rows], total=total, query=query,
        next_cursor=cursor_for(end) if rows and end < total else "",
    )  # fmt: skip


@bp.post("/notifications/<notification_id>")
@needs(Can.MARK)
def follow(notification_id: str) -> Response:
    """Mark a notification as read and go to what it is about."""
    return redirect(service.mark_read(actor(), notification_id).link, 303)


@bp.post("/notifications")
@needs(Can.MARK)
def mark_all() -> Response:
    """Mark all as read."""
    service.mark_all_read(actor())
    flash(_("All marked as read."), "success")
    return redirect(url_for("notify.inbox"), 303)
