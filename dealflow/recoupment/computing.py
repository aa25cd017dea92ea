"""From term sheets and inputs to the lines of a run: continued from the run before where only later money came in,
computed anew from the first receipt where something earlier changed. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from dealflow.core.money import CURRENCIES
from dealflow.recoupment import order
from dealflow.recoupment.order import Key, Position, Sheet
from dealflow.recoupment.sources import Input, Terms
from dealflow.termsheets.library.order import Order

PPM = 1_000_000


@dataclass(frozen=True)
class Base:
    """What was posted before: through which day, the position then, and what was covered."""

    through: date
    position: Position
    covered: frozenset[tuple[str, str]]
    paid: Mapping[Key, int]
    cost: Mapping[Key, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """What a payee gets from a tier (minor units of `currency`): in all, and by this run. `source_ppm` as the terms put it.
    `cost_minor`, `cost_due_minor`: what that takes of the money, which is in the first sheet's currency."""

    term_sheet_id: str
    tier: str
    tier_label: dict[str, str]
    payee: str
    source_ppm: int | None
    basis: str
    cumulative_minor: int
    due_minor: int
    currency: str
    cost_minor: int
    cost_due_minor: int


@dataclass(frozen=True)
class Outcome:
    """A run as computed."""

    kind: str
    new: tuple[Input, ...]
    position: Position
    lines: tuple[Line, ...]

    @property
    def due_minor(self) -> int:
        """Of the money, in its currency."""
        return sum(line.cost_due_minor for line in self.lines)

    @property
    def changes_something(self) -> bool:
        return any(line.due_minor for line in self.lines)


def compute(terms: Terms, inputs: Sequence[Input], base: Base | None) -> Outcome:
    """Who gets what of all `inputs`. Raises Refused or FinanceInputError of `dealflow.finance`."""
    covered = base.covered if base else frozenset()
    new = tuple(item for item in inputs if (item.kind, item.source_id) not in covered)
    earlier = base is not None and any(_reaches_back(item, base.through) for item in new)
    if base is None or earlier:
        position = replay(terms.sheets, inputs)
    else:
        position = _continued(terms.sheets, inputs, base)
    return Outcome(
        "restatement" if earlier else "regular", new, position,
        tuple(lines(terms.sheets, position, base)),
    )  # fmt: skip


def _reaches_back(item: Input, through: date) -> bool:
    # Ad spend taken back changes entries before it.
    return item.counted_on <= through or (item.kind == "ad_spend" and item.amount_minor < 0)


def replay(sheets: Sequence[Sheet], inputs: Sequence[Input]) -> Position:
    """The position after all inputs, from the first receipt on."""
    return order.run(order.standing_at_start(sheets), sheets, flows(sheets, inputs))


def _continued(sheets: Sequence[Sheet], inputs: Sequence[Input], base: Base) -> Position:
    money = flows(sheets, inputs)
    position = order.joined(base.position, sheets, money, base.through)
    return order.run(position, sheets, money, base.through)


def flows(sheets: Sequence[Sheet], inputs: Sequence[Input]) -> dict[str, order.Flow]:
    """What came in and what ads took, as the sheets of each currency count it."""
    money, *others = order.currencies(sheets)
    found = {money: _flow(inputs, {})}
    for currency in others:
        found[currency] = _flow([item.within(currency) for item in inputs], _rates(inputs, currency))
    return found


def _flow(inputs: Sequence[Input], rates: Mapping[date, Fraction]) -> order.Flow:
    return order.Flow(
        order.by_date((i.counted_on, i.amount_minor) for i in inputs if i.kind == "receipt"),
        order.net_spend((i.counted_on, i.amount_minor) for i in inputs if i.kind == "ad_spend"),
        rates,
    )


def _rates(inputs: Sequence[Input], currency: str) -> dict[date, Fraction]:
    """By date of receipts, what one minor unit of a currency costs in that of the money: by the rates that are kept with
    the date's first receipt."""
    first: dict[date, Input] = {}
    for item in sorted((i for i in inputs if i.kind == "receipt"), key=lambda i: i.source_id):
        first.setdefault(item.counted_on, item)
    return {on: _rate(item) / _rate(item.within(currency)) for on, item in first.items()}


def _rate(item: Input) -> Fraction:
    """Minor units of its currency for one of that it came in."""
    if (was := item.exchanged) is None:
        return Fraction(1)
    scale = Fraction(10) ** (CURRENCIES[item.currency] - CURRENCIES[was["currency"]])
    return Fraction(Decimal(was["rate"])) * scale


def lines(sheets: Sequence[Sheet], position: Position, base: Base | None = None) -> list[Line]:
    """A line for every tier and payee, also where nothing is due; `base` says what was there before."""
    paid, cost = order.paid_of(position), order.cost_of(position)
    before, cost_before = (base.paid, base.cost) if base else ({}, {})
    owner = order.owner_of(sheets)
    found = []
    for sheet in sheets:
        words = Order(sheet.waterfall)
        known = {tier["id"]: tier for tier in sheet.waterfall["tiers"]}
        seen: set[Key] = set()
        keys = [(sheet.id, tier, payee) for tier, payees in sheet.tiers() for payee in payees]
        # The producer takes what is left also where no tier of its sheet names it.
        keys += [key for key in paid if key[0] == sheet.id and key not in keys]
        for key in keys:
            if key in seen or owner.get(key, key) != key:
                continue
            seen.add(key)
            tier = known[key[1]]
            label = {lang: words.label(tier, lang) for lang in ("zh", "en")}
            now, due = paid.get(key, 0), paid.get(key, 0) - before.get(key, 0)
            took, taken = now, due
            if sheet.currency != sheets[0].currency:
                took, taken = cost.get(key, 0), cost.get(key, 0) - cost_before.get(key, 0)
            found.append(
                Line(
                    *key[:2], label, key[2], _at_source(sheet, tier, key[2]), tier.get("basis", "remaining"), now, due,
                    sheet.currency, took, taken,
                )
            )  # fmt: skip
    return found


def _at_source(sheet: Sheet, tier: Mapping[str, Any], payee: str) -> int | None:
    """The payee's share of what the tier is taken of (ppm); None where it is paid up to a target."""
    if tier["kind"] in ("fixed", "recoup", "interest", "ad_spend"):
        return None
    for row in tier.get("shares", ()):
        if sheet.payees[row["payee"]] == payee:
            return int(row["ppm"]) * int(tier.get("share_ppm", PPM)) // PPM
    return 0


def digest(terms: Terms, inputs: Sequence[Input], base_id: str | None, through: date) -> str:
    """A hash of everything a run depends on: the preview is posted only while it is the same."""
    content = [
        base_id, through.isoformat(),
        [[s.id, s.joins_after.isoformat() if s.joins_after else None] for s in terms.sheets],
        [
            [i.kind, i.source_id, i.counted_on.isoformat(), i.amount_minor, i.currency]
            + ([i.exchanged] if i.exchanged else [])
            + ([[[c, x.amount_minor, x.exchanged] for c, x in sorted(i.also.items())]] if i.also else [])
            for i in inputs
        ],
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
