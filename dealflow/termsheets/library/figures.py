"""What everybody is paid at several levels of gross receipts, by the code that later settles it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dealflow.finance import simulate
from dealflow.termsheets.library.waterfalls import INVESTOR

# Levels in eighths of the investment, from a quarter of it to ten times.
_EIGHTHS = (2, 4, 8, 12, 16, 24, 40, 80)
# Beyond this many times the investment nobody calls it break-even.
_FAR = 1000


@dataclass(frozen=True)
class PayoutRow:
    """One level of gross: who gets what. `multiple_ppm` is the investor's total of its investment."""

    gross_minor: int
    by_payee: dict[str, int]
    multiple_ppm: int
    break_even: bool


@dataclass(frozen=True)
class Payouts:
    """The payout table. `break_even_minor` is None when the investor never recovers its money."""

    currency: str
    on: date
    ad_spend_minor: int
    break_even_minor: int | None
    rows: tuple[PayoutRow, ...]


def payout_table(terms: dict[str, Any]) -> Payouts:
    """Payouts at levels around break-even for valid terms.

    The whole gross is taken to arrive on one day (a loan's maturity, else the last long-stop date) and the ad-spend
    cap to be used up and audited by then, which is the least favourable case for the investor.
    """
    amount = terms["investment"]["amount"]["amount_minor"]
    on = day_of(terms)
    asked = _Question(terms, on)
    even = break_even(asked.at, INVESTOR, amount)
    levels = {max(1, amount * eighths // 8) for eighths in _EIGHTHS}
    if even is not None:
        levels.add(even)
    rows = tuple(
        PayoutRow(
            gross_minor=row["gross_minor"],
            by_payee=row["by_payee"],
            multiple_ppm=row["by_payee"][INVESTOR] * 1_000_000 // amount,
            break_even=row["gross_minor"] == even,
        )
        for row in asked.at(sorted(levels))
    )
    currency = terms["investment"]["amount"]["currency"]
    return Payouts(currency, on, sum(entry["amount_minor"] for entry in asked.spend), even, rows)


def day_of(terms: Mapping[str, Any]) -> date:
    """The day on which the whole gross is taken to arrive."""
    last = terms["loan"]["maturity"] if "loan" in terms else terms["tranches"][-1]["long_stop"]
    return date.fromisoformat(str(last))


class _Question:
    """The simulator with these terms."""

    def __init__(self, terms: dict[str, Any], on: date) -> None:
        self.waterfall, self.on = terms["waterfall"], on.isoformat()
        payee = next((p["id"] for p in self.waterfall["payees"] if p["kind"] == "ad_spend"), None)
        self.spend = [
            {
                "on": self.on,
                "payee": payee,
                "amount_minor": tier["cap_minor"],
                "audited": True,
                "tier": tier["id"],
            }
            for tier in self.waterfall["tiers"]
            if tier["kind"] == "ad_spend" and payee is not None
        ]

    def at(self, levels: list[int]) -> list[dict[str, Any]]:
        """The simulator's rows for these gross amounts."""
        question = {"terms": self.waterfall, "gross_grid": levels, "on": self.on, "ad_spend": self.spend}
        rows: list[dict[str, Any]] = simulate(question)["grid"]
        return rows


# Where break-even is looked for at first, in quarters of the amount.
_LADDER = (2, 4, 5, 6, 8, 12, 20, 40, 400, 4 * _FAR)


Ask = Callable[[list[int]], list[dict[str, Any]]]
Amount = Callable[[dict[str, Any]], int]


def break_even(at: Ask, payee: str, amount: int) -> int | None:
    """The least gross at which a payee has been paid `amount`, asked of `at(levels)`; None when it never is."""

    def paid(row: dict[str, Any]) -> int:
        return int(row["by_payee"][payee])

    rows = at(sorted({max(1, amount * step // 4) for step in _LADDER}))
    return least_gross(at, paid, amount, rows)


def least_gross(at: Ask, paid: Amount, amount: int, rows: Sequence[dict[str, Any]]) -> int | None:
    """The least gross at which `paid(row)` reaches `amount`; `rows` are answers known, by rising gross.

    Payouts never fall as gross rises and are straight but for a few bends, so the search goes where the line through
    the two nearest levels says and looks around there.
    """
    low, high = _narrowed(rows, paid, amount, (0, 0))
    if high is None:
        return None
    while high[0] - low[0] > 1:
        span = high[0] - low[0]
        guess = low[0] - (-span * (amount - low[1]) // (high[1] - low[1]))
        near = {guess - 1, guess, guess + 1} | {low[0] + span * part // 4 for part in (1, 2, 3)}
        asked = at(sorted(level for level in near if low[0] < level < high[0]))
        low, found = _narrowed(asked, paid, amount, low)
        high = found or high
    return high[0]


def _narrowed(
    rows: Sequence[dict[str, Any]], paid: Amount, amount: int, low: tuple[int, int]
) -> tuple[tuple[int, int], tuple[int, int] | None]:
    """The last level known below the amount and the first one at it, each with what was paid."""
    for row in rows:
        point = (row["gross_minor"], paid(row))
        if point[1] >= amount:
            return low, point
        low = point
    return low, None
