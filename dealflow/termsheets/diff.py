"""What changed between two versions, parameter by parameter."""

from __future__ import annotations

from typing import Any


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    """Terms as `path: value`; money counts as one value, list items are numbered from 1."""
    if isinstance(value, dict) and value.keys() != {"amount_minor", "currency"}:
        items = [(f"{path}.{key}" if path else key, inner) for key, inner in value.items()]
    elif isinstance(value, list) and any(isinstance(inner, (dict, list)) for inner in value):
        items = [(f"{path}.{index}", inner) for index, inner in enumerate(value, 1)]
    else:
        return {path: value}
    found: dict[str, Any] = {}
    for name, inner in items:
        found |= leaves(inner, name)
    return found


def compare(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    """Changes in the order of the newer version: `{field, before, after}`; None where there was or is nothing."""
    old, new = leaves(before), leaves(after)
    fields = [*new, *(name for name in old if name not in new)]
    return [
        {"field": name, "before": old.get(name), "after": new.get(name)}
        for name in fields
        if old.get(name) != new.get(name)
    ]
