"""Reads of mandates, scoped by the actor."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import NotFound
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
    if query.q:
        wanted = wanted.where(matches(Mandate.search_text, query.q))
    total = session().scalar(select(func.count()).select_from(wanted.subquery())) or 0
    name, descending = (query.sort or "-created_at").lstrip("-"), (query.sort or "-").startswith("-")
    column = getattr(Mandate, name)
    order = (column.desc(), Mandate.id.desc()) if descending else (column, Mandate.id)
    rows = session().scalars(wanted.order_by(*order).limit(query.limit).offset(query.offset))
    return listing(list(rows), total, query)


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
