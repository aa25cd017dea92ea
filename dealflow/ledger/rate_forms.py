"""What the table of exchange rates takes and gives: schemas for the API, forms for the pages."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from wtforms import DateField, StringField

from dealflow.core.forms import Form, currency_field, empty_to_none
from dealflow.core.i18n import N_, _l
from dealflow.core.money import CURRENCIES
from dealflow.core.paging import Query
from dealflow.core.schema import Date, NoneIfEmpty, Schema, Text, rule
from dealflow.ledger.rates import RATE, read_rate


def _known(code: str) -> str:
    if code not in CURRENCIES:
        raise rule("unknown_currency", N_("This currency is not known; use a code such as CNY, USD or EUR"))
    return code


def _some(rate: str) -> str:
    if read_rate(rate) is None:
        raise rule("not_a_number", N_("Enter a rate above zero such as 7.1234"))
    return rate


Currency = Annotated[str, Field(min_length=3, max_length=3), AfterValidator(_known)]
RateText = Annotated[str, Field(pattern=RATE), AfterValidator(_some)]


class RateIn(Schema):
    """Units of `quote` for one unit of `base` on a day. The same pair and day again is a correction."""

    base: Currency
    quote: Currency
    on: Date
    rate: RateText
    source: Text(120, least=1)  # type: ignore[valid-type]


class RateOut(Schema):
    """A row of the table. `in_force` is false once a newer row corrects it."""

    id: str
    base: str
    quote: str
    on: str
    rate: str
    source: str
    in_force: bool
    user_name: str
    created_at: str


class RatesQuery(Query):
    """Filters of the table."""

    base: Currency | None = None
    quote: Currency | None = None
    since: Date | None = None
    until: Date | None = None


class RatesPageQuery(Query):
    """Filters of the page; what is left open in its form is sent empty."""

    pair: Annotated[Annotated[str, Field(pattern=r"^[A-Z]{3}/[A-Z]{3}$")] | None, NoneIfEmpty] = None
    since: Annotated[Date | None, NoneIfEmpty] = None
    until: Annotated[Date | None, NoneIfEmpty] = None


class RateLookup(Schema):
    """Which rate is asked for."""

    base: Currency
    quote: Currency
    on: Date


class RateOffer(Schema):
    """What a form that is being filled in holds: the amount's currency and the day, perhaps not chosen yet."""

    quote: Currency
    currency: Annotated[Currency | None, NoneIfEmpty] = None
    on: Annotated[Date | None, NoneIfEmpty] = None


class RateFound(Schema):
    """The rate that holds for `on`; `day` is the day it is of, `way` how it was found."""

    base: str
    quote: str
    on: str
    rate: str
    day: str
    source: str
    way: Literal["same", "direct", "inverse", "cross"]


class RatesFileIn(Schema):
    """Beside the file: the source of rows that name none, and whether to write."""

    source: Text(120) = ""  # type: ignore[valid-type]
    dry_run: Literal["true", "false"] = "false"


class RefusedOut(Schema):
    """A cell of a file that was refused."""

    row: int
    pair: str
    errors: list[str]


class RatesReport(Schema):
    """What a file does or did."""

    create: int
    update: int
    same: int
    error: int
    refused: list[RefusedOut]


class RateForm(Form):
    """A rate of a day."""

    base = currency_field(_l("One unit of"))
    quote = currency_field(_l("Costs in"))
    on = DateField(_l("Day"))
    rate = StringField(_l("Rate"), filters=[empty_to_none])
    source = StringField(_l("Source"), filters=[empty_to_none])
