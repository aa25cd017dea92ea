"""How likely each place of a list is looked at, from lists as they were shown and what was answered while they stood."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from dealflow.core.db import session
from dealflow.matching.models import MatchFeedback, RankedList

if TYPE_CHECKING:
    from ml.propensity import Attention

MOST_LISTS = 4000
_EVERYBODY = {"unscoped": "how far down people look is one curve for all, and shows nobody"}


@dataclass(frozen=True)
class Looks:
    """The estimate with what it was made from."""

    attention: Attention
    lists: int
    answers: int

    def as_dict(self) -> dict[str, Any]:
        """To be kept with a model: [first place of a group, chance that it is looked at]."""
        from ml.propensity import EDGES

        chances = zip(EDGES.tolist(), self.attention.chance.tolist(), strict=True)
        groups = [[place, round(chance, 4)] for place, chance in chances]
        return {"lists": self.lists, "answers": self.answers, "groups": groups}


def estimated() -> Looks:
    """From the latest lists; a list stands from when it was first shown until the mandate's next one."""
    import numpy as np

    from ml.propensity import estimate

    lists = _lists()
    answered = _answered([at for _mandate, at, _places in lists])
    places: list[int] = []
    logits: list[float] = []
    seen: list[bool] = []
    ends: dict[str, datetime] = {}
    # The latest list first, so that each knows when the next one began.
    for mandate_id, at, shown in lists:
        for place, (project_id, logit, *_marks) in enumerate(shown, start=1):
            places.append(place)
            logits.append(logit)
            moments = answered.get((mandate_id, project_id), ())
            seen.append(
                any(
                    at <= moment and (mandate_id not in ends or moment < ends[mandate_id])
                    for moment in moments
                )
            )
        ends[mandate_id] = at
    found = estimate(np.array(places, dtype=np.int64), np.array(logits), np.array(seen, dtype=bool))
    return Looks(found, len(lists), sum(seen))


def _lists() -> list[tuple[str, datetime, list[Any]]]:
    columns = (RankedList.mandate_id, RankedList.at, RankedList.places)
    query = select(*columns).order_by(RankedList.at.desc(), RankedList.id.desc()).limit(MOST_LISTS)
    return [(row[0], row[1], row[2]) for row in session().execute(query, execution_options=_EVERYBODY)]


def _answered(shown: list[datetime]) -> dict[tuple[str, str], list[datetime]]:
    if not shown:
        return {}
    columns = (MatchFeedback.mandate_id, MatchFeedback.project_id, MatchFeedback.at)
    query = select(*columns).where(MatchFeedback.at >= min(shown), MatchFeedback.action != "undo")
    found: dict[tuple[str, str], list[datetime]] = {}
    for mandate_id, project_id, at in session().execute(query, execution_options=_EVERYBODY):
        found.setdefault((mandate_id, project_id), []).append(at)
    return found
