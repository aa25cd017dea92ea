"""Reasons: the exact additive parts of a score, with what a sentence about each needs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ml.columns import ASK_KNOTS, ColumnSpec, project_text, total_credits
from ml.model import display
from ml.text import shared_terms
from ml.weights import MandateWeights, Part

TERM_GROUPS = frozenset({"genres", "languages", "regions", "stage", "instruments"})
_MAX_TERMS = 8
_KNOTS = np.array(ASK_KNOTS)
_EDGE = 0.05  # decades; an ask a tenth off the edge of what suits still suits


@dataclass(frozen=True)
class Reason:
    """An additive part of the logit. `params` holds what a sentence needs: terms, amounts, evidence class, words;
    `usual` is what the same part gives the average project it is compared with."""

    code: str
    contribution: float
    project_field: str | None
    mandate_field: str | None
    params: dict[str, Any] = field(default_factory=dict)
    usual: float = 0.0

    @property
    def tells(self) -> float:
        """How much more of it (or of its opposite) this project has than others do; nothing when all have the same."""
        return math.copysign(1.0, self.contribution) * (self.contribution - self.usual)


@dataclass(frozen=True)
class Explanation:
    """`logit` = base + Σ contributions (all reasons, largest effect first); `score` = display(logit)."""

    base: float
    reasons: tuple[Reason, ...]
    logit: float
    model_version: str

    @property
    def score(self) -> float:
        return display(self.logit)

    def telling(self, count: int) -> list[Reason]:
        """The `count` reasons that set the project apart most, the largest first: what holds for every project of a
        list says nothing about one of them."""
        chosen = sorted(self.reasons, key=lambda reason: (-reason.tells, reason.code))[:count]
        return sorted(chosen, key=_by_size)


def _by_size(reason: Reason) -> tuple[float, str]:
    return -abs(reason.contribution), reason.code


def usual(weights: MandateWeights, values: np.ndarray) -> np.ndarray:
    """[parts, 2] what each part gives the rows of `values` [n, columns] on average: its terms that speak for a project
    and those that speak against it, or the whole of it twice where it is told as one reason."""
    result = np.zeros((len(weights.parts), 2))
    if not len(values):
        return result
    for number, part in enumerate(weights.parts):
        products = values[:, part.columns].astype(np.float64) * part.values
        if part.group in TERM_GROUPS and len(part.values) > 1:
            result[number] = (
                products.clip(min=0).sum() / len(values),
                products.clip(max=0).sum() / len(values),
            )
        else:
            result[number] = products.sum() / len(values)
    # The last bits depend on the order of the rows.
    rounded: np.ndarray = result.round(9)
    return rounded


def explain_row(
    weights: MandateWeights,
    values: np.ndarray,
    spec: ColumnSpec,
    project: Mapping[str, Any] | None = None,
    means: np.ndarray | None = None,
) -> Explanation:
    """The explanation of one matrix row (float64), compared with `means` (`usual`); see `ml.rank.Ranker.explain`."""
    reasons: list[Reason] = []
    compared = np.zeros((len(weights.parts), 2)) if means is None else means
    for part, (above, below) in zip(weights.parts, compared.tolist(), strict=True):
        if len(part.values) == 1:
            total = float(part.values[0] * values[part.columns.start])
            if total:
                params = _params(part, weights, project)
                reasons.append(
                    Reason(part.code, total, part.project_field, part.mandate_field, params, above)
                )
        elif part.group in TERM_GROUPS:
            reasons.extend(_term_reasons(part, part.values * values[part.columns], spec, (above, below)))
        else:
            total = math.fsum((part.values * values[part.columns]).tolist())
            if total:
                reasons.append(replace(_summed_reason(part, total, values, weights, project), usual=above))
    reasons.sort(key=_by_size)
    logit = weights.bias + math.fsum(reason.contribution for reason in reasons)
    return Explanation(weights.bias, tuple(reasons), logit, weights.model_version)


def _term_reasons(
    part: Part, contributions: np.ndarray, spec: ColumnSpec, means: tuple[float, float]
) -> list[Reason]:
    """At most two: the terms that speak for the project, and those that speak against it."""
    labels, numbers = spec.labels[part.group], np.flatnonzero(contributions).tolist()
    numbers.sort(key=lambda number: (-abs(contributions[number]), number))
    reasons = []
    for code, sign, mean in ((part.code, 1, means[0]), (part.opposite_code, -1, means[1])):
        chosen = [number for number in numbers if contributions[number] * sign > 0]
        if chosen:
            total = math.fsum(float(contributions[number]) for number in chosen)
            terms = [labels[number] for number in chosen[:_MAX_TERMS]]
            reasons.append(
                Reason(code, total, part.project_field, part.mandate_field, {"terms": terms}, mean)
            )
    return reasons


def _summed_reason(
    part: Part, total: float, values: np.ndarray, weights: MandateWeights, project: Mapping[str, Any] | None
) -> Reason:
    code = part.code if total >= 0 else part.opposite_code
    if part.coefficient == "ask" and weights.ask_target is not None:
        asked = float(values[part.columns] @ _KNOTS)  # the hats' mean is the logarithm they were made of
        code = _ask_code(code, asked - weights.ask_target, weights.ask_band)
    return Reason(code, total, part.project_field, part.mandate_field, _params(part, weights, project))


def _ask_code(code: str, distance: float, band: tuple[float, float]) -> str:
    """On which side of the ticket an ask lies, `distance` decades above it, and whether it suits or is only in reach."""
    if code == "ask_above_ticket":
        return "ask_below_ticket" if distance < band[0] else code
    if distance < band[0] - _EDGE:
        return "ask_near_below"
    return "ask_near_above" if distance > band[1] + _EDGE else code


def _params(part: Part, weights: MandateWeights, project: Mapping[str, Any] | None) -> dict[str, Any]:
    if part.group in ("track", "traction"):
        return {"evidence_class": part.coefficient.split("_", 1)[1]}
    params: dict[str, Any] = {}
    if part.coefficient in ("ask", "min_ticket"):
        params["ticket"], params["limit"] = weights.ticket, weights.limit
    if project is None:
        return params
    if part.coefficient in ("ask", "history_ask"):
        params["ask"] = project.get("ask")
    elif part.coefficient == "min_ticket":
        params["min_ticket"] = project.get("min_ticket")
    elif part.coefficient == "text":
        params["words"] = shared_terms(weights.text, project_text(project))
    elif part.coefficient == "credits" and "team" in project:
        count = total_credits(project)
        params["one" if count == 1 else "credits"] = count
    return params
