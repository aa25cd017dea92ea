"""Exchange rates out of files: one rate a row, or a day a row with a column for each pair, as central banks publish them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from dealflow.audit import service as audit
from dealflow.core import policy
from dealflow.core.actor import Actor
from dealflow.core.errors import FieldError, Invalid
from dealflow.core.i18n import N_
from dealflow.core.money import CURRENCIES
from dealflow.core.tabular import Table, refuse, write_csv
from dealflow.ledger import rate_entry
from dealflow.ledger.models import ExchangeRate
from dealflow.ledger.policy import Can, Tag
from dealflow.ledger.rate_entry import Quote
from dealflow.ledger.rates import read_rate

ROW_LIMIT = 2000
NAMES = {
    "on": ("on", "date", "day", "日期", "交易日"), "rate": ("rate", "exchange rate", "汇率", "中间价", "牌价"),
    "pair": ("pair", "currency pair", "货币对"), "base": ("base", "from", "currency", "基准货币", "外币", "币种"),
    "quote": ("quote", "to", "计价货币", "本币"), "source": ("source", "来源", "数据来源"), "per": ("per", "unit", "units", "单位"),
}  # fmt: skip
_PAIR = re.compile(r"^(1|10|100|1000|10000)?\s*([A-Z]{3})\s*/\s*([A-Z]{3})$")
_DAY = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?$")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_EMPTY = ("", "-", "--", "---", "—", "n/a", "N/A")


@dataclass
class Row:
    """One rate of the file and what it would do: `action` is create, update (a correction), same or error."""

    number: int
    pair: str
    action: str = "error"
    quote: Quote | None = None
    before: ExchangeRate | None = None
    errors: list[FieldError] = field(default_factory=list)


@dataclass
class Report:
    """What a file does or did, rate by rate."""

    rows: list[Row]
    left_out: list[str] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How many of each action."""
        return {name: sum(r.action == name for r in self.rows) for name in ("create", "update", "same", "error")}  # fmt: skip

    @property
    def failed(self) -> list[Row]:
        """The refused ones."""
        return [row for row in self.rows if row.action == "error"]


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip()


def _columns(header: Sequence[str]) -> tuple[dict[str, int], dict[int, tuple[int, str, str]]]:
    """Field → place, and place → (units, base, quote) of columns that are pairs."""
    fields: dict[str, int] = {}
    found: dict[int, tuple[int, str, str]] = {}
    for at, name in enumerate(header):
        if match := _PAIR.match(_plain(name).upper()):
            found[at] = (int(match[1] or 1), match[2], match[3])
            continue
        for target, names in NAMES.items():
            if _plain(name).casefold() in names:
                fields.setdefault(target, at)
    return fields, found


def is_header(cells: list[str]) -> bool:
    """Whether a line names a day and rates: such a line stands below the title in files of central banks."""
    fields, found = _columns(cells)
    return "on" in fields and bool(found or "rate" in fields)


def check(actor: Actor, table: Table, source: str) -> Report:
    """What each rate would do; writes nothing. Raises Forbidden, Invalid on `file` when the columns do not say enough."""
    policy.require(actor, Can.ENTER_RATES)
    fields, found = _columns(table.header)
    long_form = "rate" in fields and ("pair" in fields or {"base", "quote"} <= fields.keys())
    if "on" not in fields or not (long_form or found):
        raise refuse(
            "no_columns",
            N_("The file needs a column of days, and either the columns base, quote and rate or a column for each pair such as USD/CNY"),
        )  # fmt: skip
    known = {at: pair for at, pair in found.items() if {pair[1], pair[2]} <= CURRENCIES.keys()}
    left_out = [
        name for at, name in enumerate(table.header) if name and at not in known and at not in fields.values()
    ]
    rows = list(_rows(table, fields, known, long_form, source))
    _judge(actor, rows)
    return Report(rows, left_out)


