"""The money of a pitch: budget, ask, smallest ticket, use of funds that sums to the ask to the minor unit."""

from __future__ import annotations

from random import Random
from typing import Any

from dealflow.core.money import CURRENCIES

# Label in Chinese and English, kind.
_LINES = {
    "production": ("拍摄与制作", "Shoot and production"), "ad_spend": ("投流", "User acquisition"),
    "cast": ("演员", "Cast"), "post": ("后期与字幕", "Post-production and subtitles"), "music": ("配乐与音效", "Music and sound"),
    "legal": ("备案与法务", "Filing and legal"), "contingency": ("预备费", "Contingency"),
    "other": ("剧本与开发", "Script and development"),
}  # fmt: skip
# Stage → parts of a hundred by kind, before they are varied.
_SHARES = {
    "development": {"other": 45, "production": 25, "cast": 12, "legal": 6, "contingency": 12},
    "financing": {"production": 30, "ad_spend": 36, "cast": 14, "post": 8, "music": 3, "legal": 2, "contingency": 7},
    "pre_production": {"production": 32, "ad_spend": 38, "cast": 15, "post": 8, "contingency": 7},
    "production": {"production": 24, "ad_spend": 45, "cast": 12, "post": 10, "music": 4, "contingency": 5},
    "post_production": {"post": 26, "music": 8, "ad_spend": 58, "legal": 3, "contingency": 5},
    "released": {"ad_spend": 60, "post": 8, "production": 22, "legal": 4, "contingency": 6},
}  # fmt: skip
_AI_SHARES = {"production": 34, "ad_spend": 40, "music": 6, "post": 12, "legal": 3, "contingency": 5}


def money(minor: int, currency: str) -> dict[str, Any]:
    """An amount in the interface's form."""
    return {"amount_minor": minor, "currency": currency}


def _budget(rng: Random, premise: dict[str, Any], currency: str) -> int:
    """In major units: CNY 300k to 3m by kind of story, USD 150k to 350k overseas, AI drama CNY 200k to 800k."""
    if currency == "USD":
        return rng.randrange(150, 351, 5) * 1000
    if {"ai_drama", "comic_drama"} & set(premise["genres"]):
        return rng.randrange(20, 81, 2) * 10_000
    if {"costume", "xianxia", "wuxia", "scifi", "republican"} & set(premise["genres"]):
        return rng.randrange(90, 301, 5) * 10_000
    return rng.randrange(30, 181, 5) * 10_000


def raise_of(rng: Random, premise: dict[str, Any], stage: str, currency: str) -> dict[str, Any]:
    """`budget`, `ask`, `min_ticket` and `use_of_funds` of a pitch at a stage."""
    unit = 10 ** CURRENCIES[currency]
    budget = _budget(rng, premise, currency)
    step = 10_000 if currency == "CNY" else 1000
    ask = max(step, int(budget * rng.choice((0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0))) // step * step)
    ticket = max(step, int(ask * rng.choice((0.05, 0.1, 0.1, 0.2, 0.25))) // step * step)
    shares = shares_of(premise, stage)
    return {
        "budget": money(budget * unit, currency),
        "ask": money(ask * unit, currency),
        "min_ticket": money(ticket * unit, currency),
        "use_of_funds": use_of_funds(rng, shares, ask * unit, currency),
    }


def shares_of(premise: dict[str, Any], stage: str) -> dict[str, int]:
    """Kind → parts of a hundred of what a pitch spends at a stage."""
    return _AI_SHARES if "ai_drama" in premise["genres"] and stage != "development" else _SHARES[stage]


def use_of_funds(rng: Random, shares: dict[str, int], ask: int, currency: str) -> list[dict[str, Any]]:
    """Lines in round amounts; the first line takes what rounding leaves, so that they sum to the ask."""
    weights = {kind: share * rng.uniform(0.88, 1.12) for kind, share in shares.items()}
    total = sum(weights.values())
    grain = 100_000 if currency == "CNY" else 50_000
    amounts = {kind: int(ask * weight / total) // grain * grain for kind, weight in weights.items()}
    first = next(iter(amounts))
    amounts[first] += ask - sum(amounts.values())
    language = 0 if currency == "CNY" else 1
    return [
        {"label": _LINES[kind][language], "kind": kind, "amount": money(amount, currency)}
        for kind, amount in amounts.items()
        if amount
    ]
