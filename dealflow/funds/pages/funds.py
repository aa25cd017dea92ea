"""The list of funds, one fund, its form."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from dealflow.core import clock, policy
from dealflow.core.errors import StaleVersion
from dealflow.core.http import actor, needs, read_query
from dealflow.core.i18n import gettext as _
from dealflow.funds import present, queries, service, waterfall, words
from dealflow.funds.forms import FundForm
from dealflow.funds.models import Fund
from dealflow.funds.pages.base import attempt, bp, go, of_json, render, version
from dealflow.funds.policy import Can
from dealflow.funds.queries import FundQuery
from dealflow.funds.shapes import FundIn, columns


def _arguments() -> MultiDict[str, str]:
    return MultiDict((k, v) for k, v in request.args.items(multi=True) if k != "lang" and v)


@bp.get("/funds")
@needs(Can.LIST)
def index() -> str:
    """Funds that one manages or is a partner of."""
    query = read_query(FundQuery, _arguments())
    rows, total = queries.listed(actor(), query)
    own = queries.own_lps(actor(), [row.id for row in rows])
    cards = []
    for row in rows:
        standing = queries.positions(row)
        mine = own.get(row.id)
        manages = policy.can(actor(), Can.MANAGE, row)
        position = (
            queries.fund_position(row, standing.values()) if manages else standing[mine.id] if mine else None
        )
        cards.append((row, manages, mine, position))
    return render_template("funds/index.html", cards=cards, total=total, query=query, words=words)


def _parents(fund: Fund | None) -> list[tuple[str, str]]:
    rows, _total = queries.listed(actor())
    return [
        (row.id, row.name)
        for row in rows
        if row.organisation_id == actor().organisation_id
        and row.parent_id is None
        and (fund is None or row.id != fund.id)
    ]


def _form_page(form: FundForm, fund: Fund | None) -> str:
    return render_template("funds/edit.html", form=form, fund=fund)


@bp.get("/funds/new")
@needs(Can.CREATE)
def new() -> str:
    """The form of a new fund."""
    policy.require(actor(), Can.CREATE)
    form = FundForm.of(None, None, _parents(None))
    form.started_on.data, form.vintage.data = clock.today(), clock.today().year
    form.target.currency = "CNY"
    return _form_page(form, None)


@bp.post("/funds/new")
@needs(Can.CREATE)
def make() -> Any:
    """Make a fund."""
    policy.require(actor(), Can.CREATE)
    form = FundForm.of(request.form, None, _parents(None))
    values = form.judged(FundIn)
    if values is None:
        return _form_page(form, None), 422
    made, status = attempt(
        form,
        lambda: service.create(actor(), columns(values.model_dump(), clock.today(), values.currency)),
    )
    if made is None:
        return _form_page(form, None), status
    return go(_("The fund is made. Add its partners and hold the first closing."), "lps", fund_id=made.id)


@bp.get("/funds/<fund_id>/edit")
@needs(Can.EDIT)
def edit(fund_id: str) -> str:
    """The form of a fund."""
    fund = queries.managed(actor(), fund_id)
    policy.require(actor(), Can.EDIT, fund, see=Can.MANAGE)
    return _form_page(FundForm.of(None, fund, _parents(fund)), fund)


@bp.post("/funds/<fund_id>/edit")
@needs(Can.EDIT)
def save(fund_id: str) -> Any:
    """Change a fund."""
    fund = queries.get(actor(), fund_id)
    policy.require(actor(), Can.EDIT, fund, see=Can.SEE)
    form = FundForm.of(request.form, fund, _parents(fund))
    values = form.judged(FundIn)
    if values is None:
        return _form_page(form, fund), 422
    found = columns(values.model_dump(), clock.today(), values.currency)
    try:
        done, status = attempt(form, lambda: service.edit(actor(), fund_id, found, version=version()))
    except StaleVersion as stale:
        form.form_errors.append(
            _("Somebody changed this fund since you opened it; look at it and save again.")
        )
        return _form_page(form, fund), stale.status
    if done is None:
        return _form_page(form, fund), status
    return go(_("Saved."), "show", fund_id=fund_id)


@bp.get("/funds/<fund_id>")
@needs(Can.SEE)
def show(fund_id: str) -> Any:
    """The overview of a fund; a partner is led to its own place."""
    fund = queries.get(actor(), fund_id)
    if not policy.can(actor(), Can.MANAGE, fund):
        mine = queries.own_lps(actor(), [fund_id])[fund_id]
        return redirect(url_for("funds.lp", fund_id=fund_id, lp_id=mine.id), 303)
    standing = queries.positions(fund)
    today = clock.today()
    accounts = queries.capital_accounts(fund, today.replace(month=1, day=1), today)
    tiers = (
        waterfall.standing(fund, today)
        if any(p.contributed.amount.amount_minor for p in standing.values())
        else None
    )
    return render(
        "show", fund, "show", position=queries.fund_position(fund, standing.values()), cash=queries.cash(fund),
        totals=queries.totals(fund, accounts.values()), tiers=tiers, vehicles=queries.vehicles(fund), terms=present.terms(fund),
        parent=queries.get(actor(), fund.parent_id) if fund.parent_id else None, today=today, calls=_open_calls(fund),
        waiting=[row for row in queries.distributions(fund_id) if row.state == "draft"], count=len(standing), money=of_json,
    )  # fmt: skip


def _open_calls(fund: Fund) -> list[tuple[Any, int]]:
    """Issued calls of which something is open, with how much."""
    rows = [row for row in queries.calls(fund.id) if row.state == "issued"]
    lines = queries.call_lines(rows)
    open_of = [(row, sum(line.open_minor for line in lines[row.id])) for row in rows]
    return [(row, minor) for row, minor in open_of if minor]
