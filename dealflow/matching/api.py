"""JSON API of matches, investors and advice."""

from __future__ import annotations

from typing import Any

from flask import jsonify

from dealflow.core import clock, policy
from dealflow.core.doors import costly
from dealflow.core.http import actor, api_blueprint, endpoint
from dealflow.core.paging import Query, listing
from dealflow.mandates import queries as mandates
from dealflow.matching import advice, ranking, reasons, reverse, service
from dealflow.matching.policy import Can
from dealflow.matching.schemas import (
    AdviceOut,
    FeedbackIn,
    FeedbackOut,
    InvestorOut,
    MatchOut,
    MatchQuery,
    OneQuery,
)

bp = api_blueprint("matching")
TOLD = 5


def _match(match: ranking.Match, every: bool) -> dict[str, Any]:
    told = match.explanation.reasons if every else match.explanation.telling(TOLD)
    return {
        "project_id": match.place.project_id,
        "rank": match.place.rank,
        "score": match.explanation.score,
        "base": match.explanation.base,
        "reasons": [reasons.as_dict(reason) for reason in told],
        "exploration": match.place.exploration,
        "model_version": match.explanation.model_version,
        "standing": match.standing.standing if match.standing else None,
    }


@bp.get("/mandates/<mandate_id>/matches")
@endpoint(Can.SEE, query=MatchQuery, returns=MatchOut, lists=True)
@costly
def index(mandate_id: str, query: MatchQuery) -> dict[str, Any]:
    """The projects that fit a mandate, best first, with reasons."""
    mandate = mandates.get(actor(), mandate_id)
    ranked = ranking.page(actor(), mandate, query)
    return listing([_match(m, query.reasons == "all") for m in ranked.matches], ranked.total, query)


@bp.get("/mandates/<mandate_id>/matches/<project_id>")
@endpoint(Can.SEE, query=OneQuery, returns=MatchOut)
@costly
def show(mandate_id: str, project_id: str, query: OneQuery) -> dict[str, Any]:
    """One project for a mandate: its match, or the constraints that exclude it."""
    found = ranking.one(actor(), mandates.get(actor(), mandate_id), project_id)
    if found.match is None:
        return {
            "project_id": found.project.id,
            "excluded": True,
            "blockers": [
                {
                    "constraint": b.constraint,
                    "project_value": b.project_value,
                    "mandate_value": b.mandate_value,
                }
                for b in found.blockers
            ],
        }
    return {"excluded": False, **_match(found.match, query.reasons == "all")}


@bp.post("/mandates/<mandate_id>/feedback")
@endpoint(Can.ANSWER, body=FeedbackIn, returns=FeedbackOut, status=201)
def feedback(mandate_id: str, body: FeedbackIn) -> dict[str, Any]:
    """Save, pass, ask for an introduction, take back, or note a view."""
    row = service.answer(actor(), mandate_id, body)
    return {
        "mandate_id": row.mandate_id,
        "project_id": row.project_id,
        "action": body.action,
        "standing": row.standing,
        "intro_requested_at": clock.rfc3339(row.intro_at) if row.intro_at else None,
    }


@bp.get("/projects/<project_id>/investors")
@endpoint(Can.SEE_INVESTORS, query=Query, returns=InvestorOut, lists=True)
@costly
def investors(project_id: str, query: Query) -> dict[str, Any]:
    """The investors that fit one's own project and allow to be found."""
    project = reverse.own_project(actor(), project_id)
    policy.require(actor(), Can.SEE_INVESTORS, project)
    return reverse.investors(actor(), project, query)


@bp.get("/projects/<project_id>/advice")
@endpoint(Can.SEE_ADVICE, returns=AdviceOut)
@costly
def advise(project_id: str) -> Any:
    """What would move one's own project up, each change found by re-scoring."""
    project = reverse.own_project(actor(), project_id)
    policy.require(actor(), Can.SEE_ADVICE, project)
    return jsonify([tried.as_dict() for tried in advice.advise(actor(), project).tried])
