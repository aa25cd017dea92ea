"""Reads of mandates, scoped by the actor."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import func, select

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import NotFound
from dealflow.core.money import LIMIT, Money
from dealflow.core.paging import listing
from dealflow.core.search import matches
from dealflow.mandates.models import Mandate
from dealflow.mandates.schemas import MandateQuery

_RANKING = {"unscoped": "an owner sees which investors fit; only those who allow it are named"}


def find(actor: Actor, mandate_id: str) -> Mandate | None:
    """A mandate of the actor's organisation, or None."""
    mandate = session().get(Mandate, mandate_id)
    return None if mandate is None or mandate.deleted_at else mandate


def get(actor: Actor, mandate_id: str) -> Mandate:
    """A mandate of the actor's organisation; NotFound otherwise."""
    mandate = find(actor, mandate_id)
    if mandate is None:
        raise NotFound()
    return mandate


def page(actor: Actor, query: MandateQuery) -> dict[str, Any]:
    """A page of the organisation's mandates; `items` are Mandate rows, the newest first unless sorted."""
    wanted = select(Mandate).where(
        Mandate.organisation_id == actor.organisation_id, Mandate.deleted_at.is_(None)
    )
    if query.active:
        wanted = wanted.where(Mandate.active.is_(query.active == "true"))
    if query.currency:
        wanted = wanted.where(Mandate.capital_currency == query.currency)
    if query.q:
        wanted = wanted.where(matches(Mandate.search_text, query.q))
    total = session().scalar(select(func.count()).select_from(wanted.subquery())) or 0
    name, descending = (query.sort or "-created_at").lstrip("-"), (query.sort or "-").startswith("-")
    column = getattr(Mandate, name)
    order = (column.desc(), Mandate.id.desc()) if descending else (column, Mandate.id)
    rows = session().scalars(wanted.order_by(*order).limit(query.limit).offset(query.offset))
    return listing(list(rows), total, query)


def summary(actor: Actor) -> dict[str, Any]:
    """All of the organisation's mandates in a line: how many are active and paused, and the active ones' capital."""
    rows = session().execute(
        select(Mandate.active, Mandate.capital_currency, Mandate.capital_minor).where(
            Mandate.organisation_id == actor.organisation_id, Mandate.deleted_at.is_(None)
        )
    )
    counted = {True: 0, False: 0}
    sums: Counter[str] = Counter()
    currencies = set()
    for active, currency, minor in rows:
        counted[active] += 1
        currencies.add(currency)
        if active:
            sums[currency] += minor
    capital = [Money(total, currency) for currency, total in sums.most_common() if total <= LIMIT]
    return {
        "active": counted[True],
        "paused": counted[False],
        "capital": capital,
        "currencies": [(code, code) for code in sorted(currencies)],
    }


def known_external_ids(actor: Actor) -> dict[str, Mandate]:
    """The organisation's mandates that carry an external id, by it."""
    rows = session().scalars(
        select(Mandate).where(
            Mandate.organisation_id == actor.organisation_id, Mandate.external_id.is_not(None)
        )
    )
    return {row.external_id: row for row in rows if row.external_id}


def active_everywhere(*, discoverable: bool = False) -> list[Mandate]:
    """Active mandates of all organisations, in the order of their ids; for ranking only, never shown as they are."""
    query = select(Mandate).where(Mandate.active, Mandate.deleted_at.is_(None)).order_by(Mandate.id)
    if discoverable:
        query = query.where(Mandate.allow_discovery)
    return list(session().scalars(query, execution_options=_RANKING))


def content(mandate: Mandate) -> dict[str, Any]:
    """What was stated, in the interface's form (the fields of MandateIn)."""
    return {
        "name": mandate.name,
        "active": mandate.active,
        "constraints": mandate.constraints,
        "preferences": mandate.preferences,
        "capital": mandate.capital.json(),
        "max_per_project": mandate.max_per_project.json() if mandate.max_per_project else None,
        "allow_discovery": mandate.allow_discovery,
        "external_id": mandate.external_id,
    }


def as_dict(mandate: Mandate) -> dict[str, Any]:
    """The interface's form of a mandate."""
    return {
        "id": mandate.id,
        "version": mandate.version,
        "created_at": clock.rfc3339(mandate.created_at),
        "updated_at": clock.rfc3339(mandate.updated_at),
        **content(mandate),
    }
