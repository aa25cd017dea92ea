"""What this room shows on pages of others."""

from __future__ import annotations

from typing import Any

from dealflow.core import slots
from dealflow.core.actor import Actor
from dealflow.core.paging import Query
from dealflow.mandates import queries as mandates
from dealflow.mandates import wording
from dealflow.mandates.policy import INVESTORS
from dealflow.mandates.schemas import MandateQuery
from dealflow.matching import queries, ranking, reasons, reverse
from dealflow.matching.schemas import MatchQuery

_ON_START = 3


@slots.fill("mandate.counts")
def counts(actor: Actor, constraints: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """How many projects pass what stands in the editor."""
    found = ranking.counts(constraints)
    parts = [(wording.part_name(part), passing) for part, _value, passing in found["parts"]]
    return "matching/_counts.html", found | {"parts": parts}


@slots.fill("mandate.card")
def passing(actor: Actor, mandate: Any) -> tuple[str, dict[str, Any]]:
    """How many projects pass a mandate, and the way to them."""
    found = ranking.counts(mandate.constraints)
    return "matching/_passing.html", {"mandate": mandate, "together": found["together"]}


@slots.fill("home.panel", order=10)
def today(actor: Actor, _thing: Any) -> tuple[str, dict[str, Any]] | None:
    """The first places of an investor's newest mandates."""
    if actor.kind not in INVESTORS:
        return None
    rows = mandates.page(actor, MandateQuery(active="true", limit=_ON_START))["items"]
    lists = [(row, ranking.page(actor, row, MatchQuery(limit=_ON_START)).matches) for row in rows]
    return "matching/_today.html", {"lists": lists, "sentence": reasons.sentence}


@slots.fill("project.side", order=30)
def fitting(actor: Actor, project: Any) -> tuple[str, dict[str, Any]] | None:
    """For the owner: the investors that fit best, who asked for an introduction, and the way to advice."""
    if project.organisation_id != actor.organisation_id or project.status != "published":
        return None
    found = reverse.investors(actor, project, Query(limit=_ON_START))
    asked = len(queries.intros_of(actor, project.id))
    return "matching/_investors.html", {"project": project, "found": found, "asked": asked}
