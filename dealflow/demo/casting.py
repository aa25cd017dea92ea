"""Which creator pitches which idea."""

from __future__ import annotations

from collections import Counter
from random import Random

from dealflow.demo.people import Place
from dealflow.demo.pitches import Idea, ideas

# What the creators of the demo logins have at least.
RICH = {"creator": 14, "creator2": 12, "studio": 10}


def assignments(places: list[Place]) -> list[tuple[Idea, str]]:
    """Each idea with the key of a creator that works on its shelf; the demo logins get theirs first."""
    creators = {place.key: place for place in places if place.kind in ("creator", "studio")}
    rng = Random("dealflow:casting")  # noqa: S311 - variety, no secret
    pool, load, found = ideas(), Counter[str](), []
    rng.shuffle(pool)
    for idea in pool:
        shelf = idea.premise["shelf"]
        fit = [key for key, place in creators.items() if shelf in place.traits.get("shelves", ())]
        if not fit:
            others = [key for key, place in creators.items() if place.overseas == idea.overseas]
            fit = sorted(others, key=lambda key: load[key])[:5]
        # Behind schedule first: a rich creator below its number, then whoever has least.
        key = min(fit, key=lambda k: (load[k] >= RICH.get(k, 0) if k in RICH else True, load[k], k))
        load[key] += 1
        found.append((idea, key))
    return found
