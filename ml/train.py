"""Training: the base model from real investments, and its adaptation to an instance's own feedback."""

import csv
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.columns import ColumnSpec, base_genres
from ml.logistic import Fit, fit_map, log_loss
from ml.model import COEFFICIENTS, HISTORY, PROJECT, STATED, RankModel
from ml.text import fit_text_model
from ml.weights import ACTION_WEIGHTS, HALF_LIFE_DAYS, Deed, MandateWeights, mandate_weights

if TYPE_CHECKING:
    from ml.benchmark.data import Data

# Which question of the benchmark a coefficient of the product answers (ml.transfer).
STATED_ANSWERS = {
    "genre": "category",
    "language": "place",
    "region": "place",
    "stage": "stage",
    "instrument": "stage",
    "ask": "ask",
}
HISTORY_ANSWERS = {
    "history_genre": "category",
    "history_language": "place",
    "history_region": "place",
    "history_stage": "stage",
    "history_ask": "ask",
}
# A preference stated with full weight says at least as much as a history half of which was of that kind.
STATED_AS_HISTORY = 0.5
# What the benchmark cannot know. Declared, not learnt, until feedback moves it: evidence counts by how hard it is to
# fake, and everything here together stays below one stated genre, so that newcomers are not sunk.
DECLARED = {
    "min_ticket": 2.0,
    "text": 2.5,
    "history_text": 1.5,
    "credits": 0.08,
    "track_platform_statement": 0.20,
    "track_platform_api": 0.16,
    "track_third_party": 0.10,
    "track_self_reported": 0.03,
    "traction_platform_statement": 0.40,
    "traction_platform_api": 0.32,
    "traction_third_party": 0.20,
    "traction_self_reported": 0.05,
    "review_passed": 0.35,
    "scenes_available": 0.15,
    "freshness": 0.20,
}
# Mean of the declared columns over a typical catalogue: what an average project gains is taken off the base.
TYPICAL = {
    "text": 0.06,
    "history_text": 0.06,
    "credits": 1.5,
    "review_passed": 0.4,
    "scenes_available": 0.5,
    "freshness": 0.3,
    "attention": 0.6,
}
ATTENTION_CAP = 0.15  # what others do may tip a list, not lead it: bought clicks must not pay
PRIOR_PRECISION = 25.0
POSITIVE = frozenset({"save", "request_intro", "deal"})


@dataclass(frozen=True)
class FeedbackEvent:
    """One investor's answer to one shown project. `row` is the project's matrix row at that time, `history` what the
    investor had done before, `propensity` the probability that the place it stood in is looked at (`ml.propensity`;
    inverse propensity weighting of answers that only the looked-at can get: Schnabel et al. 2016, Joachims et al.
    2017), clipped at 0.05; `credence` how far who gave it can be believed (`ml.credence`)."""

    mandate: Mapping[str, Any]
    row: np.ndarray
    action: str
    history: Sequence[Deed] = ()
    propensity: float = 1.0
    credence: float = 1.0


def public_documents() -> list[str]:
    """The text the shipped vocabulary of meaning comes from: genre names and their bilingual descriptions."""
    folder = Path(__file__).parent / "data"
    with (folder / "genres.csv").open(encoding="utf-8", newline="") as stream:
        names = {row["id"]: f"{row['zh']} {row['en']}" for row in csv.DictReader(stream)}
    with (folder / "sample.csv").open(encoding="utf-8", newline="") as stream:
        return [f"{names[row['term']]} {row['text']}" for row in csv.DictReader(stream)]


def train_base(folder: Path) -> RankModel:
    """The base model from the benchmark's training files in `folder` (nothing of the validation window is read)."""
    from ml import transfer
    from ml.benchmark.data import SPLITS, load

    text = fit_text_model(public_documents())
    data = load(folder, SPLITS["validation"])
    history, stated = transfer.sample(data)
    history_fit, stated_fit = transfer.fit(history), transfer.fit(stated)
    learnt = dict(zip(transfer.HISTORY_FEATURES, history_fit.coefficients.tolist(), strict=False))
    coefficients, normalisers, deviations = dict(DECLARED), {}, {}
    for name, feature in HISTORY_ANSWERS.items():
        number = transfer.HISTORY_FEATURES.index(feature)
        coefficients[name] = max(0.0, learnt[feature])
        normalisers[name] = transfer.normaliser(history, number, coefficients[name])
        deviations[name] = float(history_fit.deviations[number])
    for name, feature in STATED_ANSWERS.items():
        number = transfer.STATED_FEATURES.index(feature)
        coefficients[name] = max(float(stated_fit.coefficients[number]), STATED_AS_HISTORY * learnt[feature])
        normalisers[name] = transfer.normaliser(stated, number, coefficients[name])
        deviations[name] = float(stated_fit.deviations[number])
    coefficients["attention"] = min(ATTENTION_CAP, max(0.0, learnt["attention"]))
    for name, typical in TYPICAL.items():
        normalisers[name] = coefficients[name] * typical
    report = {
        "history": _table(transfer.HISTORY_FEATURES, history_fit),
        "stated": _table(transfer.STATED_FEATURES, stated_fit),
        "pairs": int(history.labels.sum()),
        "half_life_days": HALF_LIFE_DAYS,
        **_held_out_errors(data),
    }
    model = RankModel(
        version="",
        spec=ColumnSpec(genres=base_genres(), text_dimensions=text.dimensions),
        text=text,
        coefficients=coefficients,
        normalisers=normalisers,
        intercept=0.0,
        overlap=transfer.overlap(history, stated, (history_fit, stated_fit)),
        deviations=deviations | {"newcomer": 0.5},
        info={
            "source": "Contains information from Crunchbase (crunchbase.com), October 2013 export, CC BY; modified.",
            "method": "case-control logistic regression on pair features of past half-years, declared priors elsewhere",
            "fit": report,
        },
    )
    # As it will be read back: what is trained here scores like what is stored.
    return RankModel.from_value(replace(model, version=model_version(model)).to_value())


