"""Organisations to choose from, by kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from dealflow.accounts.models import Organisation
from dealflow.accounts.queries import OrganisationCard, organisation_cards
from dealflow.core.actor import Actor
from dealflow.core.db import session

_FOR_OTHERS = {"unscoped": "asked for another organisation, with its own scope"}


def organisations_of_kinds(kinds: Iterable[str]) -> list[OrganisationCard]:
    """All organisations of some kinds, by name in the current language. Two statements."""
    wanted = select(Organisation.id).where(Organisation.kind.in_(set(kinds)))
    cards = organisation_cards(session().scalars(wanted))
    return sorted(cards.values(), key=lambda card: (card.name.casefold(), card.id))


def who_see(candidates: Iterable[str], model: Any, object_id: str) -> list[str]:
    """Which of some organisations may know of an object of an owned table at this moment, by the table's own scope."""
    found = []
    for card in organisation_cards(candidates).values():
        scope = model.scope(Actor(organisation_id=card.id, kind=card.kind))
        query = select(model.id).where(model.id == object_id, scope)
        if session().scalar(query, execution_options=_FOR_OTHERS) is not None:
            found.append(card.id)
    return found
