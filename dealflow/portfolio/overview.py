"""The portfolio at a glance: what changed, what needs a decision, exposure, cash due in and out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.i18n import gettext as _
from dealflow.core.i18n import show_day
from dealflow.core.money import Money, show
from dealflow.funds import chart, words
from dealflow.funds import queries as funds
from dealflow.ledger import labels
from dealflow.ledger import queries as books
from dealflow.pitches import queries as pitches
from dealflow.portfolio import figures, incoming, posting, queries
from dealflow.portfolio.figures import State
from dealflow.portfolio.models import HoldingFlow, IssuedReport, Valuation
from dealflow.portfolio.states import FLOW_LABELS, METHOD_LABELS

SOON = timedelta(days=45)
AHEAD = timedelta(days=180)
STALE = timedelta(days=120)
MOST = 12
# What holdings do stands in their own rows.
POSTED = [kind for kind in chart.ENTRIES if kind not in ("fund_purchase", "fund_proceeds", "fund_valuation")]


@dataclass(frozen=True)
class Item:
    """A line of a list: what, when, where it leads."""

    title: str
    at: Any
    href: tuple[str, dict[str, Any]]
    note: str = ""
    minor: int = 0
    currency: str = ""


def holding_page(holding_id: str, anchor: str | None = None) -> tuple[str, dict[str, Any]]:
    """Endpoint and values of a holding's page."""
    more = {"_anchor": anchor} if anchor else {}
    return "portfolio.show", {"holding_id": holding_id, **more}


def _posted(states: Sequence[State], since: datetime) -> list[Item]:
    """What was called, paid, charged and distributed in the books of funds, each leading to its entry."""
    found = []
    for state in states:
        book = posting.book_of(state.vehicle) if state.vehicle.fund is not None else None
        entries = books.entries_since(book, since, POSTED, MOST) if book else []
        lines = books.lines_of_all(entries)
        for entry in entries:
            money = [
                amount.amount_minor for account, amount in lines[entry.id] if account.code == chart.BANK.code
            ]
            found.append(
                Item(
                    f"{state.vehicle.name}{_(': ')}{labels.entry_kind(entry.kind)}", entry.at,
                    ("ledger.entry", {"book_id": entry.book_id, "entry_id": entry.id}),
                    minor=abs(sum(money)), currency=state.vehicle.currency if sum(money) else "",
                )
            )  # fmt: skip
    return found


def changed(actor: Actor, states: Sequence[State], since: datetime | None) -> list[Item]:
    """What was booked, valued and reported since a moment (the last 30 days without one), the latest first."""
    since = since or clock.now() - timedelta(days=30)
    names = {row.id: row for row in queries.holdings(actor)}
    flows = session().scalars(
        select(HoldingFlow).where(HoldingFlow.created_at > since).order_by(HoldingFlow.id.desc()).limit(MOST)
    )
    valued = session().scalars(
        select(Valuation).where(Valuation.created_at > since).order_by(Valuation.id.desc()).limit(MOST)
    )
    issued = session().scalars(
        select(IssuedReport)
        .where(IssuedReport.issued_at > since)
        .order_by(IssuedReport.id.desc())
        .limit(MOST)
    )
    found = [
        Item(
            f"{names[row.holding_id].name}{_(': ')}{_(FLOW_LABELS[row.kind])}", row.created_at,
            holding_page(row.holding_id, "flows"), minor=row.amount_minor, currency=names[row.holding_id].currency,
        )
        for row in flows
    ]  # fmt: skip
    found += [
        Item(
            f"{names[row.holding_id].name}{_(': ')}{_(METHOD_LABELS[row.method])}", row.created_at,
            holding_page(row.holding_id, "valuations"), minor=row.value_minor, currency=names[row.holding_id].currency,
        )
        for row in valued
    ]  # fmt: skip
    found += [
        Item(
            _("Report of %(quarter)s issued", quarter=row.quarter), row.issued_at,
            ("portfolio.reports_of", {"fund_id": row.fund_id}),
        )
        for row in issued
    ]  # fmt: skip
    found += _posted(states, since)
    return sorted(found, key=lambda item: item.at, reverse=True)[:MOST]


