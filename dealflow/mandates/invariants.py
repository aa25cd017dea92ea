"""Checks over all mandates."""

from __future__ import annotations

from sqlalchemy import select

from dealflow.accounts import queries as accounts
from dealflow.core.db import session
from dealflow.core.errors import DomainError
from dealflow.core.invariants import invariant
from dealflow.core.schema import load
from dealflow.mandates import queries
from dealflow.mandates.models import Mandate
from dealflow.mandates.policy import INVESTORS
from dealflow.mandates.schemas import MandateIn


@invariant("mandates obey their rules")
def mandates_obey_their_rules() -> list[str]:
    """Every stored mandate would be accepted again as it is."""
    broken = []
    for mandate in session().scalars(select(Mandate).where(Mandate.deleted_at.is_(None))):
        try:
            load(MandateIn, queries.content(mandate))
        except DomainError as error:
            fields = ", ".join(e.field for e in error.errors)
            broken.append(f"{mandate.id}: {error.code} {fields}")
    return broken


@invariant("mandates belong to investors")
def mandates_belong_to_investors() -> list[str]:
    """Only investors and funds hold mandates."""
    holders = list(session().scalars(select(Mandate.organisation_id).distinct()))
    cards = accounts.organisation_cards(holders)
    return [f"{holder} holds mandates" for holder in holders if cards[holder].kind not in INVESTORS]
