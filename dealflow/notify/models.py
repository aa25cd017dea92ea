"""Notifications: one row per person and occasion."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import Base
from dealflow.core.ids import Id, new
from dealflow.core.scope import Owned


class Notification(Base, Owned):
    """Something a person was told. Texts are message ids with parameters, translated when shown.

    Known to that person alone, and only while they act for the organisation it concerns (when it concerns one).
    `key` makes telling the same thing twice one row.
    """

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        Index("ix__notification__inbox", "user_id", "read_at", "id"),
    )
    id: Mapped[str] = mapped_column(Id("ntf"), primary_key=True, default=lambda: new("ntf"))
    user_id: Mapped[str] = mapped_column(Id("usr"), ForeignKey("user.id"))
    organisation_id: Mapped[str | None] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    code: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(300))
    text: Mapped[str | None] = mapped_column(String(300))
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    link: Mapped[str] = mapped_column(String(300))
    key: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    read_at: Mapped[datetime | None]

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        # The condition on the organisation makes a removal from it effective here at once.
        mine = [m["id"] for m in actor.memberships]
        return (cls.user_id == actor.user_id) & (
            cls.organisation_id.is_(None) | cls.organisation_id.in_(mine)
        )
