"""What this room shows on pages of others."""

from __future__ import annotations

from typing import Any

from flask import url_for

from dealflow.core import find, policy, slots
from dealflow.core.actor import Actor
from dealflow.core.i18n import N_, gettext, ngettext
from dealflow.core.money import short
from dealflow.pitches import queries
from dealflow.pitches.models import Project
from dealflow.pitches.pages.base import link_to
from dealflow.pitches.policy import Can
from dealflow.pitches.schemas import missing_for_publication

_ON_START = 3


@slots.fill("home.todo", order=40)
def drafts(actor: Actor, _thing: Any) -> tuple[str, dict[str, Any]] | None:
    """The own drafts changed last: what each lacks, or that it may be published; with no project at all, to begin one."""
    if not policy.can(actor, Can.CREATE):
        return None
    wanted = queries.ProjectQuery(mine="true", status="draft", limit=_ON_START)
    rows, total = queries.page(actor, wanted)
    if not total and not queries.page(actor, queries.ProjectQuery(mine="true", limit=1))[1]:
        return "", {"items": [_first()]}
    return "", {"items": [_draft(project) for project in rows]}


def _first() -> dict[str, Any]:
    return {
        "title": gettext("Present your first project"),
        "text": gettext(
            "Begin with a title; you see what it still needs, and nobody else sees it before you publish."
        ),
        "href": url_for("pitches.new"),
        "action": gettext("New project"),
        "icon": "movie",
    }


def _draft(project: Project) -> dict[str, Any]:
    title = queries.title(project) or gettext("Untitled project")
    missing = missing_for_publication(project)
    if not missing:
        return {
            "title": gettext("Publish “%(title)s”", title=title),
            "text": gettext("It is complete and nobody sees it yet."),
            "href": url_for("pitches.show_project", project_id=project.id),
            "action": gettext("Look and publish"),
            "icon": "send",
            "at": project.updated_at,
        }
    return {
        "title": gettext("Complete “%(title)s”", title=title),
        "text": ngettext("%(num)s thing missing", "%(num)s things missing", len(missing)),
        "href": link_to(project.id, missing[0].field),
        "action": gettext("Fill in"),
        "icon": "pencil",
        "at": project.updated_at,
    }


@find.source(N_("Projects"), order=10, kind="project")
def titles(actor: Actor, words: str, limit: int) -> list[find.Hit]:
    """Projects the actor may see whose title, logline, synopsis or genre carries these words."""
    if not policy.can(actor, Can.SEE):
        return []
    rows, _total = queries.page(actor, queries.ProjectQuery(q=words, limit=limit))
    names = queries.organisations_of(rows)
    return [_hit(project, names) for project in rows]


def _hit(project: Project, names: Any) -> find.Hit:
    owner = names.get(project.organisation_id)
    facts = [owner.name if owner else "", short(project.ask) if project.ask else ""]
    return find.Hit(
        queries.title(project) or gettext("Untitled project"),
        url_for("pitches.show_project", project_id=project.id),
        " · ".join(filter(None, facts)),
        "movie",
    )
