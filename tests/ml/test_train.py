"""Feedback moves the model by as much as it proves, and never past its bounds."""

from pathlib import Path

import numpy as np
import pytest

from ml import store
from ml.__main__ import main
from ml.logistic import fit_map
from ml.model import COEFFICIENTS
from ml.rank import ProjectMatrix, Ranker
from ml.train import ATTENTION_CAP, FeedbackEvent, adapt, model_version, train_base, unit_features
from ml.weights import Deed
from tests.ml import samples


def feedback(matrix: ProjectMatrix, count: int, likes_stage: bool) -> list[FeedbackEvent]:
    """Answers of an investor who saves exactly the projects in financing, or exactly the others."""
    financing = matrix.spec.groups["stage"].start + 1
    return [
        FeedbackEvent(
            samples.mandate(),
            matrix.x[row],
            "save" if bool(matrix.x[row][financing]) == likes_stage else "pass",
        )
        for row in range(count)
    ]


def test_unit_features_times_coefficients_is_the_logit(ranker: Ranker, matrix: ProjectMatrix) -> None:
    weights = ranker.mandate_weights(samples.mandate(), [Deed(matrix.x[1], "save", 4)])
    values = np.array([ranker.model.coefficients[name] for name in COEFFICIENTS])
    for row in (0, 5):
        logit = weights.bias + unit_features(ranker.model, weights, matrix.x[row]) @ values
        assert logit == pytest.approx(ranker.explain(matrix, weights, row).logit, abs=1e-9)


def test_no_events_change_nothing(ranker: Ranker) -> None:
    assert adapt(ranker.model, []) is ranker.model


def test_events_pull_their_coefficient(ranker: Ranker, matrix: ProjectMatrix) -> None:
    before = ranker.model.coefficients["stage"]
    few = adapt(ranker.model, feedback(matrix, 10, likes_stage=True))
    many = adapt(ranker.model, feedback(matrix, 300, likes_stage=True))
    assert before < few.coefficients["stage"] < many.coefficients["stage"]
    assert many.info["log_loss_after"] < many.info["log_loss_before"]
    assert many.version != ranker.model.version
    assert many.version == model_version(many)
    assert many.info["adapted_from"] == ranker.model.version


def test_coefficients_stay_in_bounds(ranker: Ranker, matrix: ProjectMatrix) -> None:
    against = adapt(ranker.model, feedback(matrix, 300, likes_stage=False) * 5)
    assert min(against.coefficients.values()) >= 0
    assert against.coefficients["attention"] <= ATTENTION_CAP


def test_a_place_few_look_at_counts_for_more(ranker: Ranker, matrix: ProjectMatrix) -> None:
    plain = feedback(matrix, 40, likes_stage=True)
    rare = [FeedbackEvent(event.mandate, event.row, event.action, propensity=0.2) for event in plain]
    first, second = adapt(ranker.model, plain), adapt(ranker.model, rare)
    assert second.coefficients["stage"] > first.coefficients["stage"]
    with pytest.raises(ValueError, match="unknown action"):
        adapt(ranker.model, [FeedbackEvent({}, matrix.x[0], "stare")])


def test_adaptation_is_deterministic(ranker: Ranker, matrix: ProjectMatrix) -> None:
    events = feedback(matrix, 50, likes_stage=True)
    assert adapt(ranker.model, events).version == adapt(ranker.model, events).version


def test_logistic_fit_finds_known_coefficients() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(20_000, 3))
    truth = np.array([1.0, -2.0, 0.0])
    labels = (rng.random(20_000) < 1 / (1 + np.exp(-features @ truth))).astype(float)
    fit = fit_map(features, labels, np.ones(20_000), np.zeros(3), np.full(3, 1e-3))
    np.testing.assert_allclose(fit.coefficients, truth, atol=0.1)
    assert (np.abs(fit.coefficients - truth) < 4 * fit.deviations).all()


def test_the_shipped_version_names_what_it_scores_with(ranker: Ranker) -> None:
    assert ranker.version == model_version(ranker.model)
    errors = ranker.model.info["fit"]["held_out_calibration_error"]
    assert set(errors) == {"history", "stated", "both"}
    assert max(errors.values()) <= 0.05 < ranker.model.info["fit"]["error_without_pooling"]
    assert "CC BY" in ranker.model.info["source"]


def test_the_base_model_is_trained_from_a_folder(benchmark_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.skops"
    assert main(["train", "--data", str(benchmark_folder), "--out", str(out)]) == 0
    first = Ranker.load(out, bytes.fromhex(out.with_suffix(".pub").read_text().strip()))
    key = tmp_path / "key"
    private, public = store.new_signing_key()
    key.write_text(private.hex())
    assert main(["train", "--data", str(benchmark_folder), "--out", str(out), "--key", str(key)]) == 0
    assert Ranker.load(out, public).version == first.version == train_base(benchmark_folder).version
