"""The invented content, as TOML."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@cache
def table(name: str) -> dict[str, Any]:
    """The content of `<name>.toml`."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))


def premises() -> list[dict[str, Any]]:
    """All premises of all `premises_*.toml`, in the order of files and rows."""
    files = sorted(path.stem for path in FOLDER.glob("premises_*.toml"))
    return [premise for name in files for premise in table(name)["premise"]]
