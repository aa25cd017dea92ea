"""What deals take: schemas for the API, forms for the pages."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind
from wtforms.validators import Optional

from dealflow.core.forms import Form, MoneyField, empty_to_none
from dealflow.core.i18n import _l
from dealflow.core.paging import Query
from dealflow.core.schema import Date, Distinct, MoneyIn, Ref, Schema, Text, Version, partial
from dealflow.deals.queries import Stage
from dealflow.deals.states import MOST_REMIND_DAYS

Required = Literal["amount", "assignee", "next_step", "note", "mandate"]
Movers = Literal["members", "assignee", "owners"]


class DealIn(Schema):
    """A new deal."""

    project_id: Ref("prj")  # type: ignore[valid-type]
    mandate_id: Ref("mnd") | None = None  # type: ignore[valid-type]
    note: Text(2000) | None = None  # type: ignore[valid-type]


class TransitionIn(Schema):
    """A move of a deal: to a state both parties share, or to a stage of one's own pipeline."""

    to: Stage | None = None
    stage_id: Ref("stg") | None = None  # type: ignore[valid-type]
    reason: Text(2000) | None = None  # type: ignore[valid-type]
    reason_id: Ref("rsn") | None = None  # type: ignore[valid-type]
    version: Version | None = None


class OwnSide(Schema):
    """A party's own side of a deal."""

    amount: MoneyIn | None = None
    assignee_id: Ref("usr") | None = None  # type: ignore[valid-type]
    next_step: Text(300) | None = None  # type: ignore[valid-type]
    next_step_on: Date | None = None
    remind_days: Annotated[int, Field(ge=0, le=MOST_REMIND_DAYS)] = 1
    mandate_id: Ref("mnd") | None = None  # type: ignore[valid-type]
    reason_id: Ref("rsn") | None = None  # type: ignore[valid-type]


OwnSidePatch = partial(OwnSide)


class ApprovalOut(Schema):
    """A move that waits for a second member, or waited."""

    id: str
    deal_id: str
    stage_id: str
    state: Literal["waiting", "approved", "refused", "overtaken"]
    reason: str
    asked_by_id: str
    asked_by_name: str
    asked_at: str
    answered_by_id: str | None
    answer: str
    answered_at: str | None


class DealOut(Schema):
    """A deal, as the caller's side sees it."""

    id: str
    version: int
    created_at: str
    updated_at: str
    project_id: str
    mandate_id: str | None
    investor_organisation_id: str
    project_organisation_id: str
    stage: Stage
    stage_since: str
    closed_at: str | None
    close_reason: str | None
    pipeline_id: str
    pipeline_stage_id: str
    pipeline_stage_since: str
    assignee_id: str | None
    amount: MoneyIn | None
    next_step: str | None
    next_step_on: str | None
    remind_days: int
    reason_id: str | None
    approval: ApprovalOut | None
    move_id: str | None


class DealRef(Schema):
    """A deal among many, with the version that was seen."""

    id: Ref("deal")  # type: ignore[valid-type]
    version: Version | None = None


class MovesIn(Schema):
    """A move of many deals to one stage of one's own pipeline."""

    deals: Annotated[list[DealRef], Field(min_length=1, max_length=200), Distinct]
    stage_id: Ref("stg")  # type: ignore[valid-type]
    reason: Text(2000) | None = None  # type: ignore[valid-type]
    reason_id: Ref("rsn") | None = None  # type: ignore[valid-type]


class RefusedOut(Schema):
    """A deal that was not moved, and why."""

    deal_id: str
    code: str
    detail: str


class BatchOut(Schema):
    """What came of a move of many: take it back by its id."""

    id: str
    done: list[str]
    waiting: list[str]
    refused: list[RefusedOut]


class AnswerIn(Schema):
    """A word with an answer."""

    answer: Text(500) | None = None  # type: ignore[valid-type]


class TimelineOut(Schema):
    """A line of a deal's timeline."""

    id: str
    kind: str
    data: dict[str, Any]
    text: str
    user_name: str
    side: str | None
    at: str


class NoteIn(Schema):
    """A private note."""

    text: Text(4000, least=1)  # type: ignore[valid-type]


