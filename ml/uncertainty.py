"""How little is known about a logit: the posterior deviation that exploration draws with.

Variance of a pair's logit = variance of what the model's columns cannot say about a newcomer + Σ over coefficients of
(posterior deviation · what the coefficient is multiplied with)² (Laplace approximation, independent coefficients).
"""

from collections import defaultdict

import numpy as np

from ml.matrix import ProjectMatrix
from ml.model import RankModel
from ml.weights import MandateWeights

NEWCOMER = 0.5  # logits; when a model does not state its own


def deviations(
    model: RankModel, weights: MandateWeights, matrix: ProjectMatrix, rows: np.ndarray
) -> np.ndarray:
    """float64 [rows] posterior deviation of each row's logit for one mandate."""
    values = np.asarray(matrix.x[rows], dtype=np.float64)
    per_coefficient: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(len(rows)))
    for part in weights.parts:
        if model.deviations.get(part.coefficient, 0.0) > 0:
            per_coefficient[part.coefficient] += (values[:, part.columns] * part.unit).sum(axis=1)
    variance = np.full(len(rows), model.deviations.get("newcomer", NEWCOMER) ** 2)
    for name, multiplied in per_coefficient.items():
        variance += (model.deviations[name] * multiplied) ** 2
    result: np.ndarray = np.sqrt(variance)
    return result
