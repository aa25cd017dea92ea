"""Who sits where in a room: the one place that says what a reader may see of it at this moment.

A seat is made anew at each request from the live grants, so that what is revoked is gone with the next one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Forbidden, NotFound
from dealflow.core.i18n import N_
from dealflow.dataroom.models import (
    NOBODY,
    DataDocument,
    DataDocumentVersion,
    DataFolder,
    DataGrant,
    DataNda,
    DataRoom,
    GuestLink,
    NdaAcceptance,
)
from dealflow.pitches import queries as pitches

_GUEST = {"unscoped": "a guest has no organisation; the seat says what the link opens"}
_RANK = {"view": 1, "download": 2}


class NdaRequired(Forbidden):
    """The reader has not accepted the NDA that is in force."""

    code, title = "nda_required", N_("Accept the non-disclosure agreement first")


@dataclass(frozen=True)
class Seat:
    """One reader's place in a room. `levels`: folder id (None: outside all folders) → "view" or "download"."""

    room: DataRoom
    side: str
    reader: str
    name: str
    email: str
    reader_organisation_id: str | None
    reader_organisation: str
    levels: Mapping[str | None, str]
    folders: Mapping[str, DataFolder]
    nda_due: bool
    address: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def organisation_id(self) -> str:
        """Whose room it is."""
        return self.room.organisation_id

    @property
    def is_owner(self) -> bool:
        return self.side == "owner"


@dataclass(frozen=True)
class Sight:
    """A document as one seat sees it."""

    seat: Seat
    document: DataDocument
    version: DataDocumentVersion
    level: str | None

    @property
    def side(self) -> str:
        return self.seat.side

    @property
    def organisation_id(self) -> str:
        return self.seat.organisation_id

    @property
    def nda_due(self) -> bool:
        return self.seat.nda_due

    @property
    def watermarked(self) -> bool:
        """Whether what is served must name its reader: always, but for the room's owner."""
        return not self.seat.is_owner


def room_of(project_id: str) -> DataRoom | None:
    """The room of a project, when the actor of the transaction may know of it."""
    return session().scalars(select(DataRoom).where(DataRoom.project_id == project_id)).one_or_none()


def of_actor(actor: Actor, project_id: str) -> Seat:
    """The actor's seat in a project's room; NotFound for strangers. A room that nobody filled yet has no id."""
    room = room_of(project_id)
    if room is None:
        project = pitches.own(actor, project_id)
        room = DataRoom(
            id="", project_id=project.id, organisation_id=project.organisation_id, state="open", nda_required=True,
            version=0,
        )  # fmt: skip
    return in_room(actor, room)


def in_room(actor: Actor, room: DataRoom, *, hold: bool = False) -> Seat:
    """The actor's seat in a room; NotFound without one. With `hold`, nobody revokes its grants before this transaction
    ends."""
    folders = folders_of(room)
    person: dict[str, Any] = {
        "reader": actor.user_id or "system", "name": actor.user_name, "email": actor.user_email,
        "reader_organisation_id": actor.organisation_id, "reader_organisation": actor.organisation_name,
        "address": actor.address,
    }  # fmt: skip
    if actor.is_system or room.organisation_id == actor.organisation_id:
        everywhere: dict[str | None, str] = dict.fromkeys([None, *folders], "download")
        return Seat(room, "owner", levels=everywhere, folders=folders, nda_due=False, **person)
    query = select(DataGrant.folder_id, DataGrant.level).where(
        DataGrant.room_id == room.id, DataGrant.held_by(actor.organisation_id)
    )
    if hold:
        query = query.with_for_update(read=True)
    grants = [(folder_id, level) for folder_id, level in session().execute(query)]
    levels = _levels(grants, folders)
    if not levels:
        raise NotFound()
    due = _nda_due(room, actor.user_id or "", actor.organisation_id or NOBODY, {})
    return Seat(room, "grantee", levels=levels, folders=folders, nda_due=due, **person)


