"""Organisations to choose from, by kind."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from dealflow.accounts.models import Organisation
from dealflow.accounts.queries import OrganisationCard, organisation_cards
from dealflow.core.db import session


def organisations_of_kinds(kinds: Iterable[str]) -> list[OrganisationCard]:
    """All organisations of some kinds, by name in the current language. Two statements."""
    wanted = select(Organisation.id).where(Organisation.kind.in_(set(kinds)))
    cards = organisation_cards(session().scalars(wanted))
    return sorted(cards.values(), key=lambda card: (card.name.casefold(), card.id))
