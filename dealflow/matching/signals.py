"""What the platform itself knows of projects for ranking: which changed, who answered, how old they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, select

from dealflow.core import clock
from dealflow.core.db import session
from dealflow.core.outbox import OutboxEvent
from dealflow.matching.models import MatchFeedback
from dealflow.pitches.events import ProjectChanged, ProjectPublished, ProjectWithdrawn

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
    """Project id → {interactions, attention} of those anybody answered to.

    An organisation counts once per action, so that clicking again and again gains nothing.
    """
    from ml.weights import ACTION_WEIGHTS

    actors = func.count(MatchFeedback.organisation_id.distinct())
    query = select(MatchFeedback.project_id, MatchFeedback.action, actors).group_by(
        MatchFeedback.project_id, MatchFeedback.action
    )
    if ids is not None:
        query = query.where(MatchFeedback.project_id.in_(list(ids)))
    found: dict[str, dict[str, Any]] = {}
    for project_id, action, count in session().execute(query, execution_options=_COUNTED):
        entry = found.setdefault(project_id, {"interactions": 0, "attention": 0.0})
        entry["interactions"] += count if action != "undo" else 0
        entry["attention"] += max(0.0, ACTION_WEIGHTS.get(action, 0.0)) * count
    return found


def with_age(known: Mapping[str, Any], published_at: str | None) -> dict[str, Any]:
    """The signals of one project with its age in whole days, so that a list does not move from minute to minute."""
    if published_at is None:
        return dict(known)
    age = (clock.now().date() - clock.parse(published_at).date()).days
    return {**known, "age_days": max(0, age)}
