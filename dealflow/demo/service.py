"""Load the demo: once, in one transaction, through the services of the rooms."""

from __future__ import annotations

from datetime import timedelta

from dealflow.accounts import queries as accounts
from dealflow.core import clock, db
from dealflow.core.actor import Actor
from dealflow.demo import (
    casting,
    deals,
    feedback,
    funds,
    holdings,
    hooks,
    introductions,
    investors,
    lives,
    people,
    sides,
)
from dealflow.demo.lives import Life
from dealflow.demo.people import Place
from dealflow.demo.script import Script

MONTHS = timedelta(days=310)


def is_loaded() -> bool:
    """Whether this database holds the demo."""
    with db.system_edge(write=False):
        return accounts.has_samples()


def load() -> bool:
    """Load the demo unless it is there; whether anything was written.

    All or nothing: a load that is interrupted leaves no trace. The clock runs on afterwards as it did before.
    """
    if is_loaded():
        return False
    end = clock.now()
    try:
        with db.system_edge():
            _write(Script(end))
    finally:
        clock.freeze(None)
    return True


def _write(script: Script) -> None:
    members = _found(script)
    told = _pitch(script, members)
    stated = investors.state_mandates(script, members)
    shared = deals.shared(told)
    kept = {(house, shared.idea.key) for house in deals.SHARED}
    taken = feedback.answer_matches(script, told, stated, kept)
    introductions.write_to_investors(script, members, told, stated, taken, kept)
    sides.arrange(script, members)
    together = deals.arrange(script, members, told, stated, taken, shared)
    raised = funds.arrange(script, members)
    holdings.arrange(script, members, told, raised, together)
    hooks.arrange(script, members)
    script.play()


def _found(script: Script) -> dict[str, tuple[Place, list[Actor]]]:
    hashed, found = people.password_hash(), {}
    for number, place in enumerate(people.places()):
        # The park first, then one after the other over the first three weeks.
        moment = script.end - MONTHS + timedelta(hours=4 * number)
        found[place.key] = (place, people.found(place, hashed, moment))
    return found


def _pitch(script: Script, members: dict[str, tuple[Place, list[Actor]]]) -> list[Life]:
    guests = [actors[0] for place, actors in members.values() if place.kind in ("investor", "fund")]
    told = []
    for number, (idea, key) in enumerate(casting.assignments(people.places())):
        place, actors = members[key]
        life = lives.draw(idea, place, actors[number % len(actors)], number)
        lives.tell(script, life, guests)
        told.append(life)
    return told
