"""Reads of stored files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import select

from dealflow.core import policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import NotFound
from dealflow.files.models import StoredFile
from dealflow.files.policy import Can

_BY_USE = {"unscoped": "the room that uses the file decides who reads it"}


def get(actor: Actor, file_id: str) -> StoredFile:
    """A file that this actor may read; NotFound otherwise."""
    row = of_room(file_id)
    policy.require(actor, Can.READ, row, see=Can.READ)
    return row


def of_room(file_id: str) -> StoredFile:
    """A file for the room that refers to it and has already decided that this reader may have it."""
    row = session().scalars(
        select(StoredFile).where(StoredFile.id == file_id), execution_options=_BY_USE
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound()
    return row


def facts(row: StoredFile, variant: str = "") -> dict[str, Any]:
    """{sha256, size, content_type, …} of the file or of one variant; NotFound for a variant it lacks."""
    if not variant:
        return {"sha256": row.sha256, "size": row.size, "content_type": row.content_type}
    found = row.variants.get(variant)
    if found is None:
        raise NotFound()
    return found


def contents(ids: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(a name that is unique and safe in a folder, hash) of files by id, for an export."""
    query = select(StoredFile).where(StoredFile.id.in_(set(ids))).order_by(StoredFile.id)
    for row in session().scalars(query):
        ending = "".join(c for c in row.name.rpartition(".")[2].lower() if c.isascii() and c.isalnum())[:8]
        yield f"{row.id}.{ending}" if "." in row.name and ending else row.id, row.sha256
