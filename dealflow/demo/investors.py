"""What the investors of the demo look for: mandates of some kinds, each a little different."""

from __future__ import annotations

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


def state_mandates(script: Script, members: Members) -> dict[str, list[str]]:
    """Add all mandates to the script; organisation key → ids, filled while it plays."""
    stated: dict[str, list[str]] = {}
    for place, actors in members.values():
        if place.kind not in ("investor", "fund"):
            continue
        stated[place.key] = []
        for number, values in enumerate(_of(place)):
            rng = Random(f"dealflow:{place.key}:mandate-{number}")  # noqa: S311 - variety, no secret
            days = rng.uniform(20, 280)
            paused = number > 0 and rng.random() < 0.3
            _state(script, script.ago(days), actors[0], values, stated[place.key])
            if paused:
                _pause(script, script.ago(days * rng.uniform(0.1, 0.7)), actors[0], number, stated[place.key])
    return stated


def _state(script: Script, at: Any, actor: Actor, values: dict[str, Any], into: list[str]) -> None:
    def deed(actor: Actor) -> None:
        mandate = service.create(actor, load(MandateIn, values))
        mandate.is_sample = True
        into.append(mandate.id)

    script.add(at, actor, deed)


def _pause(script: Script, at: Any, actor: Actor, number: int, known: list[str]) -> None:
    def deed(actor: Actor) -> None:
        mandate = queries.get(actor, known[min(number, len(known) - 1)])
        service.set_active(actor, mandate.id, False, version=mandate.version)

    script.add(at, actor, deed)


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
    constraints = {name: value for name, value in kind.get("constraints", {}).items()}
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
