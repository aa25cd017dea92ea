"""What a partner's commitment brought: net rate and multiples out of its own flows and its part of the net assets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dealflow.core.money import Money
from dealflow.finance.batch_metrics import multiple
from dealflow.finance.short import rate_of
from dealflow.funds import queries, waterfall
from dealflow.funds.models import Fund
from dealflow.funds.queries import Flow

# What a transfer moves is no money of the partner's own, and what was paid for it is not known here.
_TAKEN_OVER = {"rate": None, "ambiguous": False, "reason": "taken_over", "days": 0, "period_return": None}


@dataclass(frozen=True)
class Performance:
    """Figures of one commitment at the end of a day; `nav` is its capital less the carried interest accrued on it.

    `irr` as `finance.short.stated` gives it; its reason is `taken_over` where a transfer stands among the flows.
    """

    as_of: date
    paid_in: Money
    distributed: Money
    carry_accrued: Money
    nav: Money
    irr: dict[str, Any]

    def _times(self, minor: int) -> str | None:
        return multiple(minor, self.paid_in.amount_minor)

    @property
    def tvpi(self) -> str | None:
        """Value and distributions over what was paid in; six decimals, None when nothing was."""
        return self._times(self.distributed.amount_minor + self.nav.amount_minor)

    @property
    def dpi(self) -> str | None:
        """Distributions over what was paid in."""
        return self._times(self.distributed.amount_minor)

    @property
    def rvpi(self) -> str | None:
        """Value over what was paid in."""
        return self._times(self.nav.amount_minor)

    def json(self) -> dict[str, Any]:
        """As the API gives it and statements keep it."""
        sums = {
            name: getattr(self, name).json() for name in ("paid_in", "distributed", "carry_accrued", "nav")
        }
        return {
            "as_of": self.as_of.isoformat(), **sums, "tvpi": self.tvpi, "dpi": self.dpi, "rvpi": self.rvpi, "irr": self.irr,
        }  # fmt: skip


def performances(fund: Fund, as_of: date) -> dict[str, Performance]:
    """The figures of every partner at the end of a day, by id."""
    standing = queries.positions(fund, as_of)
    closing = {
        lp_id: account.closing.amount
        for lp_id, account in queries.capital_accounts(fund, as_of, as_of).items()
    }
    carried = waterfall.accrued_shares(fund, as_of, sum(amount.amount_minor for amount in closing.values()))
    flows: dict[str, list[Flow]] = defaultdict(list)
    for flow in queries.cashflows(fund.id, through=as_of):
        flows[flow.lp_id].append(flow)
    found = {}
    for lp_id, place in standing.items():
        carry = fund.money(carried.get(lp_id, 0))
        nav = closing[lp_id] - carry
        found[lp_id] = Performance(
            as_of, place.paid_in, place.distributed.amount, carry, nav, _rate(flows[lp_id], as_of, nav)
        )
    return found


def _rate(flows: Sequence[Flow], as_of: date, nav: Money) -> dict[str, Any]:
    if any(flow.kind == "transfer" for flow in flows):
        return dict(_TAKEN_OVER)
    return rate_of([*((flow.on, flow.amount.amount_minor) for flow in flows), (as_of, nav.amount_minor)])
