"""Distributions of a fund: return of capital, preferred return, catch-up, carry, and clawback at the end.

European (whole fund) or American (deal by deal, losses carried forward). Source: shared finance schema,
section 6. All amounts in minor units.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dealflow.finance import reading
from dealflow.finance.allocation import PPM, cumulative, half_up
from dealflow.finance.compounding import grow
from dealflow.finance.errors import FinanceInputError, Refused

MODES = ("european", "american")
ORDER = {"contribution": 0, "write_off": 1, "distribution": 2}
"""Kinds of events, in the order they take effect on one date."""

MAX_PREF_PPM = 1000 * PPM
"""A preferred return above 100,000 % a year is a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Event:
    """A contribution, a distribution or a write-off (amount 0), perhaps of one deal."""

    on: date
    kind: str
    amount: int
    deal: str | None


@dataclass(slots=True)
class Fund:
    """The state of section 6: capital, hurdle and what the tiers have paid so far."""

    pref_ppm: int
    carry_ppm: int
    catch_up_ppm: int
    capital: int = 0
    hurdle: int = 0
    pref_paid: int = 0
    catch_up: int = 0
    catch_up_gp: int = 0
    split: int = 0
    split_gp: int = 0
    contributed: int = 0
    distributed: int = 0
    rolled_to: date | None = None
    waiting: list[Event] = field(default_factory=list)
    entered: set[str] = field(default_factory=set)

    @property
    def carry(self) -> int:
        """All that went to the GP."""
        return self.catch_up_gp + self.split_gp

    def roll(self, on: date) -> None:
        """Compound the hurdle balance to a date."""
        if self.rolled_to is not None:
            self.hurdle = grow(self.hurdle, self.pref_ppm, (on - self.rolled_to).days)
        self.rolled_to = on

    def enter(self, contribution: Event, on: date) -> None:
        """Let a contribution count from its own date, seen at `on`."""
        self.capital += contribution.amount
        self.hurdle += grow(contribution.amount, self.pref_ppm, (on - contribution.on).days)

    def enter_waiting(self, deal: str | None, on: date) -> None:
        """Let the waiting contributions of a deal count (of all deals when None), each by itself."""
        for contribution in self.waiting:
            if deal is None or contribution.deal == deal:
                self.enter(contribution, on)
        self.waiting = [event for event in self.waiting if deal is not None and event.deal != deal]

    def distribute(self, on: date, amount: int) -> dict[str, Any]:
        """One distribution through the four tiers; what each has paid, as the schema's step."""
        roc = min(amount, self.capital)
        self.capital -= roc
        self.hurdle -= roc
        rest = amount - roc
        pref = min(rest, self.hurdle)
        self.hurdle -= pref
        self.pref_paid += pref
        rest -= pref
        caught = self._catch_up(rest)
        self.catch_up += caught
        catch_up_gp = half_up(self.catch_up_ppm * self.catch_up, PPM) - self.catch_up_gp
        self.catch_up_gp += catch_up_gp
        rest -= caught
        self.split += rest
        split_gp = half_up(self.carry_ppm * self.split, PPM) - self.split_gp
        self.split_gp += split_gp
        self.distributed += amount
        return {
            "on": on.isoformat(),
            "amount_minor": amount,
            "roc_minor": roc,
            "pref_minor": pref,
            "catch_up_gp_minor": catch_up_gp,
            "catch_up_lp_minor": caught - catch_up_gp,
            "split_gp_minor": split_gp,
            "split_lp_minor": rest - split_gp,
        }

    def _catch_up(self, rest: int) -> int:
        """How much of `rest` goes through the catch-up tier."""
        faster = self.catch_up_ppm - self.carry_ppm
        if faster <= 0:
            return 0
        return min(rest, max(0, half_up(self.carry_ppm * self.pref_paid, faster) - self.catch_up))

    def clawback(self, tax_ppm: int) -> int:
        """What the GP gives back at the end: carry above its share of profit, or the LPs' shortfall, net of tax."""
        profit = self.distributed - self.contributed
        excess = max(0, self.carry - half_up(self.carry_ppm * max(0, profit), PPM))
        shortfall = max(self.capital, self.hurdle)
        return min(max(excess, min(shortfall, self.carry)), self.carry - half_up(self.carry * tax_ppm, PPM))


def _events(data: dict[str, Any]) -> list[Event]:
    """The events in the order they take effect."""
    found = []
    for item, path in reading.objects(data, "events", ""):
        on = reading.day(item, "on", path)
        kind = reading.choice(item, "kind", path, ORDER)
        amount = 0 if kind == "write_off" else reading.minor(item, "amount_minor", path)
        deal = reading.text(item, "deal", path) if "deal" in item else None
        if kind == "write_off" and deal is None:
            raise FinanceInputError(reading.join(path, "deal"), "missing", "is missing")
        found.append(Event(on, kind, amount, deal))
    return sorted(found, key=lambda event: (event.on, ORDER[event.kind]))


def _run(fund: Fund, events: list[Event], american: bool) -> list[dict[str, Any]]:
    """Let the events happen; the steps of the distributions."""
    steps = []
    for event in events:
        fund.roll(event.on)
        if event.kind == "contribution":
            fund.contributed += event.amount
            if american and event.deal is not None and event.deal not in fund.entered:
                fund.waiting.append(event)
            else:
                fund.enter(event, event.on)
            continue
        if event.deal is not None and event.deal not in fund.entered:
            fund.entered.add(event.deal)
            fund.enter_waiting(event.deal, event.on)
        if event.kind == "distribution":
            steps.append(fund.distribute(event.on, event.amount))
    return steps


def _end(fund: Fund, data: dict[str, Any]) -> int:
    """Bring the fund to its end; the clawback."""
    end = reading.mapping(data["end"], "end")
    on = reading.day(end, "on", "end")
    tax = reading.integer(end, "tax_ppm", "end", 0, PPM) if "tax_ppm" in end else 0
    if fund.rolled_to is not None and on < fund.rolled_to:
        raise FinanceInputError("end.on", "before_events", "must not be before the last event")
    fund.roll(on)
    fund.enter_waiting(None, on)
    return fund.clawback(tax)


def compute(data: dict[str, Any]) -> dict[str, Any]:
    """Family `fund_distribution`: terms and events to the steps, LP and GP totals, and the clawback with `end`.

    Raises FinanceInputError for a malformed input; LPs without commitments give `{"error": "no_weight"}`.
    """
    american = reading.choice(data, "mode", "", MODES) == "american"
    fund = Fund(
        reading.integer(data, "pref_rate_ppm", "", 0, MAX_PREF_PPM),
        reading.integer(data, "carry_ppm", "", 0, PPM),
        reading.integer(data, "catch_up_ppm", "", 0, PPM),
    )
    steps = _run(fund, _events(data), american)
    output: dict[str, Any] = {
        "steps": steps,
        "lp_minor": fund.distributed - fund.carry,
        "gp_minor": fund.carry,
    }
    if "end" in data:
        output["clawback_minor"] = _end(fund, data)
    output["unreturned_capital_minor"] = fund.capital
    output["hurdle_balance_minor"] = fund.hurdle
    if "lps" in data:
        items = reading.objects(data, "lps", "")
        names = reading.identifiers(items)
        commitments = [reading.minor(item, "commitment_minor", path) for item, path in items]
        try:
            parts = cumulative(output["lp_minor"], commitments)
        except Refused as refusal:
            return refusal.as_output()
        output["lp_by_id"] = dict(zip(names, parts, strict=True))
    return output
