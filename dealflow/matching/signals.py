"""What the platform itself knows of projects for ranking: which changed, who answered, how old they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from dealflow.accounts import queries as accounts
from dealflow.core import clock
from dealflow.core.db import session
from dealflow.core.outbox import OutboxEvent
from dealflow.matching.models import MatchFeedback
from dealflow.pitches import queries as pitches
from dealflow.pitches.events import ProjectChanged, ProjectPublished, ProjectWithdrawn

if TYPE_CHECKING:
    from ml.credence import Witness

_EVENTS = tuple(event.__name__ for event in (ProjectPublished, ProjectChanged, ProjectWithdrawn))
_COUNTED = {"unscoped": "how many organisations answered is a property of the project"}


def changed_since(through: str | None) -> tuple[set[str], str]:
    """Ids of projects with an event after `through` (an event id), and the id of the last one. One statement.

    Without `through` only the last id is found: everything is new.
    """
    query = select(OutboxEvent.id, OutboxEvent.payload).where(OutboxEvent.name.in_(_EVENTS))
    if through is None:
        last = session().execute(query.order_by(OutboxEvent.id.desc()).limit(1)).first()
        return set(), last.id if last else ""
    if through:
        query = query.where(OutboxEvent.id > through)
    rows = session().execute(query.order_by(OutboxEvent.id)).all()
    return {row.payload["project_id"] for row in rows}, rows[-1].id if rows else through


def of(ids: Iterable[str] | None = None) -> dict[str, dict[str, Any]]:
    """Project id → {interactions, attention} of those anybody answered to. Five statements.

    An organisation counts once per action and as far as it can be believed (ml.credence): accounts made for the purpose
    and those of the owner's own people gain nothing, and take no competitor's newness away.
    """
    from ml.credence import attention

    query = select(MatchFeedback.project_id, MatchFeedback.action, MatchFeedback.organisation_id).distinct()
    if ids is not None:
        query = query.where(MatchFeedback.project_id.in_(list(ids)))
    rows = session().execute(query, execution_options=_COUNTED).all()
    known = witnesses((row.organisation_id, row.project_id) for row in rows)
    found: dict[str, dict[str, list[tuple[str, Witness]]]] = {}
    for row in rows:
        witness = known[row.organisation_id, row.project_id]
        found.setdefault(row.project_id, {}).setdefault(row.organisation_id, []).append((row.action, witness))
    return {
        project_id: {
            "interactions": sum(any(w.credence > 0 for _a, w in given) for given in by_house.values()),
            "attention": attention(entry for given in by_house.values() for entry in given),
        }
        for project_id, by_house in found.items()
    }


def witnesses(pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Witness]:
    """(organisation, project it answered) → what tells how far its answer can be believed."""
    from ml.credence import Witness

    asked = set(pairs)
    if not asked:
        return {}
    owners = pitches.owners_of({project_id for _house, project_id in asked})
    houses = {house for house, _project_id in asked}
    answered, founded, linked = _owners_answered(houses), accounts.founded(houses), accounts.linked(houses)
    ages = {house: (clock.now() - founded[house]).total_seconds() / 86_400 for house in houses}
    return {
        (house, project_id): Witness(
            ages[house], answered.get(house, 0), (house, owners[project_id]) in linked
        )
        for house, project_id in asked
    }


def _owners_answered(houses: Iterable[str]) -> dict[str, int]:
    """Organisation → the owners of how many projects it ever answered."""
    pairs = select(MatchFeedback.organisation_id, MatchFeedback.project_id).distinct()
    pairs = pairs.where(MatchFeedback.organisation_id.in_(set(houses)))
    rows = session().execute(pairs, execution_options=_COUNTED).all()
    owners = pitches.owners_of({project_id for _house, project_id in rows})
    met: dict[str, set[str]] = {}
    for house, project_id in rows:
        met.setdefault(house, set()).add(owners[project_id])
    return {house: len(found) for house, found in met.items()}


def with_age(known: Mapping[str, Any], published_at: str | None) -> dict[str, Any]:
    """The signals of one project with its age in whole days, so that a list does not move from minute to minute."""
    if published_at is None:
        return dict(known)
    age = (clock.now().date() - clock.parse(published_at).date()).days
    return {**known, "age_days": max(0, age)}
