"""What matching adds to the pages of mandates, pitches and the start page."""

from __future__ import annotations

from typing import Any

from dealflow.accounts.queries import organisation_cards
from dealflow.core import slots
from dealflow.core.actor import Actor
from dealflow.mandates import queries as mandates
from dealflow.mandates import wording
from dealflow.mandates.queries import Mandate
from dealflow.matching import cards, queries
from dealflow.matching.forms import MatchQuery

_Panel = tuple[str, dict[str, Any]] | None


@slots.fill("mandate.counts")
def counts(actor: Actor, stated: dict[str, Any]) -> _Panel:
    """How many projects pass each constraint, and all of them."""
    parts, together, total = queries.passing(actor, stated)
    named = [(wording.part_name(name), count) for name, count in parts]
    return "matching/_counts.html", {"counts": named, "all": together, "total": total}


@slots.fill("mandate.card")
def of_mandate(actor: Actor, mandate: Mandate) -> _Panel:
    """The way to a mandate's matches."""
    _parts, together, _total = queries.passing(actor, mandate.constraints)
    return "matching/_of_mandate.html", {"mandate": mandate, "passing": together}


@slots.fill("project.side", order=30)
def for_owner(actor: Actor, project: Any) -> _Panel:
    """For the owner: who fits and who asked to be introduced."""
    if actor.organisation_id != project.organisation_id or project.status != "published":
        return None
    asked = [r for r in queries.intro_requests(actor) if r.project_id == project.id]
    names = organisation_cards(r.investor_organisation_id for r in asked)
    shown = [{"name": names[r.investor_organisation_id].name, "at": r.at, "note": r.note} for r in asked]
    return "matching/_for_owner.html", {"project_id": project.id, "asked": shown}


@slots.fill("home.panel", order=20)
def on_home(actor: Actor, _thing: Any) -> _Panel:
    """The best matches of the newest active mandate."""
    found = mandates.page(actor, mandates.MandateQuery(active="true", limit=1))["items"]
    if not found:
        return None
    _ranking, page = queries.page(actor, found[0].id, MatchQuery(limit=5))
    items = cards.of(actor, page["items"])
    return ("matching/_home.html", {"mandate": found[0], "items": items}) if items else None
