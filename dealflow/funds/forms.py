"""Forms of funds: what people type into the pages, judged by the shapes of the API."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel
from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind
from wtforms.validators import Optional

from dealflow.core import i18n, money
from dealflow.core.errors import FieldError, Invalid
from dealflow.core.forms import ChipsField, Form, MoneyField, empty_to_none
from dealflow.core.i18n import N_, _l
from dealflow.core.schema import load
from dealflow.funds.models import Fund, FundLp

M = TypeVar("M", bound=BaseModel)
_ABSENT = [Optional()]
_MOST_PPM = 1_000_000


class FundsForm(Form):
    """Base of the room's forms: an empty box is as if it were not sent, so that what is required is asked for."""

    def values(self) -> dict[str, Any]:
        """The values for the shape."""
        return self.plain()

    def judged(self, model: type[M]) -> M | None:
        """The values as the shape has them; None with all errors beside their boxes."""
        # What cannot be read is said first; the shape still judges the other boxes, so that nothing is told in turns.
        readable = self.validate()
        try:
            found = load(model, {k: v for k, v in self.values().items() if v is not None})
        except money.MoneyError as error:
            self._add([FieldError("amount", error.code, error.message)])
        except Invalid as refusal:
            self._add(refusal.errors)
        else:
            return found if readable else None
        return None

    def _add(self, errors: Sequence[FieldError]) -> None:
        self.show([error for error in errors if not self.errors.get(error.field.split(".")[0])])


def pairs(values: list[tuple[str, str]]) -> list[Any]:
    """Choices of a select."""
    return [SelectChoice(value=value, label=label) for value, label in values]


class PercentField(StringField):
    """A percentage as people type it (`8`, `8.25 %`); `data` is parts per million."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.data: Any

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{(Decimal(self.data) / 10_000).normalize():f}"

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        text = valuelist[0].strip().rstrip("%％").strip() if valuelist else ""
        if not text:
            return
        value = money.whole_number(text, 10_000)
        if value is None or value > _MOST_PPM:
            raise ValidationError(
                i18n.gettext(N_("Enter a percentage from 0 to 100 with at most four decimals"))
            )
        self.data = value


class FundForm(FundsForm):
    """A fund or a vehicle."""

    name = StringField(_l("Name of the fund"))
    parent_id = SelectField(_l("Vehicle of"), filters=[empty_to_none], validate_choice=False)
    currency = SelectField(
        _l("Currency"), choices=[SelectChoice(value=code, label=code) for code in money.CURRENCIES]
    )
    vintage = IntegerField(_l("Vintage year"), _ABSENT)
    started_on = DateField(_l("Start"), _ABSENT)
    term_years = IntegerField(_l("Term in years"), _ABSENT, default=5)
    target = MoneyField(_l("Target size"))
    fee_rate_ppm = PercentField(_l("Management fee a year"), default=20_000)
    fee_base = SelectField(
        _l("Fee is taken on"),
        choices=[
            SelectChoice(value="commitment", label=_l("What is committed")),
            SelectChoice(value="invested", label=_l("What is invested")),
        ],
    )
    fee_outside = BooleanField(_l("Fees are called outside the commitments"))
    fee_late = SelectField(
        _l("Partners who join later pay"),
        default="fee_and_interest",
        choices=[
            SelectChoice(
                value="fee_and_interest", label=_l("The fee from the first closing on, with interest")
            ),
            SelectChoice(value="fee", label=_l("The fee from the first closing on")),
            SelectChoice(value="none", label=_l("The fee from their own closing on")),
        ],
    )
    carry_mode = SelectField(
        _l("Waterfall"),
        choices=[
            SelectChoice(value="european", label=_l("European: the whole fund first")),
            SelectChoice(value="american", label=_l("American: deal by deal")),
        ],
    )
    pref_rate_ppm = PercentField(_l("Hurdle rate a year"), default=80_000)
    catch_up_ppm = PercentField(_l("Catch-up of the manager"), default=1_000_000)
    carry_ppm = PercentField(_l("Carried interest"), default=200_000)
    equalisation_rate_ppm = PercentField(_l("Equalisation interest a year"), default=60_000)
    late_rate_ppm = PercentField(_l("Late interest a year"), default=100_000)
    holding_ppm = PercentField(_l("Most in one holding"))
    genre_ppm = PercentField(_l("Most in one genre"))
    stage_ppm = PercentField(_l("Most in one stage"))
    platform_ppm = PercentField(_l("Most on one platform"))
    payment_details = TextAreaField(_l("Where partners pay to"))

    def values(self) -> dict[str, Any]:
        """The nested values that FundIn takes."""
        plain = self.plain()
        fee = {name: plain.pop(f"fee_{name}") for name in ("rate_ppm", "base", "outside", "late")}
        carry = {"mode": plain.pop("carry_mode")}
        carry |= {name: plain.pop(name) for name in ("pref_rate_ppm", "catch_up_ppm", "carry_ppm")}
        limits = {name: plain.pop(name) for name in ("holding_ppm", "genre_ppm", "stage_ppm", "platform_ppm")}
        rates = {name: plain.pop(name) or 0 for name in ("equalisation_rate_ppm", "late_rate_ppm")}
        fee["rate_ppm"] = fee["rate_ppm"] or 0
        carry = {name: value or 0 for name, value in carry.items()}
        plain["payment_details"] = plain["payment_details"] or ""
        return {**plain, **rates, "fee": fee, "carry": carry, "limits": limits}

    @classmethod
    def of(cls, formdata: Any, fund: Fund | None, parents: list[tuple[str, str]]) -> FundForm:
        """The form for a new fund, or filled in with one."""
        start: dict[str, Any] = {}
        if fund is not None:
            columns = (
                "name", "parent_id", "currency", "vintage", "started_on", "term_years", "fee_rate_ppm", "fee_base", "fee_outside", "fee_late",
                "carry_mode", "pref_rate_ppm", "catch_up_ppm", "carry_ppm", "equalisation_rate_ppm", "late_rate_ppm", "payment_details",
            )  # fmt: skip
            start = {name: getattr(fund, name) for name in columns} | fund.limits | {"target": fund.target}
        form = cls(formdata, data=start)
        form.parent_id.choices = pairs([("", i18n.gettext("No other fund")), *parents])
        if formdata is not None and formdata.get("currency") in money.CURRENCIES and form.target.data:
            form.target.data["currency"] = formdata["currency"]
        return form


class LpForm(FundsForm):
    """A new partner."""

    organisation_id = SelectField(
        _l("Organisation on the platform"), filters=[empty_to_none], validate_choice=False
    )
    name = StringField(_l("Or the name of another party"), filters=[lambda v: (v or "").strip()])
    email = StringField(_l("Mail address"), filters=[empty_to_none])


class NameForm(FundsForm):
    """A partner's name."""

    name = StringField(_l("Name on its papers"), filters=[lambda v: (v or "").strip()])


