"""Pages of statements: issue a period, look at one, its files."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from werkzeug.datastructures import MultiDict

from dealflow.core import clock, policy
from dealflow.core.doors import costly
from dealflow.core.http import actor, download, needs, read_query
from dealflow.core.i18n import gettext as _
from dealflow.funds import documents, queries, service
from dealflow.funds.forms import IssueForm, ReviseForm
from dealflow.funds.models import Fund
from dealflow.funds.pages.base import attempt, bp, go, render
from dealflow.funds.periods import last_ended, span
from dealflow.funds.policy import Can
from dealflow.funds.service import books
from dealflow.funds.shapes_money import FundIssueIn, FundPeriodQuery


def statements_page(fund: Fund, form: IssueForm | None = None, revise: ReviseForm | None = None) -> str:
    """All statements of a fund as their last issues stand; `revise`: a refused wish to issue a period anew."""
    period = last_ended(clock.today())
    form, rows = form or IssueForm(data={"period": period}), queries.statements(fund.id)
    return render(
        "statements", fund, "statements", rows=rows, editions=queries.of_statements(rows), names=queries.names(fund.id), form=form,
        revise=revise or ReviseForm(data={"period": rows[0].period if rows else period}),
        may_close=books.may_close(actor(), fund), next_period=period, not_posted=books.not_posted(fund, span(period)[1]),
    )  # fmt: skip


@bp.get("/funds/<fund_id>/statements")
@needs(Can.MANAGE)
def statements(fund_id: str) -> str:
    """All statements of a fund."""
    return statements_page(queries.managed(actor(), fund_id))


@bp.post("/funds/<fund_id>/statements")
@needs(Can.ISSUE)
def issue_statements(fund_id: str) -> Any:
    """Issue the statements of a period."""
    fund = queries.get(actor(), fund_id)
    policy.require(actor(), Can.ISSUE, fund, see=Can.SEE)
    form = IssueForm(request.form)
    values = form.judged(FundIssueIn)
    if values is None:
        return statements_page(fund, form), 422
    done, status = attempt(
        form,
        lambda: service.issue_statements(
            actor(), fund_id, period=values.period, close_books=values.close_books
        ),
    )
    if done is None:
        return statements_page(fund, form), status
    return go(
        _("The statements of %(period)s are issued.", period=values.period), "statements", fund_id=fund_id
    )


def _query() -> FundPeriodQuery:
    args = MultiDict((k, v) for k, v in request.args.items(multi=True) if k != "lang" and v)
    found: FundPeriodQuery = read_query(FundPeriodQuery, args)
    return found


@bp.get("/funds/<fund_id>/statements/<lp_id>")
@needs(Can.SEE_LP)
def statement(fund_id: str, lp_id: str) -> str:
    """The statement of a partner for a period."""
    asked = _query()
    return statement_page(fund_id, lp_id, asked.period, asked.number)


def statement_page(
    fund_id: str, lp_id: str, period: str | None, number: int | None = None, revise: ReviseForm | None = None
) -> str:
    """The statement of a partner for a period, one of its issues; `revise`: a refused wish to issue it anew."""
    found, fund = documents.statement(actor(), fund_id, lp_id, period, number), queries.get(actor(), fund_id)
    changed = False
    if found.editions and policy.can(actor(), Can.ISSUE, fund):
        first = queries.statement(fund_id, lp_id, found.data["period"])
        changed = first is not None and bool(service.changed_statements(fund, first.period, [first]))
    return render(
        "statement", fund, "statements", data=found.data, row=found.row, lp=queries.lp(actor(), fund_id, lp_id),
        manages=policy.can(actor(), Can.MANAGE, fund), issued=queries.statements(fund_id, lp_id), editions=found.editions,
        edition=found.edition, superseded_by=found.superseded_by, changed=changed,
        revise=revise or ReviseForm(data={"period": found.data["period"], "lp_id": lp_id}),
    )  # fmt: skip


@bp.get("/funds/<fund_id>/statements/<lp_id>.pdf")
@costly
@needs(Can.SEE_LP)
def statement_pdf(fund_id: str, lp_id: str) -> Response:
    """The statement as PDF, in the reader's language."""
    asked = _query()
    return download(**documents.statement_file(actor(), fund_id, lp_id, asked.period, "pdf", asked.number))


@bp.get("/funds/<fund_id>/statements/<lp_id>.xlsx")
@costly
@needs(Can.SEE_LP)
def statement_xlsx(fund_id: str, lp_id: str) -> Response:
    """The statement as a workbook, in the reader's language."""
    asked = _query()
    return download(**documents.statement_file(actor(), fund_id, lp_id, asked.period, "xlsx", asked.number))
