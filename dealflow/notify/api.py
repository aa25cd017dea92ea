"""The JSON API of notifications."""

from __future__ import annotations

from typing import Any

from dealflow.core.http import actor, api_blueprint, endpoint
from dealflow.core.paging import listing
from dealflow.notify import queries, service
from dealflow.notify.forms import InboxQuery, NotificationOut
from dealflow.notify.policy import Can

bp = api_blueprint("notify")


@bp.get("/notifications")
@endpoint(Can.READ, query=InboxQuery, returns=NotificationOut, lists=True)
def notifications(query: InboxQuery) -> dict[str, Any]:
    """What one was told, latest first."""
    rows, total = queries.inbox(actor(), only_unread=query.unread, offset=query.offset, limit=query.limit)
    return listing([queries.as_dict(row) for row in rows], total, query)


@bp.post("/notifications/<notification_id>/read")
@endpoint(Can.MARK, returns=NotificationOut)
def read(notification_id: str) -> dict[str, Any]:
    """Mark a notification as read."""
    return queries.as_dict(service.mark_read(actor(), notification_id))
