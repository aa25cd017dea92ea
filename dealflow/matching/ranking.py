"""The list of one mandate: who passes, in which order, with which reasons. Nothing personal is computed in advance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dealflow.core.actor import Actor
from dealflow.mandates import queries as mandates
from dealflow.matching import lists, live, queries
from dealflow.matching.models import MatchStanding
from dealflow.matching.scene import Scene, set_scene
from dealflow.matching.schemas import MatchQuery
from dealflow.pitches import queries as pitches

if TYPE_CHECKING:
    import numpy as np

    from ml.constraints import Blocker
    from ml.explain import Explanation
    from ml.rank import Placed

LEAST_KEPT = 10  # shorter lists are glances at the head of one that is kept when it is opened
FILTERS = {
    "genre": "genres_any",
    "stage": "stages_any",
    "language": "languages_any",
    "region": "regions_any",
    "instrument": "instruments_any",
}


@dataclass(frozen=True)
class Match:
    """A place in the list with its reasons and the project's card."""

    place: Placed
    explanation: Explanation
    card: Mapping[str, Any]
    standing: MatchStanding | None


@dataclass(frozen=True)
class Ranked:
    """A page of a list. `total` counts what the filters leave, `passing` all that passes the constraints."""

    matches: list[Match]
    total: int
    passing: int


def page(actor: Actor, mandate: Any, query: MatchQuery) -> Ranked:
    """A page of the list. Ranks are those of the whole list, whatever the filters and the order."""
    return page_of(actor, set_scene(actor, mandate), query)


def page_of(actor: Actor, scene: Scene, query: MatchQuery) -> Ranked:
    """`page` for a scene that is set. One statement more."""
    passing = int(scene.mask.sum())
    wanted = _wanted(scene, query)
    first, last = query.offset, query.offset + query.limit
    if wanted is None and query.sort in (None, "rank"):
        places, total = scene.top(last)[first:], passing
        if query.offset == 0 and query.limit >= LEAST_KEPT:
            lists.remember(actor, scene)
    else:
        left = [p for p in scene.top(passing) if wanted is None or wanted[p.row]]
        total, places = len(left), _ordered(scene, left, query.sort)[first:last]
    cards = pitches.summaries(actor, [place.project_id for place in places])
    shown = [place for place in places if place.project_id in cards]
    return Ranked(_explained(scene, shown, cards), total, passing)


def _explained(scene: Scene, places: Sequence[Placed], cards: Mapping[str, Mapping[str, Any]]) -> list[Match]:
    credits = scene.snapshot.matrix.columns.credits
    told = [
        {"ask": _plain(cards[place.project_id]["ask"]), "team": [{"credits": int(credits[place.row])}]}
        for place in places
    ]
    explanations = scene.snapshot.ranker.explain_many(
        scene.snapshot.matrix, scene.weights, [place.row for place in places], told, scene.usual
    )
    return [
        Match(place, explanation, cards[place.project_id], scene.standings.get(place.project_id))
        for place, explanation in zip(places, explanations, strict=True)
    ]


def _plain(money: Any) -> dict[str, Any] | None:
    return money.json() if money else None


def _wanted(scene: Scene, query: MatchQuery) -> np.ndarray | None:
    """Rows that the filters leave; None without filters. The rule is the one of constraints."""
    import numpy as np

    from ml import constraints

    columns = scene.snapshot.matrix.columns
    stated = {target: [value] for name, target in FILTERS.items() if (value := getattr(query, name))}
    masks = [constraints.mask({"constraints": stated}, columns)] if stated else []
    for word in (query.q or "").split():
        masks.append(~constraints.mask({"constraints": {"words_none": [word]}}, columns))
    if query.saved:
        saved = np.zeros(len(columns), dtype=bool)
        positions = scene.snapshot.matrix.positions
        saved[
            [positions[i] for i, s in scene.standings.items() if s.standing == "saved" and i in positions]
        ] = True
        masks.append(saved)
    return np.logical_and.reduce(masks) if masks else None


