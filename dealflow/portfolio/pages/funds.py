"""A vehicle's holdings and figures, each figure open down to the entries behind it; reports."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for

from dealflow.core import clock
from dealflow.core.doors import costly
from dealflow.core.errors import NotFound
from dealflow.core.http import actor, download, needs, read_query
from dealflow.core.i18n import gettext as _
from dealflow.core.i18n import language
from dealflow.core.schema import Schema
from dealflow.funds import periods
from dealflow.portfolio import behind, figures, planning, posting, queries, reporting
from dealflow.portfolio.forms import LineForm, QuarterForm
from dealflow.portfolio.pages.base import Refusal, arguments, bp, render, vehicle_page
from dealflow.portfolio.policy import Can
from dealflow.portfolio.service import plans, reports
from dealflow.portfolio.shapes import BehindQuery, LineFlowIn, MetricsQuery, QuarterIn, ReportFileQuery
from dealflow.portfolio.states import COLUMNS, DIMENSION_LABELS


@bp.get("/funds/<fund_id>/holdings")
@needs(Can.SEE)
def held(fund_id: str) -> str:
    """All holdings of a vehicle with their figures."""
    return _figures(fund_id, "held")


@bp.get("/funds/<fund_id>/metrics")
@needs(Can.SEE)
@costly
def metrics(fund_id: str) -> str:
    """All figures of a vehicle at a day."""
    return _figures(fund_id, "metrics")


def _figures(fund_id: str, name: str, line_form: LineForm | None = None) -> str:
    vehicle, may = vehicle_page(fund_id, Can.BOOK)
    query = read_query(MetricsQuery, arguments()) if request.method == "GET" else MetricsQuery()
    found = figures.state(actor(), vehicle, query.day(clock.today()))
    by = query.by or "genre"
    return render(
        name, vehicle=vehicle, found=found, figures=figures.metrics(found, by), by=by, tab=name, may_change=may,
        as_of=found.as_of, line=planning.line_flows(vehicle.id, found.as_of) if vehicle.fund else [],
        line_form=line_form or LineForm(on=clock.today()),
        grouped=[(key, _(label)) for key, label in DIMENSION_LABELS.items()],
    )  # fmt: skip


@bp.get("/funds/<fund_id>/figures/<figure>")
@needs(Can.SEE)
def figure_rows(fund_id: str, figure: str) -> str:
    """The rows that a figure is the sum of, each with its entry in the book."""
    vehicle, _may = vehicle_page(fund_id, Can.SEE)
    query = read_query(BehindQuery, arguments())
    group = query.group or ""
    found = behind.opened(
        actor(),
        vehicle,
        figure,
        query.day(clock.today()),
        holding_id=query.holding_id,
        by=query.by,
        group=group,
    )
    vehicle = found.vehicle
    return render(
        "behind", vehicle=vehicle, rows=found.rows, total=sum(row.minor for row in found.rows), figure=figure, as_of=found.as_of,
        label=behind.FIGURES[figure], is_rate=figure.endswith("irr") or figure == "irr_without_line",
        book=posting.book_of(vehicle), tab="metrics",
        group=figures.group_label(query.by, group) if query.by else "",
    )  # fmt: skip


@bp.post("/funds/<fund_id>/line")
@needs(Can.BOOK)
def book_line(fund_id: str) -> Any:
    """Enter money of the subscription line."""
    queries.vehicle(actor(), fund_id)
    form = LineForm(request.form)
    values = form.load(LineFlowIn)
    if values is None:
        return _figures(fund_id, "metrics", form), 422
    try:
        plans.book_line(
            actor(),
            fund_id,
            on=values.on,
            kind=values.kind,
            amount=values.amount.money(),
            reference=values.reference,
        )
    except Refusal as refusal:
        status = form.refuse(refusal)
        return _figures(fund_id, "metrics", form), status
    flash(_("The booking is posted."), "success")
    return redirect(url_for("portfolio.metrics", fund_id=fund_id, _anchor="line"), 303)


def _reports_page(fund_id: str, form: QuarterForm | None = None) -> str:
    vehicle, may = vehicle_page(fund_id, Can.REPORT)
    if vehicle.fund is None:
        raise NotFound()
    return render(
        "reports", vehicle=vehicle, rows=planning.reports(vehicle.id), may_issue=may, tab="reports",
        form=form or QuarterForm(quarter=periods.last_ended(clock.today())),
    )  # fmt: skip


@bp.get("/funds/<fund_id>/reports")
@needs(Can.SEE)
def reports_of(fund_id: str) -> str:
    """The quarterly reports as issued."""
    return _reports_page(fund_id)


@bp.post("/funds/<fund_id>/reports")
@needs(Can.REPORT)
def issue(fund_id: str) -> Any:
    """Issue a report."""
    queries.vehicle(actor(), fund_id)
    form = QuarterForm(request.form)
    values = form.load(QuarterIn)
    if values is None:
        return _reports_page(fund_id, form), 422
    try:
        reports.issue(actor(), fund_id, values.quarter)
    except Refusal as refusal:
        status = form.refuse(refusal)
        return _reports_page(fund_id, form), status
    flash(_("The report is issued and kept as it is."), "success")
    return redirect(url_for("portfolio.report", fund_id=fund_id, quarter=values.quarter), 303)


@bp.get("/funds/<fund_id>/report")
@needs(Can.SEE)
@costly
def report(fund_id: str) -> str:
    """A quarterly report: as issued, else as the figures stand."""
    vehicle, may = vehicle_page(fund_id, Can.REPORT)
    quarter = read_query(_Quarter, arguments()).quarter or periods.last_ended(clock.today())
    return render(
        "report", vehicle=vehicle, report=reporting.data(actor(), fund_id, quarter), texts=reporting, may_issue=may,
        tab="reports", column_labels={key: _(label) for key, label in COLUMNS.items()},
    )  # fmt: skip


class _Quarter(Schema):
    """Which quarter; the last that is over without one."""

    quarter: str | None = None


@bp.get("/funds/<fund_id>/report.<form>")
@needs(Can.SEE)
@costly
def report_file(fund_id: str, form: str) -> Response:
    """The issued report as PDF or XLSX; the file is made once and kept."""
    query = read_query(ReportFileQuery, request.args)
    return download(**reports.file(actor(), fund_id, query.quarter, form, query.lang or language()))
