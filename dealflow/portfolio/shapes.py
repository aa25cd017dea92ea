"""What the portfolio takes and gives: schemas shared by API and forms."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from dealflow.core.money import LIMIT
from dealflow.core.paging import Query
from dealflow.core.schema import Date, Language, MoneyIn, Ref, Schema, Text
from dealflow.funds.shapes import RateOut
from dealflow.ledger.rate_forms import RateText

Amount = Annotated[int, Field(ge=1, le=LIMIT)]
Method = Literal[
    "cost", "recent_round", "market_multiple", "discounted_cash_flow", "contracted", "written_down"
]
Evidence = Literal["platform_statement", "platform_api", "third_party", "self_reported"]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Dimension = Literal["holding", "vintage", "genre", "stage", "platform"]


class HoldingIn(Schema):
    """A holding in a project of the platform, or (without `project_id`) in an outside asset; a fund's in its currency."""

    project_id: Ref("prj") | None = None  # type: ignore[valid-type]
    name: Text(200) = ""  # type: ignore[valid-type]
    instrument: Text(30) = ""  # type: ignore[valid-type]
    genre: Text(60) = ""  # type: ignore[valid-type]
    stage: Text(30) = ""  # type: ignore[valid-type]
    platform: Text(120) = ""  # type: ignore[valid-type]
    currency: Currency | None = None


class HoldingPatch(Schema):
    """What can be changed of a holding; figures are booked, not edited."""

    name: Text(200, least=1) | None = None  # type: ignore[valid-type]
    instrument: Text(30) | None = None  # type: ignore[valid-type]
    genre: Text(60) | None = None  # type: ignore[valid-type]
    stage: Text(30) | None = None  # type: ignore[valid-type]
    platform: Text(120) | None = None  # type: ignore[valid-type]
    watched: bool | None = None
    watch_note: Text(500) | None = None  # type: ignore[valid-type]


class HoldingOut(Schema):
    """A holding."""

    id: str
    version: int
    created_at: str
    updated_at: str
    fund_id: str | None
    project_id: str | None
    name: str
    currency: str
    instrument: str
    genre: str
    stage: str
    platform: str
    status: str
    closed_on: str | None
    watched: bool
    watch_note: str


class HoldingFlowIn(Schema):
    """Money into or out of a holding. The same `reference` enters once. `rate`: vehicle's currency per unit given."""

    on: Date
    kind: Literal["cost", "proceeds"]
    amount: MoneyIn
    rate: RateText | None = None
    reference: Text(100, least=1)  # type: ignore[valid-type]
    text: Text(300) = ""  # type: ignore[valid-type]


class HoldingFlowOut(Schema):
    """A cash flow of a holding."""

    id: str
    holding_id: str
    on: str
    kind: str
    amount_minor: int
    currency: str
    given: MoneyIn | None
    rate: str | None
    source: str
    source_id: str
    text: str
    entry_id: str
    reverses_id: str | None
    created_at: str


class FollowedOut(Schema):
    """What was entered."""

    entered: list[HoldingFlowOut]


class FlowReversalIn(Schema):
    """Why a booking is taken back."""

    reason: Text(300, least=1)  # type: ignore[valid-type]


DocumentRef: Any = Ref("fil")


class ValuationDocumentIn(Schema):
    """A document that valuations rest on: its file alone."""


class ValuationDocumentOut(Schema):
    """A document that valuations rest on, read at `/files/{document_id}` by its own organisation."""

    document_id: str
    name: str
    sha256: str


class ValuationIn(Schema):
    """What a holding was worth on a day, and the document that shows it. The same `reference` enters once."""

    on: Date
    value: MoneyIn
    method: Method
    evidence_class: Evidence
    evidence: Text(2000, least=1)  # type: ignore[valid-type]
    reference: Text(100, least=1)  # type: ignore[valid-type]
    document_id: DocumentRef | None = None


class ValuationOut(Schema):
    """A valuation."""

    id: str
    holding_id: str
    on: str
    value: MoneyIn
    method: str
    evidence_class: str
    evidence: str
    document: ValuationDocumentOut | None
    reference: str
    entry_id: str | None
    user_name: str
    created_at: str


class HoldingEnd(Schema):
    """How and when a holding ended."""

    status: Literal["exited", "written_off"]
    on: Date


class FollowOnIn(Schema):
    """A right to put in more money."""

    due_on: Date
    amount: MoneyIn
    text: Text(300, least=1)  # type: ignore[valid-type]


class FollowOnDecision(Schema):
    """What becomes of a right."""

    state: Literal["exercised", "waived"]


class FollowOnOut(Schema):
    """A follow-on right."""

    id: str
    version: int
    created_at: str
    updated_at: str
    holding_id: str
    due_on: str
    amount: MoneyIn
    text: str
    state: str


