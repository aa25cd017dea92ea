"""What deals add to pages of others: what waits, the way to an introduction, what the search finds."""

from __future__ import annotations

from typing import Any

from flask import url_for

from dealflow.core import clock, find, policy, slots
from dealflow.core.actor import Actor
from dealflow.core.i18n import N_, gettext, show_day
from dealflow.core.i18n import gettext as _
from dealflow.deals import board, introducing, queries
from dealflow.deals.board import BoardQuery
from dealflow.deals.policy import Can
from dealflow.deals.states import LABELS
from dealflow.pitches import queries as pitches

MOST = 5


@slots.fill("home.todo", order=20)
def waiting(actor: Actor, _thing: Any) -> tuple[str, dict[str, Any]] | None:
    """Introductions to answer, moves to approve, next steps that are due."""
    if not policy.can(actor, Can.ASK):
        return None
    items = [*_introductions(actor), *_approvals(actor), *_steps(actor)]
    return ("", {"items": items}) if items else None


def _introductions(actor: Actor) -> list[dict[str, Any]]:
    rows = introducing.waiting_for(actor)[:MOST]
    return [
        {
            "title": _("%(party)s asks for an introduction to “%(project)s”", party=c["other"].name, project=c["project"]["title"]),
            "text": c["row"].note, "href": f"/introductions/{c['row'].id}", "action": _("Answer"), "at": c["row"].asked_at,
            "icon": "user-plus",
        }
        for c in introducing.cards(actor, rows)
    ]  # fmt: skip


def _approvals(actor: Actor) -> list[dict[str, Any]]:
    rows = [row for row in queries.waiting_approvals(actor) if row.asked_by_id != actor.user_id][:MOST]
    found = [deal for deal in (queries.known(actor, row.deal_id) for row in rows) if deal is not None]
    titles = pitches.briefs(deal.project_id for deal in found)
    return [
        {
            "title": _("%(name)s asks you to approve a move of “%(project)s”", name=row.asked_by_name, project=titles[deal.project_id]["title"]),
            "text": row.reason, "href": f"/deals/{deal.id}#approval", "action": _("Look at it"), "at": row.asked_at,
            "icon": "clipboard-check",
        }
        for row, deal in zip(rows, found, strict=True)
    ]  # fmt: skip


def _steps(actor: Actor) -> list[dict[str, Any]]:
    today = clock.today()
    found = board.board(
        actor, BoardQuery(view="table", due="overdue", open="true", assignee="me", sort="next", limit=MOST)
    )
    return [
        {
            "title": _("“%(project)s”: %(step)s", project=row.title, step=row.next),
            "text": _("Overdue since %(day)s", day=show_day(row.on)) if row.on < today else _("Due on %(date)s", date=show_day(row.on)),
            "href": f"/deals/{row.id}#own", "action": _("Go on"), "icon": "calendar",
        }
        for row in found.rows
        if row.on
    ]  # fmt: skip


@slots.fill("project.side", order=20)
def introduction(actor: Actor, project: Any) -> tuple[str, dict[str, Any]] | None:
    """For an investor: ask for an introduction, or how that stands."""
    if (
        project.organisation_id == actor.organisation_id
        or project.status != "published"
        or not policy.can(actor, Can.OPEN)
    ):
        return None
    last = introducing.latest(actor.organisation_id or "", project.id)
    return "deals/_introduction.html", {"project": project, "last": last, "now": clock.now()}


@slots.fill("investor.actions")
def to_investor(actor: Actor, pair: Any) -> tuple[str, dict[str, Any]] | None:
    """For an owner, beside an investor that fits: ask for an introduction, or how that stands."""
    project, organisation_id = pair
    if not policy.can(actor, Can.ASK) or project.organisation_id != actor.organisation_id:
        return None
    last = introducing.latest(organisation_id, project.id)
    return "deals/_introduction.html", {"project": project, "investor": organisation_id, "last": last}


@slots.fill("deal.side", order=10)
def contacts(actor: Actor, deal: Any) -> tuple[str, dict[str, Any]] | None:
    """Whom to talk to on the other side, once both agreed."""
    last = introducing.latest(deal.investor_organisation_id, deal.project_id)
    if last is None or last.state not in ("accepted", "waiting"):
        return None
    return "deals/_contacts.html", {
        "introduction": last, "contacts": introducing.contacts(actor, last), "side": deal.side_of(actor),
    }  # fmt: skip


@find.source(N_("Deals"), order=30, kind="deal")
def named(actor: Actor, words: str, limit: int) -> list[find.Hit]:
    """The actor's deals whose project or party carries every word."""
    found = []
    for card in queries.cards(actor, queries.page(actor, queries.DealQuery(q=words, limit=limit))["items"]):
        parties = [party.name for party in (card["investor"], card["creator"]) if party]
        stage = LABELS[card["stage"]]
        note = " · ".join([gettext(stage), *parties])
        title = card["project"]["title"] if card["project"] else card["id"]
        found.append(find.Hit(title, url_for("deals.show", deal_id=card["id"]), note, "heart-handshake"))
    return found
