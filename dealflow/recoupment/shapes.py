"""What the room takes and gives."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dealflow.core.money import LIMIT
from dealflow.core.schema import CurrencyCode, Date, LocalisedText, Schema, Text, Version
from dealflow.ledger.forms import EntryOut


class SignedAmount(Schema):
    """An amount that may be negative."""

    amount_minor: Annotated[int, Field(ge=-LIMIT, le=LIMIT)]
    currency: str


class RunIn(Schema):
    """Through which day."""

    through: Date


class RunStepIn(Schema):
    """The version of the run that was read."""

    version: Version | None = None


class PayoutIn(Schema):
    """A bank transfer that paid all a payee is owed in a currency; which one is to be said where it is owed in several."""

    payee: Text(220, least=1)  # type: ignore[valid-type]
    on: Date
    bank_reference: Text(120, least=1)  # type: ignore[valid-type]
    currency: CurrencyCode | None = None


class PayoutReturnIn(Schema):
    """Why a transfer is taken back."""

    reason: Text(500, least=1)  # type: ignore[valid-type]


class DisputeIn(Schema):
    """What a payee objects to."""

    reason: Text(2000, least=1)  # type: ignore[valid-type]


class DisputeAnswerIn(Schema):
    """The answer to a dispute."""

    text: Text(2000, least=1)  # type: ignore[valid-type]
    version: Version | None = None


class DisputeCloseIn(Schema):
    """How a dispute ends: `upheld` when a correction follows."""

    upheld: bool
    outcome: Text(2000, least=1)  # type: ignore[valid-type]
    version: Version | None = None


class StatementFileQuery(Schema):
    """Which file of a statement."""

    form: Literal["pdf_zh", "pdf_en", "xlsx"] = "pdf_zh"


class NotCountedOut(Schema):
    """What was only self-reported and pays nobody."""

    count: int
    amounts: list[SignedAmount]


class DistributionRunOut(Schema):
    """A run."""

    id: str
    version: int
    created_at: str
    updated_at: str
    project_id: str
    number: int | None
    kind: str
    state: str
    through: str
    made_by: str
    approved_by: str
    approved_at: str | None
    distributed: SignedAmount
    due: SignedAmount
    refund_balance: SignedAmount
    not_counted: NotCountedOut


class DistributionLineOut(Schema):
    """What a payee gets from a tier; shares in ppm: as the terms put it, and of all that was distributed. Amounts are in the
    currency of the term sheet; `cost` is what is due of the run's money, in the run's currency."""

    id: str
    term_sheet_id: str
    tier: str
    label: LocalisedText
    payee: str
    name: str
    kind: str
    organisation_id: str | None
    basis: str
    source_ppm: int | None
    effective_ppm: int | None
    cumulative: SignedAmount
    due: SignedAmount
    cost: SignedAmount


class DistributionPayeeOut(Schema):
    """A payee over all tiers of a currency; `open` is what posted runs still owe it. `cost` and `cost_due`: what it takes of
    the run's money in all and by this run, in the run's currency."""

    payee: str
    name: str
    kind: str
    organisation_id: str | None
    effective_ppm: int | None
    cumulative: SignedAmount
    due: SignedAmount
    open: SignedAmount
    cost: SignedAmount
    cost_due: SignedAmount


class RunSheetOut(Schema):
    """A term sheet a run pays by."""

    id: str
    version_number: int
    currency: str
    joins_after: str | None


class ExchangeOut(Schema):
    """Receipts (or ad spend) of a day in another currency: their sum, the rate and where it is from, what it came to."""

    on: str
    kind: str
    count: int
    original: SignedAmount
    rate: str
    rate_day: str
    rate_source: str
    amount: SignedAmount


class WholeDistributionRunOut(DistributionRunOut):
    """A run with its lines."""

    term_sheets: list[RunSheetOut]
    lines: list[DistributionLineOut]
    payees: list[DistributionPayeeOut]
    exchange: list[ExchangeOut]


class CoveredInputOut(Schema):
    """A receipt or entry of ad spend that a run covered; `counted_on` is the day as which it counts. `original` is what it
    was in its own currency, `rate` units of the terms' currency for one of it."""

    kind: str
    id: str
    on: str
    counted_on: str
    amount: SignedAmount
    source: str
    platform: str
    external_ref: str
    evidence_class: str
    corrects: str | None
    original: SignedAmount | None
    rate: str | None
    rate_day: str | None
    rate_source: str | None


class DistributionPayoutOut(Schema):
    """A transfer to a payee; `taken_back`: the reason, when its lines are open again."""

    id: str
    created_at: str
    run_id: str
    payee: str
    on: str
    bank_reference: str
    amount: SignedAmount
    taken_back: str | None


class DistributionDisputeOut(Schema):
    """A dispute of a statement."""

    id: str
    version: int
    created_at: str
    updated_at: str
    statement_id: str
    state: str
    reason: str
    by: str
    answer: str
    answered_by: str
    outcome: str


class DistributionStatementLineOut(Schema):
    """A line of a statement."""

    term_sheet_id: str
    tier: str
    label: LocalisedText
    basis: str
    source_ppm: int | None
    effective_ppm: int | None
    cumulative: SignedAmount
    due: SignedAmount


class DistributionStatementBriefOut(Schema):
    """A statement in a list."""

    id: str
    number: str
    through: str
    kind: str
    issued_on: str
    due: SignedAmount
    cumulative: SignedAmount


class DistributionStatementOut(DistributionStatementBriefOut):
    """A statement as it was issued; `files` are the hashes of its files by form."""

    created_at: str
    run_id: str
    project_id: str
    payee: str
    name: str
    dispute_until: str
    sha256: str
    open: SignedAmount
    lines: list[DistributionStatementLineOut]
    exchange: list[ExchangeOut]
    files: dict[str, str]
    disputes: list[DistributionDisputeOut]


class LedgerAccountOut(Schema):
    """An account of the project's book."""

    account_id: str
    account: str
    label: str
    party: str
    balance: SignedAmount


class ProjectLedgerOut(Schema):
    """The money of a project: for its organisation all of it with the journal, for a payee its own part.

    `accounts` are of the book of distributions, `funding_accounts` of what investors paid in.
    """

    project_id: str
    book_id: str | None
    currency: str | None
    through: str | None
    distributed: SignedAmount | None
    accounts: list[LedgerAccountOut]
    funding_book_id: str | None
    funding_accounts: list[LedgerAccountOut]
    payees: list[DistributionPayeeOut]
    runs: list[DistributionRunOut]
    statements: list[DistributionStatementBriefOut]
    payouts: list[DistributionPayoutOut]
    items: list[EntryOut]
    next_cursor: str | None
    total: int
