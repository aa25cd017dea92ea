"""One tier while money flows: its total, its target of the date, and who of its payees has what."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from dealflow.finance.allocation import cumulative
from dealflow.finance.waterfall.terms import Interest, Split, Tier


class TierRun:
    """The moving part of a tier (all amounts cumulative, minor units).

    A *segment* is a stretch over which the payees' weights do not change; within it a payee has its amount
    at the segment's start plus its part of the cumulative allocation of the tier's money since then.
    """

    def __init__(self, spec: Tier) -> None:
        """The tier before any money."""
        self.spec = spec
        self.total = 0
        self.target = spec.target
        self.step = 0
        self.targets: dict[str, int] = {}
        self.accrued = [0] * len(spec.loans) if isinstance(spec, Interest) else []
        self.paid: dict[str, int] = {}
        self._settled = 0
        self._start = 0
        self._start_paid: dict[str, int] = {}
        self._order: list[str] = []
        self._weights: list[int] = []
        self.begin_segment(spec.weights)
        if self.depends_on_date:
            self.target = 0

    @property
    def depends_on_date(self) -> bool:
        """Whether targets are brought to each date (interest, ad spend)."""
        return self.spec.target is None and not self.spec.weights

    @property
    def limit(self) -> int | None:
        """The cumulative amount at which the tier takes nothing more; None if there is no such amount."""
        ends = [end for end in (self.target, self.spec.cap_minor) if end is not None]
        return min(ends, default=None)

    def begin_segment(self, weights: Collection[tuple[str, int]]) -> None:
        """From here on split by `weights` (what came before must have been settled)."""
        self._start = self.total
        self._start_paid = dict(self.paid)
        self._order = [payee for payee, _ in weights]
        self._weights = [weight for _, weight in weights]

    def settle(self, by_payee: dict[str, int]) -> None:
        """Bring `paid` to the tier's total and add what is new to `by_payee`."""
        if self._settled == self.total:
            return
        self._settled = self.total
        paid, start = self.paid, self._start_paid
        for payee, part in zip(self._order, self._parts(self.total), strict=True):
            now = start.get(payee, 0) + part
            by_payee[payee] += now - paid.get(payee, 0)
            paid[payee] = now

    def gain(self, total: int, payees: frozenset[str]) -> int:
        """What `payees` together would get more than they have now, were the tier's total `total`."""
        if payees.isdisjoint(self._order):
            return 0
        return sum(
            self._start_paid.get(payee, 0) + part - self.paid.get(payee, 0)
            for payee, part in zip(self._order, self._parts(total), strict=True)
            if payee in payees
        )

    def _parts(self, total: int) -> list[int]:
        """The parts of the segment's money at a total."""
        return cumulative(total - self._start, self._weights)

    def set_targets(self, targets: list[tuple[str, int]]) -> None:
        """Bring the payees' targets to a new date; a change starts a segment over what is outstanding."""
        new = dict(targets)
        if new == self.targets:
            return
        self.targets = new
        self.target = sum(new.values())
        outstanding = [(payee, max(0, due - self.paid.get(payee, 0))) for payee, due in targets]
        if any(due for _, due in outstanding):
            self.begin_segment(outstanding)

    def set_step(self, step: int) -> None:
        """Put the shares of escalator step `step` in force (0: before any threshold)."""
        if step == self.step or not isinstance(self.spec, Split):
            return
        steps = [self.spec.shares, *(escalator.shares for escalator in self.spec.escalators)]
        if steps[step] != steps[self.step]:
            self.begin_segment(steps[step])
        self.step = step

    def dump(self) -> dict[str, Any]:
        """The tier's state as JSON values; call `settle` first."""
        return {
            "total_minor": self.total,
            "step": self.step,
            "targets": self.targets,
            "accrued": self.accrued,
            "paid": self.paid,
            "segment": {
                "total_minor": self._start,
                "paid": self._start_paid,
                "weights": [list(pair) for pair in zip(self._order, self._weights, strict=True)],
            },
        }

    def load(self, state: dict[str, Any]) -> None:
        """Take up a state that `dump` gave."""
        self.total = self._settled = state["total_minor"]
        self.step = state["step"]
        self.targets = dict(state["targets"])
        self.accrued = list(state["accrued"])
        self.paid = dict(state["paid"])
        if self.depends_on_date:
            self.target = sum(self.targets.values())
        segment = state["segment"]
        self._start = segment["total_minor"]
        self._start_paid = dict(segment["paid"])
        self._order = [payee for payee, _ in segment["weights"]]
        self._weights = [weight for _, weight in segment["weights"]]
