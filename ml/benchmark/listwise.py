"""Boosted trees with a list-wise objective: softmax cross-entropy within each query.

Cao et al., "Learning to Rank: From Pairwise Approach to Listwise Approach", ICML 2007 (ListNet, top-one
probabilities); trees and Newton steps are scikit-learn's histogram boosting, which takes the objective as a loss.
"""

import numpy as np
from sklearn._loss.loss import HalfSquaredError
from sklearn.ensemble import HistGradientBoostingRegressor

QUERY_POWER = 0.5
LEAST_HESSIAN = 1e-6


class WithinQuery(HalfSquaredError):
    """Cross-entropy between the true candidates of a query and the softmax of its scores.

    `groups` gives the number of consecutive rows of each query, `labels` 1 for a true candidate. A query with n true
    candidates counts n**0.5 times, so that the busiest investors do not decide alone.
    """

    def __init__(self, groups: np.ndarray, labels: np.ndarray) -> None:
        super().__init__()
        self.constant_hessian = False
        self.sizes = groups
        self.starts = np.concatenate([[0], np.cumsum(groups)[:-1]])
        true = np.add.reduceat(labels, self.starts)
        self.true = np.repeat(true, groups)
        self.weight = np.repeat(np.maximum(true, 1.0) ** -QUERY_POWER, groups)

    def gradient_hessian(
        self,
        y_true: np.ndarray,
        raw_prediction: np.ndarray,
        sample_weight: np.ndarray | None = None,
        gradient_out: np.ndarray | None = None,
        hessian_out: np.ndarray | None = None,
        n_threads: int = 1,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Derivatives by the scores of all rows, in the order of the training data; weights are not taken."""
        scores = np.asarray(raw_prediction, dtype=np.float64).ravel()
        raised = np.exp(scores - np.repeat(np.maximum.reduceat(scores, self.starts), self.sizes))
        share = raised / np.repeat(np.add.reduceat(raised, self.starts), self.sizes)
        gradient = self.weight * (self.true * share - np.asarray(y_true).ravel())
        hessian = np.maximum(self.weight * self.true * share * (1 - share), LEAST_HESSIAN)
        if gradient_out is None or hessian_out is None:
            return gradient, hessian
        gradient_out.reshape(-1)[:] = gradient
        hessian_out.reshape(-1)[:] = hessian
        return gradient_out, hessian_out


def fit_within_query(
    features: np.ndarray, labels: np.ndarray, groups: np.ndarray, seed: int
) -> HistGradientBoostingRegressor:
    """Trees whose `predict` orders the candidates of one query; scores of different queries do not compare."""
    estimator = HistGradientBoostingRegressor(
        loss=WithinQuery(groups, labels),
        max_iter=200,
        learning_rate=0.08,
        max_leaf_nodes=15,
        min_samples_leaf=80,
        max_features=0.3,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
    )
    return estimator.fit(features, labels)
