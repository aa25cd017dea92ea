"""What the storing of files needs to know of this room: who reads its files, and which are in use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.files import access
from dealflow.releases.models import Evidence, Receipt, ReleaseFigure, Statement
from dealflow.releases.service.evidence import PURPOSE

STATEMENT = "releases.statement"
_SWEEP = {"unscoped": "the sweep serves all tenants"}


def readable(actor: Actor, stored: Any) -> bool:
    """Whether a project that the actor's organisation is bound to keeps the document."""
    return session().scalar(select(Evidence.id).where(Evidence.file_id == stored.id)) is not None


def readable_statement(actor: Actor, stored: Any) -> bool:
    """Whether the actor sees receipts or figures of the statement, and it was about their project alone."""
    query = select(Statement).where(Statement.file_id == stored.id)
    row = session().scalars(query, execution_options={"unscoped": "judged by its receipts"}).one_or_none()
    if row is None or row.state != "done" or (row.result or {})["counts"]["other"]:
        return False
    receipts = select(Receipt.id).where(Receipt.statement_id == row.id)
    figures = select(ReleaseFigure.id).where(ReleaseFigure.document_id == row.file_id)
    return any(session().scalar(query.limit(1)) is not None for query in (receipts, figures))


def in_use(ids: Iterable[str]) -> set[str]:
    """Those of the file ids that evidence or statements refer to."""
    wanted, found = sorted(set(ids)), set()
    for column in (Evidence.file_id, Statement.file_id):
        for start in range(0, len(wanted), 500):
            query = select(column).where(column.in_(wanted[start : start + 500]))
            found |= set(session().scalars(query, execution_options=_SWEEP))
    return found


def install() -> None:
    """Register the purposes of this room's files."""
    access.allow(PURPOSE, readable, in_use)
    access.allow(STATEMENT, readable_statement, in_use)