class AccountForm(FundsForm):
    """Where a partner's distributions are paid to."""

    payment_details = TextAreaField(_l("Payment details"), filters=[lambda v: (v or "").strip()])


class InviteForm(FundsForm):
    """Where an invitation goes."""

    email = StringField(_l("Mail address"))


class ClosingForm(FundsForm):
    """A closing; the commitments are boxes named by partner."""

    on = DateField(_l("Day of the closing"))
    equalisation_rate_ppm = PercentField(_l("Equalisation interest a year"))


class TransferForm(FundsForm):
    """A transfer between partners."""

    from_lp_id = SelectField(_l("From"), validate_choice=False)
    to_lp_id = SelectField(_l("To"), validate_choice=False)
    amount = MoneyField(_l("Commitment that moves"))
    on = DateField(_l("From which day"))

    @classmethod
    def of(cls, formdata: Any, rows: list[FundLp], **data: Any) -> TransferForm:
        """The form with the partners to choose from."""
        others = {"to_lp_id": rows[1].id} if len(rows) > 1 else {}
        form = cls(formdata, data=others | data)
        for field in (form.from_lp_id, form.to_lp_id):
            field.choices = pairs([(row.id, row.name) for row in rows])
        return form


class CallForm(FundsForm):
    """A capital call with a line for each purpose."""

    due_on = DateField(_l("Due on"))
    investment = MoneyField(_l("For investments"))
    deal = StringField(_l("Holding it is for"), filters=[empty_to_none])
    fee = MoneyField(_l("For the management fee"))
    expenses = MoneyField(_l("For expenses"))
    fee_outside = BooleanField(_l("The fee is outside the commitments"))
    excused = ChipsField(_l("Partners who do not take part"), choices=[], validate_choice=False)
    text = TextAreaField(_l("Text of the notice"), filters=[lambda v: (v or "").strip()])

    def values(self) -> dict[str, Any]:
        """The values that FundCallIn takes; purposes without an amount are left out."""
        plain = self.plain()
        purposes = [
            {"kind": kind, "amount": plain[kind], "outside": kind == "fee" and plain["fee_outside"], "deal": plain["deal"] if kind == "investment" else None}
            for kind in ("investment", "fee", "expenses")
            if plain[kind]
        ]  # fmt: skip
        return {
            "due_on": plain["due_on"],
            "purposes": purposes,
            "excused": plain["excused"] or [],
            "text": plain["text"],
        }


