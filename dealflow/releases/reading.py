"""A row of a statement as values: dates, amounts and references as platforms write them. Pure: needs no database."""

from __future__ import annotations

import calendar
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from dealflow.core import money
from dealflow.core.errors import FieldError
from dealflow.core.i18n import N_
from dealflow.pitches.vocabulary import is_region
from dealflow.releases import platforms
from dealflow.releases.presets import PRESETS
from dealflow.releases.presets import plain as plain_name

_DAY = re.compile(r"(\d{4})\D{1,2}(\d{1,2})\D{1,2}(\d{1,2})(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(20\d\d)(\d\d)(\d\d)(?!\d)")
_MONTH = re.compile(r"^(\d{4})\D{0,2}(\d{1,2})\D?$")
_SLASHES = re.compile(r"^(\d{1,2})/(\d{1,2})/(\d{4})")
_NAMED = re.compile(r"^(?:(\d{1,2})\s+)?([A-Za-z]{3,9})\.?\s+(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(\d{4})$")
_MONTHS = {name[:3].casefold(): number for number, name in enumerate(calendar.month_name) if name}
_PLAIN = re.compile(r"^(-?)(\d+)(?:\.(\d*))?$")
# What spreadsheets and payment platforms put around values: `123 (WeChat), tabs, currency signs.
_AROUND, _CURRENCY = "`\t \u00a0", "¥￥元$ "
_NOTHING = ("-", "--", "—")
LIMIT_REF = 120
# Of one row: ten billion yuan, so that a whole statement still adds up to an amount that we can show.
LIMIT_AMOUNT = 10**12
FIRST_DAY = date(2000, 1, 1)
_SUMS = ("合计", "总计", "汇总", "小计", "Total", "TOTAL", "Grand total")


@dataclass(frozen=True, slots=True)
class Line:
    """What a row says. `amount` and `ad_spend` in minor units, zero for nothing; `mine`: it is about the project. `plays` and
    `paid_users` None where it does not say."""

    number: int
    on: date
    amount: int
    ad_spend: int
    currency: str
    ref: str
    platform: str
    territory: str
    mine: bool = True
    plays: int | None = None
    paid_users: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be read."""

    number: int
    errors: tuple[FieldError, ...]


@dataclass(frozen=True)
class Plan:
    """How a statement is read: column → field, and what its rows do not say themselves."""

    preset: str
    mapping: Mapping[str, str]
    platform: str
    currency: str
    evidence_class: str = "platform_statement"
    territory: str = ""
    all_titles: bool = False

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Plan:
        return cls(**values)


@dataclass
class Reader:
    """Turns rows into lines. `names`: the titles and ids, plain, by which rows are known to be about the project."""

    plan: Plan
    header: Sequence[str]
    names: frozenset[str]
    _twins: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        at = {name: place for place, name in enumerate(self.header)}
        self.places = {target: at[column] for column, target in self.plan.mapping.items()}
        self.month_first = PRESETS[self.plan.preset].month_first
        # The amounts that the file has at all.
        self.amounts = [
            (name, self.places[name]) for name in ("amount", "refund", "ad_spend") if name in self.places
        ]
        self.counts = [(name, self.places[name]) for name in ("plays", "paid_users") if name in self.places]

    def read(self, numbers: Iterable[int], rows: Iterable[Sequence[str]]) -> Iterable[Line | Refused]:
        """A line or a refusal for each row that says anything; sums and other ends of a table are passed over."""
        for number, row in zip(numbers, rows, strict=True):
            # WeChat ends a bill with a second small table of sums.
            if row[0].startswith("总交易"):
                return
            if not is_sum(row):
                yield self._read(number, row)

    def _cell(self, target: str, row: Sequence[str]) -> str:
        place = self.places.get(target)
        return "" if place is None else row[place].strip(_AROUND)

    def _read(self, number: int, row: Sequence[str]) -> Line | Refused:
        errors: list[FieldError] = []
        mine = self._is_mine(row)
        currency = currency_code(self._cell("currency", row)) or self.plan.currency
        found = {"amount": 0, "refund": 0, "ad_spend": 0}
        on = FIRST_DAY
        try:
            on = day(row[self.places["on"]].strip(_AROUND), self.month_first)
        except Unreadable as refusal:
            errors.append(FieldError("on", refusal.code, refusal.message))
        for name, place in self.amounts:
            try:
                found[name] = minor(row[place].strip(_AROUND), currency)
            except money.MoneyError as refusal:
                errors.append(FieldError(name, refusal.code, refusal.message))
        counts: dict[str, int | None] = {}
        for what, place in self.counts:
            try:
                counts[what] = count(row[place].strip(_AROUND))
            except Unreadable as refusal:
                errors.append(FieldError(what, refusal.code, refusal.message))
        if errors and mine:
            return Refused(number, tuple(errors))
        refund, spend = found["refund"], found["ad_spend"]
        # Refunds stand in statements with either sign; they are taken off in any case.
        net = found["amount"] - abs(refund)
        if abs(net) > LIMIT_AMOUNT or abs(spend) > LIMIT_AMOUNT:
            return Refused(number, (FieldError("amount", "too_large", N_("This amount is too large")),))
        named = self._cell("platform", row)
        platform = platform_code(named) if named else self.plan.platform
        territory = territory_code(self._cell("territory", row)) or self.plan.territory
        ref = self._cell("external_ref", row)
        if refund:
            ref = self._refund_ref(ref, row, net)
        if not ref:
            ref = self._own_ref((platform, on, territory, self._cell("title", row), currency, net, spend))
        if len(ref) > LIMIT_REF:
            message = N_("Use at most %(max_length)s characters")
            error = FieldError("external_ref", "too_long", message, {"max_length": LIMIT_REF})
            return Refused(number, (error,))
        return Line(number, on, net, spend, currency, ref, platform, territory, mine, **counts)

    def _is_mine(self, row: Sequence[str]) -> bool:
        if self.plan.all_titles:
            return True
        named = self._cell("project", row) or self._cell("title", row)
        return not named or plain(named) in self.names

    def _refund_ref(self, ref: str, row: Sequence[str], net: int) -> str:
        """A refund has its own reference, or in some statements the order's."""
        own = self._cell("refund_ref", row)
        if own.strip("0"):
            return own
        return f"{ref}:refund" if ref and net < 0 else ref

    def _own_ref(self, content: tuple[Any, ...]) -> str:
        key = hashlib.sha256(repr(content).encode()).hexdigest()[:32]
        self._twins[key] = twin = self._twins.get(key, 0) + 1
        # Two rows alike in one file are two; the same file, or one that overlaps it, says the same again.
        return f"row-{key}-{twin}"


