"""What the investors of the demo look for: mandates of some kinds, each a little different."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.schema import load
from dealflow.demo.data import table
from dealflow.demo.figures import money
from dealflow.demo.people import Place
from dealflow.demo.script import Script
from dealflow.mandates import queries, service
from dealflow.mandates.schemas import MandateIn

Members = dict[str, tuple[Place, list[Actor]]]


@dataclass
class Stated:
    """A mandate of the demo; its id is known once the script has played so far."""

    key: str
    house: str
    owner: Actor
    values: dict[str, Any]
    days: float
    mandate_id: str = ""


def state_mandates(script: Script, members: Members) -> list[Stated]:
    """Add all mandates to the script, some paused again."""
    found = []
    for place, actors in members.values():
        if place.kind not in ("investor", "fund"):
            continue
        for number, values in enumerate(_of(place)):
            rng = Random(f"dealflow:{place.key}:mandate-{number}")  # noqa: S311 - variety, no secret
            owner = next(actor for actor in actors if actor.may_write)
            stated = Stated(f"{place.key}-{number}", place.key, owner, values, rng.uniform(20, 280))
            found.append(stated)
            script.add(script.ago(stated.days), owner, _stating(stated))
            if rng.random() < (0.35 if number else 0.06):
                script.add(script.ago(stated.days * rng.uniform(0.01, 0.08)), owner, _pausing(stated))
    return found


def _stating(stated: Stated) -> Callable[[Actor], None]:
    def deed(actor: Actor) -> None:
        mandate = service.create(actor, load(MandateIn, stated.values))
        mandate.is_sample = True
        stated.mandate_id = mandate.id

    return deed


def _pausing(stated: Stated) -> Callable[[Actor], object]:
    def deed(actor: Actor) -> object:
        mandate = queries.get(actor, stated.mandate_id)
        return service.set_active(actor, mandate.id, False, version=mandate.version)

    return deed


def _of(place: Place) -> list[dict[str, Any]]:
    kinds = table("mandates")["kind"]
    return [_values(place, kinds[key], number) for number, key in enumerate(place.traits["mandates"])]


def _values(place: Place, kind: dict[str, Any], number: int) -> dict[str, Any]:
    """A mandate of a kind by this investor, in the interface's form."""
    rng = Random(f"dealflow:{place.key}:{number}")  # noqa: S311
    currency = kind.get("currency", "CNY")
    unit = 100 * (10_000 if currency == "CNY" else 1000)
    low, high = kind["ticket"]
    ticket = rng.randrange(low, high + 1, max(1, (high - low) // 8 or 1))
    capital = ticket * rng.choice((6, 10, 15, 25, 40))
    constraints: dict[str, Any] = dict(kind.get("constraints", {}))
    for name in ("ask", "budget"):
        if name in kind:
            ends = dict(zip(("min", "max"), kind[name], strict=True))
            constraints[name] = {
                end: money(amount * unit, currency) for end, amount in ends.items() if amount
            }
    wishes = kind.get("preferences", {})
    preferences = {
        part: {word: round(max(-1.0, min(1.0, weight + rng.uniform(-0.15, 0.15))), 2) for word, weight in weights.items()}
        for part, weights in wishes.items()
    }  # fmt: skip
    text = rng.choice(kind["texts"])
    return {
        "name": rng.choice(kind["names"]),
        "constraints": constraints,
        "preferences": preferences | {
            "text": text, "ticket": money(ticket * unit, currency), "weight_text": round(rng.uniform(0.3, 0.9), 1),
        },
        "capital": money(capital * unit, currency),
        "max_per_project": money(ticket * 3 * unit, currency) if rng.random() < 0.7 else None,
        "allow_discovery": rng.random() < 0.7,
    }  # fmt: skip
