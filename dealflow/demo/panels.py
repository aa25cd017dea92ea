"""Beside a deal with a sample: nobody answers for it by itself, and how to sign in as whoever does."""

from __future__ import annotations

from typing import Any

from dealflow.accounts import queries as accounts
from dealflow.core import slots
from dealflow.core.actor import Actor
from dealflow.deals.queries import Deal
from dealflow.demo.logins import PASSWORD
from dealflow.termsheets.queries import TermSheet

Filled = tuple[str, dict[str, Any]] | None


@slots.fill("deal.side", order=5)
def beside_deal(actor: Actor, deal: Deal) -> Filled:
    """The other side of an open deal."""
    return _how_to_answer(actor, deal) if deal.is_open else None


@slots.fill("termsheet.main", order=90)
def below_signatures(actor: Actor, sheet: TermSheet) -> Filled:
    """The other side of a term sheet that it has seen and that is not settled."""
    return _how_to_answer(actor, sheet) if sheet.proposed_number and not sheet.closed_at else None


def _how_to_answer(actor: Actor, thing: Deal | TermSheet) -> Filled:
    sides = (thing.investor_organisation_id, thing.project_organisation_id)
    if actor.organisation_id not in sides:
        return None
    other = sides[1] if actor.organisation_id == sides[0] else sides[0]
    found = accounts.sample_login(other)
    return (
        ("demo/_sample.html", {"party": found[0], "email": found[1], "password": PASSWORD}) if found else None
    )
