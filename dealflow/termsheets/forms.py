"""What term sheets take and give over the API."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from dealflow.core.money import LIMIT
from dealflow.core.schema import Ref, Schema, Text, Version

Template = Literal["equity_spv", "revenue_share", "loan", "presale"]
Language = Literal["zh", "en", "zh+en"]
Side = Literal["investor", "project"]
State = Literal[
    "draft", "proposed", "countered", "accepted", "signing", "executed", "rejected", "withdrawn", "expired"
]


class TermSheetIn(Schema):
    """A new term sheet."""

    template: Template
    terms: dict[str, Any] = {}


class VersionIn(Schema):
    """A new version, made from `base_version`."""

    terms: dict[str, Any]
    base_version: Version
    comment: Text(2000) | None = None  # type: ignore[valid-type]


class VersionOut(Schema):
    """One version."""

    number: int
    code: str
    terms: dict[str, Any]
    comment: str
    by: str
    by_side: Side
    at: str


class AcceptIn(Schema):
    """Which version is accepted; default: the current one."""

    version: Version | None = None


class ReasonIn(Schema):
    """Why the talks end."""

    reason: Text(2000) | None = None  # type: ignore[valid-type]


class AcceptanceOut(Schema):
    """A side that stands by the current version."""

    side: Side
    by: str
    at: str


class TermSheetOut(Schema):
    """A term sheet with its current terms."""

    id: str
    version: int
    created_at: str
    updated_at: str
    deal_id: str
    project_id: str
    template: Template
    library_version: int
    state: State
    current_version: int
    code: str
    author: Side
    valid_until: str
    accepted_by: list[AcceptanceOut]
    closed_at: str | None
    close_reason: str
    parties: dict[str, Any]
    terms: dict[str, Any]


class Change(Schema):
    """One changed parameter."""

    field: str
    before: Any
    after: Any


class SegmentOut(Schema):
    """A stretch of text: in both versions, in the older one (`del`) or in the newer one (`ins`)."""

    kind: Literal["same", "del", "ins"]
    text: str


class LineOut(Schema):
    """One paragraph or table row of a clause, woven of both versions."""

    state: Literal["same", "changed", "added", "removed"]
    zh: list[SegmentOut]
    en: list[SegmentOut]


class ParameterOut(Schema):
    """One changed parameter as people read it."""

    field: str
    label: dict[str, str]
    before: dict[str, str] | None
    after: dict[str, str] | None


class ClauseChangeOut(Schema):
    """One clause that differs; `by_*` say who wrote it as it reads in the newer version."""

    clause: str
    number: int | None
    old_number: int | None
    state: Literal["changed", "added", "removed"]
    heading: dict[str, str]
    lines: list[LineOut]
    parameters: list[ParameterOut]
    by: str
    by_side: Side
    in_version: int


class DiffOut(Schema):
    """What changed from one version to another."""

    from_version: int
    to_version: int
    changes: list[Change]
    clauses: list[ClauseChangeOut]


class CommentIn(Schema):
    """A comment on a clause, or an answer to one (`parent_id`)."""

    clause: Text(60, least=1)  # type: ignore[valid-type]
    text: Text(4000, least=1)  # type: ignore[valid-type]
    parent_id: Ref("tsc") | None = None  # type: ignore[valid-type]


class CommentOut(Schema):
    """A comment on a clause."""

    id: str
    parent_id: str | None
    clause: str
    version_number: int
    text: str
    by: str
    by_side: Side
    at: str
    resolved_at: str | None


class ClauseOut(Schema):
    """A clause of the current version and where both sides stand on it."""

    clause: str
    number: int
    heading: dict[str, str]
    lines: list[dict[str, str]]
    binding: bool
    in_version: int
    by: str
    by_side: Side
    agreed: list[Side]
    open: bool
    comments: list[CommentOut]


class DiffQuery(Schema):
    """Two versions."""

    from_: Annotated[Version, Field(alias="from")]
    to: Version


class PdfQuery(Schema):
    """Language and version of a printed term sheet; with `against` the print of what changed since that version."""

    lang: Language = "zh"
    version: Version | None = None
    against: Version | None = None


class SimulatorQuery(Schema):
    """What the simulator's page assumes: a version, another one beside it, gross receipts and how they come in."""

    version: Version | None = None
    compare: Version | None = None
    pari_passu: bool = False
    gross: Text(40) | None = None  # type: ignore[valid-type]
    months: Annotated[int, Field(ge=1, le=36)] = 12
    spend: Annotated[int, Field(ge=0, le=100)] = 100


class FiguresQuery(Schema):
    """What the figures of a version assume; default gross: three times the investment."""

    version: Version | None = None
    pari_passu: bool = False
    gross_minor: Annotated[int, Field(ge=1, le=LIMIT)] | None = None
    months: Annotated[int, Field(ge=1, le=36)] = 12
    spend_ppm: Annotated[int, Field(ge=0, le=1_000_000)] = 1_000_000


class RecoveryOut(Schema):
    """An investor's money and when it is back."""

    payee: str
    principal_minor: int
    break_even_minor: int | None
    paid_first: str | None
    recovered: str | None


class FiguresOut(Schema):
    """What a version is worth to each side under the assumptions made."""

    version_number: int
    currency: str
    gross_minor: int
    by_payee: dict[str, int]
    grid: list[dict[str, Any]]
    recoveries: list[RecoveryOut]
    bands: list[dict[str, Any]]
    parts: list[dict[str, Any]]
    timeline: list[dict[str, Any]]
    sensitivity: list[dict[str, Any]]


class SimulationIn(Schema):
    """Input of the recoupment waterfall (section 2 of the computing rules)."""

    terms: dict[str, Any]
    receipts: list[Any] | None = None
    gross_grid: list[Any] | None = None
    on: str | None = None
    ad_spend: list[Any] | None = None


class SimulationOut(Schema):
    """Payouts of the waterfall."""

    distributed_minor: int | None = None
    refund_balance_minor: int | None = None
    unallocated_minor: int | None = None
    by_payee: dict[str, int] | None = None
    by_tier: dict[str, Any] | None = None
    timeline: list[Any] | None = None
    grid: list[Any] | None = None


class LibraryIn(Schema):
    """A new version of the clause library, whole."""

    library: dict[str, Any]
    base_version: Version
    comment: Text(2000) | None = None  # type: ignore[valid-type]


class LibraryOut(Schema):
    """A version of the clause library."""

    number: int
    current: bool
    library: dict[str, Any]


class LibraryQuery(Schema):
    """Which version; default: the one in force."""

    version: Version | None = None


class PreviewIn(Schema):
    """A library, and one clause of it to be shown with sample terms."""

    library: dict[str, Any]
    template: Template
    clause: Text(60, least=1)  # type: ignore[valid-type]


class PreviewOut(Schema):
    """A clause as it would read."""

    heading: dict[str, str]
    lines: list[dict[str, str]]


class LibraryDiffOut(Schema):
    """The clauses and the declared parameters that differ between two versions of the library."""

    from_version: int
    to_version: int
    clauses: list[dict[str, Any]]
    parameters: list[dict[str, Any]]
