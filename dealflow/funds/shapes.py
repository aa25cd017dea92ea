"""What the API of funds takes and gives."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from dealflow.core.errors import Invalid
from dealflow.core.i18n import N_
from dealflow.core.schema import Date, MoneyIn, Ref, Schema, Text, partial

Ppm = Annotated[int, Field(ge=0, le=1_000_000)]
Email = Annotated[str, Field(max_length=320, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Key = Annotated[str, Field(min_length=1, max_length=100)]


class FundFee(Schema):
    """The management fee: a yearly rate on what is committed or what is invested."""

    rate_ppm: Ppm = 0
    base: Literal["commitment", "invested"] = "commitment"
    outside: bool = False


class FundCarry(Schema):
    """The waterfall: whole fund (european) or deal by deal (american)."""

    mode: Literal["european", "american"] = "european"
    pref_rate_ppm: Ppm = 0
    catch_up_ppm: Ppm = 0
    carry_ppm: Ppm = 0


class FundLimits(Schema):
    """The largest share of what is committed that may stand in one holding, genre, stage or platform."""

    holding_ppm: Ppm | None = None
    genre_ppm: Ppm | None = None
    stage_ppm: Ppm | None = None
    platform_ppm: Ppm | None = None


class FundIn(Schema):
    """A fund or a vehicle of one."""

    name: Text(200, least=1)  # type: ignore[valid-type]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "CNY"
    vintage: Annotated[int, Field(ge=1990, le=2200)] | None = None
    started_on: Date | None = None
    term_years: Annotated[int, Field(ge=1, le=50)] = 5
    target: MoneyIn | None = None
    fee: FundFee = FundFee()
    carry: FundCarry = FundCarry()
    equalisation_rate_ppm: Ppm = 0
    late_rate_ppm: Ppm = 0
    limits: FundLimits = FundLimits()
    parent_id: Ref("fnd") | None = None  # type: ignore[valid-type]


FundPatch = partial(FundIn)


class FigureOut(MoneyIn):
    """An amount and the entries of the fund's book behind it."""

    amount_minor: int
    entry_ids: list[str]


class SignedMoney(Schema):
    """An amount that may be negative."""

    amount_minor: int
    currency: str


class FundPositionOut(Schema):
    """Where a partner, or the fund as the sum of its partners, stands."""

    commitment: MoneyIn
    called: FigureOut
    contributed: FigureOut
    outside: FigureOut
    refunded: FigureOut
    due: FigureOut
    distributed: FigureOut
    recallable: FigureOut
    carry: FigureOut
    unfunded: SignedMoney


class FundOut(FundIn):
    """A fund; `position` and `cash` are the manager's, `lp_id` is one's own place as a partner."""

    id: str
    version: int
    created_at: str
    updated_at: str
    organisation_id: str
    role: Literal["manager", "partner"]
    lp_id: str | None
    book_id: str | None
    cash: SignedMoney | None = None
    position: FundPositionOut | None = None


class FundLpIn(Schema):
    """A partner: an organisation of the platform, or a party by name."""

    organisation_id: Ref("org") | None = None  # type: ignore[valid-type]
    name: Text(200) = ""  # type: ignore[valid-type]
    email: Email | None = None


class FundLpOut(Schema):
    """A partner of a fund and where it stands."""

    id: str
    version: int
    created_at: str
    updated_at: str
    fund_id: str
    organisation_id: str | None
    name: str
    email: str
    invited_at: str | None
    position: FundPositionOut


class FundInviteIn(Schema):
    """Where the invitation goes."""

    email: Email


class FundCommitmentIn(FundLpIn):
    """A partner, known by `lp_id` or named anew, and what it commits."""

    lp_id: Ref("lpt") | None = None  # type: ignore[valid-type]
    amount: MoneyIn


class FundClosingIn(Schema):
    """A closing: whoever joins later pays in its part of what was called, with interest at the rate."""

    on: Date | None = None
    equalisation_rate_ppm: Ppm | None = None
    commitments: Annotated[list[FundCommitmentIn], Field(min_length=1, max_length=200)]


class FundCommitmentOut(Schema):
    """A change of a commitment, signed; the sum of a partner's rows is in force."""

    id: str
    lp_id: str
    name: str
    on: str
    amount: SignedMoney
    closing_id: str | None
    transfer_id: str | None
    created_at: str


