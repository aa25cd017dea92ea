"""What everybody is paid at several levels of gross receipts, by the code that later settles it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from dealflow.finance import simulate
from dealflow.termsheets.library.waterfalls import INVESTOR

# Levels in eighths of the investment, from a quarter of it to ten times.
_EIGHTHS = (2, 4, 8, 12, 16, 24, 40, 80)
# Beyond this many times the investment nobody calls it break-even.
_FAR = 1000
_PROBES = 64


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
    on = _day(terms)
    asked = _Question(terms, on)
    even = _break_even(asked, amount)
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


def _day(terms: dict[str, Any]) -> date:
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


def _break_even(asked: _Question, amount: int) -> int | None:
    """The least gross at which the investor has been paid its investment; payouts never fall as gross rises."""
    low, high = 0, amount * _FAR
    if asked.at([high])[0]["by_payee"][INVESTOR] < amount:
        return None
    while high - low > 1:
        step = max(1, (high - low) // _PROBES)
        probes = [*range(low + step, high, step), high]
        reached = next(row["gross_minor"] for row in asked.at(probes) if row["by_payee"][INVESTOR] >= amount)
        low, high = max([probe for probe in probes if probe < reached], default=low), reached
    return high
