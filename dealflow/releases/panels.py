"""What releases add to the pages of a project and of a deal."""

from __future__ import annotations

from typing import Any

from flask import url_for

from dealflow.core import policy, slots
from dealflow.core.actor import Actor
from dealflow.core.errors import NotFound
from dealflow.core.i18n import gettext as _
from dealflow.core.i18n import show_day
from dealflow.pitches.queries import briefs
from dealflow.releases import charts, desks, queries, spending
from dealflow.releases.desks import Desk
from dealflow.releases.platforms import platform_name
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


@slots.fill("home.todo", order=17)
def to_confirm(actor: Actor, _thing: Any) -> tuple[str, dict[str, Any]] | None:
    """Releases that a bound investor has not confirmed yet."""
    rows = queries.to_confirm(actor, most=4) if actor.kind in ("investor", "fund") else []
    titles = briefs(row.project_id for row in rows)
    items = [
        {
            "title": _("Look whether “%(project)s” is out on %(platform)s", project=titles[row.project_id]["title"], platform=platform_name(row.platform)),
            "text": _("Said to be out since %(day)s", day=show_day(row.released_on)),
            "href": url_for("releases.release", release_id=row.id), "action": _("Look at it"), "icon": "movie",
        }
        for row in rows
    ]  # fmt: skip
    return ("", {"items": items}) if items else None


@slots.fill("deal.side", order=25)
def of_deal(actor: Actor, deal: Any) -> tuple[str, dict[str, Any]] | None:
    """The same beside a deal."""
    return _panel(actor, deal.project_id, "releases/_deal.html")
