"""The JSON API of introductions."""

from __future__ import annotations

from typing import Any

from dealflow.core import policy
from dealflow.core.http import actor, api_blueprint, endpoint
from dealflow.deals import introducing
from dealflow.deals.forms import AnswerIn
from dealflow.deals.forms_introductions import IntroductionIn, IntroductionOut
from dealflow.deals.introducing import IntroductionQuery
from dealflow.deals.policy import Can
from dealflow.deals.service import introductions as service

bp = api_blueprint("deals_introductions")


@bp.get("/introductions")
@endpoint(Can.SEE_INTRODUCTIONS, query=IntroductionQuery, returns=IntroductionOut, lists=True)
def introductions(query: IntroductionQuery) -> dict[str, Any]:
    """The introductions that one's organisation asked for or was asked for."""
    policy.require(actor(), Can.SEE_INTRODUCTIONS)
    return introducing.listed(actor(), query)


@bp.post("/introductions")
@endpoint(Can.ASK, body=IntroductionIn, returns=IntroductionOut, status=201)
def ask(body: IntroductionIn) -> dict[str, Any]:
    """Ask for an introduction: as an investor to a project's owner, as its owner to an investor."""
    row = service.ask(
        actor(), project_id=body.project_id, investor_organisation_id=body.investor_organisation_id,
        mandate_id=body.mandate_id, note=body.note or "",
    )  # fmt: skip
    return introducing.as_dict(actor(), row)


@bp.get("/introductions/<introduction_id>")
@endpoint(Can.SEE_INTRODUCTIONS, returns=IntroductionOut)
def introduction(introduction_id: str) -> dict[str, Any]:
    """One introduction; contacts once both agree."""
    return introducing.as_dict(actor(), introducing.get(actor(), introduction_id))


@bp.post("/introductions/<introduction_id>/accept")
@endpoint(Can.ANSWER, body=AnswerIn, returns=IntroductionOut)
def accept(introduction_id: str, body: AnswerIn) -> dict[str, Any]:
    """Accept: contacts are exchanged, the deal is opened or moved to its introduction."""
    return introducing.as_dict(actor(), service.accept(actor(), introduction_id, answer=body.answer or ""))


@bp.post("/introductions/<introduction_id>/decline")
@endpoint(Can.ANSWER, body=AnswerIn, returns=IntroductionOut)
def decline(introduction_id: str, body: AnswerIn) -> dict[str, Any]:
    """Decline with a word."""
    return introducing.as_dict(actor(), service.decline(actor(), introduction_id, answer=body.answer or ""))


@bp.post("/introductions/<introduction_id>/withdraw")
@endpoint(Can.WITHDRAW, returns=IntroductionOut)
def withdraw(introduction_id: str) -> dict[str, Any]:
    """Take one's own question back while it waits."""
    return introducing.as_dict(actor(), service.withdraw(actor(), introduction_id))
