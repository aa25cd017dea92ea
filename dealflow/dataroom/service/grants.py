"""Letting organisations in, and out again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from dealflow.accounts.queries import organisation_cards
from dealflow.audit import service as audit
from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import hold, session
from dealflow.core.errors import Conflict, Invalid, NotFound
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.core.outbox import emit
from dealflow.dataroom import queries
from dealflow.dataroom.events import DataRoomOpened
from dealflow.dataroom.models import DataGrant
from dealflow.dataroom.policy import Can, Tag
from dealflow.dataroom.seats import Seat
from dealflow.dataroom.service.documents import folder_in
from dealflow.dataroom.service.rooms import for_writing
from dealflow.notify import service as notify
from dealflow.pitches import queries as pitches


def give(
    actor: Actor,
    project_id: str,
    *,
    organisation_id: str,
    folder_id: str | None = None,
    level: str = "view",
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> DataGrant:
    """Let an organisation into the room or one of its folders; what it held there before is replaced.

    Raises NotFound, Forbidden, InvalidTransition (closed), Conflict, Invalid.
    """
    seat = for_writing(actor, project_id, Can.GRANT)
    folder_id = folder_in(seat, folder_id)
    _check(seat, organisation_id, starts_at, ends_at)
    moment = clock.now()
    for old in _held(seat, organisation_id):
        if old.folder_id == folder_id:
            _end(actor, old)
    row = DataGrant(
        id=new("grt"), room_id=seat.room.id, organisation_id=seat.organisation_id, grantee_id=organisation_id,
        folder_id=folder_id, level=level, starts_at=starts_at or moment, ends_at=ends_at, granted_by=actor.user_name,
    )  # fmt: skip
    try:
        with session().begin_nested():
            session().add(row)
    except IntegrityError:
        raise Conflict(N_("Somebody else let this organisation in at the same moment")) from None
    audit.record(
        actor, Tag.GRANTED, row, after={"organisation_id": organisation_id, "folder_id": folder_id, "level": level}
    )  # fmt: skip
    emit(DataRoomOpened(seat.room.project_id, organisation_id, row.id))
    brief = pitches.briefs([seat.room.project_id])[seat.room.project_id]
    notify.tell(
        code="dataroom.granted", title=N_("The data room of %(project)s is open to you"), params={"project": brief["titles"]},
        link=f"/projects/{seat.room.project_id}/data-room", organisation_id=organisation_id, by_mail=True,
    )  # fmt: skip
    return row


def _check(seat: Seat, organisation_id: str, starts_at: datetime | None, ends_at: datetime | None) -> None:
    if organisation_id == seat.organisation_id:
        raise Invalid.field("organisation_id", "own", N_("Your own organisation sees the room anyway"))
    if organisation_id not in organisation_cards([organisation_id]):
        raise Invalid.field(
            "organisation_id", "unknown", N_("There is no such organisation; choose one from the list")
        )
    if ends_at is not None and ends_at <= (starts_at or clock.now()):
        raise Invalid.field("ends_at", "in_the_past", N_("Choose an end that lies after the beginning"))


def _held(seat: Seat, organisation_id: str) -> list[DataGrant]:
    query = select(DataGrant).where(
        DataGrant.room_id == seat.room.id, DataGrant.grantee_id == organisation_id, DataGrant.revoked_at.is_(None)
    )  # fmt: skip
    return list(session().scalars(query))


def _end(actor: Actor, grant: DataGrant) -> None:
    # Who is just opening something holds the row; the moment of revoking is after theirs.
    grant = hold(DataGrant, grant.id)
    if grant.revoked_at is not None:
        return
    grant.revoked_at, grant.revoked_by = clock.now(), actor.user_name
    session().flush()
    audit.record(actor, Tag.REVOKED, grant, before={"organisation_id": grant.grantee_id}, after=None)


def revoke(
    actor: Actor, project_id: str, *, grant_id: str | None = None, organisation_id: str | None = None
) -> int:
    """Take one grant back, or all of an organisation, with effect at once; how many. Possible in a closed room too.

    Raises NotFound when there is none that holds, Forbidden, Invalid when neither is named.
    """
    seat = for_writing(actor, project_id, Can.GRANT, closed_too=True)
    if grant_id is None and organisation_id is None:
        raise Invalid.field("grant_id", "required", N_("Name a grant or an organisation"))
    found = [queries.grant_of(seat, grant_id)] if grant_id else _held(seat, organisation_id or "")
    live = [grant for grant in found if grant.revoked_at is None]
    if not live:
        raise NotFound()
    for grant in live:
        _end(actor, grant)
    return len(live)