def _ordered(scene: Scene, places: list[Placed], sort: str | None) -> list[Placed]:
    if sort in (None, "rank"):
        return places
    rows = [place.row for place in places]
    matrix = scene.snapshot.matrix
    if sort == "-published_at":
        fresh = matrix.x[rows, matrix.groups["freshness"].start]
        keys: Any = (-fresh).tolist()
    else:
        keys = _asks(matrix.columns, rows, missing=float("inf") if sort == "ask" else float("-inf"))
        keys = keys if sort == "ask" else [-key for key in keys]
    order = sorted(range(len(places)), key=lambda at: (keys[at], places[at].rank))
    return [places[at] for at in order]


def _asks(columns: Any, rows: Sequence[int], missing: float) -> list[float]:
    """Asks in yuan by the ranker's reference rates, to put different currencies into one order."""
    from ml.columns import log_amount

    found = []
    for row in rows:
        currency = int(columns.ask_currency[row])
        money = {
            "amount_minor": int(columns.ask[row]),
            "currency": columns.currencies[currency] if currency >= 0 else None,
        }
        size = log_amount(money)
        found.append(missing if size is None else size)
    return found


@dataclass(frozen=True)
class Found:
    """One project for a mandate: a match, or the constraints that keep it out."""

    project: Any
    content: Mapping[str, Any]
    blockers: tuple[Blocker, ...] = ()
    match: Match | None = None


def one(actor: Actor, mandate: Any, project_id: str) -> Found:
    """Where a project stands in the list of a mandate, or why it is not in it. NotFound when it is not theirs to see."""
    from ml import constraints
    from ml.constraints import Blocker

    project = pitches.get(actor, project_id)
    content = live.content_of(project)
    stated = mandates.content(mandate)
    standing = queries.standing(mandate.id, project.id)
    blockers = constraints.evaluate(stated, content)
    if project.status != "published":
        blockers.insert(0, Blocker("status", project.status, "published"))
    elif standing is not None and standing.standing == "passed":
        blockers.insert(0, Blocker("passed", None, standing.reason or None))
    if blockers:
        return Found(project, content, tuple(blockers))
    scene = set_scene(actor, mandate)
    matrix, ranker = scene.snapshot.matrix, scene.snapshot.ranker
    if project.id not in matrix.positions:
        # Shown to invited investors only: it is in nobody's list, yet this mandate may ask how it would rank.
        alone = ranker.build_matrix([content])
        place = _stranger(scene, alone)
        matrix = alone
    else:
        row = matrix.positions[project.id]
        scene.mask[row] = True
        places = scene.top(int(scene.mask.sum()))
        place = next(p for p in places if p.row == row)
    explanation = ranker.explain(matrix, scene.weights, place.row, content, scene.usual)
    return Found(project, content, match=Match(place, explanation, pitches.summary(project), standing))


def _stranger(scene: Scene, alone: Any) -> Placed:
    import numpy as np

    from ml.rank import Placed

    ranker = scene.snapshot.ranker
    own = float(ranker.logits(alone, scene.weights, np.array([0], dtype=np.int64))[0])
    scores = ranker.score(scene.snapshot.matrix, scene.weights, scene.mask)
    return Placed(1 + int((scores > own).sum()), 0, alone.id_at(0), own, False)


def counts(constraints_stated: Mapping[str, Any]) -> dict[str, Any]:
    """How many published projects pass each stated constraint, and all together: {published, together, parts}."""
    from ml import constraints

    columns = live.current().matrix.columns
    parts = []
    for part, value in constraints_stated.items():
        if _states(value):
            passed = constraints.mask({"constraints": {part: value}}, columns)
            parts.append((part, value, int(passed.sum())))
    together = constraints.mask({"constraints": constraints_stated}, columns)
    return {"published": len(columns), "together": int(together.sum()), "parts": parts}


def _states(value: Any) -> bool:
    return any(value.values()) if isinstance(value, Mapping) else bool(value)
