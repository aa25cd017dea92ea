"""What is behind a figure: the rows it is the sum of, each with its entry in the book."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.errors import NotFound
from dealflow.core.i18n import N_, gettext, show_day
from dealflow.core.money import Money, show
from dealflow.funds import chart
from dealflow.funds import queries as funds
from dealflow.ledger import labels
from dealflow.ledger import queries as books
from dealflow.portfolio import exchange, figures, planning, posting, queries
from dealflow.portfolio.figures import PAYS, State
from dealflow.portfolio.models import Holding
from dealflow.portfolio.queries import Vehicle
from dealflow.portfolio.states import FLOW_LABELS, LINE_LABELS, METHOD_LABELS, METHODS

PARTNER_LABELS = {
    "call": N_("Paid in within the commitment"),
    "call_outside": N_("Paid in outside the commitment"),
    "call_refund": N_("Given back unused"),
    "distribution": N_("Distributed"),
    "distribution_recallable": N_("Distributed, recallable"),
}
NAV = N_("Net asset value")
FIGURES = {
    "commitment": N_("Committed"),
    "paid_in": N_("Paid in by partners"),
    "distributed": N_("Distributed to partners"),
    "unfunded": N_("Unfunded commitment"),
    "nav": NAV,
    "cost": N_("Cost"),
    "proceeds": N_("Proceeds"),
    "value": N_("Value of the holdings"),
    "realised": N_("Realised"),
    "unrealised": N_("Unrealised"),
    "irr": N_("Flows behind the net rate"),
    "irr_without_line": N_("Flows behind the rate without the line"),
    "gross_irr": N_("Flows behind the gross rate"),
}


@dataclass(frozen=True)
class Row:
    """One row behind a figure: minor units, what it is, its entry or its account in the book, its holding."""

    on: date
    label: str
    minor: int
    entry_id: str | None = None
    holding_id: str | None = None
    name: str = ""
    note: str = ""
    account_id: str | None = None


@dataclass(frozen=True)
class Behind:
    """The rows behind a figure, with what they are read at; `vehicle` is in the currency of the rows."""

    vehicle: Vehicle
    as_of: date
    rows: list[Row]


def opened(
    actor: Actor, vehicle: Vehicle, figure: str, as_of: date, *, holding_id: str | None = None, by: str | None = None,
    group: str = "",
) -> Behind:  # fmt: skip
    """A figure of a vehicle at the end of a day, opened: of one holding, or of a group of them (`by`). NotFound for an
    unknown figure or holding."""
    found = figures.state(actor, vehicle, as_of)
    if holding_id and vehicle.fund is None:
        # A holding's own figures are in its own currency.
        row = queries.get(actor, holding_id)
        if row.fund_id is not None:
            raise NotFound()
        found = figures.state_of_one(vehicle, row, as_of)
    answer = rows(found, figure, holding_id)
    if by:
        members = figures.members(found, by, group)
        answer = [row for row in answer if row.holding_id in members]
    return Behind(found.vehicle, found.as_of, answer)


def row_dict(row: Row, currency: str) -> dict[str, Any]:
    """A row as the API gives it."""
    return {
        "on": row.on.isoformat(), "label": row.label, "amount": Money(row.minor, currency).json(), "note": row.note,
        "name": row.name, "holding_id": row.holding_id, "entry_id": row.entry_id, "account_id": row.account_id,
    }  # fmt: skip


def rows(found: State, figure: str, holding_id: str | None = None) -> list[Row]:
    """The rows that a figure is the sum of (for rates: the flows they are found from). NotFound for an unknown figure."""
    if figure not in FIGURES or (found.vehicle.fund is None and figure in _OF_PARTNERS):
        raise NotFound()
    if holding_id is not None and holding_id not in found.held.ids:
        raise NotFound()
    if figure in ("cost", "proceeds"):
        return [row for kind, row in _flows(found, holding_id) if kind == figure]
    if figure in ("value", "realised", "unrealised"):
        return _worth(found, figure, holding_id)
    if figure == "gross_irr":
        signed = [
            Row(
                row.on,
                row.label,
                -row.minor if kind == "cost" else row.minor,
                row.entry_id,
                row.holding_id,
                row.name,
                row.note,
            )
            for kind, row in _flows(found, holding_id)
        ]
        return [*signed, *_worth(found, "value", holding_id)]
    return _OF_PARTNERS[figure](found)


def _flows(found: State, holding_id: str | None) -> list[tuple[str, Row]]:
    held = {row.id: row for row in found.held.rows}
    answer = []
    for flow in queries.flows_of([holding_id] if holding_id else list(held), found.as_of):
        holding = held[flow.holding_id]
        minor, note = _converted(found, holding, flow.happened_on, flow.amount_minor)
        label = _text(FLOW_LABELS[flow.kind], flow.text)
        row = Row(flow.happened_on, label, minor, flow.entry_id, holding.id, holding.name, note)
        answer.append((flow.kind, row))
    return answer


def _converted(found: State, holding: Holding, on: date, minor: int) -> tuple[int, str]:
    """The amount in the currency of the figures, and how it came about when the holding has another."""
    rate = found.reading.rate(holding.currency, on)
    if holding.currency == found.vehicle.currency or rate is None:
        return minor, ""
    words = gettext(N_("%(amount)s at %(rate)s of %(day)s"))
    told = words % {"amount": show(holding.money(minor)), "rate": rate.text, "day": show_day(rate.day)}
    return exchange.convert(minor, rate), told


def _text(label: str, more: str) -> str:
    return f"{gettext(label)} · {more}" if more else gettext(label)


def _worth(found: State, figure: str, holding_id: str | None) -> list[Row]:
    """One row a holding, with the entry of its last valuation."""
    last = {row.holding_id: row for row in queries.valuations_of(found.held.ids, found.as_of)}
    answer = []
    for holding, standing in zip(found.held.rows, found.standings, strict=True):
        minor = getattr(standing, figure)
        if (holding_id and holding.id != holding_id) or not minor:
            continue
        valued = last.get(holding.id)
        method = valued.method if valued else METHODS[0]
        label = gettext(METHOD_LABELS[method])
        on = valued.valued_on if valued else found.as_of
        native, note = found.reading.native(holding.id), ""
        if native is not None and figure == "value":
            minor, note = _converted(found, holding, found.as_of, native.value)
        answer.append(
            Row(on, label, minor, valued.entry_id if valued else None, holding.id, holding.name, note)
        )
    return answer


def _partners(
    found: State, kinds: tuple[str, ...] | None, *, signed: bool = False, turn: bool = False
) -> list[Row]:
    answer = []
    for flow in found.flows:
        if kinds is None or flow.kind in kinds:
            minor = flow.signed if signed else -flow.signed if turn else flow.minor
            answer.append(Row(flow.on, gettext(PARTNER_LABELS[flow.kind]), minor, flow.entry_id))
    return answer


def _commitment(found: State) -> list[Row]:
    names = funds.names(found.vehicle.id)
    return [
        Row(row.since, gettext(N_("Committed")), row.amount_minor, None, None, names.get(row.lp_id, ""))
        for row in funds.commitments(found.vehicle.id)
        if row.since <= found.as_of
    ]


def _unfunded(found: State) -> list[Row]:
    return [
        *_commitment(found),
        *_partners(found, ("call",), signed=True),
        *_partners(found, ("call_refund", "distribution_recallable")),
    ]


def _accounts(found: State) -> list[Row]:
    """Money and debts of a fund: its accounts without the holdings, and without what partners owe, which is no net asset."""
    book = posting.book_of(found.vehicle)
    balances = books.trial_balance(book, on=found.as_of) if book else []
    return [
        Row(
            found.as_of,
            labels.account(balance.account),
            balance.amount.amount_minor,
            account_id=balance.account.id,
        )
        for balance in balances
        if balance.account.code.startswith(("assets:", "liabilities:"))
        and not balance.account.code.startswith(chart.NOT_MONEY)
        and balance.amount.amount_minor
        and balance.amount.currency == found.vehicle.currency
    ]


def _nav(found: State) -> list[Row]:
    """The holdings and the accounts of the fund's book that make up its net assets, and the carry not yet paid."""
    rows = [*_worth(found, "value", None), *_accounts(found)]
    whole = sum(row.minor for row in rows)
    rest = found.before_carry_minor - whole
    if rest:
        rows.append(Row(found.as_of, gettext(N_("Money and what is owed, net")), rest))
    if found.carry_minor:
        rows.append(Row(found.as_of, gettext(N_("Carried interest accrued")), -found.carry_minor))
    return rows


def _net(found: State) -> list[Row]:
    closing = Row(found.as_of, gettext(NAV), found.nav_minor)
    return [*_partners(found, None, signed=True), closing]


def _without_line(found: State) -> list[Row]:
    line = planning.line_flows(found.vehicle.id, found.as_of)
    moved = [
        Row(row.happened_on, gettext(LINE_LABELS[row.kind]), -row.amount_minor if row.kind == "draw" else row.amount_minor, row.entry_id)
        for row in line
    ]  # fmt: skip
    open_minor = sum(row.amount_minor * {"draw": 1, "repay": -1}.get(row.kind, 0) for row in line)
    closing = Row(found.as_of, gettext(NAV), found.nav_minor + open_minor)
    return [*_partners(found, None, signed=True), *moved, closing]


_OF_PARTNERS = {
    "commitment": _commitment,
    "paid_in": lambda found: _partners(found, (*PAYS, "call_refund"), turn=True),
    "distributed": lambda found: _partners(found, ("distribution", "distribution_recallable")),
    "unfunded": _unfunded,
    "nav": _nav,
    "irr": _net,
    "irr_without_line": _without_line,
}