class StageIn(Schema):
    """A stage of a pipeline. With an id it is the one of that id, changed."""

    id: Ref("stg") | None = None  # type: ignore[valid-type]
    state: Stage
    name: Text(60) | None = None  # type: ignore[valid-type]
    required: Annotated[list[Required], Field(max_length=5), Distinct] = []
    approval: bool = False
    movers: Movers = "members"
    stale_days: Annotated[int, Field(ge=1, le=365)] | None = None


class PipelineIn(Schema):
    """A pipeline; without stages it has one for each state of a deal."""

    name: Text(80, least=1)  # type: ignore[valid-type]
    stages: Annotated[list[StageIn], Field(max_length=30)] | None = None
    is_default: bool = False


class PipelineChange(Schema):
    """What may change of a pipeline."""

    name: Text(80, least=1)  # type: ignore[valid-type]
    stages: Annotated[list[StageIn], Field(min_length=1, max_length=30)]
    is_default: bool
    archived: bool


PipelinePatch = partial(PipelineChange)


class StageOut(Schema):
    """A stage with its rules."""

    id: str
    name: str
    state: Stage
    required: list[Required]
    approval: bool
    movers: Movers
    stale_days: int | None


class PipelineOut(Schema):
    """A pipeline with its stages in their order."""

    id: str
    version: int
    created_at: str
    updated_at: str
    name: str
    is_default: bool
    archived: bool
    stages: list[StageOut]


class CloseReasonIn(Schema):
    """A reason of winning or losing."""

    outcome: Literal["won", "lost"]
    label: Text(80, least=1)  # type: ignore[valid-type]


class CloseReasonOut(Schema):
    """A reason of the organisation's list."""

    id: str
    outcome: Literal["won", "lost"]
    label: str


class ReasonQuery(Query):
    """Which reasons."""

    outcome: Literal["won", "lost"] | None = None


class FilterIn(Schema):
    """A filter to keep; `query` holds the parameters of the board."""

    name: Text(80, least=1)  # type: ignore[valid-type]
    shared: bool = False
    query: Annotated[dict[str, Text(200)], Field(max_length=20)] = {}  # type: ignore[valid-type]


class FilterOut(Schema):
    """A kept filter."""

    id: str
    name: str
    shared: bool
    mine: bool
    query: dict[str, str]


class ColumnOut(Schema):
    """A column of the board: how many deals, and their sums by currency."""

    stage_id: str
    name: str
    state: Stage
    count: int
    sums: list[MoneyIn]
    sums_text: str


class BoardOut(Schema):
    """The figures of the board."""

    pipeline_id: str | None
    total: int
    columns: list[ColumnOut]


class StepOut(Schema):
    """A state on the way of deals."""

    state: Stage
    reached: int
    here: int
    lost_here: int
    left: int
    median_days: float | None
    p90_days: float | None


class CountOut(Schema):
    """How often a reason was given."""

    outcome: Literal["won", "lost"]
    label: str
    count: int


class DealFiguresOut(Schema):
    """How deals go."""

    total: int
    won: int
    lost: int
    on: str
    steps: list[StepOut]
    reasons: list[CountOut]


class MoveForm(Form):
    """Moving a deal."""

    stage_id = HiddenField()
    reason = TextAreaField(_l("What happened"), filters=[empty_to_none])


class NoteForm(Form):
    """Writing a private note."""

    text = TextAreaField(_l("Private note"))


class OwnSideForm(Form):
    """The own side of a deal."""

    amount = MoneyField(_l("Amount"), [Optional()])
    assignee_id = SelectField(_l("Looked after by"), [Optional()], filters=[empty_to_none])
    next_step = StringField(_l("Next step"), [Optional()], filters=[empty_to_none])
    next_step_on = DateField(_l("Due on"), [Optional()])
    remind_days = IntegerField(_l("Remind days before"), [Optional()], default=1)
    mandate_id = SelectField(_l("Mandate"), [Optional()], filters=[empty_to_none])
    reason_id = SelectField(_l("Reason"), [Optional()], filters=[empty_to_none])


class PipelineForm(Form):
    """The name of a pipeline and whether it takes new deals."""

    name = StringField(_l("Name"))
    is_default = BooleanField(_l("New deals begin here"))


def choices(pairs: list[tuple[str, str]], none: str) -> list[SelectChoice]:
    """Choices of a select that may be left open."""
    return [SelectChoice("", none), *(SelectChoice(value, label) for value, label in pairs)]