def _rows(
    table: Table, fields: dict[str, int], known: dict[int, tuple[int, str, str]], long_form: bool, source: str
) -> Iterator[Row]:
    for number, cells in zip(table.numbers, table.rows, strict=True):
        named = {target: _plain(cells[at]) for target, at in fields.items()}
        day = _day(named["on"])
        # Files of banks end with a line that says where they come from.
        if day is None and sum(bool(cell) for cell in cells) == 1:
            continue
        said = (named.get("source") or source)[:120]
        if long_form:
            yield _long(number, named, day, said)
            continue
        for at, (units, base, quote) in known.items():
            if _plain(cells[at]) not in _EMPTY:
                yield _read(Row(number, f"{base}/{quote}"), (base, quote), day, cells[at], units, said)


def _long(number: int, named: dict[str, str], day: date | None, source: str) -> Row:
    text = named.get("pair") or f"{named.get('base', '')}/{named.get('quote', '')}"
    match = _PAIR.match(text.upper())
    row = Row(number, text)
    if match is None or not {match[2], match[3]} <= CURRENCIES.keys():
        row.errors.append(FieldError("pair", "unknown_currency", N_("Name two currencies by their codes, such as USD and CNY")))  # fmt: skip
        return row
    per = named.get("per") or match[1] or "1"
    if per not in ("1", "10", "100", "1000", "10000"):
        row.errors.append(FieldError("per", "wrong_form", N_("Use 1, 10, 100, 1000 or 10000")))
        return row
    return _read(row, (match[2], match[3]), day, named["rate"], int(per), source)


def _read(row: Row, pair: tuple[str, str], day: date | None, cell: str, units: int, source: str) -> Row:
    if day is None:
        row.errors.append(FieldError("on", "wrong_date", N_("Enter a date such as 2026-11-24")))
    text = _plain(cell)
    if read_rate(text) is None:
        row.errors.append(FieldError("rate", "not_a_number", N_("Enter a rate above zero such as 7.1234")))
    if row.errors or day is None:
        return row
    row.quote = Quote(*pair, day, Decimal(text) / units, source)
    try:
        rate_entry.check(row.quote)
    except Invalid as refusal:
        row.errors.extend(refusal.errors)
    return row


def _day(text: str) -> date | None:
    match = _DAY.match(text) or _COMPACT.match(text)
    try:
        found = date(*map(int, match.groups())) if match else None
    except ValueError:
        return None
    return found if found and found.year >= 1900 else None


def _judge(actor: Actor, rows: list[Row]) -> None:
    """Say of each rate what it does, against the table and against the rows before it."""
    known = rate_entry.in_force(actor, [row.quote for row in rows if row.quote])
    seen: dict[tuple[str, str, date], Row] = {}
    for row in rows:
        if row.errors or row.quote is None:
            continue
        first = seen.setdefault(row.quote.key, row)
        if first is not row and first.quote and first.quote.rate != row.quote.rate:
            message = N_("Row %(row)s gives another rate for this pair and day")
            row.errors.append(FieldError("rate", "duplicate", message, {"row": first.number}))
            continue
        row.before = known.get(row.quote.key)
        if first is not row or (row.before is not None and Decimal(row.before.rate) == row.quote.rate):
            row.action = "same"
        else:
            row.action = "update" if row.before else "create"


def run(actor: Actor, table: Table, source: str) -> Report:
    """Check, then write every rate that has no error and is not there yet."""
    report = check(actor, table, source)
    fresh = [(r.quote, r.before) for r in report.rows if r.action in ("create", "update") and r.quote]
    if rate_entry.write(actor, fresh):
        counts = {name: count for name, count in report.counts.items() if count}
        audit.record(actor, Tag.RATES_IMPORTED, actor.organisation_id, after=counts | {"source": source})
    return report


def tell(row: Row) -> str:
    """A row's errors as one text in the current language."""
    return "; ".join(f"{error.field}: {error.text()}" for error in row.errors)


def error_file(table: Table, report: Report) -> bytes:
    """The refused rows as CSV with the reasons in two more columns; corrected, it can be imported again."""
    cells = dict(zip(table.numbers, table.rows, strict=True))
    reasons: dict[int, list[str]] = {}
    for row in report.failed:
        reasons.setdefault(row.number, []).append(f"{row.pair}: {tell(row)}")
    rows = ([*cells[number], number, "; ".join(said)] for number, said in reasons.items())
    return write_csv([*table.header, "row", "errors"], rows)
