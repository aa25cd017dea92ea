"""What an owner may learn of mandates by asking again and again: little.

Every answer to an owner (investors that fit, advice) is worked out with amounts and credits known only to a step of their
scale, at both ends of it, so that no edit finds a limit closer than that. A pitch can be asked about in so many states a
day, a house in so many altogether; after that the last state stands. What advice tells concerns several houses, none of
them the owner's own people; where many houses invest, a fifth of them, chosen by a key that nobody sees, is left out of
a project's advice, so that one house's part in a count cannot be told.
"""

from __future__ import annotations

import bisect
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from dealflow.accounts import queries as accounts
from dealflow.core import clock, config, db
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import TooMany
from dealflow.matching import live
from dealflow.matching.models import OwnerLook

DAY = timedelta(days=1)
MOST_OF_PROJECT = 6
MOST_OF_HOUSE = 30
LEAST_HOUSES = 3
LEFT_OUT = 5  # one in so many, where there are MANY_HOUSES
MANY_HOUSES = 20
# Steps of a decade (Renard's series R10) and of a number of credits.
STEPS = (1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0, 10.0)
CREDITS = (0, 1, 3, 6, 10, 20, 50)


@dataclass(frozen=True)
class Look:
    """The state of a pitch that is asked about; `since` is set when it is an earlier one than the latest."""

    content: Mapping[str, Any]
    since: datetime | None = None


def look(actor: Actor, project: Any) -> Look:
    """The state that an owner is answered about. A new one is kept once the open transaction has ended.

    TooMany when the house has used up its day and this pitch was never asked about.
    """
    mine = select(OwnerLook).where(OwnerLook.project_id == project.id).order_by(OwnerLook.id.desc())
    last = session().scalars(mine.limit(1)).first()
    if last is not None and last.version == project.version:
        return Look(live.content_of(project))
    recent = select(OwnerLook.project_id, func.count()).where(
        OwnerLook.organisation_id == project.organisation_id, OwnerLook.at > clock.now() - DAY
    )
    counts = {row[0]: row[1] for row in session().execute(recent.group_by(OwnerLook.project_id))}
    if counts.get(project.id, 0) < MOST_OF_PROJECT and sum(counts.values()) < MOST_OF_HOUSE:
        content = live.content_of(project)
        _keep(project, content)
        return Look(content)
    if last is None:
        raise TooMany(int(DAY.total_seconds()))
    return Look(last.content, last.at)


def _keep(project: Any, content: Mapping[str, Any]) -> None:
    values = {
        "organisation_id": project.organisation_id, "project_id": project.id, "version": project.version,
        "content": dict(content), "at": clock.now(),
    }  # fmt: skip

    def write() -> None:
        with db.system_edge() as current:
            current.add(OwnerLook(**values))

    db.after_commit(lambda: db.retrying(write))


def passes(stated: Mapping[str, Any], content: Mapping[str, Any]) -> bool:
    """Whether a pitch passes a mandate at both ends of the steps its amounts and credits lie in."""
    from ml import constraints

    return not any(constraints.evaluate(stated, end) for end in ends(content))


def ends(content: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The pitch with its amounts at the lower and at the upper end of their steps; credits at the lower end in both."""
    found = []
    credits = sum(max(0, int(member.get("credits") or 0)) for member in content.get("team") or ())
    told = CREDITS[bisect.bisect_right(CREDITS, credits) - 1]
    for upper in (False, True):
        amounts = {name: step(content[name], upper=upper) for name in ("ask", "budget") if content.get(name)}
        found.append({**content, **amounts, "team": [{"credits": told}]})
    return found[0], found[1]


def step(money: Mapping[str, Any], *, upper: bool) -> dict[str, Any]:
    """The end of the step that an amount lies in; an amount on a step is both its ends."""
    amount = int(money["amount_minor"])
    if amount <= 0:
        return dict(money)
    decade = 10 ** (len(str(amount)) - 1)
    steps = [round(decade * part) for part in STEPS]
    at = bisect.bisect_left(steps, amount) if upper else bisect.bisect_right(steps, amount) - 1
    return {**money, "amount_minor": steps[at]}


def counted(project: Any, rows: Sequence[Any]) -> list[Any]:
    """Mandates that a project's advice counts: not those of the owner's own people, nor of the fifth that is left out."""
    owner = project.organisation_id
    linked = {house for house, other in accounts.linked({owner}) for house in (house, other)} | {owner}
    key = config.settings().secret_key.encode()
    others = [row for row in rows if row.organisation_id not in linked]
    if len({row.organisation_id for row in others}) < MANY_HOUSES:
        return others
    return [row for row in others if not _left_out(key, project.id, row.organisation_id)]


def _left_out(key: bytes, project_id: str, house: str) -> bool:
    drawn = hmac.new(key, f"{project_id}:{house}".encode(), hashlib.sha256).digest()
    return drawn[0] % LEFT_OUT == 0


def houses(rows: Sequence[Any], chosen: Iterable[bool]) -> int:
    """How many houses stand behind the chosen mandates."""
    return len({row.organisation_id for row, yes in zip(rows, chosen, strict=True) if yes})
