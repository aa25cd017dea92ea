"""Opening documents: who may, and the record of it that stands before the first byte leaves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import func, select

from dealflow.accounts import identity
from dealflow.audit import service as audit
from dealflow.core import clock, db, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import DomainError, Forbidden, NotFound
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.dataroom import seats
from dealflow.dataroom.models import DataAccess, DataPageView
from dealflow.dataroom.policy import Can, Tag
from dealflow.dataroom.seats import NdaRequired, Sight

# Pieces of one opening (pages, ranges) within this time belong to one record and carry one mark.
ONE_OPENING = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
_OWN = {"unscoped": "a reader's own record, found by the seat they sit on"}


class DownloadRequired(Forbidden):
    """The document can only be taken away, and the grant is for viewing."""

    code, title = "download_required", N_("Your access is for viewing; this file can only be downloaded")


def require(actor: Actor, sight: Sight, permission: Can) -> None:
    """Return when the seat allows it; NdaRequired when only the NDA is missing, Forbidden otherwise."""
    if policy.can(actor, permission, sight):
        return
    if sight.nda_due:
        raise NdaRequired(project_id=sight.seat.room.project_id)
    if permission == Can.DOWNLOAD:
        raise DownloadRequired()
    policy.require(actor, permission, sight, see=Can.SEE)


def begin(actor: Actor, sight: Sight, kind: str) -> DataAccess | None:
    """Record that the reader opens the document ("view") or takes it away ("download"); None for the room's owner.

    The same reader opening the same version again within half an hour goes on with the record they have.
    """
    require(actor, sight, Can.DOWNLOAD if kind == "download" else Can.READ)
    if sight.seat.is_owner:
        return None
    seat, document = sight.seat, sight.document
    known = select(DataAccess).where(
        DataAccess.document_id == document.id, DataAccess.number == sight.version.number, DataAccess.kind == kind,
        DataAccess.reader == seat.reader, DataAccess.reader_organisation_id == seat.reader_organisation_id,
        DataAccess.at > clock.now() - ONE_OPENING,
    )  # fmt: skip
    found = session().scalars(known.order_by(DataAccess.at.desc()).limit(1), execution_options=_OWN).first()
    if found is not None:
        return found
    row = DataAccess(
        id=new("dac"), room_id=seat.room.id, organisation_id=seat.organisation_id, document_id=document.id,
        number=sight.version.number, kind=kind, reader=seat.reader, reader_organisation_id=seat.reader_organisation_id,
        reader_name=seat.name, reader_organisation=seat.reader_organisation, reader_email=seat.email,
        address=seat.address[:64], at=clock.now(),
    )  # fmt: skip
    session().add(row)
    session().flush()
    audit.record(
        actor, Tag.DOWNLOADED if kind == "download" else Tag.VIEWED, document, organisation_id=seat.organisation_id,
        after={"number": row.number, "by": row.reader_name, "organisation": row.reader_organisation, "email": row.reader_email},
    )  # fmt: skip
    return row


def access_of(sight: Sight, access_id: str) -> DataAccess:
    """The reader's own record of this document, while it may be gone on with; NotFound otherwise."""
    row = session().scalars(
        select(DataAccess).where(DataAccess.id == access_id), execution_options=_OWN
    ).one_or_none()  # fmt: skip
    if (
        row is None
        or row.document_id != sight.document.id
        or (row.reader, row.reader_organisation_id) != (sight.seat.reader, sight.seat.reader_organisation_id)
        or row.number != sight.version.number
        or row.at < clock.now() - LONGEST
    ):
        raise NotFound()
    return row


def served(access: DataAccess, pages: range) -> None:
    """Record that pages leave for the reader."""
    _note(access, "served", dict.fromkeys(pages, 0))


def seen(actor: Actor, sight: Sight, access_id: str, seconds: Mapping[int, int]) -> None:
    """Record for how long the reader's browser says that pages were looked at.

    What it says is cut to the pages there are and to the time since its last word.
    """
    require(actor, sight, Can.NOTE_READING)
    if sight.seat.is_owner:
        return
    access = access_of(sight, access_id)
    last = session().scalar(
        select(func.max(DataPageView.at)).where(DataPageView.access_id == access.id, DataPageView.kind == "seen"),
        execution_options=_OWN,
    )  # fmt: skip
    left = int((clock.now() - (last or access.at)).total_seconds()) + 2
    kept: dict[int, int] = {}
    for page, spent in sorted(seconds.items()):
        taken = min(spent, left)
        if 1 <= page <= (sight.version.pages or 1) and taken > 0:
            kept[page], left = taken, left - taken
    _note(access, "seen", kept)


def _note(access: DataAccess, kind: str, seconds: Mapping[int, int]) -> None:
    for page, spent in seconds.items():
        session().add(
            DataPageView(
                id=new("pgv"), access_id=access.id, room_id=access.room_id, organisation_id=access.organisation_id,
                document_id=access.document_id, kind=kind, page=page, seconds=spent, at=clock.now(),
            )
        )  # fmt: skip
    session().flush()


def still_reads(actor: Actor, document_id: str, number: int, permission: Can) -> bool:
    """Whether this person may go on reading at this very moment: asked between the pieces of an answer.

    Opens a transaction of its own, since the request's is over when the pieces leave.
    """
    with db.edge(write=False, actor=actor):
        houses = {m.organisation_id for m in identity.memberships_of(actor.user_id or "")}
        if actor.organisation_id not in houses:
            return False
        try:
            sight = seats.sight(actor, document_id)
            seats.version_of(sight.seat, sight.document, number)
            return policy.can(actor, permission, sight)
        except DomainError:
            return False
