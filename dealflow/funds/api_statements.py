"""The JSON API of statements and notices."""

from __future__ import annotations

from typing import Any

from flask import Response

from dealflow.core import i18n
from dealflow.core.doors import costly
from dealflow.core.http import actor, api_blueprint, download, endpoint
from dealflow.core.paging import Query
from dealflow.funds import documents, queries, service
from dealflow.funds.api import page
from dealflow.funds.policy import Can
from dealflow.funds.shapes_money import (
    FundIssuedOut,
    FundIssueIn,
    FundIssueQuery,
    FundPeriodQuery,
    FundReviseIn,
    FundReviseStatementsIn,
    FundRevisionOut,
    FundStatementOut,
)

bp = api_blueprint("funds_statements")


@bp.get("/funds/<fund_id>/statements")
@endpoint(Can.SEE, query=Query, returns=FundIssuedOut, lists=True)
def statements(fund_id: str, query: Query) -> dict[str, Any]:
    """Statements that were issued, by period and partner; a partner sees its own."""
    queries.get(actor(), fund_id)
    return page(documents.issued_dicts(queries.statements(fund_id)), query)


@bp.post("/funds/<fund_id>/statements")
@endpoint(Can.ISSUE, body=FundIssueIn, returns=FundIssuedOut, status=201, lists=True)
def issue(fund_id: str, body: FundIssueIn) -> dict[str, Any]:
    """Issue the statements of a period, and close the books with it; those that were issued stay as they are."""
    rows = service.issue_statements(actor(), fund_id, period=body.period, close_books=body.close_books)
    return _all(documents.issued_dicts(rows))


def _all(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"items": rows, "next_cursor": None, "total": len(rows)}


@bp.get("/funds/<fund_id>/revisions")
@endpoint(Can.SEE, query=Query, returns=FundRevisionOut, lists=True)
def revisions(fund_id: str, query: Query) -> dict[str, Any]:
    """Statements and notices that were issued anew, the latest first; a partner sees its own."""
    queries.get(actor(), fund_id)
    return page([documents.revision_dict(row) for row in queries.revisions(fund_id)], query)


@bp.post("/funds/<fund_id>/statements/revisions")
@endpoint(Can.ISSUE, body=FundReviseStatementsIn, returns=FundRevisionOut, status=201, lists=True)
def revise_statements(fund_id: str, body: FundReviseStatementsIn) -> dict[str, Any]:
    """Issue the statements of a period anew to those whose figures a correction changed; what was issued stays readable."""
    rows = service.revise_statements(
        actor(), fund_id, period=body.period, reason=body.reason, lp_id=body.lp_id
    )
    return _all([documents.revision_dict(row) for row in rows])


@bp.post("/funds/<fund_id>/calls/<call_id>/revisions")
@endpoint(Can.ISSUE, body=FundReviseIn, returns=FundRevisionOut, status=201, lists=True)
def revise_call(fund_id: str, call_id: str, body: FundReviseIn) -> dict[str, Any]:
    """Issue the notices of a call anew to those for whom they changed; what was issued stays readable."""
    rows = service.revise_call(actor(), fund_id, call_id, reason=body.reason, lp_id=body.lp_id)
    return _all([documents.revision_dict(row) for row in rows])


@bp.post("/funds/<fund_id>/distributions/<distribution_id>/revisions")
@endpoint(Can.ISSUE, body=FundReviseIn, returns=FundRevisionOut, status=201, lists=True)
def revise_distribution(fund_id: str, distribution_id: str, body: FundReviseIn) -> dict[str, Any]:
    """Issue the notices of a distribution anew to those for whom they changed; what was issued stays readable."""
    rows = service.revise_distribution(
        actor(), fund_id, distribution_id, reason=body.reason, lp_id=body.lp_id
    )
    return _all([documents.revision_dict(row) for row in rows])


@bp.post("/funds/<fund_id>/closings/<closing_id>/revisions")
@endpoint(Can.ISSUE, body=FundReviseIn, returns=FundRevisionOut, status=201, lists=True)
def revise_closing(fund_id: str, closing_id: str, body: FundReviseIn) -> dict[str, Any]:
    """Issue the notices of a closing anew to those for whom they changed; what was issued stays readable."""
    rows = service.revise_closing(actor(), fund_id, closing_id, reason=body.reason, lp_id=body.lp_id)
    return _all([documents.revision_dict(row) for row in rows])


@bp.get("/funds/<fund_id>/statements/<lp_id>")
@endpoint(Can.SEE_LP, query=FundPeriodQuery, returns=FundStatementOut)
def statement(fund_id: str, lp_id: str, query: FundPeriodQuery) -> dict[str, Any]:
    """The capital account statement of a partner: as issued, or to the manager as it would be issued now."""
    return documents.statement(actor(), fund_id, lp_id, query.period, query.number).json()


@bp.get("/funds/<fund_id>/statements/<lp_id>.pdf")
@costly
@endpoint(Can.SEE_LP, query=FundPeriodQuery)
def statement_pdf(fund_id: str, lp_id: str, query: FundPeriodQuery) -> Response:
    """The statement as PDF."""
    return _file(fund_id, lp_id, query, "pdf")


@bp.get("/funds/<fund_id>/statements/<lp_id>.xlsx")
@costly
@endpoint(Can.SEE_LP, query=FundPeriodQuery)
def statement_xlsx(fund_id: str, lp_id: str, query: FundPeriodQuery) -> Response:
    """The statement as a workbook with live formulas and checks."""
    return _file(fund_id, lp_id, query, "xlsx")


def _file(fund_id: str, lp_id: str, query: FundPeriodQuery, form: str) -> Response:
    with i18n.using(query.lang or i18n.language()):
        return download(**documents.statement_file(actor(), fund_id, lp_id, query.period, form, query.number))


@bp.get("/funds/<fund_id>/calls/<call_id>/notices/<lp_id>.pdf")
@costly
@endpoint(Can.SEE_LP, query=FundIssueQuery)
def notice(fund_id: str, call_id: str, lp_id: str, query: FundIssueQuery) -> Response:
    """The notice of a call to a partner as PDF."""
    with i18n.using(query.lang or i18n.language()):
        return download(**documents.notice_file(actor(), fund_id, call_id, lp_id, query.number))


@bp.get("/funds/<fund_id>/closings/<closing_id>/notices/<lp_id>.pdf")
@costly
@endpoint(Can.SEE_LP, query=FundIssueQuery)
def closing_notice(fund_id: str, closing_id: str, lp_id: str, query: FundIssueQuery) -> Response:
    """The notice of a closing to a partner as PDF: its commitment, and what the closing moves for it."""
    with i18n.using(query.lang or i18n.language()):
        return download(**documents.closing_file(actor(), fund_id, closing_id, lp_id, query.number))


@bp.get("/funds/<fund_id>/distributions/<distribution_id>/notices/<lp_id>.pdf")
@costly
@endpoint(Can.SEE_LP, query=FundIssueQuery)
def distribution_notice(fund_id: str, distribution_id: str, lp_id: str, query: FundIssueQuery) -> Response:
    """The notice of a distribution to a partner as PDF: its part of each tier, carry, what may be recalled, totals to date."""
    with i18n.using(query.lang or i18n.language()):
        return download(**documents.distribution_file(actor(), fund_id, distribution_id, lp_id, query.number))
