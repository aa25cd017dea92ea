"""Papers that are drawn once and given again as they were: the same for the rooms that issue them.

A paper is drawn from what a reading transaction sees, which an issued paper never changes, and it is kept in a short one that follows:
nobody waits for the database's writer while one is drawn or its bytes are stored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from sqlalchemy.exc import IntegrityError

from dealflow.core import db
from dealflow.core.actor import Actor
from dealflow.files import queries, service, storage
from dealflow.files.models import StoredFile
from dealflow.files.service import Received


class Paper(Protocol):
    """A row that names a kept paper."""

    file_id: Any
    sha256: Any


def paper(
    actor: Actor,
    name: str,
    draw: Callable[[], bytes],
    *,
    organisation_id: str,
    content_type: str,
    purpose: str,
    row: Callable[[StoredFile], Paper],
    known: Callable[[], Paper | None],
) -> tuple[bytes, str]:
    """Bytes and hash of a paper: as it was kept, else drawn now. When the transaction has ended its `row` is written, unless by
    then `known` finds one that somebody else drew in the same moment."""
    found = known()
    if found is not None:
        return b"".join(storage.whole(queries.of_room(found.file_id).sha256)), found.sha256
    content = draw()
    received = service.receive_bytes(content, name, content_type=content_type, purpose=purpose)
    db.after_commit(lambda: _keep(actor, received, organisation_id, row, known))
    return content, received.facts["sha256"]


def _keep(
    actor: Actor,
    received: Received,
    organisation_id: str,
    row: Callable[[StoredFile], Paper],
    known: Callable[[], Paper | None],
) -> None:
    try:
        with db.edge(actor=actor) as session:
            if known() is None:
                session.add(row(service.keep(actor, received, organisation_id=organisation_id)))
    except IntegrityError:
        # The constraint says that somebody was quicker; any other reason is still there.
        with db.edge(write=False, actor=actor):
            if known() is None:
                raise
