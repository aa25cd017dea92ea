"""Reads of the log. Whoever calls has asked the policy before."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select

from dealflow.audit.models import AuditEvent
from dealflow.core import clock
from dealflow.core.db import session

_STAFF = "the platform's people read the whole log"


def page(
    *,
    object_id: str | None = None,
    tag: str | None = None,
    offset: int = 0,
    limit: int = 50,
    everywhere: bool = False,
) -> tuple[list[AuditEvent], int]:
    """Events of the reader's organisation (or of all), latest first, and how many there are."""
    options = {"unscoped": _STAFF} if everywhere else {}
    query = select(AuditEvent)
    if object_id:
        query = query.where(AuditEvent.object_id == object_id)
    if tag:
        query = query.where(AuditEvent.tag.startswith(tag, autoescape=True))
    total = (
        session().scalar(query.with_only_columns(func.count(AuditEvent.id)), execution_options=options) or 0
    )
    ordered = query.order_by(AuditEvent.at.desc(), AuditEvent.number.desc()).offset(offset).limit(limit)
    return list(session().scalars(ordered, execution_options=options)), total


def named(ids: Collection[str]) -> set[str]:
    """Those of the ids that are the object of some event."""
    query = select(AuditEvent.object_id).where(AuditEvent.object_id.in_(ids))
    return {found for found in session().scalars(query, execution_options={"unscoped": _STAFF}) if found}


def as_dict(row: AuditEvent) -> dict[str, Any]:
    """An event as the API shows it; addresses stay with the platform."""
    return {
        "id": row.id, "at": clock.rfc3339(row.at), "tag": row.tag, "user_id": row.user_id, "user_name": row.user_name,
        "object_id": row.object_id, "before": row.before, "after": row.after, "reason": row.reason,
    }  # fmt: skip
