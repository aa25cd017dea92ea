"""What investors answered on this platform, as data to fit models on and to judge them by."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from dealflow.core.db import session
from dealflow.mandates import queries as mandates
from dealflow.matching import live, signals
from dealflow.matching.models import MatchFeedback

if TYPE_CHECKING:
    from ml.answers import Answer
    from ml.gates import Served
    from ml.propensity import Attention
    from ml.rank import Ranker

MOST_MANDATES = 200
_EVERYBODY = {"unscoped": "a model is made from the answers of all, and shows those of nobody"}


def stated() -> list[dict[str, Any]]:
    """Active mandates with their ids, in the order of ids; for measuring only."""
    return [mandates.content(row) | {"id": row.id} for row in mandates.active_everywhere()]


def sampled(most: int = MOST_MANDATES) -> list[dict[str, Any]]:
    """At most so many of them; which ones does not change from day to day."""
    return sorted(stated(), key=lambda m: (zlib.crc32(m["id"].encode()), m["id"]))[:most]


def answers(looked: Attention | None = None) -> list[Answer]:
    """The last standing of every pair with what the investor had answered before, in order of time. Taken-back answers,
    those of mandates that are gone and those of houses that cannot be believed (ml.credence) are left out. `looked`: how
    likely places are looked at; needed where answers are weighed."""
    from ml.answers import MOST_HISTORY, Answer

    known = {mandate["id"]: mandate for mandate in stated()}
    given = [row for row in _standing() if row.mandate_id in known]
    believed = signals.witnesses((row.organisation_id, row.project_id) for row in given)
    found, before = [], dict[str, list[tuple[str, str, int]]]()
    for row in given:
        earlier = before.setdefault(row.mandate_id, [])
        credence = believed[row.organisation_id, row.project_id].credence
        if credence > 0:
            chance = looked.of_place(row.rank) if looked else 1.0
            history = tuple(earlier[-MOST_HISTORY:])
            mandate = known[row.mandate_id]
            found.append(
                Answer(mandate, row.project_id, row.action, history, chance, row.organisation_id, credence)
            )
        earlier.append((row.project_id, row.action, row.at.toordinal()))
    return found


def _standing() -> list[Any]:
    """The answer that stands between every mandate and project, in order of time; a look does not replace one."""
    columns = (
        MatchFeedback.mandate_id, MatchFeedback.project_id, MatchFeedback.action, MatchFeedback.rank, MatchFeedback.at,
        MatchFeedback.organisation_id,
    )  # fmt: skip
    last: dict[tuple[str, str], Any] = {}
    for row in session().execute(select(*columns).order_by(MatchFeedback.id), execution_options=_EVERYBODY):
        pair = (row.mandate_id, row.project_id)
        if row.action == "undo":
            last.pop(pair, None)
        elif row.action != "view" or pair not in last:
            # Put at the end: a dictionary keeps its order.
            last.pop(pair, None)
            last[pair] = row
    return list(last.values())


def served(ranker: Ranker, like: Served | None = None) -> Served:
    """A ranker with a matrix of all published projects, attention left out: it is made from the very answers that are
    to be told apart. `like` lends its matrix when both read projects alike."""
    import numpy as np

    from ml.gates import Served

    if like is not None and reads_alike(ranker, like.ranker):
        return Served(ranker, like.matrix)
    matrix = ranker.build_matrix([content for _at, content in live.contents().values()])
    x = np.array(matrix.x)
    x[:, matrix.groups["attention"]] = 0
    return Served(ranker, replace(matrix, x=x))


def reads_alike(first: Ranker, second: Ranker) -> bool:
    """Whether both make the same matrix of the same projects."""
    import numpy as np

    a, b = first.model, second.model
    return a.spec == b.spec and all(
        np.array_equal(x, y) for x, y in ((a.text.idf, b.text.idf), (a.text.components, b.text.components))
    )
