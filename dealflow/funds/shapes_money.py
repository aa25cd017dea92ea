"""What the API of a fund's money takes and gives: calls, payments, charges, distributions, statements."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from dealflow.core.schema import Date, MoneyIn, Ref, Schema, Text
from dealflow.funds.shapes import FundPerformanceOut, FundSignedMoney, Key, Ppm
from dealflow.ledger.rate_forms import RateText


class FundPurpose(Schema):
    """What called money is for. `outside`: not counted against commitments; `deal`: the holding, in deal-by-deal funds."""

    kind: Literal["investment", "fee", "expenses"] = "investment"
    amount: MoneyIn
    outside: bool = False
    deal: Text(60) | None = None  # type: ignore[valid-type]
    text: Text(300) = ""  # type: ignore[valid-type]


class FundCallIn(Schema):
    """A draft of a capital call."""

    due_on: Date
    purposes: Annotated[list[FundPurpose], Field(min_length=1, max_length=50)]
    excused: Annotated[list[Ref("lpt")], Field(max_length=200)] = []  # type: ignore[valid-type]
    text: Text(500) = ""  # type: ignore[valid-type]


class FundCallLineOut(Schema):
    """What a call asks of one partner. `reference`: what the partner writes into its transfer."""

    id: str
    reference: str
    lp_id: str
    name: str
    amount: MoneyIn
    inside: MoneyIn
    outside: MoneyIn
    paid: MoneyIn
    open: MoneyIn
    late_interest: MoneyIn
    state: Literal["due", "overdue", "paid"]


class FundCallOut(Schema):
    """A capital call; a partner sees its own line."""

    id: str
    version: int
    created_at: str
    updated_at: str
    fund_id: str
    number: int
    state: Literal["draft", "issued", "cancelled"]
    due_on: str
    issued_on: str | None
    amount: MoneyIn | None
    purposes: list[FundPurpose]
    excused: list[str]
    text: str
    entry_id: str | None
    lines: list[FundCallLineOut]


class FundReasonIn(Schema):
    """Why something is cancelled."""

    reason: Text(500, least=1)  # type: ignore[valid-type]


class FundPaymentIn(Schema):
    """A payment of a partner: `amount` for the call, `interest` for what is late, or both.

    In another currency, `rate` is units of the fund's currency for one of it on that day.
    """

    lp_id: Ref("lpt")  # type: ignore[valid-type]
    amount: MoneyIn | None = None
    on: Date | None = None
    reference: Key
    interest: MoneyIn | None = None
    rate: RateText | None = None


class FundOffsetIn(Schema):
    """The partner whose overpaid money is used for a call, as much as there is and the call needs."""

    lp_id: Ref("lpt")  # type: ignore[valid-type]


class FundRefundIn(Schema):
    """What a partner overpaid and gets back. `reference`: the bank's, entered once."""

    amount: MoneyIn
    on: Date | None = None
    reference: Key
    reason: Text(500, least=1)  # type: ignore[valid-type]


class FundPaymentOut(Schema):
    """Money about a call, as entered: `amount` went to the call, `interest` to what was late, `excess` is held as overpaid.

    A refund gives excess back, an offset uses it for a call, a reversal takes the entry `reverses_id` back. `typed`: no line
    of a bank statement stands behind it; `bank_line_id` is told to the manager.
    """

    id: str
    kind: Literal["payment", "offset", "refund", "reversal"]
    call_id: str | None
    lp_id: str
    on: str
    amount: MoneyIn
    interest: MoneyIn
    excess: MoneyIn
    payer: str
    note: str
    typed: bool
    bank_line_id: str | None
    reverses_id: str | None
    given: MoneyIn | None
    rate: str | None
    reference: str
    entry_id: str
    created_at: str


class FundFeeIn(Schema):
    """The period of a management fee: `2026Q3`, `2026H1`, `2026`."""

    period: Text(10, least=4)  # type: ignore[valid-type]


class FundChargeIn(Schema):
    """An expense, or other income of the fund."""

    kind: Literal["expense", "income"] = "expense"
    amount: MoneyIn
    on: Date | None = None
    reference: Key
    text: Text(300) = ""  # type: ignore[valid-type]
    rate: RateText | None = None


class FundChargeOut(Schema):
    """A fee, an expense or other income."""

    id: str
    version: int
    created_at: str
    updated_at: str
    kind: Literal["fee", "expense", "income"]
    reference: str
    on: str
    text: str
    amount: MoneyIn
    given: MoneyIn | None
    rate: str | None
    entry_id: str
    paid_on: str | None
    paid_entry_id: str | None


class FundDayIn(Schema):
    """A day; today when it is left out."""

    on: Date | None = None


