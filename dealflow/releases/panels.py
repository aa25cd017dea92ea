"""What releases add to the pages of a project and of a deal."""

from __future__ import annotations

from typing import Any

from dealflow.core import policy, slots
from dealflow.core.actor import Actor
from dealflow.core.errors import NotFound
from dealflow.releases import charts, desks, queries, spending
from dealflow.releases.desks import Desk
from dealflow.releases.policy import Can


def _panel(actor: Actor, project_id: str, template: str) -> tuple[str, dict[str, Any]] | None:
    try:
        desk = desks.of_actor(actor, project_id)
    except NotFound:
        return None
    rows = queries.releases(desk.project_id, all_of_them=False)
    caps = queries.caps(desk.project_id)
    if not rows and not caps and not _may_begin(actor, desk):
        return None
    return template, {
        "desk": desk, "rows": rows, "totals": charts.totals(queries.receipts_by_day(desk.project_id)),
        "levels": spending.levels(desk.project_id, caps) if caps else [],
    }  # fmt: skip


def _may_begin(actor: Actor, desk: Desk) -> bool:
    return policy.can(actor, Can.WRITE, desk)


@slots.fill("project.side", order=25)
def of_project(actor: Actor, project: Any) -> tuple[str, dict[str, Any]] | None:
    """For owner and bound investors: where the project is out, and the way to its figures."""
    return _panel(actor, project.id, "releases/_project.html")


@slots.fill("deal.side", order=25)
def of_deal(actor: Actor, deal: Any) -> tuple[str, dict[str, Any]] | None:
    """The same beside a deal."""
    return _panel(actor, deal.project_id, "releases/_deal.html")
