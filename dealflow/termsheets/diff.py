"""What changed between two versions, parameter by parameter."""

from __future__ import annotations

from typing import Any

from dealflow.termsheets.library.parameters import leaves


def compare(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    """Changes in the order of the newer version: `{field, before, after}`; None where there was or is nothing."""
    old, new = leaves(before), leaves(after)
    fields = [*new, *(name for name in old if name not in new)]
    return [
        {"field": name, "before": old.get(name), "after": new.get(name)}
        for name in fields
        if old.get(name) != new.get(name)
    ]
