"""The set-up scripts on machines that lack something: what is said, what goes on, and what a second call costs.

Each test runs the real script in a copy of bin/ with a PATH and an interpreter of its own; nothing is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_TOOLS = "sh cat cmp cp mkdir chmod date dirname uname id env rm sleep tail mktemp"
SHELL_TOOLS = _TOOLS.split()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the scripts and two requirement files that ask for nothing, in a path with a space."""
    folder = tmp_path / "a clone"
    shutil.copytree(ROOT / "bin", folder / "bin")
    (folder / "requirements.txt").write_text("", "utf-8")
    (folder / "requirements-dev.txt").write_text("", "utf-8")
    return folder


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A PATH folder with the shell's tools only: no Python, no apt-get, no sudo."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in SHELL_TOOLS:
        found = shutil.which(name)
        assert found, name
        (folder / name).symlink_to(found)
    return folder


def add_program(folder: Path, name: str, body: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n", "utf-8")
    path.chmod(0o755)
    return path


def call(folder: Path, tools: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env={"PATH": str(tools), "HOME": str(folder / "no such home"), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_python_the_message_names_the_version_and_the_way_out(clone: Path, tools: Path) -> None:
    done = call(clone, tools, "bin/bootstrap", "run")
    assert done.returncode == 1
    assert "Dealflow needs Python 3.11 or newer" in done.stderr
    assert not (clone / ".venv").exists()


def test_an_older_python_is_passed_over(clone: Path, tools: Path) -> None:
    add_program(tools, "python3", "exit 1")
    done = call(clone, tools, "bin/bootstrap", "run")
    assert done.returncode == 1
    assert "3.11" in done.stderr


def test_without_the_venv_module_the_exact_command_is_printed(clone: Path, tools: Path) -> None:
    body = f'case "$2" in *ensurepip*) exit 1;; esac; exec "{sys.executable}" "$@"'
    add_program(tools, "python3", body)
    done = call(clone, tools, "bin/bootstrap", "run")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert done.returncode == 1
    assert f"sudo apt-get install -y python{version}-venv" in done.stderr


def test_the_lock_of_a_killed_call_is_taken_over_and_none_is_left(clone: Path, tools: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    lock = clone / ".venv.lock"
    lock.mkdir()
    (lock / "pid").write_text(f"{gone.pid}\n", "utf-8")
    done = call(clone, tools, "bin/bootstrap", "run")
    assert "Dealflow needs Python" in done.stderr
    assert not lock.exists()


@pytest.mark.slow
def test_two_calls_side_by_side_make_one_environment(clone: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHON": sys.executable, "HOME": str(clone)}
    calls = [
        subprocess.Popen(
            ["bin/bootstrap", purpose],
            cwd=clone,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        for purpose in ("run", "test")
    ]
    outputs = [process.communicate(timeout=120)[0] for process in calls]
    assert [process.returncode for process in calls] == [0, 0]
    assert sum(output.count("Making .venv") for output in outputs) == 1


@pytest.fixture
def debian(tools: Path) -> Path:
    """The tools and an apt-get and dpkg-query that know nothing installed; sudo wants a password."""
    add_program(tools, "dpkg-query", "exit 1")
    add_program(tools, "apt-get", 'echo "called: $*" >>"$APT_LOG"')
    add_program(tools, "sudo", "exit 1")
    (tools / "id").unlink()
    add_program(tools, "id", "echo 1000")
    return tools


def test_a_user_without_rights_is_told_the_exact_command(clone: Path, debian: Path) -> None:
    done = call(clone, debian, "bin/install-packages", "libpango-1.0-0", "qpdf")
    assert done.returncode == 1
    assert (
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends libpango-1.0-0 qpdf"
        in done.stderr
    )


def test_a_user_who_may_gets_the_packages_without_a_question(
    clone: Path, debian: Path, tmp_path: Path
) -> None:
    add_program(debian, "sudo", 'shift; exec "$@"')
    add_program(debian, "true", "exit 0")
    log = tmp_path / "apt.log"
    done = call(clone, debian, "bin/install-packages", "qpdf", APT_LOG=str(log))
    assert done.returncode == 0, done.stderr
    assert "install -y --no-install-recommends qpdf" in log.read_text("utf-8")


def test_installed_packages_are_left_alone(clone: Path, debian: Path, tmp_path: Path) -> None:
    add_program(debian, "dpkg-query", "echo install ok installed")
    log = tmp_path / "apt.log"
    done = call(clone, debian, "bin/install-packages", "qpdf", APT_LOG=str(log))
    assert done.returncode == 0
    assert not log.exists()


@pytest.mark.slow
def test_the_second_call_does_nothing_and_a_changed_file_or_place_does(clone: Path) -> None:
    tools = Path(os.environ["PATH"].split(os.pathsep)[0])
    path = {"PATH": os.environ["PATH"], "PYTHON": sys.executable}

    first = call(clone, tools, "bin/bootstrap", "run", **path)
    assert first.returncode == 0, first.stderr
    assert "Making .venv" in first.stdout
    assert "Installing the packages" in first.stdout
    assert "Going on without PDF output" in first.stderr  # nothing was asked for, so WeasyPrint is not there

    second = call(clone, tools, "bin/bootstrap", "run", **path)
    assert "Making .venv" not in second.stdout
    assert "Installing the packages" not in second.stdout

    (clone / "requirements.txt").write_text("# changed\n", "utf-8")
    assert "Installing the packages" in call(clone, tools, "bin/bootstrap", "run", **path).stdout

    moved = clone.rename(clone.with_name("moved"))
    assert "Making .venv" in call(moved, tools, "bin/bootstrap", "run", **path).stdout


@pytest.mark.slow
def test_the_launcher_runs_the_command_from_any_folder(clone: Path, tmp_path: Path) -> None:
    package = clone / "dealflow"
    package.mkdir()
    (package / "__init__.py").write_text("", "utf-8")
    (package / "cli.py").write_text(
        "import sys\ndef main():\n    print(sys.argv[1:])\n    return 7\n", "utf-8"
    )
    path = {"PATH": os.environ["PATH"], "PYTHON": sys.executable}
    assert call(clone, tmp_path, "bin/bootstrap", "run", **path).returncode == 0
    done = call(
        tmp_path, tmp_path, str(clone / ".venv" / "bin" / "dealflow"), "rank", "file", PATH=os.environ["PATH"]
    )
    assert (done.returncode, done.stdout.strip()) == (7, "['rank', 'file']"), done.stderr
