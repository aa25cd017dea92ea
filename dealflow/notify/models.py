"""Notifications: one row per person and occasion. Webhooks and what is delivered to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ColumnElement, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import Base
from dealflow.core.ids import Id, new
from dealflow.core.scope import Owned, OwnedByOrganisation
from dealflow.notify.states import DELIVERY


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


class Webhook(Base, OwnedByOrganisation):
    """An address of an organisation that is told of events by signed POSTs. The secret is kept sealed."""

    __tablename__ = "webhook"
    id: Mapped[str] = mapped_column(Id("whk"), primary_key=True, default=lambda: new("whk"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    label: Mapped[str] = mapped_column(String(100))
    url: Mapped[str] = mapped_column(String(500))
    kinds: Mapped[list[str]] = mapped_column(JSON)
    secret: Mapped[str] = mapped_column(String(300))
    created_by_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    # Of the demo: its deliveries are shown and never sent.
    is_sample: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class WebhookDelivery(Base, OwnedByOrganisation):
    """One event for one webhook: what is sent, and how it went. An event reaches a webhook once."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("webhook_id", "event_id"),
        CheckConstraint(f"state IN {tuple(sorted(DELIVERY.states))}", name="state"),
        Index("ix__webhook_delivery__line", "webhook_id", "object_id", "state", "id"),
    )
    id: Mapped[str] = mapped_column(Id("wdl"), primary_key=True, default=lambda: new("wdl"))
    webhook_id: Mapped[str] = mapped_column(Id("whk"), ForeignKey("webhook.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    event_id: Mapped[str] = mapped_column(Id("evt"))
    kind: Mapped[str] = mapped_column(String(80))
    object_id: Mapped[str] = mapped_column(String(60))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(10), default=DELIVERY.initial)
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(default=clock.now)
    # A worker that sends holds the delivery until then.
    held_until: Mapped[datetime | None]
    status: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    delivered_at: Mapped[datetime | None]
