"""The settings in force, for those who must not know the web framework."""

from __future__ import annotations

from typing import Any

_settings: Any = None


def use(settings: Any) -> None:
    """Say which settings hold in this process; the application calls this when it is built."""
    global _settings
    _settings = settings


def settings() -> Any:
    """The settings in force; RuntimeError before `use`."""
    if _settings is None:
        raise RuntimeError("no settings are in force")
    return _settings
