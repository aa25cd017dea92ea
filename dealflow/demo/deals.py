"""Deals of the demo: each on its way to the stage where it stands today, with reasons, notes and term sheets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Any

from dealflow.core.actor import Actor
from dealflow.deals import queries, service
from dealflow.deals.states import STAGES
from dealflow.demo import distributions, papers, releases, sheets, sides
from dealflow.demo.dealing import RICH, SIGNING, Dealing
from dealflow.demo.investors import Members, Stated
from dealflow.demo.lives import Life
from dealflow.demo.script import Script

# How many deals of the demo stand where.
STANDS = {
    "interest": 16, "intro": 14, "data_room": 14, "negotiation": 22, "signed": 8, "funded": 7, "closed_won": 9, "closed_lost": 16,
}  # fmt: skip
# Logins that fund one series of the creator's login together; it is the one that is out and pays.
SHARED = ("investor", "fund")
_TOGETHER = "funded"
# Every third pair is of a creator's login; the place of this one is given to the pair that signs.
_SECOND = ("investor2", "data_room")
_WAY = STAGES[1:7]


def arrange(
    script: Script,
    members: Members,
    told: Sequence[Life],
    stated: Sequence[Stated],
    met: set[tuple[str, str]],
    shared: Life,
) -> list[Dealing]:
    """Choose pairs that did not meet otherwise and add their deals to the script; those in the shared series."""
    rng = Random("dealflow:pairs")  # noqa: S311
    taken = set(met)
    stands = [stage for stage, number in STANDS.items() for _ in range(number)]
    rng.shuffle(stands)
    wanted = [(key, stage) for key in RICH for stage in STANDS] + [("", stage) for stage in stands]
    early, late = wanted.index(_SECOND), wanted.index(SIGNING)
    wanted[early], wanted[late] = SIGNING, _SECOND
    houses = [
        key for key, (place, _people) in members.items() if place.kind in ("investor", "fund") and key != "lp"
    ]
    together = []
    for number, (key, stage) in enumerate(wanted):
        key = key or rng.choice(houses)
        place, people = members[key]
        fit = [
            life for life in told
            if life.invests and not (life is shared and key in SHARED)
            and life.idea.overseas == place.overseas and (key, life.idea.key) not in taken
            and life.shown > (60 if stage in STAGES[4:7] else 12)
        ]  # fmt: skip
        # The creators of the demo logins are met more often than others.
        ours = [life for life in fit if life.place.key in ("creator", "creator2", "studio")]
        life = rng.choice(ours if ours and number % 3 == 0 else fit)
        both = key in SHARED and stage == _TOGETHER and number < len(RICH) * len(STANDS)
        if both:
            life = shared
        taken.add((key, life.idea.key))
        mandates = [mandate for mandate in stated if mandate.house == key]
        begun = life.shown * (0.95 if both else rng.uniform(0.55, 0.95))
        dealing = Dealing(
            f"{key}-{life.idea.key}", life, people[number % len(people)], mandates, stage, begun, both
        )
        together += [dealing] if both else []
        _tell(script, dealing)
    releases.tell(script, together[0])
    distributions.tell(script, together)
    sheets.expire(script)
    return together


def shared(told: Sequence[Life]) -> Life:
    """The series that the demo logins see from all sides: of the creator's login, and long on the platform."""
    own = [life for life in told if life.place.key == "creator" and life.invests and not life.idea.overseas]
    return max(own, key=lambda life: (life.shown, life.idea.key))


def _tell(script: Script, dealing: Dealing) -> None:
    rng, words = dealing.rng, dealing.words
    opening = rng.choice(words["opening"])
    script.add(script.ago(dealing.days), dealing.investor, lambda actor: _open(actor, dealing, opening))
    sides.tell(script, dealing)
    lost = dealing.stands == "closed_lost"
    steps = list(_WAY[: rng.randint(0, 3)] if lost else _WAY[: STAGES.index(dealing.stands)])
    skipped = rng.random() < 0.3 and "data_room" in steps[:-1]
    steps = [s for s in steps if not (skipped and s == "data_room")] + (["closed_lost"] if lost else [])
    share = rng.uniform(0.5, 0.95) / max(1, len(steps))
    for number, stage in enumerate(steps, 1):
        at = script.ago(dealing.days * (1 - share * number))
        if stage == "signed":
            dealing.signed = at
            sheets.tell(script, dealing, at, rng)
        elif stage == "data_room":
            papers.tell(script, dealing, at)
        _step(script, dealing, stage, at, rng)
    if dealing.stands in ("negotiation", "data_room") or (lost and len(steps) > 2):
        sheets.tell(script, dealing, script.ago(dealing.days * (1 - share * len(steps) * 0.9)), rng)


def _step(script: Script, dealing: Dealing, stage: str, at: datetime, rng: Random) -> None:
    words = dealing.words
    reason = rng.choice(words[stage]) if stage in words else ""
    # A creator may decline too.
    mover = dealing.life.owner if stage == "closed_lost" and rng.random() < 0.3 else dealing.investor
    script.add(at, mover, lambda actor: _move(actor, dealing, stage, reason))
    for writer, kind in ((dealing.investor, "investor_notes"), (dealing.life.owner, "creator_notes")):
        if rng.random() < 0.4:
            text = rng.choice(words[kind])
            script.add(at, writer, _noting(dealing, text))


def _move(actor: Actor, dealing: Dealing, stage: str, reason: str) -> None:
    """Move the deal, unless a term sheet has brought it there already."""
    if STAGES.index(queries.get(actor, dealing.deal_id).stage) < STAGES.index(stage):
        service.move(actor, dealing.deal_id, to=stage, reason=reason)


def _noting(dealing: Dealing, text: str) -> Any:
    return lambda actor: service.write_note(actor, dealing.deal_id, text=text)


def _open(actor: Actor, dealing: Dealing, note: str) -> None:
    # Mandates that were stated by now; a deal may begin without one.
    known = [mandate.mandate_id for mandate in dealing.mandates if mandate.mandate_id]
    mandate = dealing.rng.choice(known) if known else None
    dealing.deal_id = service.open_deal(
        actor, project_id=dealing.life.project_id, mandate_id=mandate, note=note
    ).id