class FundEqualisedOut(Schema):
    """What a closing moved for one partner."""

    lp_id: str
    contribution: MoneyIn
    interest_paid: MoneyIn
    refund: MoneyIn
    interest_received: MoneyIn


class FundClosingOut(Schema):
    """A closing with its commitments and its equalisation."""

    id: str
    number: int
    on: str
    equalisation_rate_ppm: int
    entry_id: str | None
    created_at: str
    commitments: list[FundCommitmentOut]
    equalisation: list[FundEqualisedOut]


class FundTransferIn(Schema):
    """A commitment, or part of it, that goes to another partner."""

    from_lp_id: Ref("lpt")  # type: ignore[valid-type]
    to_lp_id: Ref("lpt")  # type: ignore[valid-type]
    amount: MoneyIn
    on: Date | None = None


class FundTransferOut(Schema):
    """A transfer."""

    id: str
    from_lp_id: str
    to_lp_id: str
    amount: MoneyIn
    on: str
    entry_id: str | None
    created_at: str


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
    """What a call asks of one partner."""

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
    """A payment of a partner. In another currency, `rate` is units of the fund's currency for one of it on that day."""

    lp_id: Ref("lpt")  # type: ignore[valid-type]
    amount: MoneyIn
    on: Date | None = None
    reference: Key
    interest: MoneyIn | None = None
    rate: Annotated[str, Field(max_length=40)] | None = None


class FundPaymentOut(Schema):
    """A payment as entered."""

    id: str
    call_id: str
    lp_id: str
    on: str
    amount: MoneyIn
    interest: MoneyIn
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
    rate: Annotated[str, Field(max_length=40)] | None = None


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
    carry: SignedMoney | None


class FundDistributionOut(Schema):
    """A distribution with its preview by tier and partner; a partner sees its own part."""

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
    carry: SignedMoney | None
    prepared_by: str | None
    approved_by: str | None
    entry_id: str | None
    shares: list[FundShareOut]


class FundFlowsQuery(Schema):
    """Which flows."""

    lp_id: Ref("lpt") | None = None  # type: ignore[valid-type]
    through: Date | None = None


class FundFlowOut(Schema):
    """Money between a partner and the fund, signed from the partner's view."""

    on: str
    kind: str
    amount: SignedMoney
    entry_id: str
    lp_id: str


class FundFlowsOut(Schema):
    """Cash flows by day and entry."""

    items: list[FundFlowOut]


class FundPeriodIn(Schema):
    """The period of statements."""

    period: Text(10, least=4)  # type: ignore[valid-type]


class FundPeriodQuery(Schema):
    """The period of a statement; the last quarter that is over when it is left out."""

    period: Text(10) | None = None  # type: ignore[valid-type]
    lang: Literal["zh", "en"] | None = None


class FundStatementOut(Schema):
    """A capital account statement: every figure with its entries, for the period, the year and since the start."""

    fund: dict[str, Any]
    lp: dict[str, Any]
    period: str
    since: str
    through: str
    currency: str
    columns: list[dict[str, Any]]
    position: dict[str, Any]
    issued: bool
    issued_at: str | None
    sha256: str | None


class FundIssuedOut(Schema):
    """Statements issued for a period."""

    period: str
    issued: list[dict[str, str]]


def columns(values: dict[str, Any], today: date, currency: str) -> dict[str, Any]:
    """The columns of a fund out of checked values of FundIn or FundPatch (as `model_dump` gives them)."""
    if values.get("target") and values["target"].get("currency", "CNY") != values.get("currency", currency):
        raise Invalid.field("target", "currency_mismatch", N_("Give the target in the fund's currency"))
    found = {
        name: values[name]
        for name in ("name", "currency", "vintage", "started_on", "term_years", "equalisation_rate_ppm", "late_rate_ppm", "parent_id")
        if name in values
    }  # fmt: skip
    if "vintage" in found:
        found["vintage"] = found["vintage"] or today.year
    if "started_on" in found:
        found["started_on"] = found["started_on"] or today
    if "target" in values:
        found["target_minor"] = values["target"]["amount_minor"] if values["target"] else 0
    found |= {f"fee_{name}": value for name, value in (values.get("fee") or {}).items()}
    carry = values.get("carry") or {}
    found |= {("carry_mode" if name == "mode" else name): value for name, value in carry.items()}
    if values.get("limits") is not None:
        found["limits"] = {name: value for name, value in values["limits"].items() if value is not None}
    return found
