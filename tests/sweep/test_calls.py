"""Calls that have one home: the clock, the commit, raw SQL; and the one that tests never make, waiting."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.sweep import source_tree


@dataclass(frozen=True)
class Rule:
    """A call that is refused in `folders` outside the files that `homes` matches; `offender` must be found."""

    call: str
    folders: tuple[str, ...]
    homes: str
    offender: str
    innocent: str


RULES = {
    "the clock is asked in core/clock.py only": Rule(
        call=r"(^|\.)(datetime\.(now|utcnow|today)|date\.today)$",
        folders=("dealflow/", "ml/"),
        homes=r"dealflow/core/clock\.py",
        offender="import datetime\ndatetime.datetime.now()",
        innocent="from dealflow.core import clock\nclock.now()",
    ),
    "the edge commits, nobody else": Rule(
        call=r"(^|[._])session\.commit$|^(db|s)\.commit$",
        folders=("dealflow/", "ml/"),
        homes=r"dealflow/core/db\.py",
        offender="def save(session):\n    session.commit()",
        innocent="def save(session):\n    session.flush()",
    ),
    "raw SQL stands in queries, models, invariants, core and migrations": Rule(
        call=r"^sqlalchemy\.(sql\.)?(expression\.)?text$",
        folders=("dealflow/", "ml/"),
        homes=r"dealflow/core/.+|dealflow/\w+/(queries|models|invariants)(/\w+)?\.py",
        offender="from sqlalchemy import text as sql\nsql('select 1')",
        innocent="from dealflow.forms import text\ntext('label')",
    ),
    "tests wait for a condition, never for a time": Rule(
        call=r"^time\.sleep$",
        folders=("tests/",),
        homes=r"(?!)",
        offender="from time import sleep\nsleep(1)",
        innocent="def test(page):\n    page.wait_for_selector('main')",
    ),
    "pickles are never loaded": Rule(
        call=r"^(pickle\.loads?|joblib\.load|dill\.loads?)$",
        folders=("dealflow/", "ml/"),
        homes=r"(?!)",
        offender="import pickle\npickle.load(stream)",
        innocent="import json\njson.load(stream)",
    ),
}


def imported_names(tree: ast.Module) -> dict[str, str]:
    """Local name → full name, for everything the module imports."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def calls(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """(full name, line) of every call, import aliases resolved."""
    names = imported_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            first, dot, rest = source_tree.dotted(node.func).partition(".")
            yield names.get(first, first) + dot + rest, node.lineno


def offences(rule: Rule, tree: ast.Module) -> list[int]:
    """Lines on which the tree makes the refused call."""
    return [line for name, line in calls(tree) if re.search(rule.call, name)]


@pytest.mark.parametrize("name", RULES)
def test_each_call_stays_at_home(name: str) -> None:
    rule = RULES[name]
    found = [
        f"{file}:{line}"
        for file in source_tree.files(*rule.folders, suffix=".py")
        if not re.fullmatch(rule.homes, file)
        for line in offences(rule, source_tree.parse(file))
    ]
    assert not found, "\n".join([name, *found])


@pytest.mark.parametrize("name", RULES)
def test_the_sweep_knows_an_offender(name: str) -> None:
    assert len(offences(RULES[name], ast.parse(RULES[name].offender))) == 1
    assert not offences(RULES[name], ast.parse(RULES[name].innocent))
