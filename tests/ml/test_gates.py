"""A model serves only if it is better, calibrated, fair to newcomers, exact and repeatable; each gate can fail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ml import gates
from ml.answers import Answer, events, split
from ml.calibration import calibrate, logits
from ml.gates import Served
from ml.logistic import sigmoid
from ml.matrix import ProjectMatrix
from ml.propensity import prior
from ml.rank import Ranker
from ml.statistics import chi_square_limit, clustered_interval, debiased_calibration_error
from ml.train import ATTENTION_CAP, model_version
from tests.ml import samples


def changed(ranker: Ranker, **coefficients: float) -> Ranker:
    """The same model with some coefficients replaced."""
    model = replace(ranker.model, coefficients=ranker.model.coefficients | coefficients)
    return Ranker(replace(model, version=model_version(model)))


def answered(matrix: ProjectMatrix, count: int = 300) -> list[Answer]:
    """Thirty mandates answer: likely yes to what is in financing, likely no to the rest."""
    rng = np.random.default_rng(3)
    financing = matrix.groups["stage"].start + 1
    found = []
    for number in range(count):
        row = int(rng.integers(len(matrix)))
        chance = 0.8 if matrix.x[row][financing] else 0.2
        mandate = samples.mandate(
            id=f"mnd_{number % 30}",
            constraints={},
            preferences={"stages": {"financing": 1.0}},
            max_per_project=None,
        )
        found.append(
            Answer(
                mandate,
                matrix.id_at(row),
                "save" if rng.random() < chance else "pass",
                chance=prior().of_place(number % 9 + 1),
            )
        )
    return found


@pytest.fixture(scope="module")
def stated() -> list[dict[str, Any]]:
    return [samples.mandate(id=f"mnd_{n}", constraints={}) for n in range(24)]


def test_what_fits_the_answers_better_passes_and_the_reverse_fails(
    ranker: Ranker, matrix: ProjectMatrix
) -> None:
    held = answered(matrix)
    loud = Served(changed(ranker, stage=12.0), matrix)
    plain = Served(ranker, matrix)
    assert gates.better(loud, plain, held).passed
    assert not gates.better(plain, loud, held).passed
    same = gates.better(plain, plain, held)
    assert (same.passed, same.figures["log_likelihood"]["mean"]) == (False, 0.0)
    assert not gates.better(loud, plain, held[: gates.LEAST_HELD_OUT - 1]).passed


def test_a_few_houses_put_no_model_into_service(ranker: Ranker, matrix: ProjectMatrix) -> None:
    loud, plain = Served(changed(ranker, stage=12.0), matrix), Served(ranker, matrix)

    def given(houses: int) -> gates.Gate:
        held = [replace(a, house=f"org_{n % houses}") for n, a in enumerate(answered(matrix))]
        return gates.better(loud, plain, held)

    few = given(gates.LEAST_HOUSES - 1)
    assert few.figures["log_likelihood"]["low"] > 0
    assert (few.passed, few.figures["houses"]) == (False, gates.LEAST_HOUSES - 1)
    assert given(gates.LEAST_HOUSES).passed
    # One mandate is one voice, however often it answers.
    alone = [replace(answer, mandate=answered(matrix, 1)[0].mandate) for answer in answered(matrix)]
    assert not gates.better(loud, plain, alone).passed


def test_who_is_hardly_believed_hardly_counts(matrix: ProjectMatrix) -> None:
    known = Answer({"id": "m"}, matrix.id_at(0), "save")
    doubted = replace(known, credence=0.2)
    assert doubted.importance == pytest.approx(0.2 * known.importance)
    assert [event.credence for event in events([known, doubted], matrix)] == [1.0, 0.2]


def test_calibration_brings_stated_chances_to_seen_ones(ranker: Ranker, matrix: ProjectMatrix) -> None:
    fit_on, held = split(answered(matrix, 800))
    assert len(held) == 200
    loud = changed(ranker, stage=12.0, genre=0.0, text=0.0, ask=0.0)
    assert not gates.calibrated(Served(loud, matrix), held).passed
    fitted = calibrate(loud.model, matrix, fit_on)
    assert gates.calibrated(Served(Ranker(fitted), matrix), held).passed
    assert fitted.coefficients["attention"] <= ATTENTION_CAP
    assert fitted.version == model_version(fitted) != loud.version
    assert calibrate(loud.model, matrix, []) is loud.model
    # One factor for the whole sum: what was ordered by it is ordered as before.
    before, after = (
        logits(Ranker(m), matrix, held[:40]) for m in (replace(loud.model, intercept=0.0), fitted)
    )
    assert np.corrcoef(before, after)[0, 1] > 0.999


def test_groups_by_credits_keep_their_share(ranker: Ranker, stated: list[dict[str, Any]]) -> None:
    projects = [
        samples.project(n, team=[{"name": "A", "role": "d", "credits": 12 * (n % 4 > 0)}]) for n in range(300)
    ]
    matrix = ranker.build_matrix(projects)
    fair = gates.exposed(Served(ranker, matrix), stated)
    assert fair.passed, fair.figures
    assert [group["group"] for group in fair.figures["groups"]] == ["0", "1-2", "3-5", "6+"]
    known = gates.exposed(Served(changed(ranker, credits=4.0), matrix), stated)
    assert not known.passed
    assert known.figures["groups"][0]["ratio"] < 0.8


def test_reasons_that_do_not_add_up_are_found(
    ranker: Ranker, matrix: ProjectMatrix, stated: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    served = Served(ranker, matrix)
    assert gates.adds_up(served, stated).passed
    plain = Ranker.explain

    def short(self: Ranker, *args: Any, **kwargs: Any) -> Any:
        told = plain(self, *args, **kwargs)
        return replace(told, reasons=told.reasons[:-1])

    monkeypatch.setattr(Ranker, "explain", short)
    assert not gates.adds_up(served, stated).passed


def test_lists_that_differ_from_call_to_call_are_found(
    ranker: Ranker, matrix: ProjectMatrix, stated: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    served = Served(ranker, matrix)
    assert gates.repeats(served, stated).passed
    plain, seeds = Ranker.top, iter(range(10**6))

    def restless(self: Ranker, *args: Any, **kwargs: Any) -> Any:
        return plain(self, *args, **kwargs | {"seed": next(seeds)})

    monkeypatch.setattr(Ranker, "top", restless)
    assert not gates.repeats(served, stated).passed


def test_all_gates_are_told_in_one_order(
    ranker: Ranker, matrix: ProjectMatrix, stated: list[dict[str, Any]]
) -> None:
    served = Served(ranker, matrix)
    found = gates.examine(served, served, answered(matrix, 50), stated)
    assert [gate.code for gate in found] == ["better", "calibrated", "exposed", "adds_up", "repeats"]
    assert not found[0].passed
    beside = gates.shadow(served, served, stated)
    assert (beside["overlap"], beside["places_moved"], beside["score_shift"]) == (1.0, 0.0, 0.0)
    other = gates.shadow(served, Served(changed(ranker, stage=9.0), matrix), stated)
    assert other["overlap"] < 1.0


def test_a_place_few_look_at_counts_for_more(matrix: ProjectMatrix) -> None:
    looked = prior().of_place
    assert looked(None) == looked(1) == 1.0
    assert looked(4) > looked(12) > looked(10**6) > 0
    history = ((matrix.id_at(1), "pass", 7), ("gone", "save", 9))
    rare = Answer({}, matrix.id_at(0), "save", history, looked(4))
    made = events([rare], matrix)
    assert (made[0].propensity, len(made[0].history)) == (looked(4), 1)
    assert rare.importance > Answer({}, matrix.id_at(0), "save", history).importance
    assert events([Answer({}, "gone", "save")], matrix) == []


def test_intervals_draw_whole_clusters() -> None:
    values = np.repeat([1.0, -1.0], 50)
    wide = clustered_interval(values, clusters=["a"] * 50 + ["b"] * 50)
    narrow = clustered_interval(values)
    assert (wide.low, wide.high, wide.size) == (-1.0, 1.0, 2)
    assert narrow.high - narrow.low < 0.5
    assert clustered_interval(values) == narrow
    assert clustered_interval(np.zeros(0)).size == 0


def test_errors_and_gains_of_known_cases() -> None:
    rng = np.random.default_rng(1)
    chance = rng.random(4000)
    label = (rng.random(4000) < chance).astype(float)
    assert debiased_calibration_error(chance, label) < 0.02
    assert debiased_calibration_error(sigmoid(np.full(4000, 3.0)), label) == pytest.approx(
        sigmoid(np.array([3.0]))[0] - 0.5, abs=0.03
    )
    assert gates.ranks(np.array([3.0, 2.0, 3.0]), [1, 2]).tolist() == [3, 2]
    # Table values of the 99.9% points.
    assert chi_square_limit(1) == pytest.approx(10.83, rel=0.05)
    assert chi_square_limit(10) == pytest.approx(29.59, rel=0.01)
