"""Folders: making, renaming, moving, taking out with all they hold."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Invalid, NotFound, StaleVersion
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.dataroom import queries, seats
from dealflow.dataroom.models import DataDocument, DataFolder, DataRoom
from dealflow.dataroom.policy import Can, Tag
from dealflow.dataroom.seats import Seat, lineage
from dealflow.dataroom.service.documents import clean, folder_in
from dealflow.dataroom.service.rooms import for_writing, must_be_open

DEEPEST = 8


def make(actor: Actor, project_id: str, *, name: str, parent_id: str | None = None) -> DataFolder:
    """Make a folder. Raises NotFound, Forbidden, InvalidTransition (closed), Invalid."""
    seat = for_writing(actor, project_id, Can.FILE)
    parent_id = folder_in(seat, parent_id)
    if parent_id and len(lineage(parent_id, seat.folders)) >= DEEPEST:
        raise Invalid.field("parent_id", "too_deep", N_("Folders lie at most eight deep"))
    last = session().scalar(
        select(func.max(DataFolder.position)).where(DataFolder.room_id == seat.room.id)
    )  # fmt: skip
    row = DataFolder(
        id=new("fld"), room_id=seat.room.id, organisation_id=seat.organisation_id, parent_id=parent_id, name=_named(name),
        position=(last or 0) + 1,
    )  # fmt: skip
    session().add(row)
    session().flush()
    audit.record(actor, Tag.FOLDER_MADE, row, after={"name": row.name, "parent_id": parent_id})
    return row


def _named(name: str) -> str:
    found = clean(name)
    if not found:
        raise Invalid.field("name", "required", N_("Give the folder a name"))
    return found


def own(actor: Actor, folder_id: str) -> tuple[Seat, DataFolder]:
    """A folder of the actor's own room, with their seat; NotFound or Forbidden otherwise."""
    row = session().get(DataFolder, folder_id)
    if row is None or row.removed_at is not None:
        raise NotFound()
    seat = seats.in_room(actor, session().get_one(DataRoom, row.room_id))
    if row.id not in seat.levels:
        raise NotFound()
    policy.require(actor, Can.FILE, seat, see=Can.SEE)
    must_be_open(seat)
    return seat, row


def change(actor: Actor, folder_id: str, values: dict[str, Any], *, version: int) -> DataFolder:
    """Rename or move a folder (`name`, `parent_id`). Raises NotFound, Forbidden, StaleVersion, Invalid."""
    seat, row = own(actor, folder_id)
    if version != row.version:
        raise StaleVersion(row.version)
    before = {"name": row.name, "parent_id": row.parent_id}
    if "name" in values:
        row.name = _named(values["name"])
    if "parent_id" in values:
        parent = folder_in(seat, values["parent_id"])
        if parent and row.id in lineage(parent, seat.folders):
            raise Invalid.field("parent_id", "circle", N_("A folder cannot lie in itself"))
        row.parent_id = parent
    session().flush()
    after = {"name": row.name, "parent_id": row.parent_id}
    if after != before:
        audit.record(actor, Tag.FOLDER_CHANGED, row, before=before, after=after)
    return row


def remove(actor: Actor, folder_id: str) -> None:
    """Take a folder out with all that lies in it; its history stays."""
    seat, row = own(actor, folder_id)
    gone = [f for f in seat.folders if row.id in lineage(f, seat.folders)]
    moment = clock.now()
    for folder in gone:
        queries.folder_of(seat, folder).removed_at = moment
    inside = select(DataDocument).where(DataDocument.folder_id.in_(gone), DataDocument.removed_at.is_(None))
    for document in session().scalars(inside):
        document.removed_at, document.removed_by = moment, actor.user_name
        audit.record(actor, Tag.REMOVED, document, before={"name": document.name}, after=None)
    session().flush()
    audit.record(actor, Tag.FOLDER_REMOVED, row, before={"name": row.name}, after=None)
