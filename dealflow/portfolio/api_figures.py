"""The JSON API of figures: metrics, limits, the line, indices, the outlook, reports."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from dealflow.core import clock, policy
from dealflow.core.doors import costly
from dealflow.core.http import (
    SentTable,
    actor,
    api_blueprint,
    download,
    endpoint,
    prepared,
    prepares,
    sent_table,
)
from dealflow.core.i18n import language
from dealflow.core.paging import Query, listing
from dealflow.core.schema import load
from dealflow.portfolio import behind, figures, outlook, planning, queries, reporting
from dealflow.portfolio.policy import Can
from dealflow.portfolio.service import plans, reports
from dealflow.portfolio.shapes import (
    BenchmarkIn,
    BenchmarkOut,
    ConcentrationIn,
    ConcentrationOut,
    EquivalentOut,
    EquivalentQuery,
    FigureRowOut,
    FigureRowsQuery,
    IssuedReportOut,
    LineFlowIn,
    LineFlowOut,
    MetricsOut,
    MetricsQuery,
    OutlookOut,
    OutlookQuery,
    QuarterIn,
    ReportFileQuery,
    ReportQuery,
)

bp = api_blueprint("portfolio_figures")


@bp.get("/funds/<fund_id>/metrics")
@endpoint(Can.SEE, query=MetricsQuery, returns=MetricsOut)
@costly
def metrics(fund_id: str, query: MetricsQuery) -> dict[str, Any]:
    """All figures of a fund (`own`: of your organisation's own holdings) at the end of a day."""
    vehicle = queries.vehicle(actor(), fund_id)
    return figures.metrics(figures.state(actor(), vehicle, query.day(clock.today())), query.by)


@bp.get("/funds/<fund_id>/figures/<figure>")
@endpoint(Can.SEE, query=FigureRowsQuery, returns=FigureRowOut, lists=True)
def figure_rows(fund_id: str, figure: str, query: FigureRowsQuery) -> dict[str, Any]:
    """The rows that a figure is the sum of (for rates: the flows they are found from), at the end of a day: `commitment`,
    `paid_in`, `distributed`, `unfunded`, `nav`, `cost`, `proceeds`, `value`, `realised`, `unrealised`, `irr`,
    `irr_without_line`, `gross_irr`."""
    found = behind.opened(
        actor(), queries.vehicle(actor(), fund_id), figure, query.as_of or clock.today(), holding_id=query.holding_id,
        by=query.by, group=query.group or "",
    )  # fmt: skip
    part = found.rows[query.offset : query.offset + query.limit]
    rows = [behind.row_dict(row, found.vehicle.currency) for row in part]
    return listing(rows, len(found.rows), query)


@bp.get("/funds/<fund_id>/limits")
@endpoint(Can.SEE, query=Query, returns=ConcentrationOut, lists=True)
def limits(fund_id: str, query: Query) -> dict[str, Any]:
    """The limits of concentration, and how full each is today."""
    vehicle = queries.vehicle(actor(), fund_id)
    found = figures.concentration(figures.state(actor(), vehicle, clock.today()))
    rows = [
        {"dimension": row["dimension"], "most_ppm": row["most_ppm"], "items": row["items"]} for row in found
    ]
    return listing(rows, len(rows), query)


@bp.post("/funds/<fund_id>/limits")
@endpoint(Can.LIMIT, body=ConcentrationIn, status=204)
def set_limit(fund_id: str, body: ConcentrationIn) -> Response:
    """Set, change or lift a limit of concentration."""
    plans.limit(actor(), fund_id, dimension=body.dimension, most_ppm=body.most_ppm)
    return Response(status=204)


@bp.get("/funds/<fund_id>/line")
@endpoint(Can.SEE, query=Query, returns=LineFlowOut, lists=True)
def line(fund_id: str, query: Query) -> dict[str, Any]:
    """Money of the subscription line, the earliest first."""
    vehicle = queries.vehicle(actor(), fund_id)
    found = planning.line_flows(vehicle.id) if vehicle.fund else []
    part = found[query.offset : query.offset + query.limit]
    return listing([planning.line_dict(row, vehicle.currency) for row in part], len(found), query)


@bp.post("/funds/<fund_id>/line")
@endpoint(Can.BOOK, body=LineFlowIn, returns=LineFlowOut, status=201)
def book_line(fund_id: str, body: LineFlowIn) -> dict[str, Any]:
    """Enter money of the subscription line; the same reference enters once."""
    row = plans.book_line(
        actor(), fund_id, on=body.on, kind=body.kind, amount=body.amount.money(), reference=body.reference
    )
    return planning.line_dict(row, body.amount.currency)


@bp.get("/benchmarks")
@endpoint(Can.SEE, query=Query, returns=BenchmarkOut, lists=True)
def list_benchmarks(query: Query) -> dict[str, Any]:
    """The indices that your organisation imported, by name."""
    found = planning.benchmarks(actor()) if policy.can(actor(), Can.SEE) else []
    part = found[query.offset : query.offset + query.limit]
    return listing([planning.benchmark_dict(row) for row in part], len(found), query)


@bp.post("/benchmarks")
@endpoint(Can.COMPARE, returns=BenchmarkOut, status=201, upload=BenchmarkIn)
@prepares(sent_table(lambda: plans.to_compare(actor()), row_limit=plans.MOST_LEVELS))
def import_benchmark() -> dict[str, Any]:
    """Import an index (multipart: file with the columns day and level, name); a known name is replaced."""
    values = load(BenchmarkIn, dict(request.form.items()))
    sent: SentTable = prepared()
    return planning.benchmark_dict(plans.import_benchmark(actor(), sent.table, name=values.name))


@bp.get("/funds/<fund_id>/equivalents")
@endpoint(Can.SEE, query=EquivalentQuery, returns=EquivalentOut)
def equivalents(fund_id: str, query: EquivalentQuery) -> dict[str, Any]:
    """What the same money would have become in an index (Kaplan-Schoar, Long-Nickels, direct alpha)."""
    vehicle = queries.vehicle(actor(), fund_id)
    found = figures.state(actor(), vehicle, query.as_of or clock.today())
    return outlook.equivalents(found, planning.benchmark(actor(), query.benchmark_id))


@bp.get("/funds/<fund_id>/outlook")
@endpoint(Can.SEE, query=OutlookQuery, returns=OutlookOut)
@costly
def forecast(fund_id: str, query: OutlookQuery) -> dict[str, Any]:
    """Ranges of what may come back, by a simulation of the slate under heavy-tailed outcomes."""
    vehicle = queries.vehicle(actor(), fund_id)
    found = figures.state(actor(), vehicle, clock.today())
    answer = outlook.forecast(found, quarters=query.quarters, half_life=query.half_life)
    return {name: answer[name] for name in OutlookOut.model_fields}


@bp.get("/funds/<fund_id>/reports")
@endpoint(Can.SEE, query=Query, returns=IssuedReportOut, lists=True)
def list_reports(fund_id: str, query: Query) -> dict[str, Any]:
    """The quarterly reports as issued, the latest first."""
    vehicle = queries.vehicle(actor(), fund_id)
    found = planning.reports(vehicle.id) if vehicle.fund else []
    part = found[query.offset : query.offset + query.limit]
    return listing([planning.report_dict(row) for row in part], len(found), query)


@bp.post("/funds/<fund_id>/reports")
@endpoint(Can.REPORT, body=QuarterIn, returns=IssuedReportOut, status=201)
def issue_report(fund_id: str, body: QuarterIn) -> dict[str, Any]:
    """Issue the report of a quarter that is over; it is kept as issued."""
    return planning.report_dict(reports.issue(actor(), fund_id, body.quarter))


@bp.get("/funds/<fund_id>/report")
@endpoint(Can.SEE, query=ReportQuery)
@costly
def report(fund_id: str, query: ReportQuery) -> dict[str, Any]:
    """The figures of a quarterly report: as issued, else as they stand."""
    return reporting.data(actor(), fund_id, query.quarter)


@bp.get("/funds/<fund_id>/report.<form>")
@endpoint(Can.SEE, query=ReportFileQuery)
@costly
def report_file(fund_id: str, form: str, query: ReportFileQuery) -> Response:
    """The issued quarterly report as PDF or XLSX; the file is made once and kept."""
    return download(**reports.file(actor(), fund_id, query.quarter, form, query.lang or language()))
