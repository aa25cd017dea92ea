"""Carried interest accrued at a day, had the fund been wound up at its net asset value on that day."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from dealflow.core.db import session
from dealflow.finance import fund_distribution
from dealflow.funds import queries as funds
from dealflow.funds import waterfall
from dealflow.portfolio.models import Holding


def accrued(fund: Any, as_of: date, before_carry_minor: int) -> int:
    """Minor units that the manager would get of it, 0 or more. In a fund by deals all deals have ended by then."""
    if before_carry_minor <= 0 or not fund.carry_ppm:
        return 0
    day = as_of.isoformat()
    events = list(waterfall.contributions(fund, as_of))
    paid = [
        row for row in funds.distributions(fund.id) if row.state == "posted" and row.kind == "distribution"
    ]
    for row in sorted(paid, key=lambda row: row.number):
        if row.paid_on <= as_of:
            events.append(_distribution(row.paid_on.isoformat(), row.amount_minor, row.deal))
    deals = dict.fromkeys(event["deal"] for event in events if event.get("deal"))
    if fund.carry_mode == "american":
        events += [{"on": day, "kind": "write_off", "deal": deal} for deal in deals]
    events.append(_distribution(day, before_carry_minor, None))
    terms = {
        "mode": fund.carry_mode, "pref_rate_ppm": fund.pref_rate_ppm, "carry_ppm": fund.carry_ppm,
        "catch_up_ppm": fund.catch_up_ppm, "events": events,
    }  # fmt: skip
    step = fund_distribution.compute(terms)["steps"][-1]
    return int(step["catch_up_gp_minor"] + step["split_gp_minor"])


def _distribution(day: str, minor: int, deal: str | None) -> dict[str, Any]:
    event = {"on": day, "kind": "distribution", "amount_minor": minor}
    return event | ({"deal": deal} if deal else {})


def written_off(fund_id: str, through: date) -> list[tuple[date, str]]:
    """(day, holding) of what a fund has written off: the deals of its waterfall that enter without a distribution."""
    query = select(Holding.closed_on, Holding.id).where(
        Holding.fund_id == fund_id, Holding.status == "written_off", Holding.closed_on <= through
    )
    return [(day, deal) for day, deal in session().execute(query) if day is not None]
