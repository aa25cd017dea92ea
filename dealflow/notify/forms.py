"""Shapes of the API."""

from __future__ import annotations

from dealflow.core.paging import Query
from dealflow.core.schema import Schema


class InboxQuery(Query):
    """Which notifications."""

    unread: bool = False


class NotificationOut(Schema):
    """Something one was told, in one's language."""

    id: str
    code: str
    title: str
    text: str
    link: str
    organisation_id: str | None
    created_at: str
    read_at: str | None
