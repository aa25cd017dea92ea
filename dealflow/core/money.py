"""Money: integer minor units and a currency. The only place that adds, reads and writes amounts."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from dealflow.core.i18n import N_, language, leading, locale, rounded_to_unit

# Currency → digits after the point (ISO 4217).
CURRENCIES = {
    "CNY": 2, "USD": 2, "EUR": 2, "GBP": 2, "HKD": 2, "TWD": 2, "JPY": 0, "KRW": 0, "SGD": 2,
    "MYR": 2, "THB": 2, "VND": 0, "IDR": 2, "AUD": 2, "CAD": 2, "CHF": 2,
}  # fmt: skip
LIMIT = 10**15
_UNITS = {
    "": 1,
    "k": 10**3,
    "m": 10**6,
    "bn": 10**9,
    "千": 10**3,
    "万": 10**4,
    "百万": 10**6,
    "千万": 10**7,
    "亿": 10**8,
}
_DIGITS = 60
_PLAIN = re.compile(r"\d+(\.\d+)?")
_AMOUNT = re.compile(
    r"^[¥$€£]?\s*(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?\s*(k|m|bn|千万|百万|千|万|亿)?\s*元?$", re.IGNORECASE
)


# How people name currencies beside an amount, longest first; a code of ISO 4217 goes too.
_NAMES = {
    "人民币": "CNY", "rmb": "CNY", "us$": "USD", "美元": "USD", "美金": "USD", "欧元": "EUR", "€": "EUR", "英镑": "GBP", "£": "GBP",
    "hk$": "HKD", "港元": "HKD", "港币": "HKD", "nt$": "TWD", "新台币": "TWD", "台币": "TWD", "日元": "JPY", "日圆": "JPY", "韩元": "KRW",
    "s$": "SGD", "新加坡元": "SGD", "新元": "SGD", "林吉特": "MYR", "泰铢": "THB", "越南盾": "VND", "印尼盾": "IDR", "a$": "AUD", "澳元": "AUD",
    "c$": "CAD", "加元": "CAD", "瑞士法郎": "CHF", "瑞郎": "CHF",
}  # fmt: skip
_DOLLARS = ("USD", "HKD", "TWD", "SGD", "AUD", "CAD")
_MARK = "|".join(re.escape(name) for name in sorted(_NAMES, key=len, reverse=True))
_MARKED = re.compile(
    rf"^(?P<before>{_MARK}|[a-z]{{3}}(?=[\s\d]))?(?P<amount>.*?)(?P<after>{_MARK}|(?<=[\s\d])[a-z]{{3}})?$"
)


class MoneyError(ValueError):
    """Input that is no amount; `code` is stable, `message` an English message id."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of a currency. Arithmetic refuses to mix currencies."""

    amount_minor: int
    currency: str = "CNY"

    def __post_init__(self) -> None:
        if type(self.amount_minor) is not int:
            raise MoneyError("not_integer", N_("An amount must be a whole number of minor units"))
        if self.currency not in CURRENCIES:
            raise MoneyError(
                "unknown_currency", N_("This currency is not known; use a code such as CNY, USD or EUR")
            )
        if abs(self.amount_minor) > LIMIT:
            raise MoneyError("too_large", N_("This amount is too large"))

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise MoneyError("currency_mismatch", N_("These amounts are in different currencies"))

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount_minor - other.amount_minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount_minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.amount_minor < other.amount_minor

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.amount_minor <= other.amount_minor

    def json(self) -> dict[str, Any]:
        """The interface's form."""
        return {"amount_minor": self.amount_minor, "currency": self.currency}

    @property
    def major(self) -> Decimal:
        """The amount in major units, exact."""
        return Decimal(self.amount_minor).scaleb(-CURRENCIES[self.currency])


def total(amounts: list[Money], currency: str) -> Money:
    """The sum of amounts of one currency; zero of `currency` for none."""
    return sum(amounts, Money(0, currency))


