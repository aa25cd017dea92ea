"""Reads of one's inbox."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import in_transaction, session
from dealflow.notify.models import Notification
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
