"""What the room takes and gives."""

from __future__ import annotations

from typing import Any, Literal

from dealflow.core.paging import Query
from dealflow.core.schema import Ref, Schema, Text

Action = Literal["view", "save", "pass", "request_intro", "undo"]


class MatchQuery(Query):
    """Filters of a list of matches."""

    genre: Text(40) | None = None  # type: ignore[valid-type]
    stage: Text(20) | None = None  # type: ignore[valid-type]
    reasons: Literal["top", "all"] = "top"
    show: Literal["open", "saved", "passed"] = "open"


class FeedbackIn(Schema):
    """An answer to a match."""

    project_id: Ref("prj")  # type: ignore[valid-type]
    action: Action
    reason: Text(500) | None = None  # type: ignore[valid-type]


class FeedbackOut(Schema):
    """Where the mandate stands with the project now."""

    project_id: str
    standing: Literal["saved", "passed"] | None
    intro_requested: bool


class ReasonOut(Schema):
    """An additive part of a score."""

    code: str
    label: str
    contribution: float
    project_field: str | None
    mandate_field: str | None


class BlockerOut(Schema):
    """A constraint that excludes a project."""

    constraint: str
    project_value: Any
    mandate_value: Any


class MatchOut(Schema):
    """A match: score = 100 / (1 + e^-(base + Σ contributions))."""

    project_id: str
    rank: int | None = None
    score: float | None = None
    reasons: list[ReasonOut] = []
    base: float | None = None
    exploration: bool | None = None
    model_version: str | None = None
    excluded: bool | None = None
    blockers: list[BlockerOut] | None = None


class InvestorOut(Schema):
    """An investor that fits a project and lets itself be found."""

    organisation_id: str
    name: str
    kind: str
    rank: int
    score: float
    reasons: list[ReasonOut]
    model_version: str


class AdviceOut(Schema):
    """What a change would do, found by ranking again."""

    change: dict[str, Any]
    mandates_gained: int
    median_rank_before: int | None
    median_rank_after: int | None
