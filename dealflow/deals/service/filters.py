"""Filters of the board that people keep and share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core import policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid, NotFound
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.deals.models import DealFilter
from dealflow.deals.policy import Can, Tag

MOST = 50


def keep_filter(actor: Actor, *, name: str, query: dict[str, Any], shared: bool = False) -> DealFilter:
    """Keep a filter under a name. Raises Forbidden, Invalid, and Conflict for a name that is taken."""
    policy.require(actor, Can.KEEP_FILTERS)
    mine = select(func.count(DealFilter.id)).where(DealFilter.user_id == actor.user_id)
    if (session().scalar(mine) or 0) >= MOST:
        raise Invalid.field("name", "too_many", N_("This is the greatest number of filters"))
    row = DealFilter(
        id=new("flt"), organisation_id=actor.organisation_id, user_id=actor.user_id, name=name, shared=shared, query=query,
    )  # fmt: skip
    try:
        with session().begin_nested():
            session().add(row)
    except IntegrityError:
        raise Conflict(N_("You have a filter of this name")) from None
    audit.record(actor, Tag.FILTER_KEPT, row, after={"name": name, "query": query, "shared": shared})
    return row


def drop_filter(actor: Actor, filter_id: str) -> None:
    """Forget a filter: one's own, or as an owner a shared one."""
    row = session().get(DealFilter, filter_id)
    if row is None:
        raise NotFound()
    policy.require(actor, Can.DROP_FILTER, row, see=Can.SEE_FILTERS)
    session().delete(row)
    session().flush()
    audit.record(actor, Tag.FILTER_DROPPED, row, before={"name": row.name})
