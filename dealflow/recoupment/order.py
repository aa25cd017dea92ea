"""How the executed term sheets of a project stand together, and who gets what of each date's money.

Pure: plain values in, plain values out. Each sheet's own waterfall runs unchanged over all receipts of the project, by
the code its simulator used (`dealflow.finance`); what it gives is the claim of those it names. A date's money meets the
claims in four classes: tiers that every investor lets go first, investors, others, and the producer, who promised
(docs/decisions, "term sheets stand together"). With one sheet the claims are the payments.

The money is in the currency of the first sheet. A sheet in another one counts and claims in its own; its claims take of a
date's money what they cost at the rate of that date ("a term sheet pays in its own currency").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import floor
from typing import Any

from dealflow.finance import capital_calls
from dealflow.finance.allocation import half_up
from dealflow.finance.waterfall import advance, standing, start

Key = tuple[str, str, str]
"""Term sheet, tier, payee."""

Position = dict[str, Any]
"""`{"on", "gross_minor", "refund_minor", "states": {sheet: state}, "paid": [[sheet, tier, payee, minor]]}`, a JSON value.
With sheets in several currencies also `"cost"`, as `paid`: what payments in others than the first took of the money; and
`"foreign": {currency: minor}`: all money as sheets in that currency count it."""


@dataclass(frozen=True)
class Sheet:
    """An executed term sheet. `payees` maps its own payee ids to the project's keys; money dated up to `joins_after`
    was shared before this sheet was there."""

    id: str
    investor: str
    producer: str
    weight: int
    waterfall: dict[str, Any]
    payees: Mapping[str, str]
    joins_after: date | None = None

    @property
    def currency(self) -> str:
        """What it counts and pays in."""
        return str(self.waterfall["currency"])

    def tiers(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each tier with the keys of the payees it names, in order of rank."""
        ads = [p["id"] for p in self.waterfall["payees"] if p["kind"] == "ad_spend"]
        for tier in self.waterfall["tiers"]:
            rows = tier.get("shares") or tier.get("principals") or tier.get("loans") or ()
            local = [row["payee"] for row in rows] or ads
            local += [
                r["payee"]
                for step in tier.get("escalators", ())
                for r in step["shares"]
                if r["payee"] not in local
            ]
            yield tier["id"], tuple(self.payees[payee] for payee in local)


@dataclass(frozen=True)
class Spend:
    """Ad spend as it counts: negative rows take back the latest before them."""

    on: date
    amount_minor: int


@dataclass(frozen=True)
class Flow:
    """What came in and what ads took, all that is known, as sheets of one currency count it (minor units). `rates`: what
    one minor unit of it costs in minor units of the first sheet's currency, by date; empty for that currency itself."""

    sums: Mapping[date, int]
    spend: Sequence[Spend]
    rates: Mapping[date, Fraction]


def currencies(sheets: Sequence[Sheet]) -> list[str]:
    """The currencies of some sheets, that of the money first."""
    return list(dict.fromkeys(sheet.currency for sheet in sheets))


def standing_at_start(sheets: Sequence[Sheet]) -> Position:
    """The position before any money."""
    return {
        "on": None, "gross_minor": 0, "refund_minor": 0, "paid": [],
        "states": {sheet.id: start(sheet.waterfall) for sheet in sheets},
    }  # fmt: skip


def paid_of(position: Position) -> dict[Key, int]:
    """What each payee has had from each tier, in all (minor units)."""
    return {(sheet, tier, payee): minor for sheet, tier, payee, minor in position["paid"]}


def cost_of(position: Position) -> dict[Key, int]:
    """What payments in another currency than the first sheet's took of the money, in all (its minor units)."""
    return {(sheet, tier, payee): minor for sheet, tier, payee, minor in position.get("cost", ())}


