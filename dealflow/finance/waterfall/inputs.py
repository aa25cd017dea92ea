"""Receipts and audited ad spend, read against the terms they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from dealflow.finance import reading
from dealflow.finance.allocation import half_up
from dealflow.finance.errors import Refused
from dealflow.finance.waterfall.terms import AdSpend, Terms


def receipt_amount(item: dict[str, Any], path: str, currency: str) -> int:
    """One receipt's amount in minor units of `currency`; foreign money by its own `fx`, rounded half up.

    Negative for a refund. Raises FinanceInputError, or Refused("fx_missing").
    """
    amount = reading.integer(item, "amount_minor", path)
    foreign = reading.text(item, "currency", path) if "currency" in item else currency
    if foreign == currency:
        return amount
    if item.get("fx") is None:
        raise Refused("fx_missing")
    return half_up(amount * reading.exchange_rate(item, "fx", path))


def receipts_by_date(data: dict[str, Any], currency: str) -> dict[date, int]:
    """The sum of the receipts of each date (minor units), dates ascending, whatever the order of the list."""
    sums: dict[date, int] = {}
    for item, path in reading.objects(data, "receipts", ""):
        on = reading.day(item, "on", path)
        sums[on] = sums.get(on, 0) + receipt_amount(item, path, currency)
    return dict(sorted(sums.items()))


@dataclass(frozen=True, slots=True)
class Spend:
    """One audited amount (minor units) a payee spent on promotion, for one ad_spend tier."""

    on: date
    payee: str
    amount_minor: int
    tier: str


def ad_spend(data: dict[str, Any], terms: Terms) -> list[Spend]:
    """The audited entries of `ad_spend`, by date, then as listed; entries not audited are left out.

    Without an ad_spend tier there is nobody to recover from, and nothing is returned. Raises
    FinanceInputError, or Refused("invalid_terms") for an unknown payee or tier, or a tier not named among
    several.
    """
    if "ad_spend" not in data:
        return []
    payees = {payee.id for payee in terms.payees}
    tiers = [tier.id for tier in terms.tiers if isinstance(tier, AdSpend)]
    found = []
    for item, path in reading.objects(data, "ad_spend", ""):
        on = reading.day(item, "on", path)
        payee = reading.text(item, "payee", path)
        amount = reading.minor(item, "amount_minor", path)
        audited = reading.flag(item, "audited", path)
        named = reading.text(item, "tier", path) if "tier" in item else None
        if (
            payee not in payees
            or (named is not None and named not in tiers)
            or (named is None and len(tiers) > 1)
        ):
            raise Refused("invalid_terms")
        if audited and tiers:
            found.append(Spend(on, payee, amount, named or tiers[0]))
    return sorted(found, key=lambda spend: spend.on)


class SpendBook:
    """Recoverable ad spend per tier and payee as the dates go by; each tier counts up to its cap."""

    def __init__(self, terms: Terms, entries: list[Spend]) -> None:
        """`entries` by date; nothing is counted yet."""
        self._room = {tier.id: tier.limit for tier in terms.tiers if isinstance(tier, AdSpend)}
        self._order = [payee.id for payee in terms.payees]
        self._counted: dict[str, dict[str, int]] = {tier: {} for tier in self._room}
        self._entries = entries
        self._next = 0

    def targets(self, tier: str, on: date) -> list[tuple[str, int]]:
        """Each spender's cumulative recoverable amount (minor units) at `on`, in the order of the payees.

        Dates must not go back from call to call: what has been counted stays counted.
        """
        while self._next < len(self._entries) and self._entries[self._next].on <= on:
            spend = self._entries[self._next]
            self._next += 1
            amount = min(spend.amount_minor, self._room[spend.tier])
            self._room[spend.tier] -= amount
            counted = self._counted[spend.tier]
            counted[spend.payee] = counted.get(spend.payee, 0) + amount
        counted = self._counted[tier]
        return [(payee, counted[payee]) for payee in self._order if payee in counted]
