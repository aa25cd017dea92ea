"""What docs/security.md names is there: code, tests and benchmarks."""

from __future__ import annotations

import ast
import re

from tests.sweep.source_tree import ROOT, all_files, parse, read

PAGE = "docs/security.md"


def missing(text: str) -> list[str]:
    """Paths, tests and commands named in this text that do not exist."""
    wrong = []
    for named in re.findall(r"`([^`]+)`", text):
        if named.startswith("python -m "):
            path, test = named.removeprefix("python -m ").replace(".", "/") + ".py", ""
        else:
            path, _, test = named.partition("::")
        if not path.endswith(".py"):
            continue
        if path not in all_files() or (test and test not in functions(path)):
            wrong.append(named)
    return wrong


def functions(path: str) -> set[str]:
    """Names of the functions of a file."""
    return {node.name for node in parse(path).body if isinstance(node, ast.FunctionDef)}


def test_every_row_names_code_and_tests_that_exist() -> None:
    text = read(PAGE)
    assert not missing(text)
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 20
    for _, what, _by, where, shown, _ in rows:
        assert ".py`" in where, what
        assert "::test_" in shown, what


def test_links_of_the_page_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", read(PAGE)):
        assert (ROOT / "docs" / target).exists(), target


def test_the_sweep_knows_its_offenders() -> None:
    text = "`tests/sweep/test_sizes.py::test_none`, `dealflow/none.py`, `python -m benchmarks.none`, `tests/sweep/test_sizes.py`"
    assert len(missing(text)) == 3