def run(
    position: Position, sheets: Sequence[Sheet], flows: Mapping[str, Flow], after: date | None = None
) -> Position:
    """The position after the money of all dates (later than `after`, the position's own). `flows`: one for each currency.

    Raises Refused or FinanceInputError.
    """
    plan, money_in = _Plan(sheets), sheets[0].currency
    entries = {sheet.id: spend_entries(sheet, flows[sheet.currency].spend) for sheet in sheets}
    states, paid, cost = dict(position["states"]), paid_of(position), cost_of(position)
    gross, refund, on = position["gross_minor"], position["refund_minor"], position["on"]
    for day in (day for day in sorted(flows[money_in].sums) if after is None or day > after):
        claims: dict[Key, int] = {}
        stands: dict[str, dict[str, Any]] = {}
        for sheet in sheets:
            states[sheet.id] = _counted(states[sheet.id], sheet, flows, day, entries[sheet.id])
            found = stands[sheet.currency] = standing(states[sheet.id])
            if sheet.joins_after is None or day > sheet.joins_after:
                claims |= _claims(sheet, found)
        whole = stands.pop(money_in)
        money, gross = whole["distributed_minor"] - gross, whole["distributed_minor"]
        refund, on = whole["refund_balance_minor"], day.isoformat()
        if money > 0:
            plan.pay(money, claims, paid, cost, {c: flows[c].rates[day] for c in stands})
    foreign = {
        sheet.currency: standing(states[sheet.id])["distributed_minor"]
        for sheet in sheets if sheet.currency != money_in
    }  # fmt: skip
    return {
        "on": on, "gross_minor": gross, "refund_minor": refund, "states": states, "paid": _rows(paid),
        **({"cost": _rows(cost), "foreign": foreign} if foreign else {}),
    }  # fmt: skip


def _rows(amounts: Mapping[Key, int]) -> list[list[Any]]:
    return [[*key, minor] for key, minor in sorted(amounts.items())]


def _counted(
    state: Any, sheet: Sheet, flows: Mapping[str, Flow], day: date, entries: list[dict[str, Any]]
) -> Any:
    return advance(state, day, [{"amount_minor": flows[sheet.currency].sums[day]}], entries)


def joined(position: Position, sheets: Sequence[Sheet], flows: Mapping[str, Flow], through: date) -> Position:
    """The position with the states of sheets that are new to it: each has counted all money `through` the position's
    date and has been paid nothing."""
    states = dict(position["states"])
    for sheet in sheets:
        if sheet.id in states:
            continue
        flow = flows[sheet.currency]
        state, entries = start(sheet.waterfall), spend_entries(sheet, flow.spend)
        for day in (day for day in sorted(flow.sums) if day <= through):
            state = _counted(state, sheet, flows, day, entries)
        states[sheet.id] = state
    return position | {"states": states}


def by_date(amounts: Iterable[tuple[date, int]]) -> dict[date, int]:
    """Amounts summed by date."""
    sums: dict[date, int] = {}
    for on, minor in amounts:
        sums[on] = sums.get(on, 0) + minor
    return sums


def net_spend(rows: Iterable[tuple[date, int]]) -> list[Spend]:
    """Ad spend by date, each negative row taken off the latest entries not later than it."""
    entries: list[list[Any]] = []
    for on, minor in sorted(rows, key=lambda row: (row[0], row[1] < 0)):
        if minor > 0:
            entries.append([on, minor])
            continue
        rest = -minor
        for entry in reversed(entries):
            part = min(rest, entry[1])
            entry[1] -= part
            rest -= part
    return [Spend(on, minor) for on, minor in entries if minor]


def spend_entries(sheet: Sheet, spend: Sequence[Spend]) -> list[dict[str, Any]]:
    """The entries as the sheet's waterfall takes them: for its payee of that kind and its first tier of that kind."""
    payee = next((p["id"] for p in sheet.waterfall["payees"] if p["kind"] == "ad_spend"), None)
    tier = next((t["id"] for t in sheet.waterfall["tiers"] if t["kind"] == "ad_spend"), None)
    if payee is None or tier is None:
        return []
    return [
        {
            "on": s.on.isoformat(),
            "payee": payee,
            "amount_minor": s.amount_minor,
            "audited": True,
            "tier": tier,
        }
        for s in spend
    ]


def _claims(sheet: Sheet, stands: dict[str, Any]) -> dict[Key, int]:
    return {
        (sheet.id, tier, sheet.payees[local]): minor
        for tier, amounts in stands["by_tier"].items()
        for local, minor in amounts["by_payee"].items()
        if minor
    }


def owner_of(sheets: Sequence[Sheet]) -> dict[Key, Key]:
    """Every key of every sheet → the key under which it is paid: what several sheets name alike is owed once, by the
    first of them and in its currency."""
    first: dict[tuple[str, str], Key] = {}
    found: dict[Key, Key] = {}
    for sheet in sheets:
        for tier, payees in sheet.tiers():
            for payee in payees:
                key = (sheet.id, tier, payee)
                own = key if payee == sheet.investor else first.setdefault((tier, payee), key)
                found[key] = own
    return found


