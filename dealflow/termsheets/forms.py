"""What term sheets take and give over the API."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from dealflow.core.schema import Schema, Text

Template = Literal["equity_spv", "revenue_share", "loan", "presale"]
Language = Literal["zh", "en", "zh+en"]


class TermSheetIn(Schema):
    """A new term sheet."""

    template: Template
    terms: dict[str, Any] = {}


class VersionIn(Schema):
    """A new version, made from `base_version`."""

    terms: dict[str, Any]
    base_version: Annotated[int, Field(ge=1)]
    comment: Text(2000) | None = None  # type: ignore[valid-type]


class VersionOut(Schema):
    """One version."""

    number: int
    code: str
    terms: dict[str, Any]
    comment: str
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
    state: str
    current_version: int
    code: str
    parties: dict[str, Any]
    terms: dict[str, Any]


class Change(Schema):
    """One changed parameter."""

    field: str
    before: Any
    after: Any


class DiffOut(Schema):
    """What changed from one version to another."""

    from_version: int
    to_version: int
    changes: list[Change]


class DiffQuery(Schema):
    """Two versions."""

    from_: Annotated[int, Field(ge=1, alias="from")]
    to: Annotated[int, Field(ge=1)]


class PdfQuery(Schema):
    """Language and version of a printed term sheet."""

    lang: Language = "zh"
    version: Annotated[int, Field(ge=1)] | None = None


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
