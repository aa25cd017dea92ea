"""What a mandate says about its list as a whole, and the list made so."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ml import arrange
from ml.matrix import ProjectMatrix
from ml.rank import Placed, Ranker
from ml.weights import Deed

# preferences.diversity → logits that a project exactly like one above it gives up. Left out: `usual`.
DIVERSITY = {"off": 0.0, "usual": arrange.DIVERSITY, "more": 3 * arrange.DIVERSITY}


def diversity(mandate: Mapping[str, Any]) -> float:
    """How much likeness costs in the lists of a mandate."""
    return DIVERSITY[(mandate.get("preferences") or {}).get("diversity") or "usual"]


def listed(
    ranker: Ranker,
    matrix: ProjectMatrix,
    mandate: Mapping[str, Any],
    mask: np.ndarray,
    count: int,
    *,
    history: Sequence[Deed] = (),
    seed: int = 0,
) -> list[Placed]:
    """The first places of a mandate's list as its people see it."""
    weights = ranker.mandate_weights(mandate, history)
    return ranker.top(matrix, weights, mask, count, diversity=diversity(mandate), seed=seed)
