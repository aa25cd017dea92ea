"""The shipped ranker and a matrix of invented projects."""

from pathlib import Path

import pytest

from ml.rank import ProjectMatrix, Ranker
from tests.ml import samples


@pytest.fixture(scope="session")
def ranker() -> Ranker:
    """The ranker that comes with the package."""
    return Ranker.shipped()


@pytest.fixture(scope="session")
def projects() -> list[dict]:
    """300 invented projects."""
    return [samples.project(number) for number in range(300)]


@pytest.fixture(scope="session")
def matrix(ranker: Ranker, projects: list[dict]) -> ProjectMatrix:
    """Their matrix."""
    return ranker.build_matrix(projects)


@pytest.fixture(scope="session")
def benchmark_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small benchmark with the files of split validation and without its answers."""
    folder = tmp_path_factory.mktemp("benchmark")
    samples.write_benchmark(folder)
    return folder
