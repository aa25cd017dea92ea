"""A holding's way from the pitch to the payout, as its page shows it."""

from __future__ import annotations

from datetime import date
from typing import Any

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.i18n import gettext as _
from dealflow.core.i18n import show_day
from dealflow.core.money import Money, show
from dealflow.deals import queries as deals
from dealflow.deals.states import LABELS, STAGES
from dealflow.finance.short import rate_of
from dealflow.pitches import queries as pitches
from dealflow.portfolio import queries
from dealflow.portfolio.models import Holding
from dealflow.portfolio.service.booking import history
from dealflow.portfolio.states import FLOW_LABELS, METHOD_LABELS
from dealflow.portfolio.worth import Standing


def projects(actor: Actor) -> list[tuple[str, str]]:
    """The projects that the actor has a deal in, by title: those it may come to hold."""
    rows = deals.page(actor, deals.DealQuery(limit=200))["items"]
    ids = dict.fromkeys(row["project_id"] for row in rows)
    return sorted(
        ((key, brief["title"]) for key, brief in pitches.briefs(ids).items()), key=lambda pair: pair[1]
    )


def of(actor: Actor, row: Holding) -> dict[str, Any]:
    """Everything that a holding's page shows."""
    flows, valuations = queries.flows(row.id), queries.valuations(row.id)
    known = history(row, flows, valuations)
    standing = known.at(clock.today())
    signed = [(f.happened_on, -f.amount_minor if f.kind == "cost" else f.amount_minor) for f in flows]
    days = sorted({*(f.happened_on for f in flows), *(v.valued_on for v in valuations), clock.today()})
    worth = [known.at(day) for day in days]
    reversed_ids = {flow.reverses_id for flow in flows}
    return {
        "flows": flows, "valuations": valuations, "standing": standing, "reversed_ids": reversed_ids,
        "rate": rate_of([*signed, (clock.today(), standing.value)]), "moic": multiple(standing),
        "curve": {
            "labels": [day.isoformat() for day in days], "value": [at.value for at in worth],
            "cost": [at.cost for at in worth], "proceeds": [at.proceeds for at in worth],
        },
        "rights": queries.rights(actor, holding_id=row.id), "story": story(actor, row, flows, valuations),
    }  # fmt: skip


def multiple(standing: Standing) -> str | None:
    """What came back and is still held, for one paid in."""
    return f"{(standing.proceeds + standing.value) / standing.cost:.6f}" if standing.cost else None


def story(actor: Actor, row: Holding, flows: list[Any], valuations: list[Any]) -> list[dict[str, Any]]:
    """The stations of the project and of the money, the earliest first."""
    found: list[tuple[date, dict[str, Any]]] = []
    if row.project_id:
        query = deals.DealQuery(project_id=row.project_id, limit=1)
        for deal in deals.page(actor, query)["items"]:
            for event in deals.timeline(actor, deals.get(actor, deal["id"])):
                if event.kind in ("opened", "moved"):
                    stage = LABELS.get(event.data.get("after") or STAGES[0], "")
                    found.append(_station(_("Deal: %(stage)s", stage=_(stage)), event.at.date()))
    for flow in flows:
        amount = show(Money(flow.amount_minor, row.currency))
        found.append(_station(_(FLOW_LABELS[flow.kind]), flow.happened_on, amount, "done"))
    for valued in valuations:
        amount = show(Money(valued.value_minor, row.currency))
        found.append(_station(_(METHOD_LABELS[valued.method]), valued.valued_on, amount))
    if row.closed_on:
        found.append(_station(_("Ended"), row.closed_on))
    return [item for _day, item in sorted(found, key=lambda pair: pair[0])]


def _station(title: str, day: date, note: str = "", state: str = "") -> tuple[date, dict[str, Any]]:
    shown = show_day(day)
    return day, {"title": title, "time": shown, "note": note, "state": state}
