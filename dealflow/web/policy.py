"""Who may use what belongs to no room."""

from __future__ import annotations

from enum import StrEnum

from dealflow.core.policy import Rows, logged_in


class Can(StrEnum):
    """Permissions of the shell."""

    SEARCH = "web:search:see"


POLICY: dict[StrEnum, Rows] = {Can.SEARCH: [[logged_in]]}
