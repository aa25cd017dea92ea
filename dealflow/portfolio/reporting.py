"""The figures of a quarterly report, in the fields of the ILPA reporting template (version of 2016).

Institutional Limited Partners Association, "Reporting Template": A.1 reconciliation of net asset value with fees, expenses
and incentive allocation; A.2 reconciliation of commitments; then the schedule of investments. Each for the quarter, the
year to date and since inception.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.errors import Invalid, NotFound
from dealflow.core.i18n import LANGUAGES, N_, using
from dealflow.funds import periods, waterfall
from dealflow.funds import queries as funds
from dealflow.portfolio import figures, outlook, planning, queries
from dealflow.portfolio.figures import State
from dealflow.portfolio.queries import Vehicle

SPANS = ("quarter", "year", "inception")
SPAN_LABELS = {"quarter": N_("This quarter"), "year": N_("Year to date"), "inception": N_("Since inception")}
# Line → label; amounts that lower the net asset value are negative.
LINES = {
    "opening": N_("Beginning NAV, net of incentive allocation"),
    "contributions": N_("Contributions"),
    "distributions": N_("Distributions"),
    "fees": N_("Management fees"),
    "expenses": N_("Partnership expenses"),
    "income": N_("Other income"),
    "interest": N_("Interest among partners"),
    "realised": N_("Realised gain or loss"),
    "unrealised": N_("Change in unrealised gain or loss"),
    "transfers": N_("Taken over or left to partners"),
    "carry": N_("Incentive allocation paid"),
    "carry_change": N_("Change of accrued incentive allocation"),
}
ENDING = {
    "closing": N_("Ending NAV, net of incentive allocation"),
    "carry_accrued": N_("Accrued incentive allocation, ending balance"),
    "closing_gross": N_("Ending NAV, gross of accrued incentive allocation"),
}
COMMITMENT_LINES = {
    "opening": N_("Beginning unfunded commitment"),
    "committed": N_("New commitments"),
    "called": N_("Contributions within the commitment"),
    "refunded": N_("Contributions given back"),
    "recallable": N_("Recallable distributions"),
}
COMMITMENT_ENDING = N_("Ending unfunded commitment")
METRIC_LABELS = {
    "tvpi": N_("TVPI"),
    "dpi": N_("DPI"),
    "rvpi": N_("RVPI"),
    "pic": N_("PIC"),
    "moic": N_("MOIC"),
}


def spans(quarter: str) -> tuple[date, date, date]:
    """First day of the quarter, first day of its year, last day. Raises Invalid on `quarter`."""
    try:
        first, last = periods.span(quarter)
    except Invalid:
        raise Invalid.field("quarter", "wrong_form", N_("Enter a quarter such as 2026Q3")) from None
    return first, date(first.year, 1, 1), last


def data(actor: Actor, fund_id: str, quarter: str) -> dict[str, Any]:
    """The report of a quarter: as it was issued, else as the figures stand now. NotFound without a fund."""
    vehicle = queries.vehicle(actor, fund_id)
    if vehicle.fund is None:
        raise NotFound()
    issued = planning.report(vehicle.id, quarter)
    if issued is not None:
        return dict(issued.data) | {
            "issued_at": clock.rfc3339(issued.issued_at), "issued_by": issued.issued_by_name,
        }  # fmt: skip
    return compute(actor, vehicle, quarter) | {"issued_at": None, "issued_by": None}


def compute(actor: Actor, vehicle: Vehicle, quarter: str) -> dict[str, Any]:
    """The report's figures as they stand now: plain JSON values, amounts in minor units."""
    first, year, last = spans(quarter)
    fund = vehicle.fund
    found = figures.state(actor, vehicle, last)
    begun = min(fund.started_on, first, *(flow.on for flow in found.flows))
    starts = {"quarter": first, "year": max(year, begun), "inception": begun}
    metrics = figures.metrics(found)
    return {
        "fund_id": vehicle.id, "fund": vehicle.name, "quarter": quarter, "since": first.isoformat(),
        "through": last.isoformat(), "currency": vehicle.currency, "spans": {k: v.isoformat() for k, v in starts.items()},
        "account": {span: account(fund, starts[span], last, found.carry_minor) for span in SPANS},
        "commitment": {span: commitment(found, starts[span], last) for span in SPANS},
        "metrics": {
            name: metrics[name]
            for name in (
                "paid_in_minor", "distributed_minor", "nav_minor", "unfunded_minor", "commitment_minor",
                "carry_accrued_minor", "tvpi", "dpi", "rvpi", "pic", "moic", "irr", "gross_irr", "irr_without_line",
                "before_carry",
            )
        },
        "flows": [[flow.on.isoformat(), flow.kind, flow.signed] for flow in found.flows],
        "portfolio": portfolio(found, metrics),
        "partners": partners(fund, begun, last),
        "exposure": [
            {
                "name": row["name"], "names": _names(row["name"]), "cost_minor": row["cost_minor"],
                "value_minor": row["value_minor"],
            }
            for row in figures.groups(found, "genre")
        ],
        "curve": outlook.j_curve(found),
    }  # fmt: skip


