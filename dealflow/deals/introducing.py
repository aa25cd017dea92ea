"""Reads of introductions, scoped by the actor."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select

from dealflow.accounts import queries as accounts
from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import hold, session
from dealflow.core.errors import NotFound
from dealflow.core.paging import Query, listing
from dealflow.core.schema import Ref
from dealflow.deals.models import Introduction
from dealflow.pitches import queries as pitches

State = Literal["waiting", "accepted", "declined", "withdrawn", "expired"]


class IntroductionQuery(Query):
    """Filters of the list of introductions."""

    state: State | None = None
    asked: Literal["us", "by_us"] | None = None
    project_id: Ref("prj") | None = None  # type: ignore[valid-type]


def get(actor: Actor, introduction_id: str) -> Introduction:
    """An introduction between the actor's organisation and another; NotFound otherwise."""
    row = session().get(Introduction, introduction_id)
    if row is None:
        raise NotFound()
    return row


def locked(actor: Actor, introduction_id: str) -> Introduction:
    """The introduction as it is now, kept from others until the transaction ends."""
    return hold(Introduction, introduction_id)


def page(actor: Actor, query: IntroductionQuery) -> tuple[list[Introduction], int]:
    """A page of the introductions that one's organisation asked for or was asked for, the latest first."""
    wanted = select(Introduction)
    if query.state:
        wanted = wanted.where(Introduction.state == query.state)
    if query.asked:
        own = Introduction.asking_organisation_id == actor.organisation_id
        wanted = wanted.where(own if query.asked == "by_us" else ~own)
    if query.project_id:
        wanted = wanted.where(Introduction.project_id == query.project_id)
    total = session().scalar(select(func.count()).select_from(wanted.subquery())) or 0
    rows = session().scalars(wanted.order_by(Introduction.id.desc()).limit(query.limit).offset(query.offset))
    return list(rows), total


def waiting_for(actor: Actor) -> list[Introduction]:
    """What the actor's organisation is asked and has not answered, the oldest first."""
    query = select(Introduction).where(
        Introduction.state == "waiting", Introduction.asking_organisation_id != actor.organisation_id
    )
    return list(session().scalars(query.order_by(Introduction.id)))


def latest(investor_organisation_id: str, project_id: str) -> Introduction | None:
    """The last introduction of an investor and a project, when the actor may know of it."""
    query = (
        select(Introduction)
        .where(
            Introduction.investor_organisation_id == investor_organisation_id,
            Introduction.project_id == project_id,
        )
        .order_by(Introduction.id.desc())
        .limit(1)
    )
    return session().scalars(query).first()


def places_taken(actor: Actor, on: Any) -> int:
    """The highest place that the actor's organisation took among the introductions of a day."""
    query = select(func.max(Introduction.place)).where(
        Introduction.asking_organisation_id == actor.organisation_id, Introduction.asked_on == on
    )
    return session().scalar(query) or 0


def contacts(actor: Actor, row: Introduction) -> dict[str, dict[str, str] | None]:
    """Who to talk to on either side; nothing of the other side before both agree."""
    ids = {row.asked_by_side: row.asked_by_id, _other(row.asked_by_side): row.answered_by_id}
    if row.state != "accepted":
        own = row.side_of(actor)
        ids = {side: user_id for side, user_id in ids.items() if side == own}
    people = {r.user_id: r for r in accounts.readers(user_ids=[i for i in ids.values() if i])}
    found: dict[str, dict[str, str] | None] = {"investor": None, "project": None}
    for side, user_id in ids.items():
        if user_id in people:
            found[side] = {"name": people[user_id].name, "email": people[user_id].email}
    return found


def _other(side: str) -> str:
    return "project" if side == "investor" else "investor"


def as_dict(actor: Actor, row: Introduction) -> dict[str, Any]:
    """The API's form of an introduction. What the other side asked by (a mandate) stays with it."""
    return {
        "id": row.id, "version": row.version, "created_at": clock.rfc3339(row.created_at),
        "updated_at": clock.rfc3339(row.updated_at), "project_id": row.project_id,
        "investor_organisation_id": row.investor_organisation_id, "project_organisation_id": row.project_organisation_id,
        "mandate_id": row.mandate_id if row.side_of(actor) == "investor" else None, "asked_by": row.asked_by_side,
        "note": row.note, "state": row.state, "expires_at": clock.rfc3339(row.expires_at), "answer": row.answer,
        "answered_at": _moment(row.answered_at), "deal_id": row.deal_id, "contacts": contacts(actor, row),
    }  # fmt: skip


def _moment(value: datetime | None) -> str | None:
    return clock.rfc3339(value) if value else None


def cards(actor: Actor, rows: list[Introduction]) -> list[dict[str, Any]]:
    """Introductions with the names that a list shows. Two statements."""
    projects = pitches.briefs(row.project_id for row in rows)
    parties = accounts.organisation_cards(
        o for row in rows for o in (row.investor_organisation_id, row.project_organisation_id)
    )
    return [
        {
            "row": row, "project": projects[row.project_id], "asked_us": row.asked_by_side != row.side_of(actor),
            "other": parties.get(
                row.project_organisation_id if row.side_of(actor) == "investor" else row.investor_organisation_id
            ),
        }
        for row in rows
    ]  # fmt: skip


def listed(actor: Actor, query: IntroductionQuery) -> dict[str, Any]:
    """A page for the API."""
    rows, total = page(actor, query)
    return listing([as_dict(actor, row) for row in rows], total, query)
