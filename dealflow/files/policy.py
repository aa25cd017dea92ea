"""Who may store and read files. Reading is decided by the room that uses the file."""

from __future__ import annotations

from enum import StrEnum

from dealflow.core.policy import Rows, may_write, own_organisation
from dealflow.files.access import allowed_by_its_room


class Can(StrEnum):
    """Permissions of the room."""

    READ = "files:file:read"
    STORE = "files:file:store"


class Tag(StrEnum):
    """Audit tags of the room."""

    STORED = "files:file:stored"


POLICY: dict[StrEnum, Rows] = {
    Can.READ: [[own_organisation], [allowed_by_its_room]],
    Can.STORE: [[may_write, own_organisation]],
}
