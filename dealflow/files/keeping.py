"""Papers that are drawn once and given again as they were: the same for the rooms that issue them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import IntegrityError

from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.files import queries, service, storage
from dealflow.files.models import StoredFile

P = TypeVar("P")


def keep(
    actor: Actor,
    content: bytes,
    name: str,
    *,
    organisation_id: str,
    content_type: str,
    purpose: str,
    row: Callable[[StoredFile], P],
    known: Callable[[], P | None],
) -> P:
    """Store a paper and write its `row`; `known` finds the one that somebody else drew in the same moment, which is kept."""
    received = service.receive_bytes(content, name, content_type=content_type, purpose=purpose)
    made = row(service.keep(actor, received, organisation_id=organisation_id))
    try:
        with session().begin_nested():
            session().add(made)
    except IntegrityError:
        theirs = known()
        assert theirs is not None  # noqa: S101 - the constraint that refused ours says so
        return theirs
    return made


def read(file_id: str) -> bytes:
    """The bytes of a kept paper."""
    return b"".join(storage.whole(queries.of_room(file_id).sha256))
