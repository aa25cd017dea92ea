"""What the API of funds takes and gives."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from dealflow.core.errors import Invalid
from dealflow.core.i18n import N_
from dealflow.core.schema import CurrencyCode, Date, MoneyIn, Ref, Schema, Text, partial

Ppm = Annotated[int, Field(ge=0, le=1_000_000)]
Email = Annotated[str, Field(max_length=320, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Key = Annotated[str, Field(min_length=1, max_length=100)]


class FundFee(Schema):
    """The management fee: a yearly rate on what is committed or what is invested.

    `late`: what partners of a later closing bear of the fee on commitments before it.
    """

    rate_ppm: Ppm = 0
    base: Literal["commitment", "invested"] = "commitment"
    outside: bool = False
    late: Literal["none", "fee", "fee_and_interest"] = "fee_and_interest"


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
    """A fund or a vehicle of one. `payment_details`: where partners pay to, as notices print it."""

    name: Text(200, least=1)  # type: ignore[valid-type]
    currency: CurrencyCode = "CNY"
    vintage: Annotated[int, Field(ge=1990, le=2200)] | None = None
    started_on: Date | None = None
    term_years: Annotated[int, Field(ge=1, le=50)] = 5
    target: MoneyIn | None = None
    fee: FundFee = FundFee()
    carry: FundCarry = FundCarry()
    equalisation_rate_ppm: Ppm = 0
    late_rate_ppm: Ppm = 0
    limits: FundLimits = FundLimits()
    payment_details: Text(500) = ""  # type: ignore[valid-type]
    parent_id: Ref("fnd") | None = None  # type: ignore[valid-type]


FundPatch = partial(FundIn)


class FundFigureOut(MoneyIn):
    """An amount and the entries of the fund's book behind it."""

    amount_minor: int
    entry_ids: list[str]


class FundSignedMoney(Schema):
    """An amount that may be negative."""

    amount_minor: int
    currency: str


class FundPositionOut(Schema):
    """Where a partner, or the fund as the sum of its partners, stands; `interest` is equalisation interest it got from later partners."""

    commitment: MoneyIn
    called: FundFigureOut
    contributed: FundFigureOut
    outside: FundFigureOut
    refunded: FundFigureOut
    interest: FundFigureOut
    due: FundFigureOut
    distributed: FundFigureOut
    recallable: FundFigureOut
    carry: FundFigureOut
    unfunded: FundSignedMoney


class RateOut(Schema):
    """A yearly rate; `ambiguous` when several exist, `reason` when none does.

    `days` is the period from the first flow to the last. Under a year a rate is not shown annualised: `period_return` is
    what the whole period brought (also where that is more than any yearly rate tells), and None otherwise. The reason
    `taken_over`: a transfer between partners stands among the flows, and what was paid for it is not known.
    """

    rate: str | None
    ambiguous: bool
    reason: str | None
    days: int
    period_return: str | None


class FundPerformanceOut(Schema):
    """What a commitment brought its partner by the end of a day: out of its own flows and its part of the net assets (`nav`,
    after the carried interest accrued on it). Multiples are decimal strings."""

    as_of: str
    paid_in: FundSignedMoney
    distributed: FundSignedMoney
    carry_accrued: FundSignedMoney
    nav: FundSignedMoney
    tvpi: str | None
    dpi: str | None
    rvpi: str | None
    irr: RateOut


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
    cash: FundSignedMoney | None = None
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
    payment_details: str
    invited_at: str | None
    position: FundPositionOut
    performance: FundPerformanceOut


class FundNameIn(Schema):
    """A partner's name as its papers print it."""

    name: Text(200, least=1)  # type: ignore[valid-type]


class FundAccountIn(Schema):
    """Where a partner's distributions are paid to, as their notices print it."""

    payment_details: Text(500) = ""  # type: ignore[valid-type]


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
    amount: FundSignedMoney
    closing_id: str | None
    transfer_id: str | None
    created_at: str


class FundEqualisedOut(Schema):
    """What a closing moved for one partner. `fee` and `fee_interest`: of periods before it, owed to the manager."""

    lp_id: str
    contribution: MoneyIn
    contribution_outside: MoneyIn
    fee: MoneyIn
    fee_interest: MoneyIn
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


def columns(values: dict[str, Any], today: date, currency: str) -> dict[str, Any]:
    """The columns of a fund out of checked values of FundIn or FundPatch (as `model_dump` gives them)."""
    if values.get("target") and values["target"].get("currency", "CNY") != values.get("currency", currency):
        raise Invalid.field("target", "currency_mismatch", N_("Give the target in the fund's currency"))
    found: dict[str, Any] = {
        name: values[name]
        for name in ("name", "currency", "vintage", "started_on", "term_years", "equalisation_rate_ppm", "late_rate_ppm", "parent_id", "payment_details")
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
