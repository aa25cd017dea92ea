"""What the sweeps read: the files of the project as git sees them, new ones included, ignored ones not."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED_TEMPLATES = frozenset({"layouts", "components"})
_SUFFIXES = "cfg css csv html in ini js json mako md po py sh sql svg toml txt xml yaml yml"
TEXT_SUFFIXES = frozenset(f".{suffix}" for suffix in _SUFFIXES.split())


@cache
def all_files() -> tuple[str, ...]:
    """Paths of the project's files relative to its root, sorted."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return tuple(sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file()))


def files(*folders: str, suffix: str = "") -> list[str]:
    """The files below these folders ("" is everything) whose names end with `suffix`; vendored ones are left out."""
    return [
        name
        for name in all_files()
        if name.startswith(folders) and name.endswith(suffix) and not name.startswith("static/vendor/")
    ]


def templates() -> list[str]:
    """Paths of all templates; a README beside them is none."""
    return [name for name in files("templates/") if not name.endswith(".md")]


def text_files() -> list[str]:
    """Everything people of this project write: code, texts and the files without a suffix (Makefile, scripts)."""
    return [name for name in files("") if Path(name).suffix in TEXT_SUFFIXES or not Path(name).suffix]


@cache
def read(name: str) -> str:
    """The text of a file of the project."""
    return (ROOT / name).read_text("utf-8")


@cache
def parse(name: str) -> ast.Module:
    """The syntax tree of a Python file of the project."""
    return ast.parse(read(name), name)


def rooms() -> frozenset[str]:
    """Names of the packages in dealflow/."""
    return frozenset(name.split("/")[1] for name in files("dealflow/") if name.count("/") > 1)


def is_document(template: str) -> bool:
    """Whether a template becomes a PDF or a mail, which no browser's content policy governs."""
    return any("pdf" in part or "mail" in part for part in Path(template).parts)


def dotted(node: ast.expr) -> str:
    """`a.b.c` for a chain of names; calls and subscripts in between are left out of the name."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Call | ast.Subscript):
        return dotted(node.func if isinstance(node, ast.Call) else node.value)
    return node.id if isinstance(node, ast.Name) else ""
