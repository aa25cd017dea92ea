"""Named checks over the whole database, run by `dealflow check` and after journeys in tests."""

from __future__ import annotations

from collections.abc import Callable

Check = Callable[[], list[str]]
_checks: dict[str, Check] = {}


def invariant(name: str) -> Callable[[Check], Check]:
    """Register a check that returns a line for each violation, none when all is well."""

    def register(check: Check) -> Check:
        _checks[name] = check
        return check

    return register


def run_all() -> dict[str, list[str]]:
    """Run every check inside the open (system) transaction: name → violations."""
    return {name: _checks[name]() for name in sorted(_checks)}
