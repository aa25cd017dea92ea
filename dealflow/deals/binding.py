"""Which deals bind: an investor whose deal is signed or later is a party of the project."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from dealflow.deals.models import Deal
from dealflow.pitches.parties import Agreements, bind

BINDING = ("signed", "funded", "closed_won")


def projects_of(organisation_id: str | None) -> Select[Any]:
    """The projects in which an investor has such a deal."""
    return select(Deal.project_id).where(
        Deal.investor_organisation_id == organisation_id, Deal.stage.in_(BINDING)
    )


def parties_of(project_id: str) -> Select[Any]:
    """The investors that have such a deal on a project."""
    return select(Deal.investor_organisation_id).where(Deal.project_id == project_id, Deal.stage.in_(BINDING))


bind("deals", Agreements(projects_of, parties_of))
