"""What this room shows on pages of others."""

from __future__ import annotations

from typing import Any

from flask import current_app, url_for

from dealflow.core import policy, slots
from dealflow.core.actor import Actor
from dealflow.core.errors import TooMany
from dealflow.core.i18n import gettext
from dealflow.core.paging import Query
from dealflow.mandates import queries as mandates
from dealflow.mandates import wording
from dealflow.mandates.policy import INVESTORS
from dealflow.mandates.schemas import MandateQuery
from dealflow.matching import live, queries, ranking, reasons, reverse
from dealflow.matching.policy import Can
from dealflow.matching.schemas import MatchQuery

_ON_START = 3
_MOST_MANDATES = 5
_TOLD = 2


@slots.fill("mandate.counts")
def counts(actor: Actor, constraints: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """How many projects pass what stands in the editor, and what to know before a field is used at all."""
    return "matching/_counts.html", told(constraints) | {"beside": {"review_passed": _reviewed()}}


def told(constraints: dict[str, Any]) -> dict[str, Any]:
    """How many projects pass constraints, each by its name."""
    found = ranking.counts(constraints)
    parts = [(wording.part_name(part), passing) for part, _value, passing in found["parts"]]
    return found | {"parts": parts}


def _reviewed() -> str:
    found = ranking.counts({"review_passed": True})
    if not found["together"]:
        return gettext(
            "No published project has a passed review on record yet: with this, the list stays empty."
        )
    return gettext(
        "%(passing)s of %(published)s published projects have one on record.",
        passing=found["together"], published=found["published"],
    )  # fmt: skip


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
    if not rows:
        return None
    lists = [(row, ranking.page(actor, row, MatchQuery(limit=_ON_START)).matches) for row in rows]
    return "matching/_today.html", {"lists": lists, "sentence": reasons.sentence}


@slots.fill("project.side", order=30)
def fitting(actor: Actor, project: Any) -> tuple[str, dict[str, Any]] | None:
    """For the owner: the investors that fit best, who asked for an introduction, and the way to advice."""
    if project.organisation_id != actor.organisation_id or project.status != "published":
        return None
    try:
        found = reverse.investors(actor, project, Query(limit=_ON_START))
    except TooMany:
        # The house has asked about enough pitches today; the pitch itself is shown all the same.
        return None
    asked = len(queries.intros_of(actor, project.id))
    return "matching/_investors.html", {
        "project": project, "found": found, "asked": asked, "copied": project.id in live.copies_in_force(),
    }  # fmt: skip


@slots.fill("project.next", order=10)
def fit(actor: Actor, project: Any) -> tuple[str, dict[str, Any]] | None:
    """For an investor: how the project fits each of its mandates, and the next step with it."""
    if actor.kind not in INVESTORS or project.status != "published":
        return None
    rows = mandates.page(actor, MandateQuery(active="true", limit=_MOST_MANDATES))["items"]
    found = [(row, ranking.one(actor, row, project.id)) for row in rows]
    found.sort(key=lambda item: -item[1].match.explanation.score if item[1].match else 1.0)
    lines = [_fit_line(row, one) for row, one in found]
    best = lines[0] if lines and lines[0]["match"] else None
    return "matching/_fit.html", {
        "project": project, "lines": lines, "best": best, "others": lines[1:] if best else lines,
        "may_answer": best is not None and policy.can(actor, Can.ANSWER, best["mandate"]),
        "drafts": "termsheets.draft" in current_app.view_functions,
    }  # fmt: skip


def _fit_line(mandate: Any, found: ranking.Found) -> dict[str, Any]:
    """A mandate with the score and its first reasons, or with what excludes the project."""
    if found.match is None:
        names = [
            reasons.blocker_text(b.constraint, b.project_value, b.mandate_value)[0] for b in found.blockers
        ]
        return {"mandate": mandate, "match": None, "excluded": wording.join(names)}
    told = [reasons.sentence(reason) for reason in found.match.explanation.telling(_TOLD)]
    return {"mandate": mandate, "match": found.match, "told": told}


@slots.fill("home.todo", order=10)
def first_mandate(actor: Actor, _thing: Any) -> tuple[str, dict[str, Any]] | None:
    """For an investor without a mandate: to state one."""
    if actor.kind not in INVESTORS or mandates.page(actor, MandateQuery(limit=1))["total"]:
        return None
    return "", {"items": [_first_mandate()]}


def _first_mandate() -> dict[str, Any]:
    return {
        "title": gettext("State a mandate"),
        "text": gettext("Say what you look for and see who fits."),
        "href": url_for("mandates.new"),
        "action": gettext("State a mandate"),
        "icon": "target-arrow",
    }
