"""Organisations, people, memberships, sessions, tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import Base, Timestamps, Versioned
from dealflow.core.ids import Id, new
from dealflow.core.scope import Owned, OwnedByOrganisation, Shared

KINDS = ("creator", "investor", "fund", "studio", "venue", "review_board", "park", "platform")
ROLES = ("owner", "member", "viewer")


class Organisation(Base, Versioned, Shared):
    """Who owns things. Its name and kind may be shown to anybody who is logged in."""

    __tablename__ = "organisation"
    __table_args__ = (CheckConstraint(f"kind IN {KINDS}", name="kind"),)
    __mapper_args__ = {"version_id_col": Versioned.version}
    id: Mapped[str] = mapped_column(Id("org"), primary_key=True, default=lambda: new("org"))
    name: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str | None] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20), index=True)
    about: Mapped[str | None] = mapped_column(String(2000))
    city: Mapped[str | None] = mapped_column(String(100))
    country: Mapped[str | None] = mapped_column(String(10))
    is_sample: Mapped[bool] = mapped_column(default=False)
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class User(Base, Versioned, Shared):
    """A person. `email` is kept in lower case and unique."""

    __tablename__ = "user"
    __table_args__ = (CheckConstraint("locale IN ('zh','en')", name="locale"),)
    __mapper_args__ = {"version_id_col": Versioned.version}
    id: Mapped[str] = mapped_column(Id("usr"), primary_key=True, default=lambda: new("usr"))
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    locale: Mapped[str] = mapped_column(String(5), default="zh")
    time_zone: Mapped[str] = mapped_column(String(60), default="Asia/Shanghai")
    email_verified_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    password_changed_at: Mapped[datetime | None]
    otp_secret: Mapped[str | None] = mapped_column(String(300))
    otp_enabled_at: Mapped[datetime | None]
    otp_last_step: Mapped[int | None]
    memberships: Mapped[list[Membership]] = relationship(back_populates="user")


class Membership(Base, Versioned, Owned):
    """A person's role in an organisation. Every right is computed from the live row."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("organisation_id", "user_id"),
        CheckConstraint(f"role IN {ROLES}", name="role"),
    )
    __mapper_args__ = {"version_id_col": Versioned.version}
    id: Mapped[str] = mapped_column(Id("mem"), primary_key=True, default=lambda: new("mem"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    user_id: Mapped[str] = mapped_column(Id("usr"), ForeignKey("user.id"), index=True)
    role: Mapped[str] = mapped_column(String(10))
    organisation: Mapped[Organisation] = relationship()
    user: Mapped[User] = relationship(back_populates="memberships")

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return (cls.organisation_id == actor.organisation_id) | (cls.user_id == actor.user_id)


class OwnedByUser(Owned):
    """Rows known to one person alone."""

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return cls.user_id == actor.user_id  # type: ignore[attr-defined]


class UserSession(Base, OwnedByUser):
    """A browser session. The cookie holds a secret of which only the hash is kept."""

    __tablename__ = "user_session"
    id: Mapped[str] = mapped_column(Id("ses"), primary_key=True, default=lambda: new("ses"))
    user_id: Mapped[str] = mapped_column(Id("usr"), ForeignKey("user.id"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    organisation_id: Mapped[str | None] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    address: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    stepped_up_at: Mapped[datetime | None]
    # The person's rights changed: the next request gets a fresh secret and this one dies.
    must_renew: Mapped[bool] = mapped_column(default=False, server_default=false())


class ApiToken(Base, OwnedByUser):
    """A bearer token: shown once, kept as a hash, scoped, expiring."""

    __tablename__ = "api_token"
    id: Mapped[str] = mapped_column(Id("tok"), primary_key=True, default=lambda: new("tok"))
    user_id: Mapped[str] = mapped_column(Id("usr"), ForeignKey("user.id"), index=True)
    organisation_id: Mapped[str | None] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    label: Mapped[str] = mapped_column(String(100))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class RecoveryCode(Base, OwnedByUser):
    """A one-time code for a lost authenticator."""

    __tablename__ = "recovery_code"
    id: Mapped[str] = mapped_column(Id("rec"), primary_key=True, default=lambda: new("rec"))
    user_id: Mapped[str] = mapped_column(Id("usr"), ForeignKey("user.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]


class EmailLink(Base, Timestamps, Shared):
    """A link sent by mail: register an organisation, reset a password or take a new address. Once, and not for long.

    `payload` of a registration is what was typed, with the password as a hash; it is dropped on use.
    """

    __tablename__ = "email_link"
    __table_args__ = (CheckConstraint("purpose IN ('register','reset','email')", name="purpose"),)
    id: Mapped[str] = mapped_column(Id("lnk"), primary_key=True, default=lambda: new("lnk"))
    user_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    payload: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    purpose: Mapped[str] = mapped_column(String(10))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Invitation(Base, Timestamps, OwnedByOrganisation):
    """An invitation into an organisation, sent to an address."""

    __tablename__ = "invitation"
    __table_args__ = (
        Index(
            "uq__invitation__open", "organisation_id", "email", unique=True,
            sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL"),
        ),
    )  # fmt: skip
    id: Mapped[str] = mapped_column(Id("inv"), primary_key=True, default=lambda: new("inv"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[str] = mapped_column(String(10))
    invited_by_id: Mapped[str] = mapped_column(Id("usr"), ForeignKey("user.id"))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class LoginAttempt(Base, Shared):
    """A try to log in (or to have a mail sent), counted per account and address and per address.

    `account` is a digest, so that the table names nobody. A success makes the pair known.
    """

    __tablename__ = "login_attempt"
    __table_args__ = (
        Index("ix__login_attempt__account", "account", "at"),
        Index("ix__login_attempt__address", "address", "at"),
    )
    id: Mapped[str] = mapped_column(Id("try"), primary_key=True, default=lambda: new("try"))
    account: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    succeeded: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime] = mapped_column(default=clock.now)
