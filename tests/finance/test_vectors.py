"""Every case of the shared finance vectors, to the unit."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dealflow.finance import FAMILIES, run_family

OWN = Path(__file__).parent / "cases"
SHARED = Path(__file__).parents[3] / "shared" / "vectors"


def _load(folder: Path) -> list[Any]:
    """All cases of a folder of vector files as test parameters."""
    return [
        pytest.param(path.stem, case, id=f"{path.stem}: {case['name']}")
        for path in sorted(folder.glob("*.json"))
        for case in json.loads(path.read_text(encoding="utf-8"))
    ]


def assert_same(found: Any, expected: Any, path: str = "") -> None:
    """Equal to the unit; rates (`rate`, `irr`) within the tolerance the schema gives for them."""
    if isinstance(expected, dict):
        assert isinstance(found, dict), path
        assert set(found) == set(expected), path
        for key, value in expected.items():
            assert_same(found[key], value, f"{path}.{key}")
    elif isinstance(expected, list):
        assert isinstance(found, list), path
        assert len(found) == len(expected), path
        for position, value in enumerate(expected):
            assert_same(found[position], value, f"{path}[{position}]")
    elif path.endswith(".rate") and expected is not None:
        assert found is not None, path
        assert abs(Decimal(found) - Decimal(expected)) <= Decimal("1e-9") * max(1, abs(Decimal(expected))), (
            path
        )
        assert not (found.startswith("-") and Decimal(found) == 0), path
    else:
        assert found == expected, path
        assert type(found) is type(expected), path


@pytest.mark.parametrize(("family", "case"), _load(OWN) + _load(SHARED))
def test_case(family: str, case: dict[str, Any]) -> None:
    """The output of a case is what the vectors expect."""
    found = run_family(family, [{"name": case["name"], "input": case["input"]}])
    assert_same(found[case["name"]], case["expected"])


def test_shared_vectors_are_there() -> None:
    """Where the whole suite must run, the shared vectors must not be missing."""
    if os.environ.get("CI") == "true":
        assert {path.stem for path in SHARED.glob("*.json")} >= set(FAMILIES), f"no vectors in {SHARED}"


def test_own_cases_cover_every_family() -> None:
    """The project carries cases of its own for each family."""
    assert {path.stem for path in OWN.glob("*.json")} == set(FAMILIES)
