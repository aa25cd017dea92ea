"""The JSON API of releases, figures, receipts and ad spend."""

from __future__ import annotations

from typing import Any

from flask import request

from dealflow.core.errors import Invalid
from dealflow.core.http import actor, api_blueprint, endpoint, prepared, prepares
from dealflow.core.i18n import N_
from dealflow.core.paging import Query, listing
from dealflow.core.schema import partial
from dealflow.files.taking import needed, sent_document
from dealflow.releases import desks, queries, service, spending
from dealflow.releases.policy import Can
from dealflow.releases.queries import FigureQuery, ReceiptQuery
from dealflow.releases.service.evidence import PURPOSE as EVIDENCE
from dealflow.releases.shapes import (
    AdSpendIn,
    AdSpendLevelsOut,
    AdSpendOut,
    CorrectionIn,
    EvidenceIn,
    EvidenceOut,
    FigureIn,
    FigureOut,
    ReceiptIn,
    ReceiptOut,
    ReleaseIn,
    ReleaseOut,
    WithdrawReleaseIn,
)

bp = api_blueprint("releases")
ReleasePatch = partial(ReleaseIn)


@bp.get("/projects/<project_id>/releases")
@endpoint(Can.SEE, query=Query, returns=ReleaseOut, lists=True)
def releases(project_id: str, query: Query) -> dict[str, Any]:
    """Where a project is out, withdrawn entries included."""
    rows = queries.releases(desks.of_actor(actor(), project_id).project_id)
    page = rows[query.offset : query.offset + query.limit]
    return listing(queries.release_dicts(page), len(rows), query)


@bp.post("/projects/<project_id>/releases")
@endpoint(Can.WRITE, body=ReleaseIn, returns=ReleaseOut, status=201)
def add_release(project_id: str, body: ReleaseIn) -> dict[str, Any]:
    """Put a release on record."""
    return queries.release_dict(service.add_release(actor(), project_id, body))


@bp.get("/releases/<release_id>")
@endpoint(Can.SEE, returns=ReleaseOut)
def release(release_id: str) -> dict[str, Any]:
    """A release."""
    return queries.release_dict(queries.release(actor(), release_id))


@bp.patch("/releases/<release_id>")
@endpoint(Can.WRITE, body=ReleasePatch, returns=ReleaseOut, versioned=True)
def change_release(release_id: str, body: Any, version: int) -> dict[str, Any]:
    """Change what is said of a release."""
    values = body.model_dump(mode="json", include=body.model_fields_set)
    return queries.release_dict(service.change_release(actor(), release_id, values, version=version))


@bp.post("/releases/<release_id>/confirm")
@endpoint(Can.CONFIRM, returns=ReleaseOut)
def confirm_release(release_id: str) -> dict[str, Any]:
    """An investor bound to the project has seen it there."""
    return queries.release_dict(service.confirm_release(actor(), release_id))


@bp.post("/releases/<release_id>/withdraw")
@endpoint(Can.WRITE, body=WithdrawReleaseIn, returns=ReleaseOut)
def withdraw_release(release_id: str, body: WithdrawReleaseIn) -> dict[str, Any]:
    """Take a release that was entered by mistake off the record."""
    return queries.release_dict(service.withdraw_release(actor(), release_id, reason=body.reason))


@bp.get("/releases/<release_id>/figures")
@endpoint(Can.SEE, query=FigureQuery, returns=FigureOut, lists=True)
def figures(release_id: str, query: FigureQuery) -> dict[str, Any]:
    """What counts of the figures of a release, by day."""
    row = queries.release(actor(), release_id)
    rows = queries.figures([row.id], query.since, query.through)
    page = rows[query.offset : query.offset + query.limit]
    return listing([queries.figure_dict(figure) for figure in page], len(rows), query)


