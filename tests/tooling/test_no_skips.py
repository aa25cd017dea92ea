"""The plugin that lets no test stay unrun behind a green line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run_pytest(folder: Path, body: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run one test module below `folder` with the plugin, apart from this project's own settings."""
    file = folder / "test_sample.py"
    file.write_text(f"import pytest\n{body}\n", "utf-8")
    settings = folder / "pytest.ini"
    settings.write_text("[pytest]\n", "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-c", str(settings), "-p", "tests.tooling.no_skips"]
    return subprocess.run(
        [*command, *options, str(file)], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_a_run_without_skips_stays_green(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, "def test_it(): assert 1 + 1 == 2")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "body",
    [
        "def test_it(): pytest.skip('no server')",
        "@pytest.mark.xfail\ndef test_it(): assert 1 == 2",
        "@pytest.mark.xfail\ndef test_it(): assert 1 == 1",
        "pytest.importorskip('no_such_module')\ndef test_it(): assert 1 == 1",
    ],
    ids=["skipped", "expected to fail", "passed against expectation", "whole module"],
)
def test_whatever_did_not_run_fails_the_run_by_name(tmp_path: Path, body: str) -> None:
    done = run_pytest(tmp_path, body)
    assert done.returncode != 0, done.stdout
    assert "counts as a failure" in done.stdout


def test_skips_on_the_workers_of_xdist_count_too(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, "def test_it(): pytest.skip('no server')", "-n", "2")
    assert done.returncode == 1, done.stdout
    assert "counts as a failure, skipped" in done.stdout
