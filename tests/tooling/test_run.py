"""`make run` after set-up: the database, the demo unless refused, then the server in the same process."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RECORD = """#!/bin/sh
echo "$* PORT=$PORT HOST=$HOST DEMO=$DEALFLOW_DEMO INSTANCE=$DEALFLOW_INSTANCE PID=$$" >>"$RECORD"
[ "$1" != "$FAIL" ]
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with bin/run, in which set-up is done and the command only writes down how it was called."""
    folder = tmp_path / "clone"
    (folder / "bin").mkdir(parents=True)
    shutil.copy(ROOT / "bin" / "run", folder / "bin" / "run")
    shutil.copy(ROOT / "Makefile", folder)
    command = folder / ".venv" / "bin" / "dealflow"
    command.parent.mkdir(parents=True)
    for path, text in ((folder / "bin" / "bootstrap", "#!/bin/sh\n"), (command, RECORD)):
        path.write_text(text, "utf-8")
        path.chmod(0o755)
    return folder


def run(clone: Path, *arguments: str, **environment: str) -> tuple[int, list[str]]:
    """Exit code of `make run` and one line for each call of the command."""
    record = clone / "record"
    base = {"PATH": "/usr/local/bin:/usr/bin:/bin", "RECORD": str(record), "FAIL": "none"}
    done = subprocess.run(
        ["make", "run", *arguments],
        cwd=clone,
        env=base | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return done.returncode, record.read_text("utf-8").splitlines()


def test_the_database_then_the_demo_then_the_server(clone: Path) -> None:
    code, calls = run(clone)
    assert code == 0
    assert [call.split(" PORT")[0] for call in calls] == ["init", "demo load", "serve"]
    assert f"PORT=8000 HOST=127.0.0.1 DEMO=1 INSTANCE={clone}/instance" in calls[-1]


def test_an_empty_start_loads_no_demo_and_everything_passes_through(clone: Path, tmp_path: Path) -> None:
    instance = tmp_path / "other instance"
    code, calls = run(clone, "PORT=9001", DEALFLOW_DEMO="0", HOST="0.0.0.0", DEALFLOW_INSTANCE=str(instance))  # noqa: S104
    assert code == 0
    assert [call.split(" PORT")[0] for call in calls] == ["init", "serve"]
    assert f"PORT=9001 HOST=0.0.0.0 DEMO=0 INSTANCE={instance} " in calls[-1]
    assert instance.is_dir()


def test_nothing_is_served_on_a_database_that_could_not_be_prepared(clone: Path) -> None:
    code, calls = run(clone, FAIL="init")
    assert code != 0
    assert len(calls) == 1
