"""The audit log's table: append only, hash-chained per organisation."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core.actor import Actor
from dealflow.core.db import Base
from dealflow.core.ddl import append_only
from dealflow.core.ids import Id, new
from dealflow.core.scope import Owned


class AuditEvent(Base, Owned):
    """Who did what to which object, when and from where; `hash` covers the row and its predecessor's hash."""

    __tablename__ = "audit_event"
    __table_args__ = (UniqueConstraint("chain", "number"),)
    id: Mapped[str] = mapped_column(Id("aud"), primary_key=True, default=lambda: new("aud"))
    chain: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    organisation_id: Mapped[str | None] = mapped_column(Id("org"), index=True)
    user_id: Mapped[str | None] = mapped_column(Id("usr"))
    user_name: Mapped[str] = mapped_column(String(200))
    tag: Mapped[str] = mapped_column(String(80), index=True)
    object_id: Mapped[str | None] = mapped_column(String(60), index=True)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(2000), default="")
    request_id: Mapped[str] = mapped_column(String(64), default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime]
    hash: Mapped[str] = mapped_column(String(64))

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return cls.organisation_id == actor.organisation_id


append_only(AuditEvent.__table__)
