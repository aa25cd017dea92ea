"""Forms of the pages."""

from __future__ import annotations

from typing import Any

from wtforms import DateField, SelectField, StringField, TextAreaField

from dealflow.core.forms import Form, empty_to_none
from dealflow.core.i18n import _l
from dealflow.core.money import CURRENCIES


class RunForm(Form):
    """Making a run."""

    through = DateField(_l("Through"))


class PayoutForm(Form):
    """Marking what was paid."""

    payee = SelectField(_l("Payee"), validate_choice=False)
    on = DateField(_l("Paid on"))
    bank_reference = StringField(_l("Bank reference"), filters=[empty_to_none])

    def plain(self) -> dict[str, Any]:
        """With the currency apart, which stands behind the payee where it is owed in several (`choice`)."""
        payee, _at, currency = str(self.payee.data or "").rpartition("@")
        known = payee and currency in CURRENCIES
        return super().plain() | ({"payee": payee, "currency": currency} if known else {})

    @staticmethod
    def choice(payee: str, currency: str) -> str:
        """The value of the select for what a payee is owed in a currency."""
        return f"{payee}@{currency}"


class ReturnForm(Form):
    """Taking a transfer back."""

    reason = StringField(_l("Reason"), filters=[empty_to_none])


class DisputeForm(Form):
    """Objecting to a statement."""

    reason = TextAreaField(_l("What is wrong"), filters=[empty_to_none])


class AnswerForm(Form):
    """Answering a dispute."""

    text = TextAreaField(_l("Answer to the payee"), filters=[empty_to_none])


class CloseForm(Form):
    """Ending a dispute."""

    outcome = TextAreaField(_l("Outcome"), filters=[empty_to_none])
