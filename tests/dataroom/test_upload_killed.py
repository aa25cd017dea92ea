"""An upload that is killed leaves nothing that is served, and can be sent again under its key."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from dealflow.core import clock, db
from dealflow.files import storage
from tests.dataroom.conftest import Room
from tests.factories import rooms
from tests.faults.sequences import die, forked

# Made once: what is sent again under a key is the same file to the byte, and each PDF is made with an id of its own.
SECOND = rooms.pdf(2)


def _upload(room: Room) -> Any:
    boundary, body = encode_multipart({"file": FileStorage(io.BytesIO(SECOND), "second.pdf")}, boundary="b")
    sent = room.owner.app.test_client().post(
        f"/api/v1/projects/{room.project}/documents",
        data=body,
        headers={"Authorization": f"Bearer {room.owner.token}", "Idempotency-Key": "upload-1"},
        content_type=f"multipart/form-data; boundary={boundary}",
    )
    assert sent.status_code == 201, sent.data
    return sent.json


def _documents(room: Room) -> list[str]:
    return [d["id"] for d in room.owner.get(f"/projects/{room.project}/data-room").json["documents"]]


def _aside() -> None:
    """Die when the bytes lie aside."""
    os.fsync = lambda _handle: die()


def _moved() -> None:
    """Die when the bytes are in their place, before the database says so."""
    storage._keep_names = lambda _folder: die()


@pytest.mark.parametrize("prepare", [_aside, _moved])
def test_an_upload_that_is_killed_is_not_there_until_it_is_sent_again(
    room: Room, prepare: Callable[[], None]
) -> None:
    def work(say: Callable[[Any], None]) -> None:
        prepare()
        say(_upload(room)["id"])

    db.database().engine.dispose()
    assert forked(work) is None
    assert _documents(room) == [room.document]
    assert storage.drop_leftovers(clock.real_now() + timedelta(days=1)) >= 1
    assert list(Path(storage.current().root).glob("*/*.part")) == []
    made = _upload(room)
    assert _documents(room) == [room.document, made["id"]]
    assert room.owner.get(f"/documents/{made['id']}/content").status_code == 200


def test_an_upload_that_was_acknowledged_stands_when_its_server_is_killed(room: Room) -> None:
    db.database().engine.dispose()
    made = forked(lambda say: say(_upload(room)["id"]))
    assert _documents(room) == [room.document, made]
    assert room.owner.get(f"/documents/{made}/content").status_code == 200
    assert _upload(room)["id"] == made
    assert _documents(room) == [room.document, made]
