"""What may come: limits, the J-curve, the forecast and how wrong it was, pacing, comparison with an index."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from dealflow.core import clock, policy
from dealflow.core.doors import costly
from dealflow.core.errors import Invalid
from dealflow.core.http import SentTable, actor, needs, prepared, prepares, read_query, sent_table
from dealflow.core.i18n import gettext as _
from dealflow.core.schema import Ref
from dealflow.portfolio import figures, outlook, planning, queries
from dealflow.portfolio.forms import BenchmarkForm, LimitForm
from dealflow.portfolio.pages.base import Refusal, arguments, bp, render, vehicle_page
from dealflow.portfolio.policy import Can
from dealflow.portfolio.service import plans
from dealflow.portfolio.shapes import ConcentrationIn, OutlookQuery


class ComparingQuery(OutlookQuery):
    """Assumptions, and the index to compare with."""

    benchmark_id: Ref("bmk") | None = None  # type: ignore[valid-type]


def _page(fund_id: str, **forms: Any) -> str:
    vehicle, may = vehicle_page(fund_id, Can.LIMIT)
    query = read_query(ComparingQuery, arguments()) if request.method == "GET" else ComparingQuery()
    found = figures.state(actor(), vehicle, clock.today())
    known = planning.benchmarks(actor())
    chosen = query.benchmark_id or (known[0].id if known else None)
    compared, refused = None, ""
    if chosen:
        try:
            compared = outlook.equivalents(found, planning.benchmark(actor(), chosen))
        except Invalid as refusal:
            refused = refusal.errors[0].text()
    limits = figures.concentration(found)
    given = {"limit_form": LimitForm(), "benchmark_form": BenchmarkForm()} | forms
    if vehicle.fund is not None:
        # The others stand in the terms of the fund and are changed there.
        choices = given["limit_form"].dimension.choices
        given["limit_form"].dimension.choices = [choice for choice in choices if choice.value == "vintage"]
    return render(
        "outlook", vehicle=vehicle, found=found, query=query, curve=outlook.j_curve(found),
        forecast=(told := outlook.forecast(found, quarters=query.quarters, half_life=query.half_life)), tested=told["tested"],
        pacing=outlook.paced(found) if vehicle.fund else None, limits=limits, benchmarks=known,
        chosen=chosen, compared=compared, refused=refused, may_change=may, may_import=policy.can(actor(), Can.COMPARE),
        index_options=[(row.id, row.name) for row in known], quarter_labels=[f"+{n}" for n in range(1, query.quarters + 1)],
        above_names={
            limit["dimension"]: _(", ").join(figures.group_label(limit["dimension"], item["name"]) for item in limit["above"])
            for limit in limits
        },
        tab="outlook", **given,
    )  # fmt: skip


@bp.get("/funds/<fund_id>/outlook")
@needs(Can.SEE)
@costly
def outlook_page(fund_id: str) -> str:
    """What may come."""
    return _page(fund_id)


@bp.post("/funds/<fund_id>/limits")
@needs(Can.LIMIT)
def set_limit(fund_id: str) -> Any:
    """Set a limit; an empty one is lifted."""
    queries.vehicle(actor(), fund_id)
    form = LimitForm(request.form)
    percent = form.percent.data
    most = percent * 10_000 if isinstance(percent, int) else None
    values = form.load(ConcentrationIn, {"dimension": form.dimension.data, "most_ppm": most})
    if values is None:
        return _page(fund_id, limit_form=form), 422
    try:
        plans.limit(actor(), fund_id, dimension=values.dimension, most_ppm=values.most_ppm)
    except Refusal as refusal:
        status = form.refuse(refusal)
        return _page(fund_id, limit_form=form), status
    flash(_("The limit is set."), "success")
    return redirect(url_for("portfolio.outlook_page", fund_id=fund_id, _anchor="limits"), 303)


def _seen(fund_id: str) -> None:
    queries.vehicle(actor(), fund_id)
    plans.to_compare(actor())


@bp.post("/funds/<fund_id>/benchmarks")
@needs(Can.COMPARE)
@prepares(sent_table(_seen, row_limit=plans.MOST_LEVELS))
def import_benchmark(fund_id: str) -> Any:
    """Import an index."""
    queries.vehicle(actor(), fund_id)
    form = BenchmarkForm(request.form)
    try:
        sent: SentTable = prepared()
        row = plans.import_benchmark(actor(), sent.table, name=form.name.data or "")
    except Refusal as refusal:
        status = form.refuse(refusal)
        return _page(fund_id, benchmark_form=form), status
    flash(_("The index is imported."), "success")
    return redirect(
        url_for("portfolio.outlook_page", fund_id=fund_id, benchmark_id=row.id, _anchor="index"), 303
    )
