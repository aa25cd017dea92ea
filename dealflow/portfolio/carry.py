"""Which deals of a fund's waterfall ended without a distribution."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from dealflow.core.db import session
from dealflow.portfolio.models import Holding


def written_off(fund_id: str, through: date) -> list[tuple[date, str]]:
    """(day, holding) of what a fund has written off: the deals of its waterfall that enter without a distribution."""
    query = select(Holding.closed_on, Holding.id).where(
        Holding.fund_id == fund_id, Holding.status == "written_off", Holding.closed_on <= through
    )
    return [(day, deal) for day, deal in session().execute(query) if day is not None]
