"""What `dealflow ledger verify` and `dealflow check` prove of posted runs: they follow again from what they covered, and
the book says what their lines say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from sqlalchemy import select

from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.invariants import invariant
from dealflow.files import access
from dealflow.ledger import queries as ledger
from dealflow.ledger import verification
from dealflow.recoupment import computing, exchange, order, queries, sources
from dealflow.recoupment.models import (
    DistributionConversion,
    DistributionInput,
    DistributionRun,
    DistributionStatement,
    Payout,
    StatementFile,
)
from dealflow.recoupment.service.filing import PURPOSE
from dealflow.recoupment.service.posting import BOOK, payable_to
from dealflow.recoupment.sources import Input


@verification.check("recoupment: posted runs follow from what they covered")
def runs_follow() -> Iterator[str]:
    """Run the waterfalls again over the covered receipts and compare with lines and postings."""
    query = select(DistributionRun).where(DistributionRun.state == "posted")
    covered: dict[str, _Covered] = {}
    before: dict[str, dict[order.Key, _Stands]] = {}
    for run in session().scalars(query.order_by(DistributionRun.project_id, DistributionRun.number)):
        mine = covered.setdefault(run.project_id, _Covered())
        if exchange.told(*mine.add(run)) != run.exchange:
            yield f"run {run.id}: its exchange is not that of the receipts it covered"
        yield from _recomputed(run, mine.inputs(), before)
        yield from _posted(run)
    for items in covered.values():
        yield from exchange.wrong(items.inputs())
        for currency in items.currencies:
            yield from exchange.wrong(item.within(currency) for item in items.inputs())
    yield from _balances()


_Stands = tuple[int, int]
"""What a line stands at in all: in its own currency, and what it took of the run's money."""


class _Covered:
    """What the runs of a project have covered so far."""

    def __init__(self) -> None:
        self._inputs: list[DistributionInput] = []
        self._kept: list[DistributionConversion] = []

    @property
    def currencies(self) -> set[str]:
        return {row.currency for row in self._kept}

    def add(self, run: DistributionRun) -> tuple[list[Input], list[Input]]:
        """What a run covered anew, and what it was the first to count in other currencies of the terms."""
        new = [row for row, _none in queries.inputs_of(run.id)]
        self._inputs += new
        kept = [row for row in queries.conversions(run.project_id) if row.run_id == run.id]
        self._kept += kept
        known = {(row.kind, row.source_id): sources.as_posted(row) for row in self._inputs}
        return (
            [sources.as_posted(row) for row in new],
            [sources.as_converted(known[row.kind, row.source_id], row) for row in kept],
        )

    def inputs(self) -> list[Input]:
        return sources.all_as_posted(self._inputs, self._kept)


def _recomputed(
    run: DistributionRun, inputs: list[Input], before: dict[str, dict[order.Key, _Stands]]
) -> Iterator[str]:
    joins = {s["id"]: date.fromisoformat(s["joins_after"]) if s["joins_after"] else None for s in run.sheets}
    terms = sources.terms(run.project_id, joins)
    sheets = tuple(sheet for sheet in terms.sheets if sheet.id in joins)
    position = computing.replay(sheets, inputs)
    if position["gross_minor"] != run.distributed_minor:
        yield f"run {run.id}: distributed {run.distributed_minor}, the receipts give {position['gross_minor']}"
    paid, cost = order.paid_of(position), order.cost_of(position)
    then = before.get(run.project_id, {})
    found = {(line.term_sheet_id, line.tier, line.payee): line for line in queries.lines(run.id)}
    for key in sorted(paid.keys() | found.keys()):
        line = found.get(key)
        wanted = (paid.get(key, 0), cost.get(key, 0) if line and line.own_currency else paid.get(key, 0))
        was = then.get(key, (0, 0))
        have = (line.cumulative_minor, line.due_minor, line.cost_due) if line else (0, 0, 0)
        if have != (wanted[0], wanted[0] - was[0], wanted[1] - was[1]):
            yield f"run {run.id}: {key[1]} to {key[2]} stands at {have[0]}, the terms give {wanted[0]}"
    before[run.project_id] = {key: (line.cumulative_minor, line.cost_in_all) for key, line in found.items()}


def _posted(run: DistributionRun) -> Iterator[str]:
    book = ledger.book_for(BOOK, run.project_id)
    entry = ledger.entry_by_key(book, f"run:{run.id}") if book else None
    if entry is None:
        yield f"run {run.id}: is not in the ledger"
        return
    posted = sorted(
        (a.code, m.amount_minor, m.currency)
        for a, m in ledger.lines_of(entry)
        if a.code.startswith("liabilities:payee:")
    )
    if posted != sorted(
        (payable_to(line.payee, line.payee_name).code, -line.due_minor, line.own_currency or run.currency)
        for line in queries.lines(run.id)
        if line.due_minor
    ):
        yield f"run {run.id}: its entry {entry.number} does not say what its lines say"


def _balances() -> Iterator[str]:
    """What payees are owed by the book is what open lines say."""
    projects = session().scalars(
        select(DistributionRun.project_id).where(DistributionRun.state == "posted").distinct()
    )
    for project_id in list(projects):
        book = ledger.book_for(BOOK, project_id)
        if book is None:
            continue
        for (payee, own), minor in queries.open_by_payee(project_id).items():
            code = payable_to(payee, "").code
            have = ledger.balance(book, code, currency=own or book.currency).amount_minor
            if have != -minor:
                yield f"project {project_id}: {payee} is owed {-have} {own} by the book and {minor} by open lines"


@invariant("recoupment: statements say what was issued")
def statements_unchanged() -> list[str]:
    """Statements whose content no longer has its hash; posted runs without a statement."""
    wrong = []
    for row in session().scalars(select(DistributionStatement)):
        text = json.dumps(row.content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        if hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest() != row.sha256:
            wrong.append(f"statement {row.id} was changed after it was issued")
    issued = set(session().scalars(select(DistributionStatement.run_id)))
    posted = session().scalars(select(DistributionRun.id).where(DistributionRun.state == "posted"))
    return wrong + [
        f"run {run_id} was posted without statements" for run_id in posted if run_id not in issued
    ]


@invariant("recoupment: a transfer is the sum of its lines")
def payouts_sum() -> list[str]:
    """Transfers whose amount is not what their lines sum to."""
    wrong = []
    for payout in session().scalars(select(Payout)):
        total = sum(row.amount.amount_minor for row in queries.rows_of(payout))
        if total != payout.amount_minor:
            wrong.append(f"payout {payout.id}: {payout.amount_minor}, its lines sum to {total}")
    return wrong


def _reads(actor: Actor, stored: Any) -> bool:
    return session().scalar(select(StatementFile.id).where(StatementFile.file_id == stored.id)) is not None


def _in_use(ids: Iterable[str]) -> set[str]:
    query = select(StatementFile.file_id).where(StatementFile.file_id.in_(set(ids)))
    return set(session().scalars(query, execution_options={"unscoped": "the sweep serves all tenants"}))


access.allow(PURPOSE, _reads, _in_use)
