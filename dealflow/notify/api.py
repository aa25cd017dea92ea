"""The JSON API of notifications and webhooks."""

from __future__ import annotations

from typing import Any

from dealflow.core.http import actor, api_blueprint, endpoint
from dealflow.core.paging import Query, listing
from dealflow.notify import queries, service
from dealflow.notify.forms import InboxQuery, NotificationOut
from dealflow.notify.policy import Can
from dealflow.notify.schemas import DeliveryOut, DeliveryQuery, WebhookIn, WebhookOut
from dealflow.notify.service import webhooks as hooks

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


@bp.get("/webhooks")
@endpoint(Can.SEE_WEBHOOKS, query=Query, returns=WebhookOut, lists=True)
def webhooks(query: Query) -> dict[str, Any]:
    """The webhooks of one's organisation."""
    found = queries.webhooks(actor())
    return listing(found[query.offset : query.offset + query.limit], len(found), query)


@bp.post("/webhooks")
@endpoint(Can.MANAGE_WEBHOOKS, body=WebhookIn, returns=WebhookOut, status=201)
def create_webhook(body: WebhookIn) -> dict[str, Any]:
    """Have events sent to an address. The secret that signs them is shown this once."""
    secret, row = hooks.create(actor(), body)
    return queries.webhook_dict(row) | {"secret": secret}


@bp.delete("/webhooks/<webhook_id>")
@endpoint(Can.MANAGE_WEBHOOKS, status=204)
def remove_webhook(webhook_id: str) -> Any:
    """Remove a webhook; what waits for it is dropped."""
    hooks.remove(actor(), webhook_id)
    return None


@bp.get("/webhooks/<webhook_id>/deliveries")
@endpoint(Can.SEE_WEBHOOKS, query=DeliveryQuery, returns=DeliveryOut, lists=True)
def deliveries(webhook_id: str, query: DeliveryQuery) -> dict[str, Any]:
    """What was or is to be sent to a webhook, latest first."""
    row = queries.webhook(actor(), webhook_id)
    found, total = queries.deliveries(row, state=query.state, offset=query.offset, limit=query.limit)
    return listing([queries.delivery_dict(each) for each in found], total, query)


@bp.post("/webhooks/<webhook_id>/deliveries/<delivery_id>/resend")
@endpoint(Can.MANAGE_WEBHOOKS, returns=DeliveryOut, status=202)
def resend(webhook_id: str, delivery_id: str) -> dict[str, Any]:
    """Try a dead delivery again."""
    return queries.delivery_dict(hooks.resend(actor(), webhook_id, delivery_id))
