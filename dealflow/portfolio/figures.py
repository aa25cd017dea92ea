"""The figures of a vehicle at a day, and the rows behind each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.i18n import gettext, localised
from dealflow.finance.batch_metrics import metrics as compute
from dealflow.finance.batch_metrics import multiple
from dealflow.finance.short import rate_of
from dealflow.funds import queries as funds
from dealflow.funds import waterfall
from dealflow.pitches import queries as pitches
from dealflow.pitches.vocabulary import label
from dealflow.portfolio import exchange, planning, queries
from dealflow.portfolio.columns import Columns
from dealflow.portfolio.exchange import Reading
from dealflow.portfolio.models import Holding
from dealflow.portfolio.queries import Vehicle
from dealflow.portfolio.worth import Standing

PAYS = ("call", "call_outside")


@dataclass(frozen=True)
class PartnerFlow:
    """A flow between the partners and the fund, amounts as the metrics take them (`sign` as the partners see it)."""

    on: date
    kind: str
    minor: int
    entry_id: str

    @property
    def signed(self) -> int:
        return -self.minor if self.kind in PAYS else self.minor


@dataclass(frozen=True)
class State:
    """All that the figures of a vehicle at a day are made of."""

    vehicle: Vehicle
    as_of: date
    held: Columns
    standings: Sequence[Standing]
    flows: Sequence[PartnerFlow]
    commitment_minor: int
    before_carry_minor: int
    carry_minor: int
    reading: Reading

    @property
    def values(self) -> list[int]:
        """Value of each holding."""
        return [standing.value for standing in self.standings]

    @property
    def nav_minor(self) -> int:
        """What the partners would be left with."""
        return self.before_carry_minor - self.carry_minor

    def pairs(self) -> list[tuple[Holding, Standing]]:
        """Each holding with where it stands."""
        return list(zip(self.held.rows, self.standings, strict=True))

    def total(self, name: str) -> int:
        """The sum of a property of `Standing` over all holdings."""
        return sum(getattr(standing, name) for standing in self.standings)


def partner_flows(fund: Any, through: date) -> list[PartnerFlow]:
    """The flows of all partners of a fund. Interest between partners cancels out and is taken off what is outside."""
    found = []
    for flow in funds.cashflows(fund.id, through=through):
        minor = flow.amount.amount_minor
        if flow.kind == "interest":
            found.append(PartnerFlow(flow.on, "call_outside", -minor, flow.entry_id))
        elif flow.kind != "transfer":
            found.append(
                PartnerFlow(flow.on, flow.kind, -minor if flow.kind in PAYS else minor, flow.entry_id)
            )
    return found


def state(actor: Actor, vehicle: Vehicle, as_of: date) -> State:
    """Read a vehicle at the end of a day."""
    reading = exchange.read(vehicle, queries.holdings(actor, [vehicle.id]), as_of)
    held, standings = reading.held, reading.standings
    if vehicle.fund is None:
        return _alone(vehicle, reading)
    fund = vehicle.fund
    accounts = funds.capital_accounts(fund, as_of, as_of)
    before = sum(account.closing.amount.amount_minor for account in accounts.values())
    committed = sum(funds.commitments_on(fund.id, as_of).values())
    accrued = waterfall.accrued(fund, as_of, before)
    return State(
        vehicle, as_of, held, standings, partner_flows(fund, as_of), committed, before, accrued, reading
    )


def _alone(vehicle: Vehicle, reading: Reading) -> State:
    worth = sum(standing.value for standing in reading.standings)
    return State(vehicle, reading.held.as_of, reading.held, reading.standings, [], 0, worth, 0, reading)


def state_of_one(vehicle: Vehicle, row: Holding, as_of: date) -> State:
    """One holding of an organisation by itself, in the holding's own currency."""
    own = replace(vehicle, currency=row.currency)
    return _alone(own, exchange.read(own, [row], as_of))


