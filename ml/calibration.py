"""Stated chances made seen chances without losing additivity: one factor and one shift for the whole sum (Platt 1999)."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ml.answers import Answer, history_rows
from ml.logistic import fit_map
from ml.matrix import ProjectMatrix
from ml.model import RankModel
from ml.rank import Ranker
from ml.train import ATTENTION_CAP, model_version

# Prior of (factor, shift): as the model is. Weak, but a dozen answers do not turn a model over.
PRIOR_PRECISION = np.array([10.0, 1.0])
LEAST_FACTOR = 0.1


def logits(ranker: Ranker, matrix: ProjectMatrix, answers: Sequence[Answer]) -> np.ndarray:
    """The logit of each answered pair, from what had been answered before it."""
    found = []
    for answer in answers:
        weights = ranker.mandate_weights(answer.mandate, history_rows(answer, matrix))
        row = np.array([matrix.positions[answer.project_id]])
        found.append(float(ranker.logits(matrix, weights, row)[0]))
    return np.array(found)


def calibrate(model: RankModel, matrix: ProjectMatrix, answers: Sequence[Answer]) -> RankModel:
    """The model with every coefficient times the factor and the shift on its starting value; the order of projects with
    equal parts stays. Attention stays below its cap. Without answers the model itself."""
    known = [answer for answer in answers if answer.project_id in matrix.positions]
    if not known:
        return model
    labels = np.array([float(answer.positive) for answer in known])
    features = np.column_stack([logits(Ranker(model), matrix, known), np.ones(len(known))])
    fitted = fit_map(features, labels, np.ones(len(known)), np.array([1.0, 0.0]), PRIOR_PRECISION)
    factor, shift = max(LEAST_FACTOR, float(fitted.coefficients[0])), float(fitted.coefficients[1])
    coefficients = {name: value * factor for name, value in model.coefficients.items()}
    coefficients["attention"] = min(ATTENTION_CAP, coefficients["attention"])
    scaled = replace(
        model,
        coefficients=coefficients,
        normalisers={name: value * factor for name, value in model.normalisers.items()},
        deviations={
            name: value if name == "newcomer" else value * factor for name, value in model.deviations.items()
        },
        intercept=model.intercept * factor + shift,
        info=model.info | {"calibration": {"factor": round(factor, 5), "shift": round(shift, 5)}},
    )
    return replace(scaled, version=model_version(scaled))
