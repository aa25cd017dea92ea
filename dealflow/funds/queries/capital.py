"""The capital account of each partner over a period, read from the book."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from dealflow.core.i18n import N_
from dealflow.core.money import Money
from dealflow.funds import chart
from dealflow.funds.models import Fund, FundLp
from dealflow.funds.queries.figures import Figure, book_of_fund
from dealflow.funds.queries.objects import lps
from dealflow.ledger import queries as ledger
from dealflow.ledger.queries import PostedLine

# Columns between opening and closing, in the order in which a statement shows them.
COLUMNS = {
    "contributions": N_("Contributions"),
    "distributions": N_("Distributions"),
    "fees": N_("Management fees"),
    "expenses": N_("Fund expenses"),
    "income": N_("Other income"),
    "interest": N_("Interest among partners"),
    "realised": N_("Realised gains"),
    "unrealised": N_("Unrealised gains"),
    "carry": N_("Carried interest of the manager"),
    "transfers": N_("Taken over or left to partners"),
}
# Equalisation interest that a partner got lowers what it has paid in, as in the metrics: it is no distribution of the fund.
_COLUMN = {
    "contribution": "contributions", "contribution_outside": "contributions", "refund": "contributions", "interest": "contributions",
    "distribution": "distributions", "distribution_recallable": "distributions",
    "carry": "carry", "fee": "fees", "fee_interest": "fees", "expenses": "expenses", "other": "income", "realised": "realised",
    "unrealised": "unrealised", "equalisation_interest": "interest", "late_interest": "interest",
}  # fmt: skip


_PREFIXES = ("equity:", "income:", "expenses:")


@dataclass(frozen=True)
class CapitalAccount:
    """A partner's capital from the end of the day before `since` to the end of `through`; `columns` as in COLUMNS."""

    lp: FundLp
    since: date
    through: date
    opening: Figure
    columns: dict[str, Figure]
    closing: Figure

    def figures(self) -> dict[str, Figure]:
        """Opening, the columns, closing."""
        return {"opening": self.opening, **self.columns, "closing": self.closing}


class _Sheet:
    """One partner's sums while the lines are read."""

    def __init__(self) -> None:
        self.minor = dict.fromkeys(("opening", *COLUMNS), 0)
        self.entries: dict[str, dict[str, None]] = {name: {} for name in self.minor}

    def add(self, column: str, minor: int, entries: Iterable[str]) -> None:
        self.minor[column] += minor
        self.entries[column] |= dict.fromkeys(entries)

    def account(self, fund: Fund, lp: FundLp, since: date, through: date) -> CapitalAccount:
        found = {
            name: Figure(fund.money(minor), tuple(self.entries[name])) for name, minor in self.minor.items()
        }
        entries = dict.fromkeys(entry for figure in found.values() for entry in figure.entry_ids)
        closing = Figure(fund.money(sum(self.minor.values())), tuple(entries))
        return CapitalAccount(lp, since, through, found.pop("opening"), found, closing)


def _read(sheets: dict[str, _Sheet], lines: Iterable[PostedLine], since: date) -> None:
    for line in lines:
        lp_id, _family, what = chart.owner(line.code) or ("", "", "")
        if what not in _COLUMN or lp_id not in sheets:
            continue
        column = "transfers" if line.kind == "fund_transfer" else _COLUMN[what]
        sheets[lp_id].add(
            "opening" if line.on < since else column, -line.amount.amount_minor, (line.entry_id,)
        )


def capital_accounts(fund: Fund, since: date, through: date) -> dict[str, CapitalAccount]:
    """The capital account of every partner over a period, by id; they sum to the fund's, to the fen."""
    book, rows = book_of_fund(fund), lps(fund.id)
    sheets = {row.id: _Sheet() for row in rows}
    if book is not None:
        _read(sheets, ledger.posted_lines(book, through=through, prefixes=_PREFIXES), since)
    return {row.id: sheets[row.id].account(fund, row, since, through) for row in rows}


def net_assets(fund: Fund, days: Sequence[date]) -> list[int]:
    """The capital of all partners at the end of each day in minor units, as `capital_accounts` closes; one reading of the book."""
    book = book_of_fund(fund)
    lines = ledger.posted_lines(book, through=max(days), prefixes=_PREFIXES) if book and days else []
    counted = [line for line in lines if (chart.owner(line.code) or ("", "", ""))[2] in _COLUMN]
    posted_on = [line.on for line in counted]
    sums = [0, *accumulate(-line.amount.amount_minor for line in counted)]
    return [sums[bisect_right(posted_on, day)] for day in days]


@dataclass(frozen=True)
class Movement:
    """One change of a partner's capital: what a column of its statement is made of."""

    on: date
    number: int
    entry_id: str
    column: str
    amount: Money


def movements(fund: Fund, lp_id: str, through: date) -> list[Movement]:
    """Every change of a partner's capital to the end of a day; they sum to its closing."""
    book = book_of_fund(fund)
    found = []
    for line in ledger.posted_lines(book, through=through) if book else []:
        owner, _family, what = chart.owner(line.code) or ("", "", "")
        if owner == lp_id and what in _COLUMN:
            column = "transfers" if line.kind == "fund_transfer" else _COLUMN[what]
            found.append(Movement(line.on, line.number, line.entry_id, column, -line.amount))
    return found


def totals(fund: Fund, accounts: Iterable[CapitalAccount]) -> dict[str, Figure]:
    """Opening, columns and closing summed over partners."""
    found: dict[str, Figure] = {}
    rows = [account.figures() for account in accounts]
    for name in ("opening", *COLUMNS, "closing"):
        entries = dict.fromkeys(entry for row in rows for entry in row[name].entry_ids)
        found[name] = Figure(fund.money(sum(row[name].amount.amount_minor for row in rows)), tuple(entries))
    return found
