"""What data rooms add to the pages of a project and of a deal."""

from __future__ import annotations

from typing import Any

from flask import url_for

from dealflow.core import policy, slots
from dealflow.core.actor import Actor
from dealflow.core.errors import NotFound
from dealflow.core.i18n import gettext as _
from dealflow.dataroom import queries, seats
from dealflow.dataroom.policy import Can
from dealflow.dataroom.seats import Seat


def _seat(actor: Actor, project_id: str) -> Seat | None:
    try:
        return seats.of_actor(actor, project_id)
    except NotFound:
        return None


@slots.fill("project.side", order=20)
def of_project(actor: Actor, project: Any) -> tuple[str, dict[str, Any]] | None:
    """For owner and grantees: the way to the room."""
    seat = _seat(actor, project.id)
    if seat is None:
        return None
    return "dataroom/_project.html", {"seat": seat, "counts": queries.counts(seat.room)}


@slots.fill("project.tabs", order=20)
def tab_of_project(actor: Actor, project: Any) -> tuple[str, dict[str, Any]] | None:
    """For owner and grantees: the room as a section of its project."""
    seat = _seat(actor, project.id)
    if seat is None:
        return None
    place = url_for("dataroom.show", project_id=project.id)
    return "", {"label": _("Data room"), "href": place, "count": queries.counts(seat.room)["documents"]}


@slots.fill("deal.side", order=20)
def of_deal(actor: Actor, deal: Any) -> tuple[str, dict[str, Any]] | None:
    """For the investor: the way into the room. For the creator: whether the investor is let in, and the key."""
    seat = _seat(actor, deal.project_id)
    if seat is None:
        return None
    held = []
    if seat.is_owner:
        investor = deal.investor_organisation_id
        held = [
            g
            for g in queries.grants(actor, seat)
            if g.grantee_id == investor and g.state() in ("active", "pending")
        ]
    may_open = seat.is_owner and seat.room.is_open and deal.is_open and policy.can(actor, Can.GRANT, seat)
    return "dataroom/_deal.html", {
        "seat": seat,
        "deal": deal,
        "held": held,
        "may_open": may_open and not held,
    }
