"""The pins hold for every Python and system that set-up accepts, though they were resolved on one of them.

pip refuses the whole file when a package wants something unpinned; Debian 12 has Python 3.11.2, where `redis` wants
a package that 3.11.3 made superfluous.
"""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import Environment, default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.11.0", "3.11.2", "3.11.14", "3.12.3", "3.13.0", "3.14.0")
SYSTEMS = {"linux": ("Linux", "x86_64"), "darwin": ("Darwin", "arm64")}


def pinned() -> dict[str, int]:
    """Canonical names of everything pinned, each with the number of its hashes."""
    found: dict[str, int] = {}
    name = ""
    for file in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / file).read_text("utf-8").splitlines():
            pin = re.match(r"([A-Za-z0-9._-]+)(\[[\w,-]+\])?==\S+", line)
            if pin:
                name = canonicalize_name(pin[1])
                found.setdefault(name, 0)
            elif line.strip().startswith("--hash=sha256:"):
                found[name] += 1
    return found


def environment(python: str, system: str) -> Environment:
    """What markers are evaluated against on this Python and system."""
    name, machine = SYSTEMS[system]
    base = default_environment()
    base |= {"python_full_version": python, "python_version": python.rpartition(".")[0]}
    base |= {"sys_platform": system, "platform_system": name, "platform_machine": machine}
    return base


def unpinned(requirements: list[str], pins: set[str], where: Environment) -> list[str]:
    """Those requirements that apply in this environment and name something without a pin."""
    wanted = [Requirement(text) for text in requirements]
    applying = [each for each in wanted if not each.marker or each.marker.evaluate({**where, "extra": ""})]
    return [str(each) for each in applying if canonicalize_name(each.name) not in pins]


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("python", PYTHONS)
def test_everything_a_pinned_package_wants_is_pinned(python: str, system: str) -> None:
    pins = set(pinned())
    where = environment(python, system)
    installed = [each for each in metadata.distributions() if canonicalize_name(each.name) in pins]
    missing = [
        f"{each.name}: {text}" for each in installed for text in unpinned(each.requires or [], pins, where)
    ]
    assert installed
    assert not missing, "\n".join(missing)


def test_every_pin_has_a_hash() -> None:
    assert not [name for name, hashes in pinned().items() if not hashes]


def test_a_requirement_of_another_python_is_found() -> None:
    wanted = ['async-timeout>=4; python_full_version < "3.11.3"', 'colorama; sys_platform == "win32"']
    assert unpinned(wanted, {"redis"}, environment("3.11.2", "linux")) == [str(Requirement(wanted[0]))]
    assert not unpinned(wanted, {"redis"}, environment("3.11.14", "linux"))
