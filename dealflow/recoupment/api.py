"""The JSON API of recoupment."""

from __future__ import annotations

from typing import Any

from flask import Response

from dealflow.core.http import actor, api_blueprint, endpoint
from dealflow.core.paging import Query
from dealflow.recoupment import present, queries, service, shapes
from dealflow.recoupment.policy import Can

bp = api_blueprint("recoupment")


@bp.get("/projects/<project_id>/ledger")
@endpoint(Can.SEE_PART, query=Query, returns=shapes.ProjectLedgerOut)
def ledger(project_id: str, query: Query) -> dict[str, Any]:
    """The money of a project, and the journal of its recoupment, the latest entry first."""
    return present.project_ledger(actor(), queries.desk(actor(), project_id), query)


@bp.get("/projects/<project_id>/distributions")
@endpoint(Can.SEE, query=Query, returns=shapes.DistributionRunOut, lists=True)
def runs(project_id: str, query: Query) -> dict[str, Any]:
    """The runs of a project, the latest first."""
    queries.own_desk(actor(), project_id)
    return queries.runs_page(project_id, query, present.run_summary)


@bp.post("/projects/<project_id>/distributions/run")
@endpoint(Can.RUN, body=shapes.RunIn, returns=shapes.WholeDistributionRunOut, status=201)
def run(project_id: str, body: shapes.RunIn) -> dict[str, Any]:
    """A preview through a day; a second person approves it."""
    return present.whole_run(service.make(actor(), project_id, through=body.through))


@bp.get("/distribution-runs/<run_id>")
@endpoint(Can.SEE, returns=shapes.WholeDistributionRunOut)
def show_run(run_id: str) -> dict[str, Any]:
    """A run with a line for every tier and payee."""
    return present.whole_run(queries.run(actor(), run_id))


@bp.post("/distribution-runs/<run_id>/approve")
@endpoint(Can.APPROVE, body=shapes.RunStepIn, returns=shapes.WholeDistributionRunOut)
def approve(run_id: str, body: shapes.RunStepIn) -> dict[str, Any]:
    """Post a preview, by somebody else than the one who made it."""
    return present.whole_run(service.approve(actor(), run_id, version=body.version))


@bp.post("/distribution-runs/<run_id>/discard")
@endpoint(Can.RUN, body=shapes.RunStepIn, returns=shapes.WholeDistributionRunOut)
def discard(run_id: str, body: shapes.RunStepIn) -> dict[str, Any]:
    """Put a preview aside."""
    return present.whole_run(service.discard(actor(), run_id, version=body.version))


@bp.get("/distribution-runs/<run_id>/receipts")
@endpoint(Can.SEE, query=Query, returns=shapes.CoveredInputOut, lists=True)
def run_receipts(run_id: str, query: Query) -> dict[str, Any]:
    """Receipts and ad spend that a posted run covered for the first time."""
    return present.inputs_page(queries.run(actor(), run_id), query)


@bp.get("/distribution-runs/<run_id>/statements")
@endpoint(Can.SEE, query=Query, returns=shapes.DistributionStatementBriefOut, lists=True)
def run_statements(run_id: str, query: Query) -> dict[str, Any]:
    """The statements of a posted run."""
    return queries.statements_page(queries.run(actor(), run_id), query, present.brief)


@bp.post("/distribution-runs/<run_id>/payouts")
@endpoint(Can.PAY, body=shapes.PayoutIn, returns=shapes.DistributionPayoutOut, status=201)
def pay(run_id: str, body: shapes.PayoutIn) -> dict[str, Any]:
    """Record the transfer that paid all a payee is owed in a currency up to a run."""
    made = service.mark_paid(
        actor(),
        run_id,
        payee=body.payee,
        on=body.on,
        bank_reference=body.bank_reference,
        currency=body.currency,
    )
    return present.payout(made, {})


@bp.post("/distribution-payouts/<payout_id>/take-back")
@endpoint(Can.PAY, body=shapes.PayoutReturnIn, returns=shapes.DistributionPayoutOut)
def take_back(payout_id: str, body: shapes.PayoutReturnIn) -> dict[str, Any]:
    """Take back a transfer that was marked by mistake or came back from the bank."""
    row = service.take_back(actor(), payout_id, reason=body.reason)
    return present.payout(row, queries.returned(row.project_id))


@bp.get("/distribution-statements/<payee_statement_id>")
@endpoint(Can.SEE_STATEMENT, returns=shapes.DistributionStatementOut)
def statement(payee_statement_id: str) -> dict[str, Any]:
    """A statement as it was issued."""
    return present.statement(queries.statement(actor(), payee_statement_id))


@bp.get("/distribution-statements/<payee_statement_id>/receipts")
@endpoint(Can.SEE_STATEMENT, query=Query, returns=shapes.CoveredInputOut, lists=True)
def statement_receipts(payee_statement_id: str, query: Query) -> dict[str, Any]:
    """The receipts and ad spend behind a statement."""
    return present.statement_inputs(queries.statement(actor(), payee_statement_id), query)


@bp.get("/distribution-statements/<payee_statement_id>/file")
@endpoint(Can.SEE_STATEMENT, query=shapes.StatementFileQuery)
def statement_file(payee_statement_id: str, query: shapes.StatementFileQuery) -> Response:
    """A statement as PDF or workbook, as it was issued."""
    return present.served(actor(), payee_statement_id, query.form)


@bp.post("/distribution-statements/<payee_statement_id>/disputes")
@endpoint(Can.DISPUTE, body=shapes.DisputeIn, returns=shapes.DistributionDisputeOut, status=201)
def dispute(payee_statement_id: str, body: shapes.DisputeIn) -> dict[str, Any]:
    """Object to a statement within its window."""
    return present.dispute(service.dispute(actor(), payee_statement_id, reason=body.reason))


@bp.post("/distribution-disputes/<dispute_id>/answer")
@endpoint(Can.ANSWER, body=shapes.DisputeAnswerIn, returns=shapes.DistributionDisputeOut)
def answer(dispute_id: str, body: shapes.DisputeAnswerIn) -> dict[str, Any]:
    """Answer a dispute."""
    return present.dispute(service.answer(actor(), dispute_id, text=body.text, version=body.version))


@bp.post("/distribution-disputes/<dispute_id>/close")
@endpoint(Can.ANSWER, body=shapes.DisputeCloseIn, returns=shapes.DistributionDisputeOut)
def close(dispute_id: str, body: shapes.DisputeCloseIn) -> dict[str, Any]:
    """End a dispute: upheld, or settled without a change."""
    row = service.close(actor(), dispute_id, upheld=body.upheld, outcome=body.outcome, version=body.version)
    return present.dispute(row)


@bp.post("/distribution-disputes/<dispute_id>/withdraw")
@endpoint(Can.DISPUTE, body=shapes.RunStepIn, returns=shapes.DistributionDisputeOut)
def withdraw(dispute_id: str, body: shapes.RunStepIn) -> dict[str, Any]:
    """Take a dispute back."""
    return present.dispute(service.withdraw(actor(), dispute_id, version=body.version))
