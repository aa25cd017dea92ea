"""Working out a past list again: by the model that made it, or by another one beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from dealflow.audit import service as audit
from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.errors import InvalidTransition, NotFound
from dealflow.core.i18n import N_
from dealflow.matching import heldout, lists, live, queries
from dealflow.matching.models import RankedList
from dealflow.matching.policy import Tag
from dealflow.matching.scene import Scene
from dealflow.pitches import queries as pitches

if TYPE_CHECKING:
    from ml.rank import Placed


@dataclass(frozen=True)
class Replay:
    """A kept list and what was worked out. `places` is None when the matrix is not kept any more; `same` says whether
    every place, score and mark is what was shown."""

    row: RankedList
    version: str
    places: list[Placed] | None
    same: bool | None


def work_out(row: RankedList, version: str = "") -> Replay:
    """The list from the stored matrix, its inputs and a model (the one that made it, unless another is named).

    NotFound for a model that is not there; InvalidTransition for one that reads projects in another way.
    """
    asked = version or row.model_version
    if version and version not in {known.model_version for known in queries.model_rows()}:
        raise NotFound()
    matrix = live.stored_matrix(row.matrix_version)
    if matrix is None:
        return Replay(row, asked, None, None)
    ranker = live.ranker_of(asked)
    if not heldout.reads_alike(ranker, live.ranker_of(row.model_version)):
        raise InvalidTransition(
            N_("This model reads projects in another way than the one that made the list")
        )
    made = row.inputs
    in_trial = asked == row.model_version and bool(made["candidate"])
    candidate = live.ranker_of(made["candidate"]) if in_trial else None
    genres = matrix.spec.genres
    shot = live.Snapshot(
        matrix, ranker.with_genres(genres), frozenset(made["outdated"]), frozenset(made["copies"]),
        made["trial"] if in_trial else "", candidate.with_genres(genres) if candidate else None,
    )  # fmt: skip
    scene = Scene(made["mandate"], made["version"], shot, _standings(made["answers"]), made["seed"])
    same = lists.places_of(scene) == row.places if asked == row.model_version else None
    return Replay(row, asked, scene.top(lists.DEPTH), same)


def _standings(answers: list[list[Any]]) -> dict[str, Any]:
    """Lists that were kept before answers had days were made without them, and none fades in them."""
    return {
        project_id: SimpleNamespace(
            project_id=project_id,
            standing=standing,
            intro_at=asked or None,
            answered_on=day[0] if day else None,
        )
        for project_id, standing, asked, *day in answers
    }


def note_look(actor: Actor, row: RankedList) -> None:
    """Who oversees ranking and opens an investor's list leaves an entry in that investor's log."""
    if actor.organisation_id != row.organisation_id:
        audit.record(actor, Tag.LIST_REPLAYED, row, organisation_id=row.organisation_id)


def as_dict(found: Replay) -> dict[str, Any]:
    """The API's form: places as shown, and as worked out now."""
    row = found.row
    return {
        "id": row.id,
        "mandate_id": row.mandate_id,
        "shown_at": clock.rfc3339(row.at),
        "model_version": row.model_version,
        "matrix_version": row.matrix_version,
        "replayed_with": found.version,
        "same": found.same,
        "shown": [_shown(rank, *place) for rank, place in enumerate(row.places, start=1)],
        "replayed": None
        if found.places is None
        else [_shown(p.rank, p.project_id, p.logit, p.exploration, "") for p in found.places],
    }


def _shown(rank: int, project_id: str, logit: float, exploration: bool, team: str) -> dict[str, Any]:
    from ml.rank import display

    return {
        "rank": rank,
        "project_id": project_id,
        "score": display(logit),
        "exploration": exploration,
        "team": team or None,
    }


def titles(actor: Actor, ids: Iterable[str]) -> dict[str, str]:
    """Titles of the projects that the actor may see."""
    return {i: str(card["title"]) for i, card in pitches.summaries(actor, list(dict.fromkeys(ids))).items()}
