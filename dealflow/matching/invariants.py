"""Checks over answers, standings and models."""

from __future__ import annotations

from sqlalchemy import select

from dealflow.core.db import session
from dealflow.core.invariants import invariant
from dealflow.matching import live
from dealflow.matching.models import IntroRequest, MatchFeedback, MatchStanding, RankerModel

_LEFT_BY = {"save": "saved", "pass": "passed", "undo": None}


@invariant("matching: standings follow from answers")
def standings_follow_from_answers() -> list[str]:
    """What a mandate thinks of a project is what its last save, pass or undo says."""
    last: dict[tuple[str, str], str | None] = {}
    for row in session().scalars(select(MatchFeedback).order_by(MatchFeedback.id)):
        if row.action in _LEFT_BY:
            last[row.mandate_id, row.project_id] = _LEFT_BY[row.action]
    return [
        f"{row.mandate_id} stands {row.standing} with {row.project_id}"
        for row in session().scalars(select(MatchStanding))
        if row.standing != last.get((row.mandate_id, row.project_id))
    ]


@invariant("matching: introductions were asked for")
def introductions_were_asked_for() -> list[str]:
    """Each request to an owner has its answer, and the standing knows of it."""
    rows = session().scalars(select(MatchStanding))
    asked = {(row.mandate_id, row.project_id) for row in rows if row.intro_at is not None}
    found = {(row.mandate_id, row.project_id) for row in session().scalars(select(IntroRequest))}
    return [f"introduction {mandate} to {project}" for mandate, project in sorted(asked ^ found)]


@invariant("matching: models can be loaded")
def models_can_be_loaded() -> list[str]:
    """The file of every model is there and signed by the key that was noted for it."""
    from ml.store import ModelRefused

    broken = []
    for row in session().scalars(select(RankerModel)):
        try:
            live.load_file(live.folder() / row.path, row.public_key)
        except (OSError, ModelRefused) as error:
            broken.append(f"{row.model_version}: {error}")
    return broken
