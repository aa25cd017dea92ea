"""Model cards: what a ranking model was made of and how it does, for every user to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dealflow.core.errors import NotFound
from dealflow.core.i18n import N_
from dealflow.matching import live, queries

STATES = {"candidate": N_("Candidate"), "in_service": N_("In service"), "retired": N_("Retired")}
# Coefficient → what it weighs.
PARTS = {
    "genre": N_("Stated genres"), "language": N_("Stated languages"), "region": N_("Stated regions"),
    "stage": N_("Stated stages"), "instrument": N_("Stated ways to invest"), "ask": N_("Ask against the ticket"),
    "min_ticket": N_("Smallest ticket against the limit"), "text": N_("Words of the mandate against the story"),
    "history_genre": N_("Genres of earlier answers"), "history_language": N_("Languages of earlier answers"),
    "history_region": N_("Regions of earlier answers"), "history_stage": N_("Stages of earlier answers"),
    "history_ask": N_("Size of earlier answers"), "history_text": N_("Stories of earlier answers"),
    "credits": N_("Credits of the team"),
    "track_platform_statement": N_("Earlier works with platform statements"),
    "track_platform_api": N_("Earlier works with platform data"),
    "track_third_party": N_("Earlier works in third-party rankings"),
    "track_self_reported": N_("Earlier works, self-reported"),
    "traction_platform_statement": N_("Plays with platform statements"),
    "traction_platform_api": N_("Plays with platform data"),
    "traction_third_party": N_("Plays in third-party rankings"),
    "traction_self_reported": N_("Plays, self-reported"),
    "review_passed": N_("Content review passed"), "scenes_available": N_("Scenes available"),
    "freshness": N_("Recently published"), "attention": N_("Attention of other investors"),
}  # fmt: skip


@dataclass(frozen=True)
class Card:
    """A model's card. `weights` holds (part, coefficient, deviation or None, learnt from data?)."""

    version: str
    state: str
    since: Any
    weights: list[tuple[str, float, float | None, bool]]
    intercept: float
    info: dict[str, Any]
    declared_share: float
    exploration_every: int


def versions() -> list[dict[str, Any]]:
    """All models, the newest first; before the first start was finished, the shipped one."""
    rows = [queries.model_dict(row) for row in queries.model_rows()]
    if rows:
        return rows
    shipped = live.ranker_of("")
    return [{
        "version": shipped.version, "state": "in_service", "created_at": None, "in_service_at": None,
        "metrics": dict(shipped.model.info),
    }]  # fmt: skip


def card(version: str) -> Card:
    """The card of a model; NotFound when there is none of this version."""
    from ml.arrange import EXPLORATION_EVERY
    from ml.train import DECLARED, declared_share

    known = {row["version"]: row for row in versions()}
    if version not in known:
        raise NotFound()
    model = live.ranker_of(version).model
    weights = [
        (name, model.coefficients[name], model.deviations.get(name), name not in DECLARED)
        for name in PARTS
        if name in model.coefficients
    ]
    return Card(
        version, known[version]["state"], known[version]["in_service_at"], weights, model.intercept, model.info,
        declared_share(model), EXPLORATION_EVERY,
    )  # fmt: skip
