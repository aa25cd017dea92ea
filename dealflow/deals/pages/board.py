"""The board and the table, moves from there, and kept filters."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dealflow.core import i18n
from dealflow.core.errors import DomainError, Invalid, StaleVersion
from dealflow.core.http import actor, needs, read_query
from dealflow.core.i18n import N_, ngettext
from dealflow.core.i18n import gettext as _
from dealflow.core.ids import decode
from dealflow.core.schema import load
from dealflow.deals import board, queries, service
from dealflow.deals.board import BoardQuery
from dealflow.deals.forms import FilterIn
from dealflow.deals.pages.base import arguments, bp, done, place_after
from dealflow.deals.policy import Can
from dealflow.deals.states import LABELS, STAGES
from dealflow.mandates import queries as mandates
from dealflow.mandates.schemas import MandateQuery

MOST_TOLD = 5


@bp.get("/deals")
@needs(Can.SEE)
def index() -> str:
    """The deals of one's organisation: as a board of the stages of a pipeline, or as a table of the same."""
    args = arguments()
    query = read_query(BoardQuery, args)
    found = board.board(actor(), query)
    own = [m for m in mandates.page(actor(), MandateQuery(limit=200))["items"]] if _invests() else []
    return render_template(
        "deals/index.html", found=found, query=query, args=args.to_dict(), mandates=own, stages=STAGES, labels=LABELS,
        done=done(query.done), pipeline_label=queries.pipeline_label, kept=board.kept(args), here=_here(args.to_dict()),
        per=query.per or board.PER_COLUMN,
    )  # fmt: skip


def _invests() -> bool:
    return actor().kind in ("investor", "fund")


def address(args: dict[str, str]) -> str:
    """The board with these parameters."""
    return f"{url_for('deals.index')}?{urlencode(args)}" if args else url_for("deals.index")


def _here(args: dict[str, str]) -> str:
    """This address without what belongs to the last move only."""
    return address({k: v for k, v in args.items() if k != "done"})


@bp.post("/deals/moves")
@needs(Can.EDIT)
def move_many() -> Any:
    """Move the ticked deals to one stage, or a single one by its own button."""
    if one := request.form.get("one"):
        chosen, stage_id = [one], request.form.get(f"to-{one.partition(':')[0]}", "")
    else:
        chosen, stage_id = request.form.getlist("deal"), request.form.get("stage_id", "")
    usual = url_for("deals.index")
    if not chosen or decode("stg", stage_id) is None:
        flash(_("Tick the deals and choose a stage first."), "warning")
        return redirect(place_after(None, usual), 303)
    seen = {}
    for entry in chosen:
        deal_id, _mark, version = entry.partition(":")
        seen[deal_id] = int(version) if version.isdecimal() and len(version) < 9 else None
    if len(seen) == 1:
        return _one(next(iter(seen)), stage_id, next(iter(seen.values())))
    try:
        batch = service.move_many(actor(), seen, stage_id=stage_id, reason=request.form.get("reason", ""))
    except DomainError as refusal:
        flash(_("None of the deals was moved. %(reason)s", reason=_why(refusal)), "warning")
        return redirect(place_after(None, usual), 303)
    _tell(batch)
    return redirect(place_after(batch.id if batch.done else None, usual), 303)


def _one(deal_id: str, stage_id: str, version: int | None) -> Any:
    """A single deal: what its stage asks for, or what changed meanwhile, is shown on the deal's own page."""
    try:
        deal = service.move(
            actor(), deal_id, stage_id=stage_id, version=version, reason=request.form.get("reason", "")
        )
    except (Invalid, StaleVersion) as refusal:
        if any(error.field == "stage_id" for error in refusal.errors):
            raise
        back = place_after(None, url_for("deals.index"))
        return redirect(
            url_for("deals.show", deal_id=deal_id, _anchor="move", to=stage_id, seen=version, next=back), 303
        )
    state = queries.more(actor(), deal)
    if state["approval"]:
        flash(_("A second member must approve this move; the others were told."), "info")
        return redirect(place_after(None, url_for("deals.index"), f"d-{deal.id}"), 303)
    return redirect(place_after(state["move_id"], url_for("deals.index"), f"d-{deal.id}"), 303)


def _tell(batch: Any) -> None:
    """Say by name which deals did not move, and why."""
    if batch.waiting:
        count = len(batch.waiting)
        flash(
            ngettext(
                "%(num)s deal waits for a second member's approval",
                "%(num)s deals wait for a second member's approval",
                count,
            ),
            "info",
        )
    refused = dict(list(batch.refused.items())[:MOST_TOLD])
    found = [row for row in (queries.known(actor(), deal_id) for deal_id in refused) if row is not None]
    titles = {
        card["id"]: card["project"]["title"]
        for card in queries.cards(actor(), queries.as_dicts(actor(), found))
    }
    for deal_id, refusal in refused.items():
        flash(
            _("Not moved: %(title)s. %(reason)s", title=titles.get(deal_id, "—"), reason=_why(refusal)),
            "warning",
        )
    if (rest := len(batch.refused) - len(refused)) > 0:
        flash(ngettext("%(num)s more was not moved", "%(num)s more were not moved", rest), "warning")


def _why(refusal: DomainError) -> str:
    return " ".join(error.text() for error in refusal.errors) or refusal.text()


@bp.post("/deals/moves/<batch_id>/undo")
@needs(Can.EDIT)
def undo(batch_id: str) -> Response:
    """Take a move back."""
    try:
        batch = service.undo(actor(), batch_id)
    except StaleVersion as refusal:
        flash(
            i18n.gettext(N_("Not taken back: the deal changed since. %(what)s"), what=_why(refusal)),
            "warning",
        )
        return redirect(place_after(None, url_for("deals.index")), 303)
    flash(ngettext("%(num)s move taken back", "%(num)s moves taken back", len(batch.done)), "success")
    _tell_kept(batch)
    return redirect(place_after(None, url_for("deals.index")), 303)


def _tell_kept(batch: Any) -> None:
    if batch.refused:
        count = len(batch.refused)
        flash(
            ngettext(
                "%(num)s deal changed since and stays where it is",
                "%(num)s deals changed since and stay where they are",
                count,
            ),
            "warning",
        )


@bp.post("/deals/filters")
@needs(Can.KEEP_FILTERS)
def keep_filter() -> Response:
    """Keep the present filter under a name."""
    query = board.kept({k: v for k, v in request.form.items() if k in board.KEPT})
    values = load(
        FilterIn,
        {"name": request.form.get("name", ""), "shared": "shared" in request.form, "query": query},
    )
    service.keep_filter(actor(), name=values.name, query=query, shared=values.shared)
    flash(_("The filter is kept."), "success")
    return redirect(address(query), 303)


@bp.post("/deals/filters/<filter_id>/drop")
@needs(Can.DROP_FILTER)
def drop_filter(filter_id: str) -> Response:
    """Forget a filter."""
    service.drop_filter(actor(), filter_id)
    flash(_("The filter is gone."), "success")
    return redirect(place_after(None, url_for("deals.index")), 303)
