"""Data rooms: folders, documents with versions, the NDA and who accepted it, grants, links for guests."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import Base, Versioned
from dealflow.core.ddl import append_only
from dealflow.core.ids import Id, encode, new
from dealflow.core.scope import Owned, OwnedByOrganisation
from dealflow.dataroom.states import ROOM

KINDS = ("pdf", "image", "video", "office", "text")
LEVELS = ("view", "download")
# Stands for the organisation of a guest: a constraint takes two NULLs for different.
NOBODY = encode("org", uuid.UUID(int=0))
_STATES = ", ".join(f"'{state}'" for state in sorted(ROOM.states))


class InRoom(Owned):
    """Rows of a room, known to its owner and, as long as a grant holds, to the organisations let in.

    Which folders a grant covers and whether the NDA was accepted is decided by `seats`, on top of this.
    """

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        room_id = cls.id if cls is DataRoom else cls.room_id  # type: ignore[attr-defined]
        return (cls.organisation_id == actor.organisation_id) | room_id.in_(  # type: ignore[attr-defined]
            select(DataGrant.room_id).where(DataGrant.held_by(actor.organisation_id))
        )


class DataRoom(Base, Versioned, InRoom):
    """The documents that a project's owner shows to some. One per project."""

    __tablename__ = "data_room"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_at_if_closed"),
    )
    __mapper_args__ = {"version_id_col": Versioned.version}
    id: Mapped[str] = mapped_column(Id("drm"), primary_key=True, default=lambda: new("drm"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"), unique=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    state: Mapped[str] = mapped_column(String(10), default=ROOM.initial)
    nda_required: Mapped[bool] = mapped_column(default=True)
    closed_at: Mapped[datetime | None]
    archive_file_id: Mapped[str | None] = mapped_column(Id("fil"))

    @property
    def is_open(self) -> bool:
        return self.state == "open"


class DataNda(Base, InRoom):
    """A wording of the room's NDA, in one language or both. Append only; the highest number is in force.

    `asks_again`: who accepted an earlier wording must accept this one before the next view.
    """

    __tablename__ = "data_nda"
    __table_args__ = (
        UniqueConstraint("room_id", "number"),
        CheckConstraint("source IN ('library', 'own')", name="source"),
        CheckConstraint("text_zh <> '' OR text_en <> ''", name="says_something"),
    )
    id: Mapped[str] = mapped_column(Id("nda"), primary_key=True, default=lambda: new("nda"))
    room_id: Mapped[str] = mapped_column(Id("drm"), ForeignKey("data_room.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    number: Mapped[int]
    source: Mapped[str] = mapped_column(String(10))
    text_zh: Mapped[str] = mapped_column(Text, default="")
    text_en: Mapped[str] = mapped_column(Text, default="")
    asks_again: Mapped[bool]
    user_id: Mapped[str | None] = mapped_column(Id("usr"))
    user_name: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(default=clock.now)


class NdaAcceptance(Base, Owned):
    """Who accepted which wording, for whom, when and from where. Append only; once per person and wording.

    `reader` is the id of the person (acting for an organisation) or of the guest's link.
    """

    __tablename__ = "nda_acceptance"
    __table_args__ = (UniqueConstraint("room_id", "number", "reader", "reader_organisation_id"),)
    id: Mapped[str] = mapped_column(Id("nac"), primary_key=True, default=lambda: new("nac"))
    room_id: Mapped[str] = mapped_column(Id("drm"), ForeignKey("data_room.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    number: Mapped[int]
    reader: Mapped[str] = mapped_column(String(40))
    reader_organisation_id: Mapped[str] = mapped_column(Id("org"))
    reader_name: Mapped[str] = mapped_column(String(200))
    reader_organisation: Mapped[str] = mapped_column(String(200))
    reader_email: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(5))
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=clock.now)

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return (cls.organisation_id == actor.organisation_id) | (cls.reader == (actor.user_id or ""))


class DataFolder(Base, Versioned, InRoom):
    """A folder of a room; removed ones stay as history."""

    __tablename__ = "data_folder"
    __mapper_args__ = {"version_id_col": Versioned.version}
    id: Mapped[str] = mapped_column(Id("fld"), primary_key=True, default=lambda: new("fld"))
    room_id: Mapped[str] = mapped_column(Id("drm"), ForeignKey("data_room.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    parent_id: Mapped[str | None] = mapped_column(Id("fld"), ForeignKey("data_folder.id"))
    name: Mapped[str] = mapped_column(String(200))
    position: Mapped[int]
    removed_at: Mapped[datetime | None]


class DataDocument(Base, Versioned, InRoom):
    """A document of a room; its content is its latest version. Removed ones stay as history."""

    __tablename__ = "data_document"
    __mapper_args__ = {"version_id_col": Versioned.version}
    id: Mapped[str] = mapped_column(Id("doc"), primary_key=True, default=lambda: new("doc"))
    room_id: Mapped[str] = mapped_column(Id("drm"), ForeignKey("data_room.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    project_id: Mapped[str] = mapped_column(Id("prj"), ForeignKey("project.id"))
    folder_id: Mapped[str | None] = mapped_column(Id("fld"), ForeignKey("data_folder.id"))
    name: Mapped[str] = mapped_column(String(200))
    position: Mapped[int]
    current_number: Mapped[int] = mapped_column(default=1)
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[str | None] = mapped_column(String(200))


class DataDocumentVersion(Base, InRoom):
    """One content of a document. Append only. `pages` is known of PDFs."""

    __tablename__ = "data_document_version"
    __table_args__ = (
        UniqueConstraint("document_id", "number"),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
    )
    id: Mapped[str] = mapped_column(Id("dvr"), primary_key=True, default=lambda: new("dvr"))
    document_id: Mapped[str] = mapped_column(Id("doc"), ForeignKey("data_document.id"))
    room_id: Mapped[str] = mapped_column(Id("drm"), ForeignKey("data_room.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    number: Mapped[int]
    file_id: Mapped[str] = mapped_column(Id("fil"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(200))
    content_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    pages: Mapped[int | None]
    user_id: Mapped[str | None] = mapped_column(Id("usr"))
    user_name: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(default=clock.now)


class DataGrant(Base, Versioned, Owned):
    """What one organisation may read: the whole room or a folder, for a time, to view or to download."""

    __tablename__ = "data_grant"
    __table_args__ = (
        CheckConstraint(f"level IN {LEVELS}", name="level"),
        CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="period"),
        CheckConstraint("organisation_id <> grantee_id", name="two_parties"),
        Index(
            "uq__data_grant__whole", "room_id", "grantee_id", unique=True,
            sqlite_where=text("revoked_at IS NULL AND folder_id IS NULL"),
            postgresql_where=text("revoked_at IS NULL AND folder_id IS NULL"),
        ),
        Index(
            "uq__data_grant__folder", "room_id", "grantee_id", "folder_id", unique=True,
            sqlite_where=text("revoked_at IS NULL"), postgresql_where=text("revoked_at IS NULL"),
        ),
    )  # fmt: skip
    __mapper_args__ = {"version_id_col": Versioned.version}
    id: Mapped[str] = mapped_column(Id("grt"), primary_key=True, default=lambda: new("grt"))
    room_id: Mapped[str] = mapped_column(Id("drm"), ForeignKey("data_room.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    grantee_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    folder_id: Mapped[str | None] = mapped_column(Id("fld"), ForeignKey("data_folder.id"))
    level: Mapped[str] = mapped_column(String(10))
    starts_at: Mapped[datetime] = mapped_column(default=clock.now)
    ends_at: Mapped[datetime | None]
    granted_by: Mapped[str] = mapped_column(String(200))
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(String(200))

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return (cls.organisation_id == actor.organisation_id) | (cls.grantee_id == actor.organisation_id)

    @classmethod
    def held_by(cls, organisation_id: str | None) -> ColumnElement[bool]:
        """The grants that hold for an organisation at this moment."""
        moment = clock.now()
        return (
            (cls.grantee_id == organisation_id)
            & cls.revoked_at.is_(None)
            & (cls.starts_at <= moment)
            & (cls.ends_at.is_(None) | (cls.ends_at > moment))
        )

    def state(self) -> str:
        """ "revoked", "expired", "pending" or "active"."""
        moment = clock.now()
        if self.revoked_at:
            return "revoked"
        if self.ends_at and self.ends_at <= moment:
            return "expired"
        return "pending" if self.starts_at > moment else "active"


class GuestLink(Base, Versioned, OwnedByOrganisation):
    """A link for one e-mail address without an account: view only, until it expires.

    The address is proven by a code mailed to it; of link, code and browser only hashes are kept.
    """

    __tablename__ = "guest_link"
    __table_args__ = (
        Index(
            "uq__guest_link__open", "room_id", "email", unique=True,
            sqlite_where=text("revoked_at IS NULL"), postgresql_where=text("revoked_at IS NULL"),
        ),
    )  # fmt: skip
    __mapper_args__ = {"version_id_col": Versioned.version}
    id: Mapped[str] = mapped_column(Id("glk"), primary_key=True, default=lambda: new("glk"))
    room_id: Mapped[str] = mapped_column(Id("drm"), ForeignKey("data_room.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    folder_id: Mapped[str | None] = mapped_column(Id("fld"), ForeignKey("data_folder.id"))
    email: Mapped[str] = mapped_column(String(254))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    code_hash: Mapped[str | None] = mapped_column(String(64))
    code_until: Mapped[datetime | None]
    code_tries: Mapped[int] = mapped_column(default=0)
    verified_at: Mapped[datetime | None]
    browser_hash: Mapped[str | None] = mapped_column(String(64))
    browser_until: Mapped[datetime | None]
    invited_by: Mapped[str] = mapped_column(String(200))
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(String(200))

    def state(self) -> str:
        """ "revoked", "expired", "verified" or "invited"."""
        if self.revoked_at and self.revoked_by:
            return "revoked"
        if self.revoked_at or self.expires_at <= clock.now():
            return "expired"
        return "verified" if self.verified_at else "invited"


for _mapped in (DataNda, NdaAcceptance, DataDocumentVersion):
    append_only(_mapped.__table__)
