"""Pages of statements: issue a period, look at one, its files."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from werkzeug.datastructures import MultiDict

from dealflow.core import clock, policy
from dealflow.core.http import actor, download, needs, read_query, writes
from dealflow.core.i18n import gettext as _
from dealflow.funds import documents, queries, service
from dealflow.funds.forms import IssueForm
from dealflow.funds.models import Fund
from dealflow.funds.pages.base import attempt, bp, go, render
from dealflow.funds.periods import last_ended, span
from dealflow.funds.policy import Can
from dealflow.funds.service import books
from dealflow.funds.shapes_money import FundIssueIn, FundPeriodQuery


def _list(fund: Fund, form: IssueForm | None = None) -> str:
    period = last_ended(clock.today())
    form = form or IssueForm(data={"period": period})
    return render(
        "statements", fund, "statements", rows=queries.statements(fund.id), names=queries.names(fund.id), form=form,
        may_close=books.may_close(actor(), fund), next_period=period, not_posted=books.not_posted(fund, span(period)[1]),
    )  # fmt: skip


@bp.get("/funds/<fund_id>/statements")
@needs(Can.MANAGE)
def statements(fund_id: str) -> str:
    """All statements of a fund."""
    return _list(queries.managed(actor(), fund_id))


@bp.post("/funds/<fund_id>/statements")
@needs(Can.ISSUE)
def issue_statements(fund_id: str) -> Any:
    """Issue the statements of a period."""
    fund = queries.get(actor(), fund_id)
    policy.require(actor(), Can.ISSUE, fund, see=Can.SEE)
    form = IssueForm(request.form)
    values = form.judged(FundIssueIn)
    if values is None:
        return _list(fund, form), 422
    done, status = attempt(
        form,
        lambda: service.issue_statements(
            actor(), fund_id, period=values.period, close_books=values.close_books
        ),
    )
    if done is None:
        return _list(fund, form), status
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
    found = documents.statement(actor(), fund_id, lp_id, _query().period)
    return render(
        "statement", queries.get(actor(), fund_id), "statements", data=found.data, row=found.row, lp=queries.lp(actor(), fund_id, lp_id),
        manages=policy.can(actor(), Can.MANAGE, queries.get(actor(), fund_id)), issued=queries.statements(fund_id, lp_id),
    )  # fmt: skip


@bp.get("/funds/<fund_id>/statements/<lp_id>.pdf")
@writes
@needs(Can.SEE_LP)
def statement_pdf(fund_id: str, lp_id: str) -> Response:
    """The statement as PDF, in the reader's language."""
    return download(**documents.statement_file(actor(), fund_id, lp_id, _query().period, "pdf"))


@bp.get("/funds/<fund_id>/statements/<lp_id>.xlsx")
@writes
@needs(Can.SEE_LP)
def statement_xlsx(fund_id: str, lp_id: str) -> Response:
    """The statement as a workbook, in the reader's language."""
    return download(**documents.statement_file(actor(), fund_id, lp_id, _query().period, "xlsx"))
