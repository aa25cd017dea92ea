"""Reads of one's inbox and of an organisation's webhooks."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import in_transaction, session
from dealflow.core.errors import NotFound
from dealflow.notify.models import Notification, Webhook, WebhookDelivery
from dealflow.notify.policy import Can
from dealflow.notify.wording import words


def unread(actor: Actor) -> int:
    """How many notifications the actor has not read; 0 outside a request's transaction (error pages)."""
    if not in_transaction() or actor.user_id is None:
        return 0
    query = select(func.count(Notification.id)).where(
        Notification.user_id == actor.user_id, Notification.read_at.is_(None)
    )
    return session().scalar(query) or 0


def inbox(
    actor: Actor, *, only_unread: bool = False, offset: int = 0, limit: int = 50
) -> tuple[list[Notification], int]:
    """The actor's notifications, latest first, and how many there are."""
    query = select(Notification).where(Notification.user_id == actor.user_id)
    if only_unread:
        query = query.where(Notification.read_at.is_(None))
    total = session().scalar(query.with_only_columns(func.count(Notification.id))) or 0
    rows = session().scalars(query.order_by(Notification.id.desc()).offset(offset).limit(limit))
    return list(rows), total


def as_dict(row: Notification) -> dict[str, Any]:
    """A notification as pages and API show it, in the current language."""
    title, text = words(row)
    return {
        "id": row.id, "code": row.code, "title": title, "text": text, "link": row.link,
        "organisation_id": row.organisation_id, "created_at": clock.rfc3339(row.created_at),
        "read_at": clock.rfc3339(row.read_at) if row.read_at else None,
    }  # fmt: skip


def webhooks(actor: Actor) -> list[dict[str, Any]]:
    """The webhooks of the actor's organisation as pages and API show them, newest first. Two statements."""
    policy.require(actor, Can.SEE_WEBHOOKS)
    rows = list(session().scalars(select(Webhook).order_by(Webhook.id.desc())))
    counts = session().execute(
        select(
            WebhookDelivery.webhook_id,
            func.count(WebhookDelivery.id).filter(WebhookDelivery.state == "waiting"),
            func.count(WebhookDelivery.id).filter(WebhookDelivery.state == "dead"),
            func.max(WebhookDelivery.delivered_at),
        ).group_by(WebhookDelivery.webhook_id)
    )
    known = {row[0]: row for row in counts}
    return [webhook_dict(row, *known.get(row.id, (row.id, 0, 0, None))[1:]) for row in rows]


def webhook(actor: Actor, webhook_id: str) -> Webhook:
    """One of them; NotFound otherwise."""
    row = session().get(Webhook, webhook_id)
    if row is None:
        raise NotFound()
    policy.require(actor, Can.SEE_WEBHOOKS, row, see=Can.SEE_WEBHOOKS)
    return row


def webhook_dict(row: Webhook, waiting: int = 0, dead: int = 0, delivered_at: Any = None) -> dict[str, Any]:
    """A webhook as pages and API show it, without its secret."""
    return {
        "id": row.id, "label": row.label, "url": row.url, "kinds": row.kinds, "created_at": clock.rfc3339(row.created_at),
        "is_sample": row.is_sample, "waiting": waiting, "dead": dead, "delivered_at": clock.rfc3339(delivered_at) if delivered_at else None,
    }  # fmt: skip


def deliveries(
    row: Webhook, *, state: str | None = None, offset: int = 0, limit: int = 50
) -> tuple[list[WebhookDelivery], int]:
    """What was or is to be sent to a webhook, latest first, and how many there are."""
    query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == row.id)
    if state:
        query = query.where(WebhookDelivery.state == state)
    total = session().scalar(query.with_only_columns(func.count(WebhookDelivery.id))) or 0
    found = session().scalars(query.order_by(WebhookDelivery.id.desc()).offset(offset).limit(limit))
    return list(found), total


def delivery_dict(row: WebhookDelivery) -> dict[str, Any]:
    """A delivery as the API shows it."""
    return {
        "id": row.id, "event_id": row.event_id, "kind": row.kind, "object_id": row.object_id, "body": row.body, "state": row.state,
        "tries": row.tries, "status": row.status, "error": row.error, "created_at": clock.rfc3339(row.created_at),
        "next_at": clock.rfc3339(row.next_at) if row.state == "waiting" else None,
        "delivered_at": clock.rfc3339(row.delivered_at) if row.delivered_at else None,
    }  # fmt: skip
