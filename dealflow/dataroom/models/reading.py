"""What is kept of reading: each opening, each page, and questions with their answers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import Base, Versioned
from dealflow.core.ddl import append_only
from dealflow.core.ids import Id, new
from dealflow.core.scope import Owned
from dealflow.dataroom.models.rooms import DataGrant


class DataAccess(Base, Owned):
    """Somebody opened a version of a document to view it, or downloaded it. Append only."""

    __tablename__ = "data_access"
    __table_args__ = (
        CheckConstraint("kind IN ('view', 'download')", name="kind"),
        Index("ix__data_access__reader", "document_id", "reader", "at"),
    )
    id: Mapped[str] = mapped_column(Id("dac"), primary_key=True, default=lambda: new("dac"))
    room_id: Mapped[str] = mapped_column(Id("drm"), ForeignKey("data_room.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    document_id: Mapped[str] = mapped_column(Id("doc"), ForeignKey("data_document.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))
    reader: Mapped[str] = mapped_column(String(40))
    reader_organisation_id: Mapped[str | None] = mapped_column(Id("org"))
    reader_name: Mapped[str] = mapped_column(String(200))
    reader_organisation: Mapped[str] = mapped_column(String(200))
    reader_email: Mapped[str] = mapped_column(String(254))
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=clock.now)

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return (cls.organisation_id == actor.organisation_id) | (cls.reader == (actor.user_id or ""))


class DataPageView(Base, Owned):
    """A page that was handed out ("served"), or looked at for some seconds as the reader's page says ("seen").

    Append only; known to the room's owner.
    """

    __tablename__ = "data_page_view"
    __table_args__ = (
        CheckConstraint("kind IN ('served', 'seen')", name="kind"),
        CheckConstraint("page > 0 AND seconds >= 0", name="counts"),
    )
    id: Mapped[str] = mapped_column(Id("pgv"), primary_key=True, default=lambda: new("pgv"))
    access_id: Mapped[str] = mapped_column(Id("dac"), ForeignKey("data_access.id"), index=True)
    room_id: Mapped[str] = mapped_column(Id("drm"), ForeignKey("data_room.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    document_id: Mapped[str] = mapped_column(Id("doc"), ForeignKey("data_document.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    page: Mapped[int]
    seconds: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=clock.now)

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        return cls.organisation_id == actor.organisation_id


class DataQuestion(Base, Versioned, Owned):
    """A question about a document. Known to owner and asker, and to all readers once it is published."""

    __tablename__ = "data_question"
    __mapper_args__ = {"version_id_col": Versioned.version}
    id: Mapped[str] = mapped_column(Id("qst"), primary_key=True, default=lambda: new("qst"))
    room_id: Mapped[str] = mapped_column(Id("drm"), ForeignKey("data_room.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    document_id: Mapped[str] = mapped_column(Id("doc"), ForeignKey("data_document.id"), index=True)
    asker_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    user_id: Mapped[str] = mapped_column(Id("usr"), ForeignKey("user.id"))
    user_name: Mapped[str] = mapped_column(String(200))
    page: Mapped[int | None]
    text: Mapped[str] = mapped_column(String(4000))
    published_at: Mapped[datetime | None]

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        mine = (cls.organisation_id == actor.organisation_id) | (cls.asker_id == actor.organisation_id)
        granted = select(DataGrant.room_id).where(DataGrant.held_by(actor.organisation_id))
        return mine | (cls.published_at.is_not(None) & cls.room_id.in_(granted))


class DataAnswer(Base, Owned):
    """What owner or asker said further to a question. Append only."""

    __tablename__ = "data_answer"
    __table_args__ = (CheckConstraint("side IN ('owner', 'asker')", name="side"),)
    id: Mapped[str] = mapped_column(Id("ans"), primary_key=True, default=lambda: new("ans"))
    question_id: Mapped[str] = mapped_column(Id("qst"), ForeignKey("data_question.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    asker_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    side: Mapped[str] = mapped_column(String(10))
    user_id: Mapped[str] = mapped_column(Id("usr"), ForeignKey("user.id"))
    user_name: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(String(4000))
    at: Mapped[datetime] = mapped_column(default=clock.now)

    @classmethod
    def scope(cls, actor: Actor) -> ColumnElement[bool]:
        # Others read an answer only through its published question, which says so.
        return (cls.organisation_id == actor.organisation_id) | (cls.asker_id == actor.organisation_id)


for _mapped in (DataAccess, DataPageView, DataAnswer):
    append_only(_mapped.__table__)
