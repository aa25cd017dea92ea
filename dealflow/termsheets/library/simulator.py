"""What terms are worth to each side, asked of the code that later pays: payouts by gross, break-even, who is paid when,
what ad spend does to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from dealflow.finance import simulate
from dealflow.finance.allocation import largest_remainder
from dealflow.termsheets.library.figures import break_even, day_of, least_gross
from dealflow.termsheets.library.pari_passu import INVESTING
from dealflow.termsheets.library.terms import PPM

POINTS = 60
SPENDS = (0, 250_000, 500_000, 750_000, PPM)
MOST_MONTHS = 36


@dataclass(frozen=True)
class Assumptions:
    """What is assumed beside the terms: the gross expected, how many months it comes in over, the part of the ad-spend
    cap that is used. `front_ppm` is the part that comes in the first third of the months."""

    gross_minor: int
    months: int = 12
    spend_ppm: int = PPM
    front_ppm: int = 600_000


@dataclass(frozen=True)
class Recovery:
    """An investor's money and when it is back: at which gross, in which month of the assumed receipts."""

    payee: str
    principal_minor: int
    break_even_minor: int | None
    paid_first: date | None
    recovered: date | None


@dataclass(frozen=True)
class Band:
    """A tier on the axis of gross: where it begins to be paid and where it is full (None: never in sight)."""

    tier: str
    begins_minor: int | None
    full_minor: int | None


@dataclass(frozen=True)
class Part:
    """A payee in a tier: what the terms say at source, and what it comes to at the gross assumed."""

    tier: str
    payee: str
    source_ppm: int | None
    basis: str
    effective_ppm: int
    amount_minor: int


@dataclass(frozen=True)
class Figures:
    """Everything the simulator shows for one set of terms."""

    currency: str
    grid: tuple[Mapping[str, Any], ...]
    at: Mapping[str, int]
    recoveries: tuple[Recovery, ...]
    bands: tuple[Band, ...]
    parts: tuple[Part, ...]
    timeline: tuple[Mapping[str, Any], ...]
    sensitivity: tuple[tuple[int, Mapping[str, int], int | None], ...]
    assumed: Assumptions


def usual(terms: Mapping[str, Any]) -> Assumptions:
    """Assumptions to begin with: receipts of three times the investment."""
    return Assumptions(3 * int(terms["investment"]["amount"]["amount_minor"]))


