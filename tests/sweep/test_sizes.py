"""Nothing grows until nobody wants to read it: files up to 400 lines (tests 600), functions up to 60."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.sweep import source_tree

FILE_LINES, TEST_FILE_LINES, FUNCTION_LINES = 400, 600, 60
SUFFIXES = (".py", ".js", ".css", ".html", ".sh")
PLACES = ("dealflow/", "ml/", "bin/", "benchmarks/", "tests/", "templates/", "static/")


def allowed_lines(name: str) -> int:
    return TEST_FILE_LINES if name.startswith("tests/") else FILE_LINES


def long_functions(tree: ast.Module) -> Iterator[str]:
    """`name (lines)` of each function above the limit; decorators do not count."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{node.name} ({lines})"


def test_no_file_is_too_long() -> None:
    lengths = {
        name: len(source_tree.read(name).splitlines())
        for name in source_tree.files(*PLACES)
        if name.endswith(SUFFIXES)
    }
    found = [f"{name} ({lines})" for name, lines in lengths.items() if lines > allowed_lines(name)]
    assert not found, "\n".join(found)


def test_no_function_is_too_long() -> None:
    found = [
        f"{name}: {function}"
        for name in source_tree.files(*PLACES, suffix=".py")
        for function in long_functions(source_tree.parse(name))
    ]
    assert not found, "\n".join(found)


def test_the_sweep_finds_a_long_function() -> None:
    body = "\n".join("    x = 1" for _ in range(60))
    assert list(long_functions(ast.parse(f"def sample():\n{body}\n"))) == ["sample (61)"]
    assert not list(long_functions(ast.parse(f"def sample():\n{body[10:]}\n")))


def test_tests_may_be_longer_than_code() -> None:
    assert (allowed_lines("tests/deals/test_api.py"), allowed_lines("dealflow/deals/api.py")) == (600, 400)