class PaymentForm(FundsForm):
    """A payment of a partner for a call."""

    lp_id = SelectField(_l("Partner"), validate_choice=False)
    amount = MoneyField(_l("Amount received"))
    currency = SelectField(
        _l("Currency"), choices=[SelectChoice(value=code, label=code) for code in money.CURRENCIES]
    )
    rate = StringField(_l("Day's rate, for another currency"), filters=[empty_to_none])
    interest = MoneyField(_l("Late interest received"))
    on = DateField(_l("Received on"))
    reference = StringField(_l("Reference of the bank"))

    def values(self) -> dict[str, Any]:
        """The values that FundPaymentIn takes."""
        plain = self.plain()
        currency = plain.pop("currency")
        return plain | {"amount": in_currency(self.amount, currency)}


class ChargeForm(FundsForm):
    """An expense or other income."""

    kind = SelectField(
        _l("Kind"),
        choices=[
            SelectChoice(value="expense", label=_l("Expense")),
            SelectChoice(value="income", label=_l("Other income")),
        ],
    )
    amount = MoneyField(_l("Amount"))
    currency = SelectField(
        _l("Currency"), choices=[SelectChoice(value=code, label=code) for code in money.CURRENCIES]
    )
    rate = StringField(_l("Day's rate, for another currency"), filters=[empty_to_none])
    on = DateField(_l("Date"))
    reference = StringField(_l("Reference of the document"))
    text = StringField(_l("What for"), filters=[lambda v: (v or "").strip()])

    def values(self) -> dict[str, Any]:
        """The values that FundChargeIn takes."""
        plain = self.plain()
        return plain | {"amount": in_currency(self.amount, plain.pop("currency"))}


def in_currency(field: MoneyField, currency: str) -> dict[str, Any] | None:
    """What was typed, read in the currency chosen beside it."""
    if not field.raw_data or not field.data:
        return None
    return money.parse(str(field.raw_data[0]), currency).json()


class PeriodForm(FundsForm):
    """A period."""

    period = StringField(_l("Period"))


class IssueForm(PeriodForm):
    """The statements of a period."""

    close_books = BooleanField(_l("Close the books through the end of the period"))


class ReviseForm(PeriodForm):
    """Why papers are issued anew; those of a period, to one partner or to all for whom they changed."""

    reason = StringField(_l("Reason; the partner reads it"))
    lp_id = StringField(_l("Partner"), filters=[empty_to_none])

    def values(self) -> dict[str, Any]:
        """The values for the shape; a period is that of statements."""
        return {name: value for name, value in self.plain().items() if value}


class DayForm(FundsForm):
    """A day."""

    on = DateField(_l("Paid on"))


class DistributionForm(FundsForm):
    """A distribution to be prepared."""

    on = DateField(_l("Paid out on"))
    amount = MoneyField(_l("Amount"))
    recallable = MoneyField(_l("Of it recallable"))
    deal = StringField(_l("Holding it comes from"), filters=[empty_to_none])
    text = StringField(_l("What for"), filters=[lambda v: (v or "").strip()])


class ClawbackForm(FundsForm):
    """The clawback at the end."""

    on = DateField(_l("Day on which it ends"))
    tax_ppm = PercentField(_l("Tax on the carried interest"), default=0)

    def values(self) -> dict[str, Any]:
        """The values that FundClawbackIn takes."""
        return {"on": self.on.data, "tax_ppm": self.tax_ppm.data or 0}


class ReasonForm(FundsForm):
    """Why something is cancelled."""

    reason = StringField(_l("Reason"))


class RefundForm(FundsForm):
    """What a partner overpaid and gets back."""

    amount = MoneyField(_l("Amount paid back"))
    on = DateField(_l("Paid back on"))
    reference = StringField(_l("Reference of the bank"))
    reason = StringField(_l("Reason; the partner reads it"))
