"""What the API of matches takes and gives."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from dealflow.core.paging import Searched
from dealflow.core.schema import Ref, Schema, Text
from dealflow.mandates.schemas import Instrument, Stage

Sort = Literal["rank", "ask", "-ask", "-published_at"]


class MatchQuery(Searched):
    """Filters of a list of matches."""

    genre: Text(40) | None = None  # type: ignore[valid-type]
    stage: Stage | None = None
    language: Text(35) | None = None  # type: ignore[valid-type]
    region: Text(6) | None = None  # type: ignore[valid-type]
    instrument: Instrument | None = None
    saved: Literal["true"] | None = None
    reasons: Literal["all"] | None = None
    sort: Sort | None = None


class OneQuery(Schema):
    """How much of one match is told."""

    reasons: Literal["all"] | None = None


class FeedbackIn(Schema):
    """An investor's answer to a match."""

    project_id: Ref("prj")  # type: ignore[valid-type]
    action: Literal["view", "save", "pass", "request_intro", "undo"]
    reason: Text(500) | None = None  # type: ignore[valid-type]
    rank: Annotated[int, Field(ge=1, le=10_000_000)] | None = None


class FeedbackOut(Schema):
    """Where the mandate stands with the project now."""

    mandate_id: str
    project_id: str
    action: str
    standing: Literal["saved", "passed"] | None
    intro_requested_at: str | None


class ReasonOut(Schema):
    """One additive part of a score; `usual` is what it gives the projects of the list on average."""

    code: str
    label: str
    contribution: float
    usual: float
    project_field: str | None
    mandate_field: str | None


class MatchOut(Schema):
    """One match; `score` = 100 / (1 + exp(-(base + Σ contributions of all reasons)))."""

    project_id: str
    rank: int
    score: float
    base: float
    reasons: list[ReasonOut]
    exploration: bool
    model_version: str
    standing: Literal["saved", "passed"] | None


class InvestorReason(Schema):
    """Why an investor fits, without anything it keeps to itself."""

    code: str
    label: str
    project_field: str | None


class InvestorOut(Schema):
    """An investor that allows to be found. `score` is rounded to steps of five."""

    organisation_id: str
    name: str
    kind: str
    seeks: list[str]
    rank: int
    score: int
    reasons: list[InvestorReason]


class Change(Schema):
    """A change of one field of a project."""

    field: str
    from_: Any = Field(alias="from")
    to: Any


class AdviceOut(Schema):
    """What a change would do, found by re-scoring."""

    change: Change
    mandates_gained: int
    median_rank_before: int | None
    median_rank_after: int | None
