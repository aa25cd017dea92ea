"""Background work: making the archive of a closed room, dropping marked copies."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from dealflow.audit import service as audit
from dealflow.core import db
from dealflow.core.actor import SYSTEM
from dealflow.core.config import settings
from dealflow.core.i18n import N_
from dealflow.core.jobs import job
from dealflow.dataroom import archive, copies
from dealflow.dataroom.models import DataRoom
from dealflow.dataroom.policy import Tag
from dealflow.dataroom.service import guests
from dealflow.files import service as files
from dealflow.files import storage
from dealflow.notify import service as notify

ARCHIVE_PURPOSE = "dataroom.archive"


@job("dataroom.archive", transactional=False, lease_s=600)
def make_archive(room_id: str) -> dict[str, Any]:
    """Write and keep the archive; a second run finds it kept and leaves it."""
    with storage.waiting_room() as place:
        target = Path(place) / "archive.zip"
        # Reading alone: the zip may take a while, and nobody waits for a lock meanwhile.
        with db.system_edge(write=False) as session:
            room = session.get_one(DataRoom, room_id)
            if room.archive_file_id is not None:
                return {"file_id": room.archive_file_id}
            archive.write(room, target)
            name = f"data-room-{room.project_id[-6:]}.zip"
        received = files.receive_made(target, name, content_type="application/zip", purpose=ARCHIVE_PURPOSE)
        with db.system_edge() as session:
            room = db.hold(DataRoom, room_id)
            if room.archive_file_id is None:
                stored = files.keep(SYSTEM, received, organisation_id=room.organisation_id)
                room.archive_file_id = stored.id
                session.flush()
                audit.record(
                    SYSTEM, Tag.ARCHIVED, room, organisation_id=room.organisation_id, after={"sha256": stored.sha256}
                )  # fmt: skip
                notify.tell(
                    code="dataroom.archived", title=N_("The archive of your data room is ready"),
                    link=f"/projects/{room.project_id}/data-room", organisation_id=room.organisation_id,
                )  # fmt: skip
            return {"file_id": room.archive_file_id}


@job("dataroom.end_guests", every=timedelta(hours=1))
def end_guests(**_payload: Any) -> None:
    """End the links of guests that have run out, so that a clock that is set back does not revive them."""
    guests.end_expired()


@job("dataroom.drop_copies", every=timedelta(hours=1), transactional=False)
def drop_copies(**_payload: Any) -> dict[str, Any]:
    """Drop marked copies that are older than an hour."""
    return {"dropped": copies.sweep(Path(settings().instance) / "cache" / "dataroom")}
