"""Receipts and ad spend of a project."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, request, url_for

from dealflow.core.errors import Conflict, Invalid
from dealflow.core.http import actor, needs, read_query
from dealflow.core.i18n import gettext as _
from dealflow.core.paging import cursor_for
from dealflow.pitches.vocabulary import EVIDENCE
from dealflow.releases import charts, desks, queries, service, spending
from dealflow.releases.desks import Desk
from dealflow.releases.forms import AdSpendForm, CorrectionForm, ReceiptForm, evidence_name
from dealflow.releases.pages.base import arguments, bp, document_of, page, with_document
from dealflow.releases.platforms import platform_name
from dealflow.releases.policy import Can
from dealflow.releases.queries import ReceiptQuery
from dealflow.releases.service.receipts import net
from dealflow.releases.shapes import AdSpendIn, CorrectionIn, ReceiptIn

_SPENDS_SHOWN = 200


def _closed(desk: Desk, rows: Sequence[queries.Receipt | queries.Spend]) -> set[str]:
    """The documents of these rows that the reader cannot open."""
    return set() if desk.side == "owner" else queries.closed_files(rows)


def _receipts(project_id: str, form: ReceiptForm | None = None) -> str:
    desk = desks.of_actor(actor(), project_id)
    query = read_query(ReceiptQuery, arguments()) if request.method == "GET" else ReceiptQuery()
    rows, total = queries.receipts(desk.project_id, query)
    sums = queries.receipts_by_day(desk.project_id)
    end = query.offset + len(rows)
    return page(
        "receipts", desk, "receipts", rows=rows, total=total, query=query, form=form or ReceiptForm(), totals=charts.totals(sums),
        platform_choices=[(code, platform_name(code)) for code in sorted({one.platform for one in sums if one.platform})],
        evidence_choices=[(code, evidence_name(code)) for code in EVIDENCE], next_cursor=cursor_for(end) if end < total else "",
        start=query.offset + 1, closed=_closed(desk, rows),
    )  # fmt: skip


@bp.get("/projects/<project_id>/receipts")
@needs(Can.SEE)
def receipts(project_id: str) -> str:
    """What came in."""
    return _receipts(project_id)


@bp.post("/projects/<project_id>/receipts")
@needs(Can.WRITE)
@with_document(lambda project_id: project_id)
def record(project_id: str) -> Any:
    """Record a receipt."""
    desks.to_write(actor(), project_id)
    form = ReceiptForm(request.form)
    if form.load(ReceiptIn, form.values(None)) is None:
        return _receipts(project_id, form), 422
    try:
        values = form.load(ReceiptIn, form.values(document_of(project_id)))
        assert values is not None  # noqa: S101 - the same values were taken above
        row, fresh = service.record(actor(), project_id, values)
    except (Conflict, Invalid) as refusal:
        status = form.refuse(refusal)
        return _receipts(project_id, form), status
    flash(_("The receipt is recorded.") if fresh else _("This receipt was recorded already."), "success")
    return redirect(url_for("releases.receipt", receipt_id=row.id), 303)


def _receipt(receipt_id: str, form: CorrectionForm | None = None) -> str:
    row = queries.receipt(actor(), receipt_id)
    desk = desks.of_actor(actor(), row.project_id)
    corrected = queries.corrections(row)
    amount = net(row, corrected)
    return page(
        "receipt", desk, "receipts", row=row, corrections=corrected, net=amount, closed=_closed(desk, [row]),
        form=form or CorrectionForm(amount=amount, currency=amount.currency),
        corrects=queries.receipt(actor(), row.corrects_id) if row.corrects_id else None,
    )  # fmt: skip


@bp.get("/receipts/<receipt_id>")
@needs(Can.SEE)
def receipt(receipt_id: str) -> str:
    """One receipt and its corrections."""
    return _receipt(receipt_id)


@bp.post("/receipts/<receipt_id>/corrections")
@needs(Can.WRITE)
@with_document(lambda receipt_id: queries.receipt(actor(), receipt_id).project_id)
def correct(receipt_id: str) -> Any:
    """Say what a receipt should be."""
    row = queries.receipt(actor(), receipt_id)
    desks.to_write(actor(), row.project_id)
    form = CorrectionForm(request.form)
    if form.load(CorrectionIn, form.values(None)) is None:
        return _receipt(receipt_id, form), 422
    try:
        values = form.load(CorrectionIn, form.values(document_of(row.project_id)))
        assert values is not None  # noqa: S101 - the same values were taken above
        service.correct(actor(), receipt_id, values)
    except (Conflict, Invalid) as refusal:
        status = form.refuse(refusal)
        return _receipt(receipt_id, form), status
    flash(_("The difference is recorded as an entry of its own."), "success")
    return redirect(url_for("releases.receipt", receipt_id=receipt_id), 303)


def _ad_spend(project_id: str, form: AdSpendForm | None = None) -> str:
    desk = desks.of_actor(actor(), project_id)
    rows = queries.spends(desk.project_id)
    return page(
        "ad_spend", desk, "ad_spend", rows=rows[:_SPENDS_SHOWN], closed=_closed(desk, rows), total=len(rows), form=form or AdSpendForm(),
        is_audited=queries.is_audited, levels=spending.levels(desk.project_id, queries.caps(desk.project_id)),
        spent=spending.spent(desk.project_id), near=spending.NEAR,
    )  # fmt: skip


@bp.get("/projects/<project_id>/ad-spend")
@needs(Can.SEE)
def ad_spend(project_id: str) -> str:
    """Ad spend against its caps, entry by entry."""
    return _ad_spend(project_id)


@bp.post("/projects/<project_id>/ad-spend")
@needs(Can.WRITE)
@with_document(lambda project_id: project_id)
def spend(project_id: str) -> Any:
    """Record ad spend."""
    desks.to_write(actor(), project_id)
    form = AdSpendForm(request.form)
    if form.load(AdSpendIn, form.values(None)) is None:
        return _ad_spend(project_id, form), 422
    try:
        values = form.load(AdSpendIn, form.values(document_of(project_id)))
        assert values is not None  # noqa: S101 - the same values were taken above
        _row, fresh = service.spend(actor(), project_id, values)
    except (Conflict, Invalid) as refusal:
        status = form.refuse(refusal)
        return _ad_spend(project_id, form), status
    flash(_("The ad spend is recorded.") if fresh else _("This ad spend was recorded already."), "success")
    return redirect(url_for("releases.ad_spend", project_id=project_id), 303)
