"""What the API of settlement takes and gives."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from dealflow.core.schema import CurrencyCode, Date, MoneyIn, Ref, Schema, Text
from dealflow.ledger.rate_forms import RateText

Reason = Text(2000, least=1)
Words = Text(2000)


class ReleaseTrancheIn(Schema):
    """A word on why a tranche is approved early, or why its hold is lifted."""

    reason: Words = ""  # type: ignore[valid-type]


class SettlementReasonIn(Schema):
    """Why; the other side reads it."""

    reason: Reason  # type: ignore[valid-type]


class ExtendTrancheIn(Schema):
    """More time for a milestone: until that day, or thirty days from now."""

    until: Date | None = None
    reason: Words = ""  # type: ignore[valid-type]


class MilestoneProofIn(Schema):
    """What goes with a proof's file."""

    note: Words = ""  # type: ignore[valid-type]


class NoticeQuery(Schema):
    """The language of a notice; the caller's when left out."""

    lang: Literal["zh", "en"] | None = None


class CallTrancheIn(Schema):
    """A call for a tranche; without a day, due as early as the terms allow."""

    due_on: Date | None = None
    account: Text(500) = ""  # type: ignore[valid-type]
    note: Text(1000) = ""  # type: ignore[valid-type]


class CallPaymentIn(Schema):
    """Money that came in. `interest`: the part that is late interest; `beyond`: the call is paid already."""

    amount: MoneyIn
    on: Date
    interest: MoneyIn | None = None
    payer: Text(200) = ""  # type: ignore[valid-type]
    reference: Text(100) = ""  # type: ignore[valid-type]
    note: Text(1000) = ""  # type: ignore[valid-type]
    beyond: bool = False


class OffsetIn(Schema):
    """How much of what was overpaid is used; as much as there is when left out."""

    amount: MoneyIn | None = None


class SettlementRefundIn(Schema):
    """Money that went back to the investor."""

    amount: MoneyIn
    on: Date
    reason: Reason  # type: ignore[valid-type]
    reference: Text(100) = ""  # type: ignore[valid-type]


class WaiveInterestIn(Schema):
    """How much late interest is given up; all that is owed today when left out."""

    amount: MoneyIn | None = None
    reason: Reason  # type: ignore[valid-type]


class BankStatementIn(Schema):
    """How a statement's file is read: a bank, or own columns as a JSON object (field to heading). `fund_id`: whose account it
    is of, for managers of funds. `currency`: where the file names none; CNY, or the fund's."""

    preset: Text(20) = ""  # type: ignore[valid-type]
    mapping: Text(4000) = ""  # type: ignore[valid-type]
    currency: CurrencyCode | None = None
    fund_id: Ref("fnd") | None = None  # type: ignore[valid-type]


class ConfirmLineIn(Schema):
    """The call that a line pays: a call for a tranche (`pcl_…`), or what a fund's call asks of one partner (`fli_…`).

    `rate`: units of the fund's currency for one of the line's, when it came in another one and the table has none."""

    call_id: Annotated[str, Field(max_length=40, examples=["pcl_01hv…", "fli_01hv…"])]
    rate: RateText | None = None


class LinePartIn(Schema):
    """What of a line is for a call, in the line's currency; without an amount, what the other parts leave."""

    call_id: Annotated[str, Field(max_length=40, examples=["pcl_01hv…", "fli_01hv…"])]
    amount: MoneyIn | None = None


class SplitLineIn(Schema):
    """The calls of one account that a line pays, and how much of it each: the parts come to the line exactly. What a part
    brings beyond its call and its late interest is held as overpaid. `rate` as in the confirmation."""

    parts: Annotated[list[LinePartIn], Field(max_length=200)]
    rate: RateText | None = None


class IgnoreLineIn(Schema):
    """Why a line is set aside."""

    reason: Text(500) = ""  # type: ignore[valid-type]


class SettlementRow(Schema):
    """What all objects carry."""

    id: str
    version: int
    created_at: str
    updated_at: str


class MilestoneProofOut(SettlementRow):
    """A file that shows that a milestone is met."""

    tranche_id: str
    file_id: str
    file_name: str
    note: str
    state: str
    by: str
    answered_by: str
    answered_at: str | None
    answer: str


