"""What no file of the project says: unfinished work, paths of somebody's machine, where packages came from.

The offending words are put together here, so that this file is none of its own findings.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass

import pytest

from tests.sweep import source_tree

# Names that documentation may mention; everything else a machine's package settings name is its own affair.
PUBLIC_HOSTS = {
    "pypi.org",
    "files.pythonhosted.org",
    "registry.npmjs.org",
    "github.com",
    "localhost",
    "127.0.0.1",
}
OPTIONS = "|".join(("index-url", "extra-index-url", "find-links", "trusted-host"))


@dataclass(frozen=True)
class Rule:
    """A pattern no file matches, but for those that `exempt` matches; `offender` is a known finding."""

    pattern: str
    offender: str
    innocent: str
    exempt: str = r"(?!)"


RULES = {
    "unfinished work": Rule(
        pattern=r"\b(TO" + r"DO|FIX" + r"ME|(?<![\"'])X" + r"XX(?![\"'])|coming s" + r"oon)\b|敬请" + "期待",
        offender="# TO" + "DO: later",
        innocent="# what is to do next, and the code of no currency: 'X" + "XX'",
    ),
    "paths of a machine": Rule(
        pattern=r"(?<![\w.$}>*])/(root|home|Users|work|tmp|builds)/[\w.]",
        offender="open('/" + "tmp/x')",
        innocent="GET /projects/1 and ../shared/data and {home}/work/x",
    ),
    "package sources": Rule(
        pattern=rf"--({OPTIONS})\b",
        offender="--extra-" + "index-url https://packages.example",
        innocent="--generate-hashes",
    ),
    "addresses in pinned requirements": Rule(
        pattern=r"://",
        offender="sample @ https://packages.example/sample.whl",
        innocent="sample==1.0",
        exempt=r"(?!requirements[\w-]*\.txt$).*",
    ),
}


def findings(pattern: str, text: str) -> list[int]:
    """Numbers of the lines that match."""
    compiled = re.compile(pattern)
    return [number for number, line in enumerate(text.splitlines(), 1) if compiled.search(line)]


def swept(exempt: str = r"(?!)") -> list[str]:
    return [name for name in source_tree.text_files() if not re.fullmatch(exempt, name)]


@pytest.mark.parametrize("name", RULES)
def test_no_file_says_it(name: str) -> None:
    rule = RULES[name]
    found = [
        f"{file}:{line}"
        for file in swept(rule.exempt)
        for line in findings(rule.pattern, source_tree.read(file))
    ]
    assert not found, "\n".join([name, *found])


@pytest.mark.parametrize("name", RULES)
def test_the_sweep_knows_an_offender(name: str) -> None:
    assert findings(RULES[name].pattern, RULES[name].offender) == [1]
    assert findings(RULES[name].pattern, RULES[name].innocent) == []


def hosts(settings: str) -> set[str]:
    """Hosts of all addresses in a text, the well-known public ones left out."""
    found = re.findall(r"https?://(?:[^/@\s'\"]*@)?([\w.-]+)", settings)
    return {host for host in found if host not in PUBLIC_HOSTS and "." in host}


def test_no_file_names_a_package_host_of_this_machine() -> None:
    command = [sys.executable, "-m", "pip", "config", "list"]
    settings = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    settings += "\n".join(value for key, value in os.environ.items() if re.match("(?i)pip|npm|uv_", key))
    found = [
        f"{file}: a package host"
        for host in hosts(settings)
        for file in swept()
        if host in source_tree.read(file)
    ]
    assert not found, "\n".join(found)


def test_the_sweep_knows_a_host_with_and_without_a_user() -> None:
    text = "index-url='https://user:word@packages.example.org/simple' other=http://mirror.example.org https://pypi.org"
    assert hosts(text) == {"packages.example.org", "mirror.example.org"}
