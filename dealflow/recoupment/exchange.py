"""Receipts and ad spend in another currency than the terms: converted once, at the rate of their day, and kept so.

What a posted run covered stands as it was posted, whatever the table of rates says later. A correction goes by the rate of
the receipt it corrects and makes up the difference to what the corrected receipt comes to, so that a receipt and its
corrections sum to the same, to the smallest unit, however many runs they came in. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from dealflow.core.money import LIMIT
from dealflow.ledger.rates import Rate, in_quote
from dealflow.recoupment.sources import EXCHANGE, Input

Key = tuple[str, str]
"""Kind and id of an input."""


class NoRatesError(Exception):
    """There is no rate for these currencies and days."""

    def __init__(self, missing: Iterable[tuple[str, str, date]]) -> None:
        super().__init__()
        self.missing = sorted(set(missing))


class TooLargeError(Exception):
    """At its rate an amount is beyond what can be kept."""

    def __init__(self, currency: str, day: date) -> None:
        super().__init__()
        self.currency, self.day = currency, day


@dataclass
class _Chain:
    """A receipt with its corrections: what they were and what they came to."""

    kept: dict[str, Any] | None = None
    before_minor: int = 0
    after_minor: int = 0

    def add(self, item: Input, kept: dict[str, Any]) -> None:
        self.kept = {name: kept[name] for name in ("rate", "rate_day", "rate_source", "rate_rows")}
        self.before_minor += kept["amount_minor"]
        self.after_minor += item.amount_minor


def in_currencies(
    found: Sequence[Input],
    currencies: Sequence[str],
    posted: Mapping[str, Mapping[Key, Input]],
    rate_of: Callable[[str, str, date], Rate | None],
) -> tuple[list[Input], tuple[Input, ...]]:
    """All inputs in the first currency (the money's), each with what it is in the others (`also`); and which of the latter
    no posted run has kept. `posted`: by currency, what runs have. `rate_of(base, quote, day)`.

    Raises NoRatesError with the pairs and days, TooLargeError.
    """
    missing: list[tuple[str, str, date]] = []
    done: dict[str, list[Input]] = {}
    for currency in currencies:

        def into(base: str, day: date, quote: str = currency) -> Rate | None:
            return rate_of(base, quote, day)

        try:
            done[currency] = converted(found, currency, posted.get(currency, {}), into)
        except NoRatesError as error:
            missing += error.missing
    if missing:
        raise NoRatesError(missing)
    money, *others = currencies
    inputs = [
        replace(item, also={currency: done[currency][place] for currency in others})
        for place, item in enumerate(done[money])
    ]
    fresh = [
        item
        for currency in others
        for item in done[currency]
        if (item.kind, item.source_id) not in posted.get(currency, {})
    ]
    return inputs, tuple(fresh)


def converted(
    found: Sequence[Input],
    currency: str,
    posted: Mapping[Key, Input],
    rate_of: Callable[[str, date], Rate | None],
) -> list[Input]:
    """All inputs in one currency. `posted` holds those of other currencies that runs have covered, as they were posted.

    Raises NoRatesError, TooLargeError.
    """
    chains: dict[Key, _Chain] = {}
    for item in posted.values():
        if item.exchanged:
            chains.setdefault(item.chain, _Chain()).add(item, item.exchanged)
    missing: list[tuple[str, str, date]] = []
    done: list[Input] = []
    for item in found:
        if item.currency == currency:
            done.append(item)
        elif (known := posted.get((item.kind, item.source_id))) is not None:
            done.append(known)
        else:
            chain = chains.setdefault(item.chain, _Chain())
            rate = chain.kept or _kept(rate_of(item.currency, item.counted_on))
            if rate is None:
                missing.append((item.currency, currency, item.counted_on))
            else:
                done.append(_one(item, currency, chain, rate))
    if missing:
        raise NoRatesError(missing)
    return done


def _kept(rate: Rate | None) -> dict[str, Any] | None:
    return rate.kept() if rate else None


def _one(item: Input, currency: str, chain: _Chain, rate: dict[str, Any]) -> Input:
    whole = in_quote(chain.before_minor + item.amount_minor, item.currency, currency, rate["rate"])
    minor = whole - chain.after_minor
    if abs(minor) > LIMIT:
        raise TooLargeError(item.currency, item.counted_on)
    was = {"amount_minor": item.amount_minor, "currency": item.currency, **rate}
    made = replace(item, amount_minor=minor, currency=currency, facts=item.facts | {EXCHANGE: was})
    chain.add(made, was)
    return made


def told(new: Iterable[Input], also: Iterable[Input]) -> list[dict[str, Any]]:
    """What a run converted: of what it covers anew into the currency of the money, then what it counts for sheets in
    other currencies, each row of those with that currency (`into`). A JSON value."""
    by_currency: dict[str, list[Input]] = {}
    for item in also:
        by_currency.setdefault(item.currency, []).append(item)
    found = summary(new)
    for currency in sorted(by_currency):
        found += [row | {"into": currency} for row in summary(by_currency[currency])]
    return found


def summary(inputs: Iterable[Input]) -> list[dict[str, Any]]:
    """What was converted, by kind, day and rate: the sums before and after. A JSON value, in order of day."""
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for item in inputs:
        if (was := item.exchanged) is None:
            continue
        words = (
            item.counted_on.isoformat(), item.kind, was["currency"], was["rate"], was["rate_day"], was["rate_source"]
        )  # fmt: skip
        names = ("on", "kind", "currency", "rate", "rate_day", "rate_source")
        row = rows.setdefault(
            words, dict(zip(names, words, strict=True)) | {"count": 0, "before_minor": 0, "after_minor": 0}
        )
        row["count"] += 1
        row["before_minor"] += was["amount_minor"]
        row["after_minor"] += item.amount_minor
    return [rows[key] for key in sorted(rows)]


def wrong(inputs: Iterable[Input]) -> Iterator[str]:
    """Receipts that with their corrections do not come to what they were at the rate that is kept with them."""
    chains: dict[Key, list[Input]] = {}
    for item in inputs:
        if item.exchanged:
            chains.setdefault(item.chain, []).append(item)
    for (kind, source_id), items in chains.items():
        was = [item.exchanged or {} for item in items]
        before = sum(one["amount_minor"] for one in was)
        wanted = in_quote(before, was[0]["currency"], items[0].currency, was[0]["rate"])
        have = sum(item.amount_minor for item in items)
        if have != wanted or len({(one["currency"], one["rate"]) for one in was}) > 1:
            yield f"{kind} {source_id}: {before} {was[0]['currency']} stand as {have}, at {was[0]['rate']} they are {wanted}"