class PaymentCallOut(SettlementRow):
    """A call for payment. `interest_owed`: late interest that has run up to today and is neither paid nor waived."""

    commitment_id: str
    tranche_id: str
    project_id: str
    number: int
    reference: str
    amount: MoneyIn
    outstanding: MoneyIn
    called_on: str
    due_on: str
    late_rate_ppm: int
    state: Literal["open", "paid", "withdrawn"]
    overdue: bool
    account: str
    interest_owed: MoneyIn
    interest_paid: MoneyIn
    interest_waived: MoneyIn
    note: str
    reason: str


class TrancheOut(SettlementRow):
    """A part of a commitment. `may`: what the caller can do with it now."""

    commitment_id: str
    project_id: str
    number: int
    code: str
    amount: MoneyIn
    milestone: str
    note: str
    long_stop: str
    on_miss: str
    extensions: int
    state: str
    reason: str
    opened_by: str | None
    opened_on: str | None
    called: MoneyIn
    paid: MoneyIn
    call_id: str | None
    due_on: str | None
    may: list[str]


class ProjectCommitmentOut(SettlementRow):
    """Money promised by a signed term sheet, with its tranches."""

    term_sheet_id: str
    terms_version: int
    deal_id: str
    project_id: str
    investor_organisation_id: str
    project_organisation_id: str
    template: str
    amount: MoneyIn
    called: MoneyIn
    paid: MoneyIn
    overpaid: MoneyIn
    payment_days: int
    late_rate_ppm: int
    executed_on: str
    tranches: list[TrancheOut]


class SettlementPaymentOut(Schema):
    """Money that moved. `entry_id`: the entry of the project's funding book that posted it."""

    id: str
    created_at: str
    commitment_id: str
    tranche_id: str | None
    call_id: str | None
    project_id: str
    kind: Literal["payment", "offset", "refund", "reversal"]
    on: str
    amount: MoneyIn
    principal: MoneyIn
    interest: MoneyIn
    excess: MoneyIn
    payer: str
    reference: str
    note: str
    bank_line_id: str | None
    reverses_id: str | None
    entry_id: str
    by: str


class InterestWaiverOut(Schema):
    """Late interest that was given up; with `reverses_id`, a waiver that was taken back."""

    id: str
    created_at: str
    call_id: str
    amount: MoneyIn
    reason: str
    reverses_id: str | None
    by: str


class BankStatementOut(Schema):
    """A bank statement that was imported. `again`: the same file was there already."""

    id: str
    created_at: str
    name: str
    preset: str
    sha256: str
    rows: int
    fund_id: str | None
    outgoing: int
    fresh: int
    known: int
    by: str
    again: bool = False


class LineSuggestionOut(Schema):
    """A call that a line may pay, and why. `title`: what it is for; `party`: who owes it."""

    call_id: str
    reference: str
    outstanding: MoneyIn
    title: str
    party: str
    score: int
    reasons: list[dict[str, Any]]


class LinePartOut(Schema):
    """A call that a line may pay together with others, and how much of it."""

    call_id: str
    reference: str
    outstanding: MoneyIn
    title: str
    party: str
    amount: MoneyIn


class LineSplitOut(Schema):
    """Several calls of one payer that come to a line together, and why they may be what it is for."""

    parts: list[LinePartOut]
    score: int
    reasons: list[dict[str, Any]]


class LinePaymentOut(Schema):
    """What was recorded from a line: in the book of a project's funding (`kind` tranche) or of a fund (`fund`)."""

    id: str
    kind: Literal["tranche", "fund"]
    call_id: str
    bank_line_id: str
    on: str
    amount: MoneyIn
    principal: MoneyIn
    interest: MoneyIn
    excess: MoneyIn
    entry_id: str
    commitment_id: str | None
    tranche_id: str | None
    project_id: str | None
    fund_id: str | None
    lp_id: str | None


class BankLineOut(SettlementRow):
    """Money that came in, as a bank statement tells it. `payments`: all that stands on it; `payment`: the only one, None where
    there are several."""

    statement_id: str
    row: int
    on: str
    amount: MoneyIn
    payer: str
    payer_account: str
    text: str
    serial: str
    state: Literal["new", "matched", "ignored"]
    reason: str
    suggestions: list[LineSuggestionOut]
    split: LineSplitOut | None
    payment: LinePaymentOut | None
    payments: list[LinePaymentOut]
