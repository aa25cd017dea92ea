"""The forms of settlement's pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, DateField, FileField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind
from wtforms.validators import InputRequired

from dealflow.core import clock
from dealflow.core.errors import FieldError
from dealflow.core.forms import Form, MoneyField
from dealflow.core.i18n import _l
from dealflow.core.money import Money, MoneyError, parse
from dealflow.settlement.presets import PRESETS
from dealflow.settlement.service import Part
from dealflow.settlement.shapes import SplitLineIn


def _text(value: str | None) -> str:
    return (value or "").strip()


def _nothing(value: object) -> object:
    return value or None


class WordForm(Form):
    """A word that may be left out."""

    reason = TextAreaField(_l("A word to the other side"), filters=[_text])


class WhyForm(Form):
    """A reason that must be given."""

    reason = TextAreaField(_l("Why? The other side reads it."), filters=[_text])


class ExtendForm(Form):
    """More time for a milestone."""

    until = DateField(_l("New long-stop date"), filters=[_nothing])
    reason = TextAreaField(_l("A word to the other side"), filters=[_text])


class ProofForm(Form):
    """A file that shows that a milestone is met."""

    file = FileField(_l("Proof"))
    note = TextAreaField(_l("What it shows"), filters=[_text])

    def plain(self) -> dict[str, object]:
        return {"note": self.note.data}


class CallForm(Form):
    """A call for payment."""

    due_on = DateField(_l("Due on"), filters=[_nothing])
    account = TextAreaField(_l("Account to pay into"), filters=[_text])
    note = TextAreaField(_l("A note for the investor"), filters=[_text])


class PaymentForm(Form):
    """Money that came in."""

    amount = MoneyField(_l("Amount received"), validators=[InputRequired()])
    on = DateField(_l("Received on"), default=clock.today)
    payer = StringField(_l("Payer as on the statement"), filters=[_text])
    reference = StringField(_l("Bank reference"), filters=[_text])
    interest = MoneyField(_l("Of this, late interest"))
    note = TextAreaField(_l("Note"), filters=[_text])
    beyond = BooleanField(_l("It came in beyond the call, which is paid already"))


class RefundForm(Form):
    """Money that went back."""

    amount = MoneyField(_l("Amount paid back"), validators=[InputRequired()])
    on = DateField(_l("Paid back on"), default=clock.today)
    reference = StringField(_l("Bank reference"), filters=[_text])
    reason = TextAreaField(_l("Why? The other side reads it."), filters=[_text])


class WaiveForm(Form):
    """Late interest that is given up."""

    amount = MoneyField(_l("Late interest to waive"))
    reason = TextAreaField(_l("Why? The other side reads it."), filters=[_text])


class BankStatementForm(Form):
    """A bank statement's file, whose account it is of, and how it is read."""

    file = FileField(_l("Bank statement"))
    preset = SelectField(
        _l("Bank"),
        choices=[
            SelectChoice("", _l("Recognise it by its columns")),
            *(SelectChoice(preset.key, _l(preset.name)) for preset in PRESETS),
        ],
        validate_choice=False,
    )
    fund_id = SelectField(_l("Account of the fund"), validate_choice=False, filters=[_nothing])
    currency = StringField(_l("Currency where the file names none"), filters=[_text])

    def plain(self) -> dict[str, object]:
        return {
            "preset": self.preset.data or "", "currency": (self.currency.data or "").upper() or None, "fund_id": self.fund_id.data,
        }  # fmt: skip


class ConfirmForm(Form):
    """The call that a line pays."""

    call_id = StringField(_l("Call"), filters=[_text])
    rate = StringField(_l("Day's rate, for another currency"), filters=[_text, _nothing])


def parts_of(values: SplitLineIn) -> list[Part]:
    """The parts of a line as the service takes them."""
    return [Part(part.call_id, part.amount.money() if part.amount else None) for part in values.parts]


class SplitForm(Form):
    """How much of a line is for each call: one box for each, those left empty are none of it."""

    rate = StringField(_l("Day's rate, for another currency"), filters=[_text, _nothing])
    BOX = "amount-"

    @classmethod
    def of(cls, sent: Any, currency: str) -> SplitForm:
        """The form as it was sent, for a line in a currency."""
        form = cls(sent)
        form.currency = currency
        form.typed = {
            key.removeprefix(cls.BOX): value.strip()
            for key, value in sent.items()
            if key.startswith(cls.BOX) and value.strip()
        }
        form.problems = {}
        return form

    currency: str
    typed: dict[str, str]
    problems: dict[str, str]

    def judged(self) -> SplitLineIn | None:
        """The values; None when a box cannot be read, with the reason beside it."""
        amounts: dict[str, Money] = {}
        for index, (call_id, text) in enumerate(self.typed.items()):
            try:
                amounts[call_id] = parse(text, self.currency)
            except MoneyError as error:
                self.show([FieldError(f"parts.{index}.amount", error.code, error.message)])
        parts = [{"call_id": call_id, "amount": amount.json()} for call_id, amount in amounts.items()]
        found = self.load(SplitLineIn, {"parts": parts, "rate": self.rate.data})
        return None if self.problems else found

    def show(self, errors: Sequence[FieldError]) -> None:
        """What is wrong with a box stands beside it and on top."""
        ids, others = list(self.typed), []
        for error in errors:
            head, _, rest = error.field.partition(".")
            index = rest.partition(".")[0]
            if head != "parts":
                others.append(error)
                continue
            self.form_errors.append(error.text())
            if index.isdigit() and int(index) < len(ids):
                self.problems.setdefault(ids[int(index)], error.text())
        super().show(others)