@bp.post("/releases/<release_id>/figures")
@endpoint(Can.WRITE, body=FigureIn, returns=FigureOut, status=201)
def add_figures(release_id: str, body: FigureIn) -> tuple[dict[str, Any], int]:
    """What a source says of one day of a release; the same again answers 200."""
    row, fresh = service.add_figures(actor(), release_id, body)
    return queries.figure_dict(row), 201 if fresh else 200


@bp.get("/projects/<project_id>/receipts")
@endpoint(Can.SEE, query=ReceiptQuery, returns=ReceiptOut, lists=True)
def receipts(project_id: str, query: ReceiptQuery) -> dict[str, Any]:
    """The receipts of a project, the latest day first, corrections among them."""
    return queries.receipt_page(desks.of_actor(actor(), project_id).project_id, query)


@bp.post("/projects/<project_id>/receipts")
@endpoint(Can.WRITE, body=ReceiptIn, returns=ReceiptOut, status=201)
def record(project_id: str, body: ReceiptIn) -> tuple[dict[str, Any], int]:
    """Record a receipt once; the same reference and content again answers 200, other content 409."""
    row, fresh = service.record(actor(), project_id, body)
    return queries.receipt_dict(row), 201 if fresh else 200


@bp.get("/receipts/<receipt_id>")
@endpoint(Can.SEE, returns=ReceiptOut)
def receipt(receipt_id: str) -> dict[str, Any]:
    """A receipt."""
    return queries.receipt_dict(queries.receipt(actor(), receipt_id))


@bp.post("/receipts/<receipt_id>/corrections")
@endpoint(Can.WRITE, body=CorrectionIn, returns=ReceiptOut, status=201)
def correct(receipt_id: str, body: CorrectionIn) -> tuple[dict[str, Any], int]:
    """Say what a receipt should be; answers with the entry of the difference."""
    row, fresh = service.correct(actor(), receipt_id, body)
    return queries.receipt_dict(row), 201 if fresh else 200


@bp.get("/projects/<project_id>/ad-spend")
@endpoint(Can.SEE, returns=AdSpendLevelsOut)
def ad_spend(project_id: str) -> dict[str, Any]:
    """The caps that contracts set, what stands against them, and the entries of ad spend."""
    desk = desks.of_actor(actor(), project_id)
    levels = spending.levels(desk.project_id, queries.caps(desk.project_id))
    return {
        "caps": [spending.level_dict(level) for level in levels],
        "items": [queries.spend_dict(row) for row in queries.spends(desk.project_id)],
    }


@bp.post("/projects/<project_id>/ad-spend")
@endpoint(Can.WRITE, body=AdSpendIn, returns=AdSpendOut, status=201)
def spend(project_id: str, body: AdSpendIn) -> tuple[dict[str, Any], int]:
    """Record ad spend once; the same reference and content again answers 200, other content 409."""
    row, fresh = service.spend(actor(), project_id, body)
    return queries.spend_dict(row), 201 if fresh else 200


def sent_file() -> Any:
    """The file of a multipart body that has nothing else; Invalid names what is wrong."""
    unknown = [name for name in (*request.files, *request.form) if name != "file"]
    if unknown:
        raise Invalid.field(unknown[0], "unknown_field", N_("There is no such field; remove it"))
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid.field("file", "required", N_("Choose a file first"))
    return sent


def _with_a_file(project_id: str) -> None:
    desks.to_write(actor(), project_id)
    sent_file()


@bp.post("/projects/<project_id>/evidence")
@endpoint(Can.WRITE, returns=EvidenceOut, status=201, upload=EvidenceIn)
@prepares(sent_document(_with_a_file, purpose=EVIDENCE))
def add_evidence(project_id: str) -> dict[str, Any]:
    """Keep a document that figures, receipts and ad spend can name (multipart: file)."""
    row = service.add_evidence(actor(), project_id, needed(prepared()))
    return {"document_id": row.file_id, "project_id": row.project_id, "name": row.name}
