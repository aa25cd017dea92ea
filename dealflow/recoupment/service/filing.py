"""Keeping a statement's files: made outside any transaction, stored once, under the hash they were issued with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from dealflow.core.actor import SYSTEM
from dealflow.core.db import hold, session
from dealflow.core.ids import new
from dealflow.files import service as storing
from dealflow.files.service import Received
from dealflow.recoupment import queries, sources
from dealflow.recoupment.models import DistributionStatement, StatementFile

PURPOSE = "recoupment.statement"
FORMS = {
    "pdf_zh": "application/pdf",
    "pdf_en": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class Plan:
    """What a file is made from: plain values, read in one transaction."""

    statement_id: str
    form: str
    content: dict[str, Any]
    sha256: str
    issued_on: str
    dispute_until: str
    inputs: tuple[dict[str, Any], ...]
    number: str


def missing_files(run_id: str) -> list[Plan]:
    """The files of a run's statements that are not there yet. Inside a system transaction."""
    inputs = cache(lambda own: _inputs(run_id, own))
    return [
        Plan(
            row.id,
            form,
            row.content,
            row.sha256,
            row.issued_on.isoformat(),
            row.dispute_until.isoformat(),
            inputs(row.own_currency),
            row.number,
        )
        for row in queries.statements(run_id)
        for form in FORMS
        if form not in queries.files_of(row.id)
    ]


def _inputs(run_id: str, own_currency: str) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "kind": row.kind, "id": row.source_id, "on": row.on.isoformat(), "counted_on": row.counted_on.isoformat(),
            "amount_minor": row.amount_minor, **row.facts,
        }
        for row in map(sources.shown_as, queries.inputs_of(run_id, own_currency))
    )  # fmt: skip


def receive_file(plan: Plan, data: bytes) -> Received:
    """Put a file into the storage, before the transaction that keeps it."""
    kind, _, lang = plan.form.partition("_")
    name = f"distribution-statement-{plan.number}{'-' + lang if lang else ''}.{kind}"
    return storing.receive_bytes(data, name, content_type=FORMS[plan.form], purpose=PURPOSE)


def store_file(plan: Plan, received: Received) -> None:
    """Keep a file; the first to come wins. Inside a system transaction."""
    row = hold(DistributionStatement, plan.statement_id)
    if plan.form in queries.files_of(row.id):
        return
    stored = storing.keep(SYSTEM, received, organisation_id=row.organisation_id)
    session().add(
        StatementFile(
            id=new("dsf"), statement_id=row.id, organisation_id=row.organisation_id, form=plan.form,
            payee_organisation_id=row.payee_organisation_id, file_id=stored.id, sha256=stored.sha256,
        )
    )  # fmt: skip
    session().flush()
