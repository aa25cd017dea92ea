"""Making a room at its first use, and closing it."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import InvalidTransition
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.core.jobs import enqueue
from dealflow.dataroom import seats
from dealflow.dataroom.models import DataNda, DataRoom
from dealflow.dataroom.nda_library import NDA_EN, NDA_ZH
from dealflow.dataroom.policy import Can, Tag
from dealflow.dataroom.seats import Seat
from dealflow.dataroom.states import ROOM


def for_writing(actor: Actor, project_id: str, permission: Can, *, closed_too: bool = False) -> Seat:
    """The owner's seat in the room of a project, made now when there is none.

    Raises NotFound, Forbidden, and InvalidTransition when the room is closed (unless `closed_too`).
    """
    seat = seats.of_actor(actor, project_id)
    policy.require(actor, permission, seat, see=Can.SEE)
    if not seat.room.id:
        seat = seats.in_room(actor, _make(actor, seat.room))
    if not closed_too:
        must_be_open(seat)
    return seat


def must_be_open(seat: Seat) -> None:
    """Raise InvalidTransition when nothing may be changed any more."""
    if not seat.room.is_open:
        raise InvalidTransition(N_("This data room is closed: it can be read and no longer changed"))


def _make(actor: Actor, wanted: DataRoom) -> DataRoom:
    row = DataRoom(id=new("drm"), project_id=wanted.project_id, organisation_id=wanted.organisation_id)
    try:
        with session().begin_nested():
            session().add(row)
    except IntegrityError:
        # Two at once: the other one's room is as good.
        found = seats.room_of(wanted.project_id)
        if found is None:
            raise
        return found
    session().add(
        DataNda(
            id=new("nda"), room_id=row.id, organisation_id=row.organisation_id, number=1, source="library", text_zh=NDA_ZH,
            text_en=NDA_EN, asks_again=True, user_id=actor.user_id, user_name=actor.user_name,
        )
    )  # fmt: skip
    session().flush()
    audit.record(actor, Tag.MADE, row, after={"project_id": row.project_id})
    return row


def close(actor: Actor, project_id: str) -> DataRoom:
    """Close a room for good; its archive is made in the background. Raises NotFound, Forbidden, InvalidTransition."""
    seat = for_writing(actor, project_id, Can.CLOSE)
    room = seat.room
    room.state, room.closed_at = ROOM.fire(room.state, "close", room), clock.now()
    session().flush()
    audit.record(actor, Tag.CLOSED, room, before={"state": "open"}, after={"state": room.state})
    enqueue("dataroom.archive", {"room_id": room.id}, key=f"dataroom.archive:{room.id}", actor=actor)
    return room