def decisions(actor: Actor, states: Sequence[State]) -> list[Item]:
    """What waits for somebody: rights that lapse, limits exceeded, values grown old, distributions to approve."""
    today = clock.today()
    return [
        *_rights(actor, today),
        *_drafts(states),
        *_limits(states),
        *_without_rate(states),
        *(_stale(states, today)[:MOST]),
        *_arrived(actor),
    ]


def _arrived(actor: Actor) -> list[Item]:
    """Money from other rooms that does not enter a holding by itself."""
    return [
        Item(
            incoming.title(row), row.arrival.on,
            holding_page(row.holding.id, "flows")
            if row.holding
            else ("portfolio.new_holding", {"fund_id": queries.OWN, "project_id": row.arrival.project_id}),
            minor=row.arrival.amount.amount_minor, currency=row.arrival.amount.currency,
        )
        for row in incoming.undecided(actor)[:MOST]
    ]  # fmt: skip


def _rights(actor: Actor, today: date) -> list[Item]:
    names = {row.id: row for row in queries.holdings(actor)}
    return [
        Item(
            _("%(name)s: follow-on right until %(day)s", name=names[row.holding_id].name, day=show_day(row.due_on)),
            row.due_on, holding_page(row.holding_id, "rights"), row.text, row.amount_minor, names[row.holding_id].currency,
        )
        for row in queries.rights(actor, until=today + SOON)
    ]  # fmt: skip


def _drafts(states: Sequence[State]) -> list[Item]:
    return [
        Item(
            _("%(fund)s: a distribution waits for approval", fund=state.vehicle.name), row.paid_on,
            ("funds.distribution", {"fund_id": state.vehicle.id, "distribution_id": row.id}), "", row.amount_minor, state.vehicle.currency,
        )
        for state in states
        if state.vehicle.fund is not None
        for row in funds.distributions(state.vehicle.id)
        if row.state == "draft"
    ]  # fmt: skip


def _limits(states: Sequence[State]) -> list[Item]:
    return [
        Item(
            _("%(fund)s: %(group)s is above its limit", fund=state.vehicle.name, group=figures.group_label(limit["dimension"], item["name"])),
            state.as_of, ("portfolio.outlook_page", {"fund_id": address(state)}),
            _("%(part)s, the limit is %(most)s", part=f"{item['ppm'] / 10_000:.1f}%", most=f"{limit['most_ppm'] / 10_000:.1f}%"),
        )
        for state in states
        for limit in figures.concentration(state)
        for item in limit["above"]
    ]  # fmt: skip


def _without_rate(states: Sequence[State]) -> list[Item]:
    return [
        Item(
            _("%(name)s: no rate of %(base)s in %(quote)s for %(day)s", name=gap.row.name, base=gap.base, quote=gap.quote, day=show_day(gap.day)),
            gap.day, ("rates.index", {}), _("It is in no total until the rate is entered"), gap.standing.value, gap.base,
        )
        for state in states
        for gap in state.reading.missing
    ]  # fmt: skip


def _stale(states: Sequence[State], today: date) -> list[Item]:
    found = []
    for state in states:
        for place, row in enumerate(state.held.rows):
            day = int(state.held.last[place])
            if row.status != "active" or (day and today.toordinal() - day <= STALE.days):
                continue
            if not state.standings[place].cost:
                continue
            note = (
                _("Valued last on %(day)s", day=show_day(date.fromordinal(day))) if day else _("Never valued")
            )
            found.append(
                Item(_("%(name)s needs a valuation", name=row.name), date.fromordinal(day or 1), holding_page(row.id, "value"), note)
            )  # fmt: skip
    return sorted(found, key=lambda item: item.at)


def address(state: State) -> str:
    """How addresses name the vehicle."""
    return state.vehicle.id if state.vehicle.fund is not None else queries.OWN


