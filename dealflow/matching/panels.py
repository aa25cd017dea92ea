"""What matching adds to the pages of mandates, pitches and the start page."""

from __future__ import annotations

from typing import Any

from dealflow.core import slots
from dealflow.core.actor import Actor
from dealflow.mandates import queries as mandates
from dealflow.mandates import wording
from dealflow.matching import queries, ranking
from dealflow.matching.schemas import MatchQuery

_Panel = tuple[str, dict[str, Any]] | None


@slots.fill("mandate.counts")
def counts(actor: Actor, stated: dict[str, Any]) -> _Panel:
    """How many projects pass each constraint, and all of them."""
    found = ranking.counts(stated)
    named = [(wording.part_name(part), count) for part, _value, count in found["parts"]]
    return "matching/_counts.html", found | {"counts": named}


@slots.fill("mandate.card")
def of_mandate(actor: Actor, mandate: Any) -> _Panel:
    """The way to a mandate's matches."""
    passing = ranking.counts(mandate.constraints)["together"]
    return "matching/_of_mandate.html", {"mandate": mandate, "passing": passing}


@slots.fill("project.side", order=30)
def for_owner(actor: Actor, project: Any) -> _Panel:
    """For the owner: who fits and who asked to be introduced."""
    if actor.organisation_id != project.organisation_id or project.status != "published":
        return None
    asked = len(queries.intros_of(actor, project.id))
    return "matching/_for_owner.html", {"project_id": project.id, "asked": asked}


@slots.fill("home.panel", order=20)
def on_home(actor: Actor, _thing: Any) -> _Panel:
    """The best matches of the newest active mandate."""
    found = mandates.page(actor, mandates.MandateQuery(active="true", limit=1))["items"]
    if not found:
        return None
    matches = ranking.page(actor, found[0], MatchQuery(limit=5)).matches
    return ("matching/_home.html", {"mandate": found[0], "matches": matches}) if matches else None