@dataclass(frozen=True)
class _Till:
    """A date's money being paid out: what is still owed (in the sheets' own currencies), what each had in all, what that
    took of the money where it is another currency, and the rates of the date for those sheets."""

    owed: Mapping[Key, int]
    paid: dict[Key, int]
    cost: dict[Key, int]
    rates: Mapping[str, Fraction]

    def price(self, key: Key) -> int:
        """What it takes to pay a claim in full: half up."""
        owed, rate = self.owed.get(key, 0), self.rates.get(key[0])
        return owed if rate is None else half_up(owed * rate)

    def fill(self, keys: Iterable[Key], money: int) -> int:
        """Pay claims in order as far as the money goes; what is left. Less than the smallest unit of a claim's currency
        pays nothing of it and goes to the next."""
        for key in keys:
            price, rate = self.price(key), self.rates.get(key[0])
            if not money or not self.owed.get(key, 0):
                continue
            if rate is None:
                part = took = min(price, money)
            elif price <= money:
                part, took = self.owed[key], price
            else:
                part = floor(money / rate)
                took = half_up(part * rate)
            if part:
                self.paid[key] = self.paid.get(key, 0) + part
                money -= took
                if rate is not None:
                    self.cost[key] = self.cost.get(key, 0) + took
        return money


class _Plan:
    """The classes of claims of some sheets."""

    def __init__(self, sheets: Sequence[Sheet]) -> None:
        self.owner = owner_of(sheets)
        self.currency = {sheet.id: sheet.currency for sheet in sheets}
        self.weights = {sheet.id: sheet.weight for sheet in sheets}
        self.ahead: list[Key] = []
        self.investors: dict[str, list[Key]] = {}
        self.others: list[Key] = []
        self.producer: list[Key] = []
        for sheet in sheets:
            self._sort(sheet)
        first = sheets[0]
        # What is left is money of the first sheet's currency, whatever else the producer is paid in.
        at_home = [key for key in self.producer if self.currency[key[0]] == first.currency]
        self.rest = at_home[-1] if at_home else (first.id, first.waterfall["tiers"][-1]["id"], first.producer)

    def _sort(self, sheet: Sheet) -> None:
        before = True
        for tier, payees in sheet.tiers():
            before = before and sheet.investor not in payees
            for payee in payees:
                key = (sheet.id, tier, payee)
                if payee == sheet.investor:
                    self.investors.setdefault(sheet.id, []).append(key)
                elif self.owner[key] == key:
                    place = (
                        self.ahead if before else self.producer if payee == sheet.producer else self.others
                    )
                    place.append(key)

    def pay(
        self,
        money: int,
        claims: Mapping[Key, int],
        paid: dict[Key, int],
        cost: dict[Key, int],
        rates: Mapping[str, Fraction],
    ) -> None:
        """Add a date's money (> 0) to `paid`, and to `cost` what was paid in another currency at the `rates` of the date."""
        owed: dict[Key, int] = {}
        for key, minor in claims.items():
            own = self.owner[key]
            # Amounts in two currencies are not held against each other: the first sheet says what is owed.
            if self.currency[own[0]] == self.currency[key[0]]:
                owed[own] = max(owed.get(own, 0), minor)
        owed = {key: max(0, minor - paid.get(key, 0)) for key, minor in owed.items()}
        by_sheet = {sheet: rates[c] for sheet, c in self.currency.items() if c in rates}
        till = _Till(owed, paid, cost, by_sheet)
        money = till.fill(self.ahead, money)
        money = self._pay_investors(till, money)
        money = till.fill(self.others, money)
        money = till.fill(self.producer, money)
        if money:
            paid[self.rest] = paid.get(self.rest, 0) + money

    def _pay_investors(self, till: _Till, money: int) -> int:
        """Pay what investors are owed, and say what is left; when money is short, by their investments, none more than it
        is owed."""
        due = {sheet: sum(map(till.price, keys)) for sheet, keys in self.investors.items()}
        if sum(due.values()) > money:
            weights = {
                sheet: max(1, half_up(weight * till.rates[sheet])) if sheet in till.rates else weight
                for sheet, weight in self.weights.items()
            }
            due = _by_weight(money, due, weights)
        for sheet, keys in self.investors.items():
            money -= due[sheet] - till.fill(keys, due[sheet])
        return money


def _by_weight(money: int, due: dict[str, int], weights: Mapping[str, int]) -> dict[str, int]:
    question = {
        "op": "call", "amount_minor": money,
        "lps": [{"id": s, "commitment_minor": weights[s], "unfunded_minor": minor} for s, minor in due.items()],
    }  # fmt: skip
    parts: dict[str, int] = capital_calls.compute(question)["calls"]
    return parts
