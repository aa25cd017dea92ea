"""Documents: adding, revising, renaming, moving, taking out."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

from sqlalchemy import func, select

from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import hold, session
from dealflow.core.errors import Invalid, NotFound, StaleVersion
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.dataroom import queries, seats, workshop
from dealflow.dataroom.models import DataDocument, DataDocumentVersion
from dealflow.dataroom.policy import Can, Tag
from dealflow.dataroom.seats import Seat, Sight
from dealflow.dataroom.service.rooms import for_writing, must_be_open
from dealflow.files import service as files
from dealflow.files.kinds import WrongType
from dealflow.files.queries import StoredFile
from dealflow.files.service import Received

PURPOSE = "dataroom.document"


def receive(actor: Actor, stream: IO[bytes], filename: str | None) -> Received:
    """Take in an upload with the disarmed copy that readers get; for `add` and `add_version`.

    Reads and cleans for up to half a minute, so it is called before a writing transaction. Raises TooLarge, WrongType
    (415), Invalid of `file`.
    """
    try:
        return files.receive_derived(
            actor, stream, filename, kind="document", purpose=PURPOSE, derive=_disarmed
        )
    except WrongType:
        stream.seek(0)
        return files.receive_derived(actor, stream, filename, kind="video", purpose=PURPOSE, derive=_as_it_is)


def add(
    actor: Actor, project_id: str, received: Received, *, folder_id: str | None = None, name: str = ""
) -> Sight:
    """Put a document into the room of a project. Raises NotFound, Forbidden, InvalidTransition (closed), Invalid of `folder_id`."""
    seat = for_writing(actor, project_id, Can.FILE)
    folder_id = folder_in(seat, folder_id)
    stored = files.keep(actor, received)
    document = DataDocument(
        id=new("doc"), room_id=seat.room.id, organisation_id=seat.organisation_id, project_id=seat.room.project_id,
        folder_id=folder_id, name=clean(name) or stored.name, position=_next_position(seat, folder_id),
    )  # fmt: skip
    session().add(document)
    session().flush()
    version = _append(actor, document, stored, 1)
    audit.record(actor, Tag.ADDED, document, after={"name": document.name, "sha256": version.sha256})
    return Sight(seat, document, version, "download")


def add_version(actor: Actor, document_id: str, received: Received) -> Sight:
    """Give a document a new content; of two at once both are kept, one after the other."""
    document = _own(actor, document_id)
    stored = files.keep(actor, received)
    document = hold(DataDocument, document.id)
    number = document.current_number + 1
    version = _append(actor, document, stored, number)
    document.current_number = number
    session().flush()
    audit.record(
        actor,
        Tag.REVISED,
        document,
        before={"number": number - 1},
        after={"number": number, "sha256": version.sha256},
    )
    return Sight(seats.sight(actor, document.id).seat, document, version, "download")


def change(actor: Actor, document_id: str, values: dict[str, Any], *, version: int) -> Sight:
    """Rename or move a document. `values`: name, folder_id, before (the document it goes before, None: to the end).

    Raises NotFound, Forbidden, StaleVersion, InvalidTransition, Invalid.
    """
    document = _own(actor, document_id)
    if version != document.version:
        raise StaleVersion(document.version)
    seat = seats.sight(actor, document.id).seat
    before = {"name": document.name, "folder_id": document.folder_id, "position": document.position}
    if "name" in values:
        document.name = clean(values["name"]) or document.name
    if "folder_id" in values:
        document.folder_id = folder_in(seat, values["folder_id"])
    if "folder_id" in values or "before" in values:
        _arrange(seat, document, values.get("before"))
    session().flush()
    after = {"name": document.name, "folder_id": document.folder_id, "position": document.position}
    if after != before:
        audit.record(actor, Tag.CHANGED, document, before=before, after=after)
    return seats.sight(actor, document.id)


def remove(actor: Actor, document_id: str) -> DataDocument:
    """Take a document out: nobody reads it any more, its history stays."""
    document = _own(actor, document_id)
    document.removed_at, document.removed_by = clock.now(), actor.user_name
    session().flush()
    audit.record(actor, Tag.REMOVED, document, before={"name": document.name}, after=None)
    return document


def clean(name: str | None) -> str:
    """A name as it is shown: one line, no folders or control characters."""
    return files.clean_name(name) if name and name.strip() else ""


def folder_in(seat: Seat, folder_id: str | None) -> str | None:
    """A folder of this room (or none); Invalid otherwise."""
    if not folder_id:
        return None
    try:
        return queries.folder_of(seat, folder_id).id
    except NotFound:
        raise Invalid.field("folder_id", "unknown", N_("There is no such folder in this room")) from None


def _own(actor: Actor, document_id: str) -> DataDocument:
    sight = seats.sight(actor, document_id)
    policy.require(actor, Can.FILE, sight.seat, see=Can.SEE)
    must_be_open(sight.seat)
    return sight.document


def _disarmed(source: Path, content_type: str, folder: Path) -> dict[str, dict[str, Any]]:
    target = folder / "shown"
    if content_type == "application/pdf":
        return {"shown": workshop.prepare("pdf", source, target) | {"content_type": content_type}}
    if content_type.startswith("image/"):
        return {"shown": workshop.prepare("image", source, target) | {"content_type": "image/webp"}}
    return {}


def _as_it_is(source: Path, content_type: str, folder: Path) -> dict[str, dict[str, Any]]:
    return {}


def kind_of(content_type: str) -> str:
    """The kind of a document by the type of its content."""
    for kind in ("image", "video", "text"):
        if content_type.startswith(f"{kind}/"):
            return kind
    return "pdf" if content_type == "application/pdf" else "office"


def _append(actor: Actor, document: DataDocument, stored: StoredFile, number: int) -> DataDocumentVersion:
    row = DataDocumentVersion(
        id=new("dvr"), document_id=document.id, room_id=document.room_id, organisation_id=document.organisation_id,
        number=number, file_id=stored.id, kind=kind_of(stored.content_type), name=stored.name,
        content_type=stored.content_type, size=stored.size, sha256=stored.sha256, pages=stored.variants.get("shown", {}).get("pages"), user_id=actor.user_id,
        user_name=actor.user_name,
    )  # fmt: skip
    session().add(row)
    session().flush()
    return row


def _next_position(seat: Seat, folder_id: str | None) -> int:
    query = select(func.max(DataDocument.position)).where(
        DataDocument.room_id == seat.room.id, DataDocument.folder_id == folder_id
    )
    return (session().scalar(query) or 0) + 1


def _arrange(seat: Seat, document: DataDocument, before: str | None) -> None:
    query = select(DataDocument).where(
        DataDocument.room_id == seat.room.id, DataDocument.folder_id == document.folder_id,
        DataDocument.removed_at.is_(None), DataDocument.id != document.id,
    )  # fmt: skip
    others = list(session().scalars(query.order_by(DataDocument.position, DataDocument.id)))
    place = next((at for at, other in enumerate(others) if other.id == before), len(others))
    others.insert(place, document)
    for position, row in enumerate(others, 1):
        row.position = position
