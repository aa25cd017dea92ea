"""The entries of a holding in the book of its vehicle: a fund's book, or the organisation's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.i18n import N_
from dealflow.core.money import Money
from dealflow.funds import chart
from dealflow.funds import queries as funds
from dealflow.ledger import queries as books
from dealflow.ledger import service as ledger
from dealflow.ledger.queries import Book
from dealflow.ledger.service import Draft, Line, Side
from dealflow.portfolio.models import Holding
from dealflow.portfolio.queries import Vehicle
from dealflow.portfolio.worth import Change

OWN_BOOK = "portfolio"
OWN_MONEY = Side("equity:own_money", "equity", N_("Own money"))
REALISED = Side("income:realised", "income", N_("Realised gains"))
UNREALISED = Side("income:unrealised", "income", N_("Unrealised gains"))
LINE = Side("liabilities:subscription_line", "liability", N_("Subscription line"))
ENTRIES = {"fund_line": N_("Subscription line")}
_KINDS = {"cost": "fund_purchase", "proceeds": "fund_proceeds", "value": "fund_valuation"}


@dataclass(frozen=True)
class Deed:
    """What is posted: `row_id` is its identity, `cash` what the vehicle's money gains (negative: pays), `kept` what the entry
    keeps beside (the rate of another currency and its day)."""

    row_id: str
    kind: str
    cash: int
    text: str
    source: str = ""
    kept: Mapping[str, Any] = field(default_factory=dict)


def book_of(vehicle: Vehicle) -> Book | None:
    """The vehicle's book; None before anything was posted."""
    return books.book_for(chart.BOOK if vehicle.fund else OWN_BOOK, vehicle.id)


def open_book(actor: Actor, vehicle: Vehicle) -> Book:
    """The vehicle's book, opened now when there is none."""
    return ledger.open_book(
        actor, kind=chart.BOOK if vehicle.fund else OWN_BOOK, object_id=vehicle.id,
        organisation_id=vehicle.organisation_id, name=vehicle.name, currency=vehicle.currency,
    )  # fmt: skip


def post(actor: Actor, vehicle: Vehicle, holding: Holding, deed: Deed, moved: Iterable[Change]) -> str | None:
    """Post the changes, one entry per day; the id of the first day's entry, None when nothing moved on it."""
    drafts = []
    for number, change in enumerate(moved):
        today = deed if number == 0 else replace(deed, cash=0, kind="value", kept={})
        if today.cash or not change.empty:
            drafts.append((number, _draft(vehicle, holding, today, change)))
    if not drafts:
        return None
    made = ledger.post_many(actor, open_book(actor, vehicle), [draft for _number, draft in drafts])
    return made[0].id if drafts[0][0] == 0 else None


def _draft(vehicle: Vehicle, holding: Holding, deed: Deed, change: Change) -> Draft:
    lines = [
        *_line(holding, chart.BANK if vehicle.fund else OWN_MONEY, deed.cash),
        *_line(holding, chart.investment(holding.id, holding.name), change.book),
        *_line(holding, chart.revaluation(holding.id, holding.name), change.unrealised),
        *_gains(vehicle, holding, "realised", -change.realised, change.on),
        *_gains(vehicle, holding, "unrealised", -change.unrealised, change.on),
    ]
    key = f"holding:{deed.row_id}:{change.on.isoformat()}"
    return Draft(
        change.on, _KINDS[deed.kind], key, lines, text=deed.text, source=deed.source or holding.id,
        data={"holding": holding.id, "row": deed.row_id, **deed.kept},
    )  # fmt: skip


def _line(holding: Holding, side: Side, minor: int) -> list[Line]:
    return [Line(side, holding.money(minor))] if minor else []


def _gains(vehicle: Vehicle, holding: Holding, what: str, minor: int, on: date) -> list[Line]:
    """Gains (credit: negative), a fund's among its partners by what each has committed."""
    if not minor:
        return []
    if vehicle.fund is None:
        return [Line(REALISED if what == "realised" else UNREALISED, holding.money(minor))]
    sign = 1 if minor > 0 else -1
    parts = funds.split(vehicle.id, vehicle.money(abs(minor)), on)
    return [
        Line(chart.income(lp, what), Money(sign * part.amount_minor, part.currency)) for lp, part in parts
    ]


def post_line(actor: Actor, vehicle: Vehicle, *, row_id: str, on: date, kind: str, minor: int) -> str:
    """Post money of the subscription line; interest is a cost of the partners. The entry's id."""
    if kind == "interest":
        parts = funds.split(vehicle.id, vehicle.money(minor), on)
        lines = [Line(chart.expense(lp, "expenses"), part) for lp, part in parts]
        lines.append(Line(chart.BANK, vehicle.money(-minor)))
    else:
        sign = 1 if kind == "draw" else -1
        lines = [
            Line(chart.BANK, vehicle.money(sign * minor)),
            Line(LINE, vehicle.money(-sign * minor)),
        ]
    draft = Draft(on, "fund_line", f"line:{row_id}", lines, source=vehicle.id)
    return ledger.post(actor, open_book(actor, vehicle), draft).id
