"""Mandates for tests: plain values as the API takes them, and stored ones."""

from __future__ import annotations

import copy
from typing import Any

COMPLETE: dict[str, Any] = {
    "name": "都市女频",
    "constraints": {
        "genres_any": ["revenge", "sweet"],
        "ask": {"max": {"amount_minor": 100_000_000, "currency": "CNY"}},
    },
    "preferences": {
        "genres": {"revenge": 1, "strong_heroine": 0.5, "sweet": -0.5},
        "stages": {"financing": 0.5},
        "languages": {"zh": 0.5},
        "text": "迟到的信，旧城，女儿归来",
        "ticket": {"amount_minor": 20_000_000, "currency": "CNY"},
    },
    "capital": {"amount_minor": 500_000_000, "currency": "CNY"},
    "max_per_project": {"amount_minor": 50_000_000, "currency": "CNY"},
}


def complete(**changes: Any) -> dict[str, Any]:
    """A mandate that states something of everything, with some fields changed."""
    return copy.deepcopy(COMPLETE) | changes


def stated(investor: Any, **changes: Any) -> dict[str, Any]:
    """A stored mandate of a person, as the API shows it."""
    made = investor.post("/mandates", complete(**changes))
    assert made.status_code == 201, made.json
    return dict(made.json)
