"""The timeline that both parties read."""

from __future__ import annotations

from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.ids import new
from dealflow.deals.models import Deal, DealEvent


def happened(actor: Actor, deal: Deal, kind: str, *, text: str = "", **data: object) -> None:
    """Add a line to the deal's timeline, on behalf of this room or a higher one."""
    session().add(
        DealEvent(
            id=new("dev"),
            deal_id=deal.id,
            kind=kind,
            text=text,
            data=dict(data),
            user_id=actor.user_id,
            investor_organisation_id=deal.investor_organisation_id,
            user_name=actor.user_name,
            project_organisation_id=deal.project_organisation_id,
            side=deal.side_of(actor),
        )
    )