class FundDistributionIn(Schema):
    """A distribution to be prepared. `deal`: the holding, in funds whose carry goes deal by deal."""

    amount: MoneyIn
    on: Date | None = None
    recallable: MoneyIn | None = None
    deal: Text(60) | None = None  # type: ignore[valid-type]
    text: Text(300) = ""  # type: ignore[valid-type]


class FundClawbackIn(FundDayIn):
    """The end of a fund; the manager keeps the tax on its carry."""

    tax_ppm: Ppm = 0


class FundShareOut(Schema):
    """A partner's part of a distribution."""

    lp_id: str
    name: str
    amount: MoneyIn
    recallable: MoneyIn
    carry: FundSignedMoney | None
    notice: bool


class FundDistributionOut(Schema):
    """A distribution with its preview by tier and partner; a partner sees its own part. `notices_issued_on`: where its
    notices were issued on a later day than it was posted."""

    id: str
    version: int
    created_at: str
    updated_at: str
    fund_id: str
    number: int
    kind: Literal["distribution", "clawback"]
    state: Literal["draft", "posted", "cancelled"]
    on: str
    amount: MoneyIn | None
    recallable: MoneyIn | None
    deal: str | None
    text: str
    steps: dict[str, int] | None
    carry: FundSignedMoney | None
    prepared_by: str | None
    approved_by: str | None
    entry_id: str | None
    notices_issued_on: str | None
    shares: list[FundShareOut]


class FundFlowsQuery(Schema):
    """Which flows."""

    lp_id: Ref("lpt") | None = None  # type: ignore[valid-type]
    through: Date | None = None


class FundFlowOut(Schema):
    """Money between a partner and the fund, signed from the partner's view."""

    on: str
    kind: str
    amount: FundSignedMoney
    entry_id: str
    lp_id: str


class FundFlowsOut(Schema):
    """Cash flows by day and entry."""

    items: list[FundFlowOut]


class FundPeriodIn(Schema):
    """The period of statements."""

    period: Text(10, least=4)  # type: ignore[valid-type]


class FundPeriodQuery(Schema):
    """The period of a statement; the last quarter that is over when it is left out. `number`: one of its issues, the last
    when it is left out."""

    period: Text(10) | None = None  # type: ignore[valid-type]
    number: Annotated[int, Field(ge=1, le=9999)] | None = None
    lang: Literal["zh", "en"] | None = None


class FundIssueIn(FundPeriodIn):
    """The statements of a period. `close_books`: nothing more is posted up to its end; for owners."""

    close_books: bool = False


class FundStatementOut(Schema):
    """A capital account statement: every figure with its entries, for the period, the year and since the start.

    `performance` at the period's end; statements that were issued before it was told have none. `number` counts its issues;
    `revision` says of a later one which it replaces and why, `superseded_by` of an earlier one which replaced it.
    """

    fund: dict[str, Any]
    lp: dict[str, Any]
    period: str
    since: str
    through: str
    currency: str
    columns: list[dict[str, Any]]
    position: dict[str, Any]
    movements: list[dict[str, Any]]
    performance: FundPerformanceOut | None = None
    issued: bool
    issued_at: str | None
    sha256: str | None
    number: int | None = None
    revision: dict[str, Any] | None = None
    superseded_by: int | None = None


class FundIssuedOut(Schema):
    """A statement that was issued, as its last issue stands."""

    id: str
    lp_id: str
    period: str
    sha256: str
    number: int
    issued_at: str


class FundReviseIn(Schema):
    """Why notices are issued anew, as the partners read it; to one of them, or to all for whom they changed."""

    reason: Text(500, least=1)  # type: ignore[valid-type]
    lp_id: Ref("lpt") | None = None  # type: ignore[valid-type]


class FundReviseStatementsIn(FundReviseIn):
    """The same of the statements of a period."""

    period: Text(10, least=4)  # type: ignore[valid-type]


class FundRevisionOut(Schema):
    """A later issue of a statement or a notice. `about`: the id of what was issued first, a statement or a partner's line of a
    call or a distribution, or a closing and a partner; `content` is what it says."""

    id: str
    kind: Literal["statement", "call", "distribution", "closing"]
    about: str
    number: int
    lp_id: str
    reason: str
    replaces: dict[str, Any]
    sha256: str
    issued_at: str
    by: str
    content: dict[str, Any]


class FundLangQuery(Schema):
    """The language of a paper; the reader's when it is left out."""

    lang: Literal["zh", "en"] | None = None


class FundIssueQuery(FundLangQuery):
    """The same, and which issue of the paper; the last when it is left out."""

    number: Annotated[int, Field(ge=1, le=9999)] | None = None