class LineFlowIn(Schema):
    """Money of the subscription line. The same `reference` enters once."""

    on: Date
    kind: Literal["draw", "repay", "interest"]
    amount: MoneyIn
    reference: Text(100, least=1)  # type: ignore[valid-type]


class LineFlowOut(Schema):
    """Money of the subscription line."""

    id: str
    on: str
    kind: str
    amount: MoneyIn
    reference: str
    entry_id: str


class ConcentrationIn(Schema):
    """The most that one of a dimension may be of the whole cost, in parts per million; null lifts the limit."""

    dimension: Dimension
    most_ppm: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


class ConcentrationOut(Schema):
    """A limit and how full it is: `items` lists what is above it."""

    dimension: str
    most_ppm: int
    items: list[dict[str, Any]]


class MetricsQuery(Schema):
    """At the end of which day (default: today); grouped by what."""

    as_of: Date | None = None
    by: Dimension | None = None

    def day(self, today: date) -> date:
        """The day asked for."""
        return self.as_of or today


class BehindQuery(MetricsQuery):
    """A day, and which holding, or which group of them (`group` as `by` names it; empty: not stated)."""

    holding_id: str | None = None
    group: str | None = None


class FigureRowsQuery(Query):
    """The same for the API, by pages."""

    as_of: Date | None = None
    by: Dimension | None = None
    holding_id: Ref("hld") | None = None  # type: ignore[valid-type]
    group: Text(200) | None = None  # type: ignore[valid-type]


class SignedMoney(Schema):
    """An amount that may be negative."""

    amount_minor: int
    currency: str


class FigureRowOut(Schema):
    """One row behind a figure: what it is, its amount as the figure counts it, its entry or account in the book, its holding.

    `name`: of the holding or partner; `note`: how the amount came about when it was converted.
    """

    on: str
    label: str
    amount: SignedMoney
    note: str
    name: str
    holding_id: str | None
    entry_id: str | None
    account_id: str | None


class HeldOut(Schema):
    """Figures of one holding."""

    cost_minor: int
    proceeds_minor: int
    value_minor: int
    moic: str | None
    irr: RateOut


class MetricsOut(Schema):
    """Figures of a fund at a day; multiples and rates are decimal strings.

    `exchange.rates`: what was converted at which rate; `exchange.without_rate`: holdings in no total, and the pair they lack.
    """

    paid_in_minor: int
    distributed_minor: int
    nav_minor: int
    unfunded_minor: int
    tvpi: str | None
    dpi: str | None
    rvpi: str | None
    pic: str | None
    irr: RateOut
    gross_irr: RateOut
    moic: str | None
    holdings: dict[str, HeldOut]
    currency: str
    as_of: str
    commitment_minor: int
    before_carry: dict[str, Any]
    carry_accrued_minor: int
    irr_without_line: RateOut
    groups: list[dict[str, Any]]
    exchange: dict[str, list[dict[str, Any]]]


class ReportQuery(Schema):
    """A quarter such as 2026Q3."""

    quarter: Annotated[str, Field(pattern=r"^(19|20|21)[0-9]{2}Q[1-4]$")]


class ReportFileQuery(ReportQuery):
    """A quarter, and the language of the file (default: that of the request)."""

    lang: Language | None = None


class QuarterIn(ReportQuery):
    """The quarter to be reported."""


class IssuedReportOut(Schema):
    """A report as issued."""

    id: str
    quarter: str
    sha256: str
    issued_at: str
    issued_by: str


class BenchmarkIn(Schema):
    """How the index is called."""

    name: Text(120, least=1)  # type: ignore[valid-type]


class BenchmarkOut(Schema):
    """An index."""

    id: str
    version: int
    created_at: str
    updated_at: str
    name: str
    levels: int
    first: str | None
    last: str | None


class EquivalentQuery(Schema):
    """Which index, at which day."""

    benchmark_id: Ref("bmk")  # type: ignore[valid-type]
    as_of: Date | None = None


class EquivalentOut(Schema):
    """Public market equivalents."""

    kaplan_schoar: str | None
    long_nickels: RateOut
    long_nickels_value_minor: int
    direct_alpha: RateOut
    irr: RateOut


class OutlookQuery(Schema):
    """Assumptions of the forecast."""

    quarters: Annotated[int, Field(ge=1, le=40)] = 12
    half_life: Annotated[int, Field(ge=1, le=40)] = 4


class OutlookOut(Schema):
    """What may come back, per quarter: tenth, fiftieth and ninetieth percentile, and the model's assumptions."""

    quarters: list[dict[str, int]]
    total: dict[str, int]
    loss: float
    tail_index: float
    known: int
    shock: float
    stretch: float
