"""What the storing of files needs to know of this room: its files are served by it alone, and these are in use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.dataroom.models import DataDocumentVersion, DataRoom
from dealflow.files import access

PURPOSES = ("dataroom.document", "dataroom.archive")
_SWEEP = {"unscoped": "the sweep serves all tenants"}


def readable(actor: Actor, stored: Any) -> bool:
    """Nobody else reads these at the address of plain files: there is neither NDA nor mark."""
    return False


def in_use(ids: Iterable[str]) -> set[str]:
    """Those of the file ids that a version or an archive refers to."""
    wanted, found = sorted(set(ids)), set()
    for column in (DataDocumentVersion.file_id, DataRoom.archive_file_id):
        for start in range(0, len(wanted), 500):
            query = select(column).where(column.in_(wanted[start : start + 500]))
            found |= {i for i in session().scalars(query, execution_options=_SWEEP) if i}
    return found


def install() -> None:
    """Register the purposes of this room's files."""
    for purpose in PURPOSES:
        access.allow(purpose, readable, in_use)
