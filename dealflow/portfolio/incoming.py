"""What other rooms know of an investor's money in a project, as rows that a holding can take over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from dealflow.core.actor import Actor
from dealflow.core.i18n import N_, gettext
from dealflow.core.money import Money
from dealflow.pitches import queries as pitches
from dealflow.portfolio import queries
from dealflow.portfolio.models import Holding
from dealflow.recoupment import queries as recoupment
from dealflow.settlement import queries as settlement


@dataclass(frozen=True)
class Arrival:
    """Money of one project. (`source`, `source_id`) is its identity; what is corrected over there comes negative or falls away."""

    source: str
    source_id: str
    project_id: str
    on: date
    kind: str
    amount: Money


@dataclass(frozen=True)
class Undecided:
    """An arrival that does not enter by itself, and why (a message id)."""

    arrival: Arrival
    reason: str
    holding: Holding | None = None


# Late interest is money for the project too; a refund comes back as proceeds, since cost is recovered first.
_KINDS = {"payment": "cost", "interest": "cost", "refund": "proceeds"}
NO_HOLDING = N_("Nobody holds this project yet; add a holding in it")
SEVERAL = N_("Several funds hold this project; book it by hand on the right one")
OTHER_CURRENCY = N_("It is in another currency; book it by hand at the day's rate")
ENDED = N_("The holding has ended")


def arrivals(organisation_id: str, project_id: str | None = None) -> list[Arrival]:
    """Everything that an organisation paid to projects and got from them, by day."""
    found = [
        Arrival("recoupment", row.id, row.project_id, row.on, "proceeds", row.amount)
        for row in recoupment.payouts_to(organisation_id, project_id)
        if row.amount.amount_minor
    ]
    found += [
        Arrival("settlement", f"{row.id}:{row.kind}", row.project_id, row.on, _KINDS[row.kind], row.amount)
        for row in settlement.payments_of(organisation_id, project_id)
        if row.amount.amount_minor
    ]
    return sorted(found, key=lambda row: (row.on, row.source_id))


def judged(
    found: Iterable[Arrival], holdings: Iterable[Holding]
) -> tuple[list[tuple[Holding, Arrival]], list[Undecided]]:
    """Arrivals that enter a holding by themselves, and those that somebody must look at."""
    by_project: dict[str, list[Holding]] = {}
    for row in holdings:
        if row.project_id is not None:
            by_project.setdefault(row.project_id, []).append(row)
    ready, waiting = [], []
    for arrival in found:
        mine = by_project.get(arrival.project_id, [])
        open_ones = [row for row in mine if row.status == "active"]
        if len(open_ones) == 1 and len(mine) == 1:
            if arrival.amount.currency == mine[0].currency:
                ready.append((mine[0], arrival))
            else:
                waiting.append(Undecided(arrival, OTHER_CURRENCY, mine[0]))
        elif mine:
            waiting.append(Undecided(arrival, SEVERAL if len(mine) > 1 else ENDED, mine[0]))
        else:
            waiting.append(Undecided(arrival, NO_HOLDING))
    return ready, waiting


def undecided(actor: Actor) -> list[Undecided]:
    """What came from other rooms for the actor's organisation and does not enter by itself."""
    if actor.organisation_id is None:
        return []
    holdings = queries.holdings(actor)
    booked = {pair for row in holdings for pair in queries.known_sources(row.id)} if holdings else set()
    _ready, waiting = judged(arrivals(actor.organisation_id), holdings)
    return [row for row in waiting if (row.arrival.source, row.arrival.source_id) not in booked]


def due(actor: Actor, until: date) -> list[tuple[date, str, str, Money]]:
    """(day, call, project, amount) of what the actor's organisation is called to pay to projects."""
    return [
        (call.due_on, call.id, call.project_id, call.outstanding)
        for call in settlement.open_calls(actor)
        if call.side_of(actor) == "investor" and call.due_on <= until
    ]


def title(found: Undecided) -> str:
    """What waits, for people."""
    brief = pitches.briefs([found.arrival.project_id]).get(found.arrival.project_id)
    name = found.holding.name if found.holding else brief["title"] if brief else found.arrival.project_id
    return f"{name}{gettext(': ')}{gettext(found.reason)}"