def _going_out(state: State, until: date) -> list[Item]:
    """What a fund owes for fees and expenses, by the day on which it was charged, and a distribution that is prepared."""
    name, currency = state.vehicle.name, state.vehicle.currency
    owed = [
        Item(
            f"{name}{_(': ')}{words.charge(row.kind)}", row.charged_on, ("funds.costs", {"fund_id": state.vehicle.id}),
            words.charge_note(row.kind, row.text, row.key.partition(":")[2]), -row.amount_minor, currency,
        )
        for row in funds.charges(state.vehicle.id)
        if row.kind != "income" and row.paid_on is None
    ]  # fmt: skip
    prepared = [
        Item(
            f"{name}{_(': ')}{words.distribution(row.kind, row.number)}", row.paid_on,
            ("funds.distribution", {"fund_id": state.vehicle.id, "distribution_id": row.id}), "",
            row.amount_minor if row.kind == "clawback" else -row.amount_minor, currency,
        )
        for row in funds.distributions(state.vehicle.id)
        if row.state == "draft" and row.paid_on <= until
    ]  # fmt: skip
    return [*owed, *prepared]


def due(actor: Actor, states: Sequence[State]) -> list[Item]:
    """Cash due in (positive) and out (negative) over the next half year, overdue included, by day."""
    today, found = clock.today(), []
    for state in states:
        if state.vehicle.fund is None:
            continue
        calls = [row for row in funds.calls(state.vehicle.id) if row.state == "issued"]
        for call, lines in ((call, funds.call_lines([call])[call.id]) for call in calls):
            open_minor = sum(line.open_minor for line in lines)
            if open_minor and call.due_on <= today + AHEAD:
                title = _("%(fund)s: call %(number)s", fund=state.vehicle.name, number=call.number)
                where = ("funds.call", {"fund_id": state.vehicle.id, "call_id": call.id})
                found.append(Item(title, call.due_on, where, "", open_minor, state.vehicle.currency))
        found += _going_out(state, today + AHEAD)
    names = {row.id: row for row in queries.holdings(actor)}
    found += [
        Item(
            _("%(name)s: follow-on right", name=names[row.holding_id].name), row.due_on, holding_page(row.holding_id, "rights"),
            row.text, -row.amount_minor, names[row.holding_id].currency,
        )
        for row in queries.rights(actor, until=today + AHEAD)
    ]  # fmt: skip
    owed = incoming.due(actor, today + AHEAD)
    briefs = pitches.briefs(project_id for _on, _id, project_id, _amount in owed)
    found += [
        Item(
            briefs[project_id]["title"], on, ("settlement.show_call", {"payment_call_id": call_id}), "", -amount.amount_minor,
            amount.currency,
        )
        for on, call_id, project_id, amount in owed
    ]  # fmt: skip
    return sorted(found, key=lambda item: item.at)


def exposure(states: Sequence[State], by: str) -> dict[str, list[dict[str, Any]]]:
    """Currency → parts of the value held, by genre, stage or platform, as `share_bar` draws them."""
    found: dict[str, dict[str, int]] = {}
    for state in states:
        years = state.held.first_years()
        sums = found.setdefault(state.vehicle.currency, {})
        for place, (row, standing) in enumerate(zip(state.held.rows, state.standings, strict=True)):
            if standing.value:
                name = figures.group_label(by, figures.group_of(row, by, years.get(place)))
                sums[name] = sums.get(name, 0) + standing.value
    return {
        currency: [
            {"label": name, "value": minor, "display": show(Money(minor, currency)), "kind": ""}
            for name, minor in sorted(sums.items(), key=lambda item: -item[1])
        ]
        for currency, sums in found.items()
        if sums
    }


def rows(states: Sequence[State], *, watched: bool = False) -> list[dict[str, Any]]:
    """All holdings with where they stand, the largest value first."""
    found = [
        {
            "row": row,
            "standing": standing,
            "vehicle": state.vehicle,
            "figure": figure,
            "native": state.reading.native(row.id),
        }
        for state in states
        for row, standing, figure in zip(
            state.held.rows, state.standings, figures.metrics(state)["holdings"].values(), strict=True
        )
        if row.watched or not watched
    ]
    return sorted(found, key=lambda item: (-item["standing"].value, item["row"].name))
