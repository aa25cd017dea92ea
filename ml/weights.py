"""A mandate (and what its investor did before) as one weight per column.

Each `Part` is one preference or project quality; the weight vector is the sum of the parts, and a reason is a part's
share of the score, so reasons add up to the score by construction.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from ml.columns import (
    ASK_KNOTS,
    EVIDENCE_CLASSES,
    ColumnSpec,
    log_amount,
    primary_language,
    region_columns,
)
from ml.model import RankModel

# Strength of an investor's action as evidence of interest (Rocchio 1971 gives the form: add what was chosen, subtract
# what was refused). A pass says less than a deal: it has many reasons.
ACTION_WEIGHTS = {"deal": 1.0, "request_intro": 0.7, "save": 0.5, "view": 0.1, "pass": -0.5}
# An action counts half as much as one by the same investor so many days later. Two years, as on the public benchmark.
HALF_LIFE_DAYS = 730.0
SHRINKAGE = 2.0  # pseudo-actions of an indifferent investor, so that one action does not decide


class Deed(NamedTuple):
    """What an investor did with a project: its matrix row, the action, and the day number (of any calendar that counts
    days; None: as late as the latest). Only days between deeds matter, so a list does not depend on when it is drawn."""

    row: np.ndarray
    action: str
    day: int | None = None


def fading(age_days: Any, half_life: float = HALF_LIFE_DAYS) -> Any:
    """What is left of the weight of actions of so many days (a number or an array): 1 at once, half after a half-life."""
    return 0.5 ** (age_days / half_life)


@dataclass(frozen=True)
class Part:
    """`coefficient · unit` on the columns of `group`; `centre` (in logits) is taken off the base."""

    coefficient: str
    group: str
    unit: np.ndarray
    centre: float
    code: str
    opposite_code: str
    project_field: str
    mandate_field: str | None
    columns: slice
    weight: float

    @cached_property
    def values(self) -> np.ndarray:
        return self.weight * self.unit


@dataclass(frozen=True)
class MandateWeights:
    """`vector` float32 [d] and `bias`; `exact` is the vector in float64, `parts` say what it consists of."""

    vector: np.ndarray
    exact: np.ndarray
    bias: float
    parts: tuple[Part, ...]
    digest: str
    model_version: str
    ticket: Mapping[str, Any] | None = None
    limit: Mapping[str, Any] | None = None
    text: str = ""
    ask_target: float | None = None
    ask_band: tuple[float, float] = (0.0, 0.0)  # decades above the target within which an ask suits
    mandate_id: str | None = field(default=None)


class _Builder:
    def __init__(self, model: RankModel) -> None:
        self.model, self.parts = model, list[Part]()

    def add(
        self,
        coefficient: str,
        group: str,
        unit: np.ndarray,
        codes: tuple[str, str],
        fields: tuple[str, str | None],
        strength: float = 0.0,
        columns: slice | None = None,
    ) -> None:
        self.parts.append(
            Part(
                coefficient=coefficient,
                group=group,
                unit=unit,
                centre=self.model.normalisers.get(coefficient, 0.0) * strength,
                code=codes[0],
                opposite_code=codes[1],
                project_field=fields[0],
                mandate_field=fields[1],
                columns=columns or self.model.spec.groups[group],
                weight=self.model.coefficients[coefficient],
            )
        )

    def scale(self, factor: float) -> None:
        """Every part counts `factor` times; the order of projects stays."""
        self.parts = [
            replace(part, unit=part.unit * factor, centre=part.centre * factor) for part in self.parts
        ]


def mandate_weights(
    model: RankModel, mandate: Mapping[str, Any], history: Sequence[Deed] | None = None
) -> MandateWeights:
    """Weights of a mandate; `history` holds what the same investor did before.

    Raises ValueError for an unknown action.
    """
    builder = _Builder(model)
    preferences = mandate.get("preferences") or {}
    _add_terms(builder, preferences)
    target = _add_money(builder, mandate, preferences)
    text = str(preferences.get("text") or "")
    if text:
        share = float(
            preferences.get("weight_text", 1.0) if preferences.get("weight_text") is not None else 1.0
        )
        builder.add(
            "text",
            "text",
            share * model.text.embed(text).astype(np.float64),
            ("text_similarity", "text_difference"),
            ("synopsis", "preferences.text"),
            abs(share),
        )
    stated = bool(builder.parts)
    mass = _add_history(builder, history) if history else 0.0
    _add_project_qualities(builder)
    if stated and mass:
        builder.scale(1 - (1 - model.overlap) * mass)
    vector = np.zeros(model.spec.width)
    for part in builder.parts:
        vector[part.columns] += part.values
    return MandateWeights(
        vector=vector.astype(np.float32),
        exact=vector,
        bias=model.intercept - math.fsum(part.centre for part in builder.parts),
        parts=tuple(builder.parts),
        digest=model.spec.digest,
        model_version=model.version,
        ticket=preferences.get("ticket"),
        limit=mandate.get("max_per_project"),
        text=text,
        ask_target=target,
        ask_band=(model.money.low, model.money.high),
        mandate_id=mandate.get("id"),
    )


_TERM_PARTS = (
    ("genre", "genres", "genres", ("genre_match", "genre_dislike")),
    ("language", "languages", "languages", ("language_match", "language_dislike")),
    ("region", "regions", "regions", ("region_match", "region_dislike")),
    ("stage", "stages", "stage", ("stage_fit", "stage_dislike")),
    ("instrument", "instruments", "instruments", ("instrument_match", "instrument_dislike")),
)


def _add_terms(builder: _Builder, preferences: Mapping[str, Any]) -> None:
    spec = builder.model.spec
    for coefficient, preference, group, codes in _TERM_PARTS:
        unit = np.zeros(len(spec.labels[group]))
        for term, weight in (preferences.get(preference) or {}).items():
            position = spec.positions[group].get(_column_name(group, term))
            if position is not None:
                unit[position] = max(-1.0, min(1.0, float(weight)))
        if unit.any():
            liked = float(max(0.0, unit.max()))
            builder.add(coefficient, group, unit, codes, (group, f"preferences.{preference}"), liked)


def _column_name(group: str, term: str) -> str:
    if group == "languages":
        return primary_language(term)
    return region_columns(term)[0] if group == "regions" else term


def _add_money(builder: _Builder, mandate: Mapping[str, Any], preferences: Mapping[str, Any]) -> float | None:
    """Ask against the ticket (or the limit per project), smallest ticket against the limit."""
    shape, limit = builder.model.money, log_amount(mandate.get("max_per_project"))
    ticket, mandate_field = log_amount(preferences.get("ticket")), "preferences.ticket"
    if ticket is None:
        ticket, mandate_field = limit, "max_per_project"
    if ticket is not None:
        unit = np.array([shape.fit(knot - ticket) for knot in ASK_KNOTS])
        builder.add("ask", "ask", unit, ("ask_fit", "ask_above_ticket"), ("ask", mandate_field), 1.0)
    if limit is not None:
        # One knot of slack: between two knots the hats may not punish a smallest ticket that equals the limit.
        above = np.array([-min(1.0, max(0.0, (knot - limit) / 0.25 - 1)) for knot in ASK_KNOTS])
        codes = ("min_ticket_fit", "min_ticket_above_limit")
        builder.add("min_ticket", "min_ticket", above, codes, ("min_ticket", "max_per_project"))
    return ticket


_HISTORY_PARTS = (
    ("history_genre", "genres", "genres"),
    ("history_language", "languages", "languages"),
    ("history_region", "regions", "regions"),
    ("history_stage", "stage", "stage"),
    ("history_text", "text", "synopsis"),
)


def history_profile(spec: ColumnSpec, history: Sequence[Deed]) -> tuple[np.ndarray, float]:
    """Weighted mean of the rows of past projects, shrunk towards nothing, and its positive mass (0..1).

    Old deeds fade against later ones of the same investor; how far the mean is shrunk depends on how many there are and
    not on their age (letting that fade too was measured to harm: ml/README.md).
    """
    latest = max((deed.day for deed in history if deed.day is not None), default=0)
    total, mass, size, faded = np.zeros(spec.width), 0.0, 0.0, 0.0
    for row, action, day in history:
        if action not in ACTION_WEIGHTS:
            raise ValueError(f"unknown action {action!r}")
        left = 1.0 if day is None else fading(latest - day)
        weight = ACTION_WEIGHTS[action] * left
        total += weight * np.asarray(row, dtype=np.float64)
        mass, faded = mass + max(0.0, weight), faded + abs(weight)
        size += abs(ACTION_WEIGHTS[action])
    kept = size / faded if faded else 0.0
    return total * kept / (size + SHRINKAGE), mass * kept / (size + SHRINKAGE)


def _add_history(builder: _Builder, history: Sequence[Deed]) -> float:
    """Adds what the past says; returns its positive mass."""
    spec = builder.model.spec
    profile, mass = history_profile(spec, history)
    for coefficient, group, project_field in _HISTORY_PARTS:
        unit = profile[spec.groups[group]]
        builder.add(
            coefficient, group, unit, (coefficient, f"{coefficient}_unlike"), (project_field, None), mass
        )
    knots = np.array(ASK_KNOTS)
    kernel = np.exp(-0.5 * ((knots[:, None] - knots[None, :]) / builder.model.money.sigma) ** 2)
    unit = (kernel - builder.model.money.middle) @ profile[spec.groups["ask"]]
    builder.add("history_ask", "ask", unit, ("history_ask", "history_ask_unlike"), ("ask", None), mass)
    return mass


def _add_project_qualities(builder: _Builder) -> None:
    def single(coefficient: str, group: str, code: str, project_field: str, offset: int = 0) -> None:
        start = builder.model.spec.groups[group].start + offset
        columns = slice(start, start + 1)
        builder.add(coefficient, group, np.ones(1), (code, code), (project_field, None), 1.0, columns)

    single("credits", "credits", "team_credits", "team")
    for number, name in enumerate(EVIDENCE_CLASSES):
        single(f"track_{name}", "track", "track_record", "track_record", number)
        single(f"traction_{name}", "traction", "traction", "track_record", number)
    single("review_passed", "park", "review_passed", "review", 0)
    single("scenes_available", "park", "scenes_available", "scenes_needed", 1)
    single("freshness", "freshness", "freshness", "published_at")
    single("attention", "attention", "attention", "attention")
