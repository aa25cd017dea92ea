"""Matrices on disk and the change of single rows."""

from pathlib import Path

import numpy as np
import pytest

from ml import constraints
from ml.matrix import ProjectFrame, ProjectMatrix, build_matrix, concatenate
from ml.rank import Ranker
from tests.ml import samples


def test_saved_and_mapped_is_the_same(ranker: Ranker, matrix: ProjectMatrix, tmp_path: Path) -> None:
    matrix.save(tmp_path)
    loaded = ProjectMatrix.load(tmp_path)
    assert isinstance(loaded.x, np.memmap)
    assert loaded.version == matrix.version
    mandate = samples.mandate(constraints={"genres_any": list(samples.GENRES[:4]), "words_none": ["赌博"]})
    np.testing.assert_array_equal(
        constraints.mask(mandate, loaded.columns), constraints.mask(mandate, matrix.columns)
    )
    weights = ranker.mandate_weights(mandate)
    assert ranker.top(loaded, weights, None, 40) == ranker.top(matrix, weights, None, 40)


def test_a_new_version_replaces_the_old_one_but_both_can_be_read(
    ranker: Ranker, matrix: ProjectMatrix, tmp_path: Path
) -> None:
    matrix.save(tmp_path)
    old = ProjectMatrix.load(tmp_path)
    changed = old.with_projects([samples.project(900)], ranker.model)
    changed.save(tmp_path)
    assert ProjectMatrix.load(tmp_path).version == changed.version
    assert ProjectMatrix.load(tmp_path, version=matrix.version).version == matrix.version
    assert float(old.x[0].sum()) == pytest.approx(float(matrix.x[0].sum()))
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_no_matrix_yet(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ProjectMatrix.load(tmp_path)


def test_single_rows_change_without_building_the_rest(ranker: Ranker, projects: list[dict]) -> None:
    matrix = ranker.build_matrix(projects[:30])
    edited = projects[4] | {"genres": [samples.GENRES[7]], "ask": samples.money(7_000, "USD")}
    added = samples.project(500, genres=[samples.GENRES[8]])
    changed = matrix.with_projects([edited, added], ranker.model, removed=[projects[9]["id"]])
    kept = [project for number, project in enumerate(projects[:30]) if number not in (4, 9)]
    fresh = ranker.build_matrix([*kept, edited, added])
    np.testing.assert_array_equal(changed.x, fresh.x)
    assert changed.ids.tolist() == fresh.ids.tolist()
    for constraint in (
        {"genres_any": [samples.GENRES[7]]},
        {"ask": {"min": samples.money(1, "USD")}},
        {"words_none": ["复仇", "Doctor"]},
        {"regions_any": ["CN"], "languages_any": ["en"]},
    ):
        mandate = {"constraints": constraint}
        np.testing.assert_array_equal(
            constraints.mask(mandate, changed.columns), constraints.mask(mandate, fresh.columns)
        )


def test_matrices_of_batches_join(ranker: Ranker, projects: list[dict], matrix: ProjectMatrix) -> None:
    parts = [ranker.build_matrix(projects[start : start + 70]) for start in range(0, 300, 70)]
    joined = concatenate(parts)
    np.testing.assert_array_equal(joined.x, matrix.x)
    mandate = {"constraints": {"genres_none": [samples.GENRES[1]], "words_none": ["village"]}}
    np.testing.assert_array_equal(
        constraints.mask(mandate, joined.columns), constraints.mask(mandate, matrix.columns)
    )


def test_ids_are_unique(ranker: Ranker) -> None:
    with pytest.raises(ValueError, match="not unique"):
        build_matrix(ProjectFrame([samples.project(1)]).projects * 2, ranker.model)


def test_bare_projects_fill_a_row(ranker: Ranker) -> None:
    matrix = ranker.build_matrix(
        [{"id": "prj_bare"}, {"id": "prj_nulls", "title": None, "ask": None, "team": None}]
    )
    assert not matrix.x.any()
    assert matrix.cold.all()
