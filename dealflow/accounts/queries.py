"""Reads of organisations and people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from dealflow.accounts.models import Organisation, User
from dealflow.core.db import session
from dealflow.core.i18n import language


@dataclass(frozen=True)
class OrganisationCard:
    """What anybody who is logged in may see of an organisation."""

    id: str
    name_zh: str
    name_en: str | None
    kind: str
    city: str | None
    country: str | None
    is_sample: bool

    @property
    def name(self) -> str:
        """The name in the current language."""
        return (self.name_en if language() == "en" else None) or self.name_zh


def organisation_cards(ids: Iterable[str]) -> dict[str, OrganisationCard]:
    """Organisations by id, in one statement."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = session().scalars(select(Organisation).where(Organisation.id.in_(wanted)))
    return {o.id: _card(o) for o in rows}


def _card(o: Organisation) -> OrganisationCard:
    return OrganisationCard(o.id, o.name, o.name_en, o.kind, o.city, o.country, o.is_sample)


def anybody() -> bool:
    """Whether this installation has a single person yet."""
    return session().scalar(select(User.id).limit(1)) is not None


def has_samples() -> bool:
    """Whether the database holds demo data."""
    return session().scalar(select(Organisation.id).where(Organisation.is_sample).limit(1)) is not None


def organisations_of_kinds(kinds: Iterable[str]) -> list[OrganisationCard]:
    """All organisations of some kinds, by name: to choose one from. One statement."""
    rows = session().scalars(
        select(Organisation)
        .where(Organisation.kind.in_(set(kinds)))
        .order_by(Organisation.name, Organisation.id)
    )
    return [_card(o) for o in rows]
