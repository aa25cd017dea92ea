"""Reads of the table of exchange rates for its page and the API."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.paging import Query, listing
from dealflow.ledger.models import ExchangeRate


def table(
    actor: Actor, query: Query, *, base: str | None = None, quote: str | None = None, since: date | None = None,
    until: date | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Rows of the house's table, the latest day first; a corrected row stands below the one that corrects it."""
    newer = aliased(ExchangeRate)
    corrected = (
        select(newer.id)
        .where(
            newer.organisation_id == ExchangeRate.organisation_id, newer.base == ExchangeRate.base,
            newer.quote == ExchangeRate.quote, newer.day == ExchangeRate.day, newer.number > ExchangeRate.number,
        )
        .exists()
    )  # fmt: skip
    wanted = [
        ExchangeRate.organisation_id == actor.organisation_id,
        *([ExchangeRate.base == base] if base else []),
        *([ExchangeRate.quote == quote] if quote else []),
        *([ExchangeRate.day >= since] if since else []),
        *([ExchangeRate.day <= until] if until else []),
    ]
    total = session().scalar(select(func.count(ExchangeRate.id)).where(*wanted)) or 0
    rows = session().execute(
        select(ExchangeRate, corrected.label("corrected")).where(*wanted)
        .order_by(ExchangeRate.day.desc(), ExchangeRate.base, ExchangeRate.quote, ExchangeRate.number.desc())
        .limit(query.limit).offset(query.offset)
    )  # fmt: skip
    return listing([as_dict(row, in_force=not old) for row, old in rows], total, query)


def as_dict(row: ExchangeRate, *, in_force: bool = True) -> dict[str, Any]:
    """A row as the API gives it."""
    return {
        "id": row.id, "base": row.base, "quote": row.quote, "on": row.day.isoformat(), "rate": row.rate, "source": row.source,
        "in_force": in_force, "user_name": row.user_name, "created_at": clock.rfc3339(row.created_at),
    }  # fmt: skip
