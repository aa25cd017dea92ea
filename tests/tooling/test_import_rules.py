"""The import rules of .importlinter: kept by a house that keeps them, broken by each planted violation."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

HOUSE = {
    "dealflow/__init__.py": "",
    "dealflow/core/__init__.py": "",
    "dealflow/core/db.py": "import sqlalchemy\n",
    "dealflow/core/states.py": "",
    "dealflow/finance/__init__.py": "",
    "dealflow/finance/split.py": "",
    "dealflow/accounts/__init__.py": "",
    "dealflow/accounts/models.py": "from dealflow.core import db\n",
    "dealflow/accounts/service.py": "from dealflow.accounts import models\n",
    "dealflow/pitches/__init__.py": "",
    "dealflow/pitches/models.py": "from dealflow.core import db\n",
    "dealflow/pitches/service.py": "from dealflow.accounts import service\nfrom dealflow.pitches import models\n",
    "dealflow/pitches/pages.py": "import flask\nfrom dealflow.pitches import service\n",
    "dealflow/mandates/__init__.py": "",
    "dealflow/mandates/service.py": "",
    "dealflow/web/__init__.py": "import flask\n",
    "ml/__init__.py": "",
    "ml/rank.py": "",
}

VIOLATIONS = {
    "upwards": (
        "dealflow/accounts/service.py",
        "from dealflow.pitches import service",
        "Rooms import downwards",
    ),
    "sideways": (
        "dealflow/mandates/service.py",
        "from dealflow.pitches import service",
        "Rooms import downwards",
    ),
    "into the shell": ("dealflow/core/states.py", "import dealflow.web", "Rooms import downwards"),
    "service to page": ("dealflow/pitches/service.py", "from dealflow.pitches import pages", "Inside a room"),
    "foreign tables": ("dealflow/pitches/service.py", "import dealflow.accounts.models", "A room's tables"),
    "finance with SQL": ("dealflow/finance/split.py", "import sqlalchemy", "finance and ml know no web"),
    "ml with core": ("ml/rank.py", "from dealflow.core import db", "ml knows nothing of the app"),
    "service with Flask": ("dealflow/pitches/service.py", "import flask", "Rules know no Flask"),
    "core with Flask": ("dealflow/core/db.py", "import flask", "Only the edge modules of core"),
    "SQL in a page": ("dealflow/pitches/pages.py", "import sqlalchemy", "Pages and API write no SQL"),
}


def build_house(folder: Path) -> None:
    """A small house with the real rules: one room per floor that matters here."""
    for name, text in HOUSE.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (folder / "tests" / "tooling").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "tooling" / "contracts.py", folder / "tests" / "tooling")
    shutil.copy(ROOT / ".importlinter", folder)


def lint_imports(folder: Path) -> tuple[int, str]:
    """Exit code and output of lint-imports in this folder."""
    command = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as main; main()"
    done = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )
    return done.returncode, done.stdout + done.stderr


def broken(output: str) -> set[str]:
    """Names of the contracts that the summary calls broken."""
    return set(re.findall(r"^(.+) BROKEN", output, re.MULTILINE))


def test_a_house_that_keeps_the_rules_passes(tmp_path: Path) -> None:
    build_house(tmp_path)
    code, output = lint_imports(tmp_path)
    assert (code, broken(output)) == (0, set()), output


@pytest.mark.parametrize("name", VIOLATIONS)
def test_each_planted_violation_is_reported(tmp_path: Path, name: str) -> None:
    build_house(tmp_path)
    file, line, contract = VIOLATIONS[name]
    with (tmp_path / file).open("a", encoding="utf-8") as stream:
        stream.write(f"{line}\n")
    code, output = lint_imports(tmp_path)
    assert code == 1, output
    assert any(found.startswith(contract) for found in broken(output)), output


def test_every_room_has_its_floor() -> None:
    rules = configparser.ConfigParser()
    rules.read(ROOT / ".importlinter", "utf-8")
    floors = set(re.findall(r"dealflow\.(\w+)", rules["importlinter:contract:floors"]["layers"]))
    packages = (ROOT / "dealflow").glob("*/__init__.py")
    rooms = {path.parent.name for path in packages}
    assert rooms <= floors, f"without a floor in .importlinter: {sorted(rooms - floors)}"