def _names(genre: str) -> dict[str, str]:
    """The name of a genre in both languages: a report is printed in either, later on too."""
    found = {}
    for lang in LANGUAGES:
        with using(lang):
            found[lang] = figures.group_label("genre", genre)
    return found


def account(fund: Any, since: date, through: date, accrued_minor: int) -> dict[str, int]:
    """Section A.1 for one span: every line of LINES and ENDING. LINES sum to `closing`."""
    found = funds.totals(fund, funds.capital_accounts(fund, since, through).values())
    minor = {name: figure.amount.amount_minor for name, figure in found.items()}
    early = waterfall.accrued(fund, periods.before(since), minor["opening"])
    answer = {name: minor.get(name, 0) for name in LINES}
    answer["opening"] -= early
    answer["carry_change"] = early - accrued_minor
    answer["closing_gross"] = minor["closing"]
    answer["carry_accrued"] = accrued_minor
    answer["closing"] = minor["closing"] - accrued_minor
    return answer


def commitment(found: State, since: date, through: date) -> dict[str, int]:
    """Section A.2 for one span; the lines of COMMITMENT_LINES sum to `closing`."""
    fund = found.vehicle.fund
    early = periods.before(since)
    old = sum(funds.commitments_on(fund.id, early).values())
    new = sum(funds.commitments_on(fund.id, through).values())
    sums = {"call": [0, 0], "call_refund": [0, 0], "distribution_recallable": [0, 0]}
    for flow in found.flows:
        if flow.kind in sums:
            sums[flow.kind][flow.on >= since] += flow.minor
    answer = {
        "opening": old - sums["call"][0] + sums["call_refund"][0] + sums["distribution_recallable"][0],
        "committed": new - old,
        "called": -sums["call"][1],
        "refunded": sums["call_refund"][1],
        "recallable": sums["distribution_recallable"][1],
    }
    return answer | {"closing": sum(answer.values())}


def portfolio(found: State, metrics: dict[str, Any]) -> list[dict[str, Any]]:
    """The schedule of investments."""
    last = {row.holding_id: row for row in queries.valuations_of(found.held.ids, found.as_of)}
    first: dict[str, date] = {}
    for flow in queries.flows_of(found.held.ids, found.as_of):
        first.setdefault(flow.holding_id, flow.happened_on)
    rows = []
    for row, standing in zip(found.held.rows, found.standings, strict=True):
        valued, since = last.get(row.id), first.get(row.id)
        figure = metrics["holdings"][row.id]
        rows.append(
            {
                "id": row.id, "name": row.name, "status": row.status, "genre": row.genre, "stage": row.stage,
                "platform": row.platform, "since": since.isoformat() if since else None, "cost_minor": standing.cost,
                "proceeds_minor": standing.proceeds, "book_minor": standing.book, "value_minor": standing.value,
                "realised_minor": standing.realised, "unrealised_minor": standing.unrealised, "moic": figure["moic"],
                "irr": figure["irr"], "method": valued.method if valued else "cost",
                "valued_on": valued.valued_on.isoformat() if valued else None,
            }
        )  # fmt: skip
    return rows


def partners(fund: Any, since: date, through: date) -> list[dict[str, Any]]:
    """Each partner's commitment, contributions, distributions and capital (before accrued carry) since inception."""
    accounts = funds.capital_accounts(fund, since, through)
    committed = funds.commitments_on(fund.id, through)
    return [
        {
            "name": found.lp.name, "commitment_minor": committed.get(lp_id, 0),
            "contributions_minor": found.columns["contributions"].amount.amount_minor,
            "distributions_minor": found.columns["distributions"].amount.amount_minor,
            "closing_minor": found.closing.amount.amount_minor,
        }
        for lp_id, found in accounts.items()
    ]  # fmt: skip
