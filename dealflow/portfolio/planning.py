"""Reads of limits, the subscription line, indices, issued reports and visits."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import Select, select

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import NotFound
from dealflow.finance.pme import Index
from dealflow.portfolio.models import Benchmark, Concentration, IssuedReport, LineFlow, ReportFile, Visit


def limits(vehicle_id: str) -> dict[str, Concentration]:
    """Dimension → limit of a vehicle."""
    query = select(Concentration).where(Concentration.vehicle_id == vehicle_id)
    return {row.dimension: row for row in session().scalars(query)}


def in_terms(fund: Any) -> dict[str, int]:
    """Dimension → most in parts per million, as the fund's own terms have it."""
    found = {name.removesuffix("_ppm"): most for name, most in (fund.limits if fund else {}).items()}
    return {name: int(most) for name, most in found.items() if most is not None}


def line_flows(fund_id: str, through: date | None = None) -> list[LineFlow]:
    """Money of a fund's subscription line, the earliest first."""
    query = select(LineFlow).where(LineFlow.fund_id == fund_id)
    if through is not None:
        query = query.where(LineFlow.happened_on <= through)
    return list(session().scalars(query.order_by(LineFlow.happened_on, LineFlow.id)))


def line_dict(row: LineFlow, currency: str) -> dict[str, Any]:
    """Money of the line as the API gives it."""
    return {
        "id": row.id, "on": row.happened_on.isoformat(), "kind": row.kind,
        "amount": {"amount_minor": row.amount_minor, "currency": currency}, "reference": row.reference,
        "entry_id": row.entry_id,
    }  # fmt: skip


def benchmarks(actor: Actor) -> list[Benchmark]:
    """The organisation's indices by name."""
    query = select(Benchmark).where(Benchmark.organisation_id == actor.organisation_id)
    return list(session().scalars(query.order_by(Benchmark.name)))


def benchmark(actor: Actor, benchmark_id: str) -> Benchmark:
    """An index of the organisation; NotFound otherwise."""
    row = session().get(Benchmark, benchmark_id)
    if row is None:
        raise NotFound()
    return row


def index_of(row: Benchmark) -> Index:
    """The levels as `finance.pme` takes them."""
    return Index([(date.fromisoformat(day), Fraction(level)) for day, level in row.levels.items()])


def benchmark_dict(row: Benchmark) -> dict[str, Any]:
    """An index as the API gives it."""
    return {
        "id": row.id, "version": row.version, "created_at": clock.rfc3339(row.created_at),
        "updated_at": clock.rfc3339(row.updated_at), "name": row.name, "levels": len(row.levels),
        "first": min(row.levels, default=None), "last": max(row.levels, default=None),
    }  # fmt: skip


def report(fund_id: str, quarter: str) -> IssuedReport | None:
    """The report issued for a quarter."""
    query = select(IssuedReport).where(IssuedReport.fund_id == fund_id, IssuedReport.quarter == quarter)
    return session().scalars(query).first()


def reports(fund_id: str) -> list[IssuedReport]:
    """All issued reports of a fund, the latest quarter first."""
    query = select(IssuedReport).where(IssuedReport.fund_id == fund_id)
    return list(session().scalars(query.order_by(IssuedReport.quarter.desc())))


def report_dict(row: IssuedReport) -> dict[str, Any]:
    """An issued report as the API gives it."""
    return {
        "id": row.id, "quarter": row.quarter, "sha256": row.sha256, "issued_at": clock.rfc3339(row.issued_at),
        "issued_by": row.issued_by_name,
    }  # fmt: skip


def report_file(report_id: str, form: str, lang: str) -> ReportFile | None:
    """The file of an issued report, when it was made."""
    query = select(ReportFile).where(
        ReportFile.report_id == report_id, ReportFile.form == form, ReportFile.lang == lang
    )
    return session().scalars(query).first()


def visits(actor: Actor) -> Select[Any]:
    """When the actor last looked at the portfolio: the query of the one row."""
    return select(Visit).where(Visit.user_id == actor.user_id, Visit.organisation_id == actor.organisation_id)
