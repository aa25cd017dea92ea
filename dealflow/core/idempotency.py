"""Idempotency keys: the answer of a POST is stored in the transaction of its effect."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, LargeBinary, String, UniqueConstraint, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import Base, database, session
from dealflow.core.errors import Invalid
from dealflow.core.i18n import N_
from dealflow.core.ids import Id, new
from dealflow.core.jobs import job
from dealflow.core.scope import Shared

KEEP = timedelta(hours=48)


class IdempotencyKey(Base, Shared):
    """A key as sent by one actor, what was asked, and what was answered."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("owner", "key"),)
    id: Mapped[str] = mapped_column(Id("idk"), primary_key=True, default=lambda: new("idk"))
    owner: Mapped[str] = mapped_column(String(100))
    key: Mapped[str] = mapped_column(String(255))
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    headers: Mapped[dict[str, str] | None] = mapped_column(JSON)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Mismatch(Invalid):
    code, title = "idempotency_mismatch", N_("This Idempotency-Key was used for another request")


def fingerprint(method: str, path: str, body: bytes) -> str:
    """What makes two requests the same."""
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()


def begin(actor: Actor, key: str, print_: str) -> IdempotencyKey:
    """The key's row, fresh or already answered. Of two at once the second waits for the first's commit.

    Raises Mismatch when the same key came with another request.
    """
    owner = f"{actor.user_id}:{actor.organisation_id}"
    insert: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[database().dialect]
    session().execute(
        insert(IdempotencyKey)
        .values(id=new("idk"), owner=owner, key=key, fingerprint=print_, created_at=clock.now())
        .on_conflict_do_nothing()
    )
    row = (
        session()
        .scalars(
            select(IdempotencyKey)
            .where(IdempotencyKey.owner == owner, IdempotencyKey.key == key)
            .with_for_update()
        )
        .one()
    )
    if row.fingerprint != print_:
        raise Mismatch()
    return row


@job("core.forget_idempotency_keys", every=timedelta(hours=6))
def forget(**_payload: Any) -> None:
    """Drop keys older than two days."""
    session().execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < clock.now() - KEEP))