def parse(text: str, currency: str = "CNY") -> Money:
    """Read what people type: `450,000`, `45万`, `1.2亿`, `４５万`, `3.5m`. Never rounds.

    Raises MoneyError (`not_a_number`, `negative`, `too_precise`, `too_large`, `unknown_currency`).
    """
    if currency not in CURRENCIES:
        raise MoneyError(
            "unknown_currency", N_("This currency is not known; use a code such as CNY, USD or EUR")
        )
    clean = unicodedata.normalize("NFKC", text).strip().replace("，", ",")
    if clean.startswith("-"):
        raise MoneyError("negative", N_("An amount cannot be negative"))
    match = _AMOUNT.match(clean)
    if not match:
        raise MoneyError("not_a_number", N_("Enter an amount such as 450,000 or 45万"))
    whole, fraction, unit = match.groups()
    if len(whole) > _DIGITS:
        raise MoneyError("too_large", N_("This amount is too large"))
    factor = _UNITS[(unit or "").lower()] * 10 ** CURRENCIES[currency]
    minor = whole_number(whole.replace(",", "") + (fraction or ""), factor)
    if minor is None:
        raise MoneyError("too_precise", N_("This currency has no smaller unit; use fewer decimals"))
    if minor > LIMIT:
        raise MoneyError("too_large", N_("This amount is too large"))
    return Money(minor, currency)


def whole_number(text: str, factor: int) -> int | None:
    """`text` times `factor` where that is a whole number to the last digit; None for all else, signs and `1e9` included.

    Not by `Decimal`, which rounds products beyond 28 digits and says nothing.
    """
    if len(text) > 2 * _DIGITS or not _PLAIN.fullmatch(text):
        return None
    exact = Fraction(text) * factor
    return int(exact) if exact.denominator == 1 else None


def read(text: str, currency: str = "CNY") -> Money:
    """Like `parse`, for cells and boxes that may name another currency: `USD 450,000`, `45万美元`, `€1.2m`, `300 HKD`.

    `$` alone is the dollar of `currency`, else the US dollar. Raises `unknown_currency` for a code that we do not know
    and `two_currencies` for an amount between two that differ.
    """
    clean = unicodedata.normalize("NFKC", text).strip().casefold()
    found = _MARKED.match(clean)
    if found is None:
        return parse(text, currency)
    named = {_NAMES.get(mark, mark.upper()) for mark in (found["before"], found["after"]) if mark}
    if len(named) > 1:
        raise MoneyError("two_currencies", N_("Name one currency beside the amount"))
    amount = found["amount"].strip()
    if not named and amount.startswith("$") and currency not in _DOLLARS:
        named = {"USD"}
    return parse(amount, named.pop() if named else currency)


def plain(money: Money) -> str:
    """The amount as people type it into a form: `450,000`, or `450,000.50` where there is a fraction."""
    whole, _dot, fraction = (text := f"{money.major:,f}").partition(".")
    return text if fraction.strip("0") else whole


def show(money: Money | None) -> str:
    """The amount in the current language's notation: `¥450,000.00`."""
    if money is None:
        return "—"
    from babel.numbers import format_currency

    return format_currency(money.major, money.currency, locale=locale())


def short(money: Money | None) -> str:
    """A compact amount for lists: `¥45万`, `¥1.2亿`; in English `CN¥450K`, `$1.2M`."""
    return "—" if money is None else _short(money, language())


@lru_cache(maxsize=16_384)
def _short(money: Money, language: str) -> str:
    # Lists show the same few amounts again and again, and each formatting costs a third of a millisecond. `language` is the
    # current one.
    from babel.numbers import format_compact_currency

    if abs(money.major) < (10_000 if language == "zh" else 1_000):
        text = show(money)
    else:
        # Three significant digits are enough to compare, and fewer are not: 4.5, 1.3 and 3 of 亿 would not add up to a reader
        # whose fund has 4.5, 1.34 and 3.03 of them. The full figure stands in the title.
        digits = 2 if leading(money.major) < 10 else 1
        major = rounded_to_unit(money.major, digits)
        text = format_compact_currency(major, money.currency, locale=locale(), fraction_digits=digits)
        return re.sub(r"\.(\d*?)0+(?!\d)", lambda found: f".{found[1]}" if found[1] else "", text)
    # Zeros that say nothing go; those of 0.02 and 1.05 say something.
    return re.sub(r"\.0+(?![0-9])", "", text)


class MoneyAttribute:
    """Joins the columns `<name>_minor` and `<name>_currency` of a model into one Money (or None)."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.minor, self.currency = f"{name}_minor", f"{name}_currency"

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        minor = getattr(instance, self.minor)
        return None if minor is None else Money(minor, getattr(instance, self.currency))

    def __set__(self, instance: Any, value: Money | None) -> None:
        setattr(instance, self.minor, None if value is None else value.amount_minor)
        setattr(instance, self.currency, None if value is None else value.currency)
