"""Pitches for tests: plain values as the API takes them, and projects in a state."""

from __future__ import annotations

import copy
from typing import Any

COMPLETE: dict[str, Any] = {
    "title": {"zh": "雨落旧城", "en": "Rain over the Old Town"},
    "logline": "被赶出家门的女儿回来了，手里多了一份遗嘱。",
    "synopsis": "一座旧城，三代人，一封迟到二十年的信。",
    "genres": ["revenge", "strong_heroine"],
    "audience": {"gender": "female", "ages": [18, 35]},
    "languages": ["zh", "en"],
    "regions": ["CN-ZJ", "US"],
    "format": {"episodes": 80, "minutes_per_episode": 1.5, "orientation": "vertical"},
    "stage": "financing",
    "budget": {"amount_minor": 120_000_000, "currency": "CNY"},
    "ask": {"amount_minor": 45_000_000, "currency": "CNY"},
    "min_ticket": {"amount_minor": 5_000_000, "currency": "CNY"},
    "instruments": ["equity", "revenue_share"],
    "use_of_funds": [
        {"label": "拍摄", "kind": "production", "amount": {"amount_minor": 25_000_000, "currency": "CNY"}},
        {"label": "投流", "kind": "ad_spend", "amount": {"amount_minor": 18_000_000, "currency": "CNY"}},
        {"label": "预备费", "kind": "contingency", "amount": {"amount_minor": 2_000_000, "currency": "CNY"}},
    ],
    "team": [{"name": "赟頔", "role": "导演", "credits": 12}, {"name": "Ada Lin", "role": "Producer", "credits": 5}],
    "track_record": [
        {
            "title": "归来", "year": 2025, "plays": 82_000_000,
            "receipts": {"amount_minor": 310_000_000, "currency": "CNY"}, "evidence_class": "platform_statement",
        },
        {"title": "The Letter", "year": 2024, "plays": None, "receipts": None, "evidence_class": "self_reported"},
    ],
    "comparables": ["闪婚老公为何那样"],
    "schedule": {"prep": "2027-01-10", "shoot_start": "2027-02-01", "shoot_end": "2027-02-08", "release": "2027-04-01"},
    "scenes_needed": ["古宅", "医院走廊"],
    "hooks": [
        {"episode": 1, "kind": "hook", "note": "她被挡在门外"},
        {"episode": 11, "kind": "paywall_card", "note": "信是谁写的？"},
        {"episode": 45, "kind": "paywall_card", "note": "董事会表决"},
    ],
    "visibility": "investors",
}  # fmt: skip


def complete(**changes: Any) -> dict[str, Any]:
    """A pitch that can be published, with some fields changed."""
    return copy.deepcopy(COMPLETE) | changes


def published(owner: Any, **changes: Any) -> dict[str, Any]:
    """A published project of a person, as the API shows it."""
    made = owner.post("/projects", complete(**changes))
    assert made.status_code == 201, made.json
    answer = owner.post(f"/projects/{made.json['id']}/publish")
    assert answer.status_code == 200, answer.json
    return dict(answer.json)