def metrics(found: State, by: str | None = None) -> dict[str, Any]:
    """The figures in the form of the shared schema, section 4, and what stands beside them (see `shapes.MetricsOut`)."""
    plain = [(flow.on, flow.kind, flow.minor) for flow in found.flows]
    answer = compute(
        commitment_minor=found.commitment_minor, as_of=found.as_of, flows=plain, nav_minor=found.nav_minor,
        ids=found.held.ids, held=found.held.flows, values=found.values,
    )  # fmt: skip
    paid_in, distributed = answer["paid_in_minor"], answer["distributed_minor"]
    signed = [(flow.on, flow.signed) for flow in found.flows]
    return answer | {
        "currency": found.vehicle.currency,
        "as_of": found.as_of.isoformat(),
        "commitment_minor": found.commitment_minor,
        "carry_accrued_minor": found.carry_minor,
        "before_carry": {
            "nav_minor": found.before_carry_minor,
            "tvpi": multiple(distributed + found.before_carry_minor, paid_in),
            "irr": rate_of([*signed, (found.as_of, found.before_carry_minor)]),
        },
        "irr_without_line": without_line(found),
        "groups": groups(found, by) if by else [],
        "exchange": found.reading.as_dict(),
    }


def without_line(found: State) -> dict[str, Any]:
    """The partners' rate had they paid when the line was drawn, and no interest on it.

    As the Institutional Limited Partners Association asks ("Enhancing Transparency Around Subscription Lines of
    Credit", 2020): a draw counts as a call on its day, the call that repays it does not count.
    """
    if found.vehicle.fund is None:
        return rate_of([])
    line = planning.line_flows(found.vehicle.id, found.as_of)
    moved = [(row.happened_on, -row.amount_minor if row.kind == "draw" else row.amount_minor) for row in line]
    open_minor = -sum(minor for (_on, minor), row in zip(moved, line, strict=True) if row.kind != "interest")
    signed = [(flow.on, flow.signed) for flow in found.flows]
    return rate_of([*signed, *moved, (found.as_of, found.nav_minor + open_minor)])


def groups(found: State, by: str) -> list[dict[str, Any]]:
    """Figures of the holdings by dimension, largest cost first."""
    rows = (
        found.held.grouped(lambda row, year: group_of(row, by, year), found.values) if found.held.rows else []
    )
    return sorted(rows, key=lambda row: -row["cost_minor"])


def members(found: State, by: str, name: str) -> set[str]:
    """The ids of the holdings of a group."""
    years = found.held.first_years()
    rows = enumerate(found.held.rows)
    return {row.id for place, row in rows if group_of(row, by, years.get(place)) == name}


def group_of(row: Holding, by: str, year: int | None) -> str:
    """The name of a holding's group; empty when it is not stated."""
    if by == "vintage":
        return str(year or "")
    return row.name if by == "holding" else str(getattr(row, by))


def group_label(by: str, name: str) -> str:
    """The name of a group for people."""
    if not name:
        return gettext("Not stated")
    if by == "genre" and name in pitches.genres():
        term = pitches.genres()[name]
        return localised({"zh": term.zh, "en": term.en})
    return label(name) if by == "stage" else name


def concentration(found: State) -> list[dict[str, Any]]:
    """Each limit of the vehicle with the groups by size; `above` are those over it.

    What is measured is cost that has not come back; a fund's is compared with what is committed, as its terms say,
    an organisation's own with all of it.
    """
    answer = []
    whole = found.commitment_minor if found.vehicle.fund else found.total("book")
    own = {name: row.most_ppm for name, row in planning.limits(found.vehicle.id).items()}
    for dimension, most in sorted((own | planning.in_terms(found.vehicle.fund)).items()):
        sizes: dict[str, int] = {}
        years = found.held.first_years()
        for place, (row, standing) in enumerate(zip(found.held.rows, found.standings, strict=True)):
            name = group_of(row, dimension, years.get(place))
            sizes[name] = sizes.get(name, 0) + standing.book
        items: list[dict[str, Any]] = [
            {"name": name, "minor": minor, "ppm": minor * 1_000_000 // whole if whole else 0}
            for name, minor in sorted(sizes.items(), key=lambda item: -item[1])
        ]
        answer.append(
            {
                "dimension": dimension, "most_ppm": most, "items": items,
                "above": [item for item in items if item["ppm"] > most],
            }
        )  # fmt: skip
    return answer
