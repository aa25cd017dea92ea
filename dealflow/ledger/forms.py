"""What books take and give: schemas for the API, forms for the pages."""

from __future__ import annotations

from typing import Literal

from wtforms import DateField, TextAreaField
from wtforms.validators import Optional

from dealflow.core.forms import Form, empty_to_none
from dealflow.core.i18n import _l
from dealflow.core.schema import Date, MoneyIn, Schema, Text


class BookOut(Schema):
    """A book."""

    id: str
    version: int
    created_at: str
    updated_at: str
    kind: str
    object_id: str
    name: str
    currency: str
    closed_through: str | None


class LineOut(Schema):
    """A line of an entry; debit positive."""

    account_id: str
    account: str
    party: str
    amount: MoneyIn


class EntryOut(Schema):
    """An entry of a journal."""

    id: str
    book_id: str
    number: int
    on: str
    kind: str
    text: str
    source: str
    reverses_id: str | None
    hash: str
    created_at: str
    user_name: str
    lines: list[LineOut]


class BalanceOut(Schema):
    """What stands on an account at the end of a day."""

    account_id: str
    account: str
    kind: str
    party: str
    balance: MoneyIn


class TrialBalanceOut(Schema):
    """All accounts of a book; they sum to zero in each currency."""

    on: str | None
    items: list[BalanceOut]


class TrialQuery(Schema):
    """At the end of which day; without it, of all that was posted."""

    on: Date | None = None


class SheetOut(Schema):
    """A line of an account."""

    entry_id: str
    number: int
    on: str
    kind: str
    text: str
    amount: MoneyIn


class ExportQuery(Schema):
    """How a book is written out."""

    format: Literal["beancount", "csv"] = "csv"


class CloseIn(Schema):
    """The last day of the period that is closed."""

    through: Date


class ReopenIn(Schema):
    """The new end of the closed period; null opens everything."""

    through: Date | None = None
    reason: Text(500, least=1)  # type: ignore[valid-type]


class CloseForm(Form):
    """Closing a period."""

    through = DateField(_l("Closed through"))


class ReopenForm(Form):
    """Opening a period again."""

    through = DateField(_l("New end of the closed period"), [Optional()])
    reason = TextAreaField(_l("Reason"), filters=[empty_to_none])
