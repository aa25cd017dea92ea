"""How the executed term sheets of a project stand together, and who gets what of each date's money.

Pure: plain values in, plain values out. Each sheet's own waterfall runs unchanged over all receipts of the project, by
the code its simulator used (`dealflow.finance`); what it gives is the claim of those it names. A date's money meets the
claims in four classes: tiers that every investor lets go first, investors, others, and the producer, who promised
(docs/decisions, "term sheets stand together"). With one sheet the claims are the payments.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dealflow.finance import capital_calls
from dealflow.finance.waterfall import advance, standing, start

Key = tuple[str, str, str]
"""Term sheet, tier, payee."""

Position = dict[str, Any]
"""`{"on", "gross_minor", "refund_minor", "states": {sheet: state}, "paid": [[sheet, tier, payee, minor]]}`, a JSON value."""


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


def standing_at_start(sheets: Sequence[Sheet]) -> Position:
    """The position before any money."""
    return {
        "on": None, "gross_minor": 0, "refund_minor": 0, "paid": [],
        "states": {sheet.id: start(sheet.waterfall) for sheet in sheets},
    }  # fmt: skip


def paid_of(position: Position) -> dict[Key, int]:
    """What each payee has had from each tier, in all (minor units)."""
    return {(sheet, tier, payee): minor for sheet, tier, payee, minor in position["paid"]}


def run(
    position: Position, sheets: Sequence[Sheet], sums: Mapping[date, int], spend: Sequence[Spend]
) -> Position:
    """The position after the money of all dates in `sums` (minor units by date), which are later than its own.

    `spend` is all audited ad spend known, not only what is new. Raises Refused or FinanceInputError.
    """
    plan = _Plan(sheets)
    entries = {sheet.id: spend_entries(sheet, spend) for sheet in sheets}
    states, paid = dict(position["states"]), paid_of(position)
    gross, refund, on = position["gross_minor"], position["refund_minor"], position["on"]
    for day in sorted(sums):
        claims: dict[Key, int] = {}
        for sheet in sheets:
            states[sheet.id] = advance(
                states[sheet.id], day, [{"amount_minor": sums[day]}], entries[sheet.id]
            )
            stands = standing(states[sheet.id])
            if sheet.joins_after is None or day > sheet.joins_after:
                claims |= _claims(sheet, stands)
        money, gross = stands["distributed_minor"] - gross, stands["distributed_minor"]
        refund, on = stands["refund_balance_minor"], day.isoformat()
        if money > 0:
            plan.pay(money, claims, paid)
    return {
        "on": on, "gross_minor": gross, "refund_minor": refund, "states": states,
        "paid": [[*key, minor] for key, minor in sorted(paid.items())],
    }  # fmt: skip


def joined(
    position: Position, sheets: Sequence[Sheet], sums: Mapping[date, int], spend: Sequence[Spend]
) -> Position:
    """The position with the states of sheets that are new to it: each has counted all money so far (`sums`: up to the
    position's date) and has been paid nothing."""
    states = dict(position["states"])
    for sheet in sheets:
        if sheet.id in states:
            continue
        state, entries = start(sheet.waterfall), spend_entries(sheet, spend)
        for day in sorted(sums):
            state = advance(state, day, [{"amount_minor": sums[day]}], entries)
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
    """Every key of every sheet → the key under which it is paid: what several sheets name alike is owed once."""
    first: dict[tuple[str, str], Key] = {}
    found: dict[Key, Key] = {}
    for sheet in sheets:
        for tier, payees in sheet.tiers():
            for payee in payees:
                key = (sheet.id, tier, payee)
                own = key if payee == sheet.investor else first.setdefault((tier, payee), key)
                found[key] = own
    return found


class _Plan:
    """The classes of claims of some sheets."""

    def __init__(self, sheets: Sequence[Sheet]) -> None:
        self.owner = owner_of(sheets)
        self.weights = {sheet.id: sheet.weight for sheet in sheets}
        self.ahead: list[Key] = []
        self.investors: dict[str, list[Key]] = {}
        self.others: list[Key] = []
        self.producer: list[Key] = []
        for sheet in sheets:
            self._sort(sheet)
        last = sheets[0]
        self.rest = (
            self.producer[-1]
            if self.producer
            else (last.id, last.waterfall["tiers"][-1]["id"], last.producer)
        )

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

    def pay(self, money: int, claims: Mapping[Key, int], paid: dict[Key, int]) -> None:
        """Add a date's money (> 0) to `paid`."""
        owed: dict[Key, int] = {}
        for key, minor in claims.items():
            own = self.owner[key]
            owed[own] = max(owed.get(own, 0), minor)
        owed = {key: max(0, minor - paid.get(key, 0)) for key, minor in owed.items()}
        money = _fill(self.ahead, owed, paid, money)
        money -= self._pay_investors(money, owed, paid)
        money = _fill(self.others, owed, paid, money)
        money = _fill(self.producer, owed, paid, money)
        if money:
            paid[self.rest] = paid.get(self.rest, 0) + money

    def _pay_investors(self, money: int, owed: Mapping[Key, int], paid: dict[Key, int]) -> int:
        """Pay what investors are owed; when money is short, by their investments, none more than it is owed."""
        due = {sheet: sum(owed.get(key, 0) for key in keys) for sheet, keys in self.investors.items()}
        total = sum(due.values())
        if total > money:
            due = _by_weight(money, due, self.weights)
        for sheet, keys in self.investors.items():
            _fill(keys, owed, paid, due[sheet])
        return min(total, money)


def _by_weight(money: int, due: dict[str, int], weights: Mapping[str, int]) -> dict[str, int]:
    question = {
        "op": "call", "amount_minor": money,
        "lps": [{"id": s, "commitment_minor": weights[s], "unfunded_minor": minor} for s, minor in due.items()],
    }  # fmt: skip
    parts: dict[str, int] = capital_calls.compute(question)["calls"]
    return parts


def _fill(keys: Iterable[Key], owed: Mapping[Key, int], paid: dict[Key, int], money: int) -> int:
    """Pay claims in order as far as the money goes; what is left."""
    for key in keys:
        part = min(owed.get(key, 0), money)
        if part:
            paid[key] = paid.get(key, 0) + part
            money -= part
    return money
