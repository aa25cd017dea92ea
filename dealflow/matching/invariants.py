"""Named checks of answers to matches."""

from __future__ import annotations

from sqlalchemy import select

from dealflow.core.db import session
from dealflow.core.invariants import invariant
from dealflow.matching.models import MatchFeedback, MatchStanding


@invariant("matching: where a mandate stands follows from its answers")
def standings_follow() -> list[str]:
    last: dict[tuple[str, str], str] = {}
    for row in session().scalars(select(MatchFeedback).order_by(MatchFeedback.id)):
        if row.action in ("save", "pass", "undo"):
            last[row.mandate_id, row.project_id] = row.action
    expected = {"save": "saved", "pass": "passed", "undo": None, None: None}
    return [
        f"{s.mandate_id} stands {s.standing} with {s.project_id}, its last answer was {last.get((s.mandate_id, s.project_id))}"
        for s in session().scalars(select(MatchStanding))
        if s.standing != expected[last.get((s.mandate_id, s.project_id))]
    ]
