"""Addresses of this site."""

from __future__ import annotations


def local_target(target: str | None, default: str) -> str:
    """A path of this site to go on to, or the default: never another host."""
    if (
        not target
        or not target.startswith("/")
        or target[1:2] in ("/", "\\")
        or any(c < " " or c == "\\" for c in target)
    ):
        return default
    return target
