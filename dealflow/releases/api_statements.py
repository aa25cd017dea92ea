"""The JSON API of platform statements."""

from __future__ import annotations

from typing import Any

from flask import Response

from dealflow.core import clock
from dealflow.core.http import actor, endpoint, prepared, prepares, rows_file
from dealflow.core.paging import Query, listing
from dealflow.releases import desks, importing, queries, statements
from dealflow.releases.api import bp, sent_file
from dealflow.releases.policy import Can
from dealflow.releases.queries import Statement
from dealflow.releases.shapes import EvidenceIn, StatementOut, StatementPlan
from dealflow.releases.taking import sent_statement


def _shown(row: Statement) -> dict[str, Any]:
    report = statements.report_of(row)
    sums = report and [{"amount_minor": minor, "currency": code} for code, minor in report.sums.items()]
    return {
        "id": row.id, "version": row.version, "created_at": clock.rfc3339(row.created_at),
        "updated_at": clock.rfc3339(row.updated_at), "project_id": row.project_id, "filename": row.filename,
        "sha256": row.content_hash, "document_id": row.file_id, "state": row.state, "preset": row.preset, "header": row.header,
        "row_count": row.row_count, "plan": row.plan, "counts": report.kept()["counts"] if report else None, "sums": sums,
        "figures": report.figures.kept() if report else None, "job_id": row.job_id, "user_name": row.user_name,
    }  # fmt: skip


@bp.get("/projects/<project_id>/statements")
@endpoint(Can.SEE_STATEMENTS, query=Query, returns=StatementOut, lists=True)
def statements_of(project_id: str, query: Query) -> dict[str, Any]:
    """The statements of a project, the latest first."""
    desk = desks.to_write(actor(), project_id, Can.SEE_STATEMENTS)
    rows = queries.statements(desk.project_id)
    page = rows[query.offset : query.offset + query.limit]
    return listing([_shown(row) for row in page], len(rows), query)


def _may_import(project_id: str) -> None:
    desks.to_write(actor(), project_id, Can.IMPORT)
    sent_file()


@bp.post("/projects/<project_id>/statements")
@endpoint(Can.IMPORT, returns=StatementOut, status=201, upload=EvidenceIn)
@prepares(sent_statement(_may_import))
def upload_statement(project_id: str) -> tuple[dict[str, Any], int]:
    """Keep a statement and guess what its columns mean (multipart: file); the same content again answers 200."""
    desks.to_write(actor(), project_id, Can.IMPORT)
    row, fresh = statements.upload(actor(), project_id, prepared())
    return _shown(row), 201 if fresh else 200


@bp.get("/statements/<statement_id>")
@endpoint(Can.SEE_STATEMENTS, returns=StatementOut)
def statement(statement_id: str) -> dict[str, Any]:
    """A statement and what its rows do, or did."""
    return _shown(statements.get(actor(), statement_id))


@bp.post("/statements/<statement_id>/plan")
@endpoint(Can.IMPORT, body=StatementPlan, returns=StatementOut)
def replan(statement_id: str, body: StatementPlan) -> dict[str, Any]:
    """Take another meaning of the columns and check again."""
    return _shown(statements.replan(actor(), statement_id, body.model_dump(include=body.model_fields_set)))


@bp.post("/statements/<statement_id>/run")
@endpoint(Can.IMPORT, returns=StatementOut)
def run_statement(statement_id: str) -> dict[str, Any]:
    """Write the rows that have no error, by a job when there are many; again changes nothing."""
    return _shown(statements.run(actor(), statement_id))


@bp.delete("/statements/<statement_id>")
@endpoint(Can.IMPORT, status=204)
def discard(statement_id: str) -> Response:
    """Forget a statement of which nothing was imported."""
    statements.discard(actor(), statement_id)
    return Response(status=204)


@bp.get("/statements/<statement_id>/errors.csv")
@endpoint(Can.SEE_STATEMENTS)
def refused_rows(statement_id: str) -> Response:
    """The refused rows with the reasons, to correct and send again."""
    row = statements.get(actor(), statement_id)
    report = statements.report_of(row)
    content = importing.error_file(statements.table_of(row), report.refused if report else ())
    return rows_file(content)
