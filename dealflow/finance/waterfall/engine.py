"""The waterfall engine: money flows through the tiers band by band (schema, sections 2.2 to 2.6).

Within a band every tier's amount is a closed function of the money that flowed in it, so the engine jumps
to the unit at which something happens (a tier is full, an escalator's threshold is reached). Time per date
grows with the tiers and payees that receive, not with the amount.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from dealflow.finance.allocation import PPM, half_up
from dealflow.finance.waterfall.bands import Band, rates
from dealflow.finance.waterfall.inputs import SpendBook
from dealflow.finance.waterfall.terms import AdSpend, Corridor, Escalator, Interest, Recoup, Split, Terms
from dealflow.finance.waterfall.tier_run import TierRun

YEAR = 365
"""Days of a year, ACT/365, also in leap years."""


class Engine:
    """The state of a waterfall between two dates: gross, balance and every tier (minor units)."""

    def __init__(self, terms: Terms) -> None:
        """The waterfall before any money."""
        self.terms = terms
        self.gross = 0
        self.balance = 0
        self.on: date | None = None
        self.money_on: date | None = None
        self.by_payee = {payee.id: 0 for payee in terms.payees}
        self.runs = [TierRun(tier) for tier in terms.tiers]
        self._by_id = {run.spec.id: run for run in self.runs}
        self._splits = [run for run in self.runs if isinstance(run.spec, Split) and run.spec.escalators]
        self._dated = [run for run in self.runs if run.depends_on_date]
        self._listed = {
            run.spec.id: frozenset(payee for payee, _ in run.spec.principals)
            for run in self.runs
            if isinstance(run.spec, Recoup)
        }
        self._look_at_steps()
        self._full = self._satisfied()
        self._band = Band(rates(terms.tiers, self._full), [0] * len(self.runs))

    def receive(self, on: date, amount: int, book: SpendBook) -> None:
        """All that came in (or, negative, was refunded) on a date later than any before."""
        self.on = on
        self.balance += amount
        if self.balance > 0:
            money, self.balance = self.balance, 0
            self.open_date(on, book)
            self.flow(money)
        self.settle()

    def open_date(self, on: date, book: SpendBook) -> None:
        """Bring interest and ad spend targets to a date on which money will flow."""
        if not self._dated:
            self.money_on = on
            return
        self.settle()
        for run in self._dated:
            if isinstance(run.spec, AdSpend):
                run.set_targets(book.targets(run.spec.id, on))
            elif isinstance(run.spec, Interest):
                run.set_targets(self._interest(run, run.spec, on))
        self.money_on = on
        self._look_at_rates()

    def _interest(self, run: TierRun, spec: Interest, on: date) -> list[tuple[str, int]]:
        """Interest accrued per lender up to `on`, on what was outstanding since the last date with money.

        `run.accrued` keeps the exact sum of outstanding * rate * days, in units of 1/(365 * 10^6).
        """
        targets = []
        for position, loan in enumerate(spec.loans):
            since = loan.since if self.money_on is None else max(loan.since, self.money_on)
            days = (on - since).days
            if days > 0:
                repaid = self._by_id[loan.principal_tier].paid.get(loan.payee, 0)
                outstanding = loan.principal_minor - min(loan.principal_minor, repaid)
                run.accrued[position] += outstanding * loan.rate_ppm * days
            targets.append((loan.payee, half_up(run.accrued[position], YEAR * PPM)))
        return targets

    def flow(self, money: int) -> None:
        """Let `money` (> 0) flow on the date that is open."""
        while money > 0:
            pending = self._pending()
            if any(step.tier is not None for step in pending):
                self.settle()
            part = self._until_event(money, pending)
            for position, amount in self._band.amounts_after(part).items():
                self.runs[position].total = amount
            self._band.flowed += part
            self.gross += part
            money -= part
            self._look_at_steps()
            self._look_at_rates()

    def _pending(self) -> list[Escalator]:
        """The escalators that would change a step once reached."""
        return [
            step
            for run in self._splits
            if isinstance(run.spec, Split)
            for step in run.spec.escalators[run.step :]
        ]

    def _until_event(self, money: int, pending: list[Escalator]) -> int:
        """How much of `money` flows until the first event, the unit that causes it included."""
        end = money
        for position, amount in self._band.amounts_after(money).items():
            limit = self.runs[position].limit
            if limit is not None and amount >= limit:
                end = min(end, self._band.money_until(position, limit))
        for step in pending:
            if step.tier is None:
                end = min(end, step.above - self.gross)
        for step in pending:
            if step.tier is not None:
                end = self._until_recouped(self._listed[step.tier], self._threshold(step), end)
        return end

    def _had_after(self, payees: frozenset[str], money: int) -> int:
        """What `payees` have had from all tiers when `money` more has flowed (all settled, no event before)."""
        had = sum(self.by_payee[payee] for payee in payees)
        for position, amount in self._band.amounts_after(money).items():
            had += self.runs[position].gain(amount, payees)
        return had

    def _until_recouped(self, payees: frozenset[str], threshold: int, end: int) -> int:
        """The money at which `payees` have had `threshold` (more than now), or `end` if that comes first.

        What they have had is a straight line but for rounding, so the search starts where the line through
        both ends says and widens from there before it bisects.
        """
        high, had_end = end, self._had_after(payees, end)
        if had_end < threshold:
            return end
        low, had_now = 0, self._had_after(payees, 0)
        guess = min(max((threshold - had_now) * end // (had_end - had_now), 1), end)
        step = 1
        if self._had_after(payees, guess) >= threshold:
            high = guess
            while high > step and self._had_after(payees, high - step) >= threshold:
                high, step = high - step, 2 * step
            low = max(low, high - step)
        else:
            low = guess
            while low + step < end and self._had_after(payees, low + step) < threshold:
                low, step = low + step, 2 * step
            high = min(high, low + step)
        while high - low > 1:
            middle = (low + high) // 2
            if self._had_after(payees, middle) >= threshold:
                high = middle
            else:
                low = middle
        return high

    def _threshold(self, step: Escalator) -> int:
        """An escalator's threshold in minor units."""
        spec = self._by_id[step.tier].spec if step.tier is not None else None
        return spec.multiple(step.above) if isinstance(spec, Recoup) else step.above

    def _look_at_steps(self) -> None:
        """Put the last escalator step reached in force in every split."""
        if any(step.tier is not None for step in self._pending()):
            self.settle()
        for run in self._splits:
            if not isinstance(run.spec, Split):
                continue
            for number in range(len(run.spec.escalators), run.step, -1):
                step = run.spec.escalators[number - 1]
                if step.tier is None:
                    had = self.gross
                else:
                    had = sum(self.by_payee[payee] for payee in self._listed[step.tier])
                if had >= self._threshold(step):
                    run.settle(self.by_payee)
                    run.set_step(number)
                    break

    def _look_at_rates(self) -> None:
        """Start a new band if the rates have changed."""
        full = self._satisfied()
        if full == self._full:
            return
        self._full = full
        vector = rates(self.terms.tiers, full)
        if vector != self._band.rates:
            self._band = Band(vector, [run.total for run in self.runs])

    def _satisfied(self) -> list[bool]:
        """Which tiers take nothing at this moment."""
        flags = []
        for run in self.runs:
            full = run.limit is not None and run.total >= run.limit
            if isinstance(run.spec, Corridor):
                until = self._by_id[run.spec.until_tier]
                full = full or (until.target is not None and until.total >= until.target)
            flags.append(full)
        return flags

    def settle(self) -> None:
        """Bring all payees' amounts to the tiers' totals."""
        for run in self.runs:
            run.settle(self.by_payee)

    def dump(self) -> dict[str, Any]:
        """The state as JSON values, without the terms."""
        self.settle()
        return {
            "on": self.on.isoformat() if self.on else None,
            "money_on": self.money_on.isoformat() if self.money_on else None,
            "gross_minor": self.gross,
            "balance_minor": self.balance,
            "band": {"rates": self._band.rates, "base": self._band.base, "flowed_minor": self._band.flowed},
            "tiers": [run.dump() for run in self.runs],
        }

    def load(self, state: dict[str, Any]) -> None:
        """Take up a state that `dump` gave for the same terms."""
        self.on = date.fromisoformat(state["on"]) if state["on"] else None
        self.money_on = date.fromisoformat(state["money_on"]) if state["money_on"] else None
        self.gross = state["gross_minor"]
        self.balance = state["balance_minor"]
        band = state["band"]
        self._band = Band(list(band["rates"]), list(band["base"]), band["flowed_minor"])
        for run, saved in zip(self.runs, state["tiers"], strict=True):
            run.load(saved)
            for payee, amount in run.paid.items():
                self.by_payee[payee] += amount
        self._full = self._satisfied()
