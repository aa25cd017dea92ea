"""Who may do what with matches."""

from __future__ import annotations

from enum import StrEnum

from dealflow.core.policy import Rows, is_platform, logged_in, may_write, of_kind, own_organisation

invests = of_kind("investor", "fund")
oversees = of_kind("platform", "park")


class Can(StrEnum):
    """Permissions of the room. SEE and ANSWER are about a mandate, the next two about a project, SEE_LIST about a kept list."""

    SEE = "matching:match:see"
    ANSWER = "matching:match:answer"
    SEE_INVESTORS = "matching:investors:see"
    SEE_ADVICE = "matching:advice:see"
    SEE_MODELS = "matching:model:see"
    SEE_LIST = "matching:list:see"
    OVERSEE = "matching:model:oversee"
    GOVERN = "matching:model:govern"


class Tag(StrEnum):
    """Audit tags of the room."""

    SAVED = "matching:match:saved"
    PASSED = "matching:match:passed"
    UNDONE = "matching:match:undone"
    INTRO_REQUESTED = "matching:match:intro_requested"
    MODEL_INSTALLED = "matching:model:installed"
    MODEL_TRAINED = "matching:model:trained"
    MODEL_EXAMINED = "matching:model:examined"
    MODEL_REFUSED = "matching:model:refused"
    MODEL_PROMOTED = "matching:model:promoted"
    MODEL_ROLLED_BACK = "matching:model:rolled_back"
    TRIAL_STARTED = "matching:trial:started"
    TRIAL_ENDED = "matching:trial:ended"
    LIST_REPLAYED = "matching:list:replayed"
    COPY_CLEARED = "matching:copy:cleared"


POLICY: dict[StrEnum, Rows] = {
    Can.SEE: [[logged_in, own_organisation]],
    Can.ANSWER: [[invests, may_write, own_organisation]],
    Can.SEE_INVESTORS: [[logged_in, own_organisation]],
    Can.SEE_ADVICE: [[logged_in, own_organisation]],
    Can.SEE_MODELS: [[logged_in]],
    Can.SEE_LIST: [[invests, own_organisation], [oversees]],
    Can.OVERSEE: [[oversees]],
    Can.GOVERN: [[is_platform, may_write]],
}