def figures(terms: Mapping[str, Any], assumed: Assumptions) -> Figures:
    """The figures of valid terms."""
    asked = _Asked(terms, assumed)
    amount = terms["investment"]["amount"]["amount_minor"]
    # Dense where the deal is decided, sparse beyond: half of the points up to three times the investment.
    near, far = max(3 * amount, assumed.gross_minor), max(10 * amount, 2 * assumed.gross_minor)
    levels = sorted(
        {near * i // (POINTS // 2) for i in range(POINTS // 2 + 1)}
        | {near + (far - near) * i // (POINTS // 2) for i in range(1, POINTS // 2 + 1)}
        | {assumed.gross_minor}
    )
    grid = asked.grid(levels, assumed.spend_ppm)
    at = next(row for row in grid if row["gross_minor"] == assumed.gross_minor)
    timeline = asked.timeline()
    return Figures(
        currency=terms["waterfall"]["currency"], grid=tuple(grid), at=at["by_payee"],
        recoveries=tuple(
            _recovery(p, m, asked.even(p, m, assumed.spend_ppm), timeline)
            for p, m in asked.principals(amount).items()
        ),
        bands=tuple(_band(tier, asked, grid, assumed.spend_ppm) for tier in terms["waterfall"]["tiers"]),
        parts=tuple(_parts(terms["waterfall"], at)), timeline=tuple(timeline),
        sensitivity=tuple(asked.spend(spend) for spend in SPENDS) if asked.caps else (), assumed=assumed,
    )  # fmt: skip


class _Asked:
    def __init__(self, terms: Mapping[str, Any], assumed: Assumptions) -> None:
        self.waterfall, self.assumed = terms["waterfall"], assumed
        self.amount: int = terms["investment"]["amount"]["amount_minor"]
        self.start, self.on = _start(terms), day_of(terms)
        self.kinds = {payee["id"]: payee["kind"] for payee in self.waterfall["payees"]}
        self.advancer = next((p for p, kind in self.kinds.items() if kind == "ad_spend"), None)
        self.caps = {
            tier["id"]: tier["cap_minor"]
            for tier in self.waterfall["tiers"]
            if tier["kind"] == "ad_spend" and self.advancer
        }

    def _spend(self, ppm: int, on: date) -> list[dict[str, Any]]:
        return [
            {
                "on": on.isoformat(), "payee": self.advancer, "amount_minor": cap * ppm // PPM, "audited": True,
                "tier": tier,
            }
            for tier, cap in self.caps.items()
        ]  # fmt: skip

    def grid(self, levels: list[int], spend_ppm: int) -> list[dict[str, Any]]:
        """Payouts at each level, as if it all came in on the first day."""
        question = {
            "terms": self.waterfall, "gross_grid": levels, "on": self.on.isoformat(),
            "ad_spend": self._spend(spend_ppm, self.on),
        }  # fmt: skip
        rows: list[dict[str, Any]] = simulate(question)["grid"]
        return rows

    def even(self, payee: str, principal: int, spend_ppm: int) -> int | None:
        """The gross at which an investor has its money back."""
        return break_even(lambda levels: self.grid(levels, spend_ppm), payee, principal)

    def spend(self, ppm: int) -> tuple[int, dict[str, int], int | None]:
        """What everybody gets at the gross assumed when this part of the cap is spent, and the first investor's
        break-even."""
        (at,) = self.grid([self.assumed.gross_minor], ppm)
        first = next(iter(self.principals(self.amount).items()), None)
        return ppm, at["by_payee"], self.even(*first, ppm) if first else None

    def principals(self, amount: int) -> dict[str, int]:
        """Investor → the money it wants back; the investment when no tier names one."""
        found: dict[str, int] = {}
        for tier in self.waterfall["tiers"]:
            for row in tier.get("principals", ()):
                if self.kinds[row["payee"]] in INVESTING:
                    found[row["payee"]] = found.get(row["payee"], 0) + row["principal_minor"]
        return found or {payee: amount for payee, kind in self.kinds.items() if kind in INVESTING and amount}

    def timeline(self) -> list[dict[str, Any]]:
        """Month by month: what came in, and what everybody has had by then."""
        months = self.assumed.months
        receipts = [
            {"on": _month(self.start, index).isoformat(), "amount_minor": part}
            for index, part in enumerate(_curve(self.assumed.gross_minor, months, self.assumed.front_ppm))
            if part
        ]
        spend = self._spend(self.assumed.spend_ppm, self.start)
        question = {"terms": self.waterfall, "receipts": receipts, "ad_spend": spend}
        rows: list[dict[str, Any]] = simulate(question)["timeline"]
        return rows


def _start(terms: Mapping[str, Any]) -> date:
    """The first receipts are assumed a month after delivery."""
    return _month(date.fromisoformat(str(terms["delivery"]["by"])), 1)


def _month(day: date, later: int) -> date:
    """The first of a month so many months later."""
    count = day.year * 12 + day.month - 1 + later
    return date(count // 12, count % 12 + 1, 1)


def _curve(gross: int, months: int, front_ppm: int) -> list[int]:
    """The gross by month: the front part evenly over the first third, the rest over the others."""
    first = max(1, months // 3)
    if months == 1:
        return [gross]
    weights = [front_ppm // first] * first + [(PPM - front_ppm) // (months - first)] * (months - first)
    return largest_remainder(gross, weights) if any(weights) else [gross, *[0] * (months - 1)]


def _recovery(payee: str, principal: int, even: int | None, timeline: list[dict[str, Any]]) -> Recovery:
    def first(least: int) -> date | None:
        days = (row["on"] for row in timeline if row["by_payee"][payee] >= least)
        found = next(days, None)
        return date.fromisoformat(found) if found else None

    return Recovery(payee, principal, even, first(1), first(principal))


def _band(tier: Mapping[str, Any], asked: _Asked, grid: list[dict[str, Any]], spend_ppm: int) -> Band:
    """Where the tier's amount begins to rise and where it stops, as far as the levels asked go."""

    def paid(row: dict[str, Any]) -> int:
        return int(row["by_tier"][tier["id"]]["total_minor"])

    def at(levels: list[int]) -> list[dict[str, Any]]:
        return asked.grid(levels, spend_ppm)

    top = paid(grid[-1])
    begins = least_gross(at, paid, 1, grid)
    full = least_gross(at, paid, top, grid) if top and paid(grid[-2]) == top else None
    return Band(tier["id"], begins, full)


def _parts(waterfall: Mapping[str, Any], at: Mapping[str, Any]) -> list[Part]:
    """Every payee's part of every tier, as the terms put it and as it comes out."""
    found, gross = [], at["gross_minor"]
    for tier in waterfall["tiers"]:
        paid = at["by_tier"][tier["id"]]["by_payee"]
        own = tier.get("share_ppm", PPM)
        shares = {row["payee"]: row["ppm"] * own // PPM for row in tier.get("shares", ())}
        payees = list(shares) or [payee for payee, amount in paid.items() if amount]
        for payee in payees:
            amount = paid.get(payee, 0)
            found.append(
                Part(
                    tier["id"], payee, shares.get(payee), tier.get("basis", "remaining"),
                    amount * PPM // gross if gross else 0, amount,
                )
            )  # fmt: skip
    return found
