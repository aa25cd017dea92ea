"""What waits for somebody: distributions to approve, calls of one's own place to pay."""

from __future__ import annotations

from sqlalchemy import select

from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.funds.models import Fund, FundCall, FundCallLine, FundDistribution, FundLp, held_by

MOST = 5
_OWN = {"unscoped": "the query itself names the places of the actor's organisation"}


def to_approve(actor: Actor) -> list[tuple[Fund, FundDistribution]]:
    """Distributions of one's organisation that somebody else prepared."""
    if not actor.may_write:
        return []
    query = (
        select(Fund, FundDistribution)
        .join(FundDistribution, FundDistribution.fund_id == Fund.id)
        .where(
            FundDistribution.state == "draft",
            FundDistribution.organisation_id == actor.organisation_id,
            FundDistribution.prepared_by_id != actor.user_id,
        )
        .order_by(FundDistribution.id)
        .limit(MOST)
    )
    return [(fund, row) for fund, row in session().execute(query)]


def to_pay(actor: Actor) -> list[tuple[Fund, FundCall, FundCallLine]]:
    """Issued calls of which one's organisation still owes a part, the earliest due first."""
    query = (
        select(Fund, FundCall, FundCallLine)
        .join(FundCall, FundCall.fund_id == Fund.id)
        .join(FundCallLine, FundCallLine.call_id == FundCall.id)
        .join(FundLp, FundLp.id == FundCallLine.lp_id)
        .where(
            FundCall.state == "issued",
            held_by(actor),
            FundCallLine.paid_minor < FundCallLine.inside_minor + FundCallLine.outside_minor,
        )
        .order_by(FundCall.due_on, FundCall.id)
        .limit(MOST)
    )
    return [(fund, call, line) for fund, call, line in session().execute(query, execution_options=_OWN)]
