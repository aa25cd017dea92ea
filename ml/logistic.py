"""Logistic regression with a Gaussian prior, in numpy: small, exact, deterministic.

Maximum a posteriori estimate by Newton's method (Bishop 2006, section 4.5); the inverse Hessian at the optimum is the
Laplace approximation of the posterior covariance.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Fit:
    """Coefficients [k], their posterior standard deviations [k], and the mean weighted log loss."""

    coefficients: np.ndarray
    deviations: np.ndarray
    loss: float


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)) without overflow."""
    result: np.ndarray = 0.5 * (1 + np.tanh(0.5 * logits))
    return result


def log_loss(labels: np.ndarray, logits: np.ndarray, weights: np.ndarray) -> float:
    """Weighted mean of -ln p(label)."""
    return float(np.average(np.logaddexp(0, logits) - labels * logits, weights=weights))


def fit_map(
    features: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    prior_mean: np.ndarray,
    prior_precision: np.ndarray,
    offset: np.ndarray | None = None,
    iterations: int = 100,
) -> Fit:
    """Minimise Σ weight·logloss + ½ Σ precision·(coefficient − mean)². features [n, k], labels 0/1 [n]."""
    base = np.zeros(len(labels)) if offset is None else offset
    coefficients = prior_mean.astype(np.float64).copy()

    def objective(value: np.ndarray) -> float:
        logits = base + features @ value
        data = weights @ (np.logaddexp(0, logits) - labels * logits)
        return float(data + 0.5 * prior_precision @ (value - prior_mean) ** 2)

    current = objective(coefficients)
    for _ in range(iterations):
        p = sigmoid(base + features @ coefficients)
        gradient = features.T @ (weights * (p - labels)) + prior_precision * (coefficients - prior_mean)
        hessian = (features * (weights * p * (1 - p))[:, None]).T @ features + np.diag(prior_precision)
        step = np.linalg.solve(hessian, gradient)
        size = 1.0
        while objective(coefficients - size * step) > current and size > 1e-8:
            size /= 2
        coefficients = coefficients - size * step
        before, current = current, objective(coefficients)
        if before - current < 1e-9 * (1 + abs(current)):
            break
    p = sigmoid(base + features @ coefficients)
    hessian = (features * (weights * p * (1 - p))[:, None]).T @ features + np.diag(prior_precision)
    deviations = np.sqrt(np.diag(np.linalg.inv(hessian)))
    loss = log_loss(labels, base + features @ coefficients, weights)
    return Fit(coefficients, deviations, loss)
