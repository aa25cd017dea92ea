"""Introductions of the demo, in every state: asked for by matches and by creators, accepted, declined, left waiting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from dealflow.core.actor import SYSTEM, Actor
from dealflow.deals import introducing
from dealflow.deals.service import introductions as service
from dealflow.deals.states import EXPIRES_AFTER
from dealflow.demo.data import table
from dealflow.demo.investors import Members, Stated
from dealflow.demo.lives import Life
from dealflow.demo.script import Script
from dealflow.mandates import queries as mandates

Pair = tuple[str, str]
_FATES = ("accepted", "waiting", "declined", "expired", "withdrawn")
_ANSWERS = {
    False: {"accepted": "欢迎联系，下周三之后都方便。", "declined": "本轮份额已谈定，下一部再合作。"},
    True: {"accepted": "Happy to talk, any day after Wednesday.", "declined": "This round is spoken for; next time, gladly."},
}  # fmt: skip
# How many investors the creators of the demo logins write to.
_WRITTEN = 10
# Days after which an introduction that nobody answered is over for sure.
_LONG = 16.0
_OURS = ("creator", "creator2", "studio")


def fate(number: int, days: float, most: float) -> tuple[str, float]:
    """How the so-manieth introduction ends, and how many days ago it was asked for, at `most` since both were there."""
    ends = _FATES[number % len(_FATES)]
    if ends == "expired" and most > _LONG:
        return ends, max(days, _LONG)
    if ends in ("waiting", "expired"):
        return "waiting", min(days, 1 + number % 9)
    return ends, days


def answer(
    script: Script, life: Life, asker: Actor, whom: Actor, at: datetime, ends: str, house: str
) -> None:
    """Add how an introduction that was asked for at a moment goes on."""
    investor = str((asker if asker.kind in ("investor", "fund") else whom).organisation_id)
    words = _ANSWERS[life.idea.overseas]

    def known(actor: Actor) -> Any:
        row = introducing.latest(investor, life.project_id)
        return row if row is not None and row.state == "waiting" else None

    def deed(actor: Actor) -> None:
        row = known(actor)
        if row is None:
            return
        if ends == "accepted":
            service.accept(actor, row.id, answer=words["accepted"])
        elif ends == "declined":
            service.decline(actor, row.id, answer=words["declined"])
        elif ends == "withdrawn":
            service.withdraw(actor, row.id)

    later = at + timedelta(hours=20 + len(house) * 7)
    if ends in ("accepted", "declined"):
        script.add(later, whom, deed)
    elif ends == "withdrawn":
        script.add(later, asker, deed)
    elif ends == "expired":
        script.add(at + EXPIRES_AFTER + timedelta(hours=1), SYSTEM, lambda _actor: service.expire_due())


def write_to_investors(
    script: Script, members: Members, told: Sequence[Life], stated: Sequence[Stated], taken: set[Pair], kept: set[Pair]
) -> None:  # fmt: skip
    """Let creators ask investors that allow it; pairs that meet this way are added to `taken`, those of `kept` do not."""
    rng = Random("dealflow:creators-ask")  # noqa: S311 - variety, no secret
    open_to_it = [m for m in stated if m.values["allow_discovery"]]
    ours = [life for life in told if life.invests and life.place.key in _OURS and life.shown > 20]
    for number, life in enumerate(rng.sample(ours, min(_WRITTEN, len(ours)))):
        fit = [m for m in open_to_it if (m.house, life.idea.key) not in taken | kept]
        mandate = rng.choice([m for m in fit if members[m.house][0].overseas == life.idea.overseas] or fit)
        taken.add((mandate.house, life.idea.key))
        most = min(mandate.days, life.shown) * 0.9
        ends, days = fate(number, most * rng.uniform(0.3, 0.9), most)
        note = rng.choice(table("talk")["en" if life.idea.overseas else "zh"]["creator_letters"])
        at = script.ago(days)
        script.add(at, life.owner, _writing(life, mandate, note))
        answer(script, life, life.owner, mandate.owner, at, ends, mandate.house)


def _writing(life: Life, mandate: Stated, note: str) -> Any:
    def deed(actor: Actor) -> None:
        investor = str(mandate.owner.organisation_id)
        # A mandate that was paused by then lets nobody find its investor.
        if investor in {m.organisation_id for m in mandates.active_everywhere(discoverable=True)}:
            service.ask(actor, project_id=life.project_id, investor_organisation_id=investor, note=note)

    return deed
