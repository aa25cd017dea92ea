"""Who may do what with matches."""

from __future__ import annotations

from enum import StrEnum

from dealflow.core.policy import Rows, logged_in, may_write, of_kind, own_organisation

invests = of_kind("investor", "fund")


class Can(StrEnum):
    """Permissions of the room. SEE and ANSWER are about a mandate, the next two about a project."""

    SEE = "matching:match:see"
    ANSWER = "matching:match:answer"
    SEE_INVESTORS = "matching:investors:see"
    SEE_ADVICE = "matching:advice:see"
    SEE_MODELS = "matching:model:see"


class Tag(StrEnum):
    """Audit tags of the room."""

    SAVED = "matching:match:saved"
    PASSED = "matching:match:passed"
    UNDONE = "matching:match:undone"
    INTRO_REQUESTED = "matching:match:intro_requested"
    MODEL_INSTALLED = "matching:model:installed"


POLICY: dict[StrEnum, Rows] = {
    Can.SEE: [[logged_in, own_organisation]],
    Can.ANSWER: [[invests, may_write, own_organisation]],
    Can.SEE_INVESTORS: [[logged_in, own_organisation]],
    Can.SEE_ADVICE: [[logged_in, own_organisation]],
    Can.SEE_MODELS: [[logged_in]],
}