def is_sum(row: Sequence[str]) -> bool:
    """Whether a row sums up the ones above it."""
    head = row[0] or next((cell for cell in row if cell), "")
    return head.startswith(_SUMS)


class Unreadable(ValueError):
    """A cell that says nothing we know: code and message id."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@lru_cache(maxsize=16_384)
def plain(text: str) -> str:
    """A name for comparing; statements say the same few again and again."""
    return plain_name(text)


@lru_cache(maxsize=4096)
def platform_code(text: str) -> str:
    """The code of a platform that a cell names."""
    return platforms.platform_code(text)[:60]


@lru_cache(maxsize=4096)
def territory_code(text: str) -> str:
    """The territory that a cell names by a code; nothing for what we do not know."""
    code = text.upper()
    return code if code == platforms.WORLD or is_region(code) else ""


@lru_cache(maxsize=256)
def currency_code(text: str) -> str:
    """The code of a currency that a cell names."""
    return {"RMB": "CNY", "人民币": "CNY", "美元": "USD"}.get(text.upper(), text.upper())


@lru_cache(maxsize=65_536)
def day(text: str, month_first: bool = False) -> date:
    """The day a cell names; the last day of a month or of a span. Raises Unreadable."""
    wrong = Unreadable("wrong_date", N_("This is no day or month; write it as 2026-09-30 or 2026-09"))
    try:
        if found := list(_DAY.finditer(text)) or list(_COMPACT.finditer(text)):
            year, month, number = map(int, found[-1].groups())
            return _within(date(year, month, number))
        if match := _SLASHES.match(text):
            one, two, last = map(int, match.groups())
            return _within(date(last, one, two) if month_first else date(last, two, one))
        if match := _MONTH.match(text):
            return _within(_month_end(int(match[1]), int(match[2])))
        if (match := _NAMED.match(text)) and (named := _MONTHS.get(match[2][:3].casefold())):
            place, since = match[1] or match[3], int(match[4])
            return _within(date(since, named, int(place)) if place else _month_end(since, named))
    except (ValueError, calendar.IllegalMonthError):
        raise wrong from None
    raise wrong


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _within(found: date) -> date:
    if not FIRST_DAY <= found <= date(2200, 1, 1):
        raise ValueError(found)
    return found


def minor(text: str, currency: str) -> int:
    """The amount in a cell in minor units, signed; 0 for an empty one. Raises MoneyError; never rounds."""
    if not text or text in _NOTHING:
        return 0
    digits = money.CURRENCIES.get(currency)
    if digits is None:
        raise money.MoneyError(
            "unknown_currency", N_("This currency is not known; use a code such as CNY, USD or EUR")
        )
    clean = text.strip(_CURRENCY).replace(",", "")
    if clean.startswith("(") and clean.endswith(")"):
        clean = f"-{clean[1:-1]}"
    found = _PLAIN.match(clean)
    if found is None:
        negative = clean.startswith("-")
        read = money.read(text.removeprefix("-"), currency)
        if read.currency != currency:
            raise money.MoneyError("currency_mismatch", N_("The amount is in another currency than its row"))
        return -read.amount_minor if negative else read.amount_minor
    sign, whole, fraction = found.groups()
    fraction = (fraction or "").rstrip("0")
    if len(fraction) > digits:
        raise money.MoneyError("too_precise", N_("This currency has no smaller unit; use fewer decimals"))
    amount = int(whole + fraction.ljust(digits, "0"))
    if amount > money.LIMIT:
        raise money.MoneyError("too_large", N_("This amount is too large"))
    return -amount if sign else amount


def count(text: str) -> int | None:
    """A whole number of plays or people: `12,345`, `1.2万`, `300次`; None for an empty cell. Raises Unreadable."""
    if not text or text in _NOTHING:
        return None
    clean = text.rstrip("次人").replace(",", "")
    try:
        # As an amount without a smaller unit: the same words for thousands, and never rounded.
        found = minor(re.sub(r"\.0+$", "", clean), "JPY")
    except money.MoneyError:
        found = -1
    if found < 0:
        raise Unreadable("wrong_count", N_("This is no count; write it as 12,345 or 1.2万"))
    return found
