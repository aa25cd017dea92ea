"""The funnel and the time deals stay in their stages."""

from __future__ import annotations

from flask import render_template

from dealflow.core.http import actor, needs, read_query
from dealflow.deals import figures, queries
from dealflow.deals.figures import DealFiguresQuery
from dealflow.deals.pages.base import arguments, bp
from dealflow.deals.policy import Can
from dealflow.deals.states import LABELS


@bp.get("/deals/figures")
@needs(Can.SEE)
def figures_page() -> str:
    """How many deals reach each state, how long they stay, and why they end."""
    query = read_query(DealFiguresQuery, arguments())
    pipelines = [(row.id, queries.pipeline_label(row)) for row in queries.pipelines(actor())]
    return render_template(
        "deals/figures.html",
        found=figures.figures(actor(), query),
        query=query,
        labels=LABELS,
        pipelines=pipelines,
    )
