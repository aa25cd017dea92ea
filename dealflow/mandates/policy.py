"""Who may do what to mandates."""

from __future__ import annotations

from enum import StrEnum

from dealflow.core.policy import Rows, logged_in, may_write, of_kind, own_organisation

INVESTORS = ("investor", "fund")
invests = of_kind(*INVESTORS)


class Can(StrEnum):
    """Permissions of the room."""

    LIST = "mandates:mandate:list"
    SEE = "mandates:mandate:see"
    CREATE = "mandates:mandate:create"
    EDIT = "mandates:mandate:edit"
    DELETE = "mandates:mandate:delete"
    IMPORT = "mandates:import:run"


class Tag(StrEnum):
    """Audit tags of the room."""

    CREATED = "mandates:mandate:created"
    CHANGED = "mandates:mandate:changed"
    PAUSED = "mandates:mandate:paused"
    RESUMED = "mandates:mandate:resumed"
    DELETED = "mandates:mandate:deleted"
    IMPORTED = "mandates:import:finished"


POLICY: dict[StrEnum, Rows] = {
    Can.LIST: [[logged_in]],
    Can.SEE: [[logged_in, own_organisation]],
    Can.CREATE: [[invests, may_write]],
    Can.EDIT: [[invests, may_write, own_organisation]],
    Can.DELETE: [[invests, may_write, own_organisation]],
    Can.IMPORT: [[invests, may_write]],
}