def _held_out_errors(data: "Data") -> dict[str, Any]:
    """Calibration errors on the latest past half-year of fits on the three before it; the last one without pooling."""
    from ml import transfer

    history, stated = transfer.sample(data, slice(0, 1))
    earlier = transfer.sample(data, slice(1, 4))
    fits = transfer.fit(earlier[0]), transfer.fit(earlier[1])
    share = transfer.overlap(*earlier, fits)

    def error(logits: np.ndarray) -> float:
        return round(transfer.calibration_error(history, logits), 4)

    return {
        "held_out_calibration_error": {
            "history": error(transfer.logits(history, fits[0])),
            "stated": error(transfer.logits(stated, fits[1])),
            "both": error(transfer.pooled(history, stated, fits, share)),
        },
        "error_without_pooling": error(transfer.pooled(history, stated, fits, 1.0)),
    }


def _table(names: Sequence[str], result: Fit) -> dict[str, Any]:
    labels = [*names, "intercept"]
    return {
        name: {"coefficient": round(float(value), 4), "deviation": round(float(deviation), 4)}
        for name, value, deviation in zip(labels, result.coefficients, result.deviations, strict=True)
    } | {"log_loss": round(result.loss, 5)}


def model_version(model: RankModel) -> str:
    """`rank-` and a digest of everything a score depends on."""
    value = model.to_value()
    text = value.pop("text")
    value.pop("version")
    value.pop("info")
    digest = hashlib.blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=6)
    for name in sorted(text):
        digest.update(np.ascontiguousarray(text[name]).tobytes())
    return f"rank-{digest.hexdigest()}"


def unit_features(model: RankModel, weights: MandateWeights, row: np.ndarray) -> np.ndarray:
    """[COEFFICIENTS]: what each coefficient is multiplied with in this pair's logit."""
    features = np.zeros(len(COEFFICIENTS))
    values = np.asarray(row, dtype=np.float64)
    for part in weights.parts:
        features[COEFFICIENTS.index(part.coefficient)] += part.unit @ values[part.columns]
    return features


def adapt(model: RankModel, events: Sequence[FeedbackEvent]) -> RankModel:
    """The model refitted on feedback: saves, introductions and deals against passes and plain views.

    Maximum a posteriori logistic regression whose prior mean is the model in force, so few events change little and
    none change nothing. Precision per coefficient is PRIOR_PRECISION. Deals weigh most (ACTION_WEIGHTS). Negative
    coefficients are set to 0: a stated preference never works against itself, and bought attention stays capped.
    Raises ValueError for an unknown action.
    """
    if not events:
        return model
    rows, labels, importance, offsets = [], [], [], []
    current = np.array([model.coefficients[name] for name in COEFFICIENTS])
    for event in events:
        if event.action not in ACTION_WEIGHTS:
            raise ValueError(f"unknown action {event.action!r}")
        weights = mandate_weights(model, event.mandate, event.history)
        rows.append(unit_features(model, weights, event.row))
        offsets.append(weights.bias - model.intercept)
        labels.append(float(event.action in POSITIVE))
        worth = abs(ACTION_WEIGHTS[event.action]) * event.credence
        importance.append(worth / max(0.05, event.propensity))
    features = np.hstack([np.array(rows), np.ones((len(rows), 1))])
    prior = np.append(current, model.intercept)
    weight, label, offset = np.array(importance), np.array(labels), np.array(offsets)
    result = fit_map(features, label, weight, prior, np.full(len(prior), PRIOR_PRECISION), offset)
    fitted = np.maximum(0.0, result.coefficients[:-1])
    coefficients = dict(zip(COEFFICIENTS, fitted.tolist(), strict=True))
    coefficients["attention"] = min(ATTENTION_CAP, coefficients["attention"])
    deviations = dict(zip(COEFFICIENTS, result.deviations[:-1].tolist(), strict=True))
    adapted = replace(
        model,
        coefficients=coefficients,
        intercept=float(result.coefficients[-1]),
        deviations=model.deviations | deviations,
        info=model.info
        | {
            "adapted_from": model.version,
            "events": len(events),
            "log_loss_before": round(log_loss(label, offset + features @ prior, weight), 6),
            "log_loss_after": round(result.loss, 6),
        },
    )
    return replace(adapted, version=model_version(adapted))


def declared_share(model: RankModel) -> float:
    """Share of the coefficients' size that is declared rather than learnt (for the model card)."""
    total = math.fsum(abs(model.coefficients[name]) for name in STATED + HISTORY + PROJECT)
    return math.fsum(abs(model.coefficients[name]) for name in DECLARED) / total if total else 0.0