def of_guest(room: DataRoom, link: GuestLink, address: str) -> Seat:
    """The seat that a link opens. Whether link and browser hold is the caller's to check."""
    folders = folders_of(room, _GUEST)
    levels = _levels([(link.folder_id, "view")], folders)
    if not levels:
        raise NotFound()
    return Seat(
        room, "guest", reader=link.id, name=link.email, email=link.email, reader_organisation_id=None, reader_organisation="",
        levels=levels, folders=folders, nda_due=_nda_due(room, link.id, NOBODY, _GUEST), address=address, options=_GUEST,
    )  # fmt: skip


def folders_of(room: DataRoom, options: Mapping[str, Any] | None = None) -> dict[str, DataFolder]:
    """The folders of a room that are not removed, by id, in order."""
    query = (
        select(DataFolder)
        .where(DataFolder.room_id == room.id, DataFolder.removed_at.is_(None))
        .order_by(DataFolder.position, DataFolder.id)
    )
    return {f.id: f for f in session().scalars(query, execution_options=dict(options or {}))}


def _levels(grants: list[tuple[str | None, str]], folders: Mapping[str, DataFolder]) -> dict[str | None, str]:
    """What grants come to for each folder; a grant on a folder covers all below it."""
    found: dict[str | None, str] = {}
    for granted, level in grants:
        places = (
            [None, *folders] if granted is None else [f for f in folders if granted in lineage(f, folders)]
        )
        for place in places:
            if _RANK[level] > _RANK.get(found.get(place, ""), 0):
                found[place] = level
    return found


def lineage(folder_id: str, folders: Mapping[str, DataFolder]) -> list[str]:
    """A folder and the folders that it lies in, innermost first. A circle ends where it closes."""
    way: list[str] = []
    at: str | None = folder_id
    while at is not None and at in folders and at not in way:
        way.append(at)
        at = folders[at].parent_id
    return way


def _nda_due(room: DataRoom, reader: str, organisation_id: str, options: Mapping[str, Any]) -> bool:
    if not room.nda_required:
        return False
    asked = session().scalar(
        select(func.max(DataNda.number)).where(DataNda.room_id == room.id, DataNda.asks_again),
        execution_options=dict(options),
    )
    accepted = session().scalar(
        select(func.max(NdaAcceptance.number)).where(
            NdaAcceptance.room_id == room.id, NdaAcceptance.reader == reader,
            NdaAcceptance.reader_organisation_id == organisation_id,
        ),
        execution_options=dict(options),
    )  # fmt: skip
    return (accepted or 0) < (asked or 1)


def sight(actor: Actor, document_id: str, *, hold: bool = False) -> Sight:
    """A document as the actor sees it; NotFound when it is removed or their grants do not cover it."""
    document = session().get(DataDocument, document_id)
    # The room is asked for in a statement of its own, and the grant may have been revoked between the two.
    room = session().get(DataRoom, document.room_id) if document else None
    if document is None or room is None:
        raise NotFound()
    return within(in_room(actor, room, hold=hold), document)


def within(seat: Seat, document: DataDocument | None) -> Sight:
    """A document as a seat sees it; NotFound when it is removed, of another room, or not covered."""
    if document is None or document.removed_at is not None or document.room_id != seat.room.id:
        raise NotFound()
    level = seat.levels.get(document.folder_id)
    if level is None:
        raise NotFound()
    return Sight(seat, document, version_of(seat, document, document.current_number), level)


def version_of(seat: Seat, document: DataDocument, number: int) -> DataDocumentVersion:
    """One version of a document; NotFound when there is none."""
    query = select(DataDocumentVersion).where(
        DataDocumentVersion.document_id == document.id, DataDocumentVersion.number == number
    )
    found = session().scalars(query, execution_options=dict(seat.options)).one_or_none()
    if found is None:
        raise NotFound()
    return found
