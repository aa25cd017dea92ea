"""Papers that are drawn once and given again as they were: the same for the rooms that issue them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import IntegrityError

from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.files import queries, storage
from dealflow.files.models import StoredFile
from dealflow.files.service import store_made

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
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "paper"
        path.write_bytes(content)
        stored = store_made(
            actor, path, name, organisation_id=organisation_id, content_type=content_type, purpose=purpose
        )
    made = row(stored)
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
