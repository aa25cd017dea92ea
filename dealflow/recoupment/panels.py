"""What recoupment adds to other pages: the way to a project's money, and what waits for a second person."""

from __future__ import annotations

from typing import Any

from dealflow.core import slots
from dealflow.core.actor import Actor
from dealflow.core.errors import NotFound
from dealflow.core.i18n import gettext as _
from dealflow.core.i18n import show_day
from dealflow.recoupment import queries


@slots.fill("project.side", order=25)
def of_project(actor: Actor, project: Any) -> tuple[str, dict[str, Any]] | None:
    """For the owner and the investors bound to the project, once there are any: the way to its ledger."""
    if not actor.is_authenticated:
        return None
    try:
        desk = queries.desk(actor, project.id)
    except NotFound:
        return None
    if not desk.payees:
        return None
    return "recoupment/_project.html", {"desk": desk, "last": queries.last_posted(project.id)}


@slots.fill("home.todo", order=30)
def waiting(actor: Actor, _thing: Any) -> tuple[str, dict[str, Any]] | None:
    """Previews that somebody else made and the actor may approve, and disputes of payees to answer."""
    if not actor.may_write:
        return None
    items = _disputed(actor) + [
        {
            "title": _("%(name)s asks you to approve a distribution of “%(project)s”", name=run.made_by_name, project=title),
            "text": _("through %(day)s", day=show_day(run.through)), "href": f"/distribution-runs/{run.id}",
            "action": _("Look at it"), "at": run.created_at, "icon": "coins",
        }
        for run, title in queries.waiting_for(actor)
    ]  # fmt: skip
    return ("", {"items": items}) if items else None


def _disputed(actor: Actor) -> list[dict[str, Any]]:
    return [
        {
            "title": _("Answer the dispute of distribution statement %(number)s", number=statement.number),
            "text": dispute.reason, "href": f"/distribution-statements/{statement.id}", "action": _("Look at it"),
            "at": dispute.created_at, "icon": "message",
        }
        for dispute, statement in queries.to_answer(actor)
    ]  # fmt: skip
