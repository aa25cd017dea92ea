"""Approving a run: its money is posted, its statements are issued. Once, by a second person."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from dealflow.accounts import queries as accounts
from dealflow.audit import service as audit
from dealflow.core import clock, jobs, policy
from dealflow.core.actor import Actor
from dealflow.core.config import settings
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Forbidden
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.core.money import Money
from dealflow.core.outbox import emit
from dealflow.ledger import queries as books
from dealflow.ledger import service as ledger
from dealflow.ledger.service import Draft, Line, Side
from dealflow.notify import service as notify
from dealflow.recoupment import queries, statements
from dealflow.recoupment.events import DistributionPosted
from dealflow.recoupment.models import (
    DistributionConversion,
    DistributionInput,
    DistributionLine,
    DistributionRun,
    DistributionStatement,
)
from dealflow.recoupment.policy import Can, Tag
from dealflow.recoupment.queries import Desk
from dealflow.recoupment.service.running import Prepared, computed, locked, prepare
from dealflow.recoupment.sources import EXCHANGE, Input
from dealflow.recoupment.states import RUN

BOOK = "recoupment"
FILES_JOB = "recoupment.statement_files"
COLLECTION = Side("assets:collection", "asset", N_("Collection account"))
UNDISTRIBUTED = Side("liabilities:undistributed", "liability", N_("Receipts not distributed yet"))


def payable_to(payee: str, name: str) -> Side:
    """The account of what a payee is owed."""
    key = payee if len(payee) <= 120 else hashlib.sha256(payee.encode()).hexdigest()
    return Side(f"liabilities:payee:{key}", "liability", N_("Owed to payees"), name[:300])


def book_of(actor: Actor, desk: Desk, currency: str) -> Any:
    """The project's book of recoupment."""
    return ledger.open_book(
        actor, kind=BOOK, object_id=desk.project_id, organisation_id=desk.organisation_id,
        name=desk.titles.get("zh") or desk.title, currency=currency,
    )  # fmt: skip


def approve(actor: Actor, run_id: str, *, version: int | None = None) -> DistributionRun:
    """Post a preview and issue its statements.

    Raises NotFound, Forbidden (`second_person` for the one who made it), StaleVersion, InvalidTransition, and Conflict:
    `inputs_changed` when receipts, rates or terms are no longer those of the preview, `no_rate`, `nothing_due`.
    """
    seen = queries.run(actor, run_id)
    policy.require(actor, Can.RUN, seen, see=Can.SEE)
    if seen.made_by_id == actor.user_id:
        raise Forbidden(
            N_("Whoever made the run cannot approve it; ask a colleague, or invite one in the settings"), code="second_person"
        )  # fmt: skip
    run = locked(actor, run_id, Can.APPROVE, version)
    before = run.state
    after = RUN.fire(before, "post", run)
    prepared = prepare(run.project_id, run.organisation_id, run.through)
    if prepared.digest != run.digest:
        raise Conflict(
            N_("Receipts, rates or terms have changed since this preview; make the run again"),
            code="inputs_changed",
        )
    lines = queries.lines(run.id)
    if not any(line.due_minor or line.cost_due for line in lines):
        raise Conflict(N_("Nothing is due by this run; wait for receipts with evidence"), code="nothing_due")
    run.state, run.number = after, (prepared.last.number or 0) + 1 if prepared.last else 1
    run.approved_by_id, run.approved_by_name, run.approved_at = actor.user_id, actor.user_name, clock.now()
    session().flush()
    desk = queries.desk(actor, run.project_id)
    new_inputs = computed(prepared).new
    _cover(run, new_inputs)
    _keep(run, prepared.fresh)
    _post(actor, desk, run, lines, new_inputs)
    _issue(actor, desk, run, lines, prepared)
    audit.record(
        actor, Tag.POSTED, run, before={"state": before}, organisation_id=run.organisation_id,
        after={"state": run.state, "number": run.number, "due_minor": run.due_minor, "distributed_minor": run.distributed_minor},
    )  # fmt: skip
    emit(DistributionPosted(run.id, run.project_id))
    jobs.enqueue(FILES_JOB, {"run_id": run.id}, key=f"{FILES_JOB}:{run.id}")
    return run


def _cover(run: DistributionRun, new_inputs: Iterable[Input]) -> None:
    rows = [
        {
            "id": new("rin"), "run_id": run.id, "project_id": run.project_id, "organisation_id": run.organisation_id,
            "kind": item.kind, "source_id": item.source_id, "on": item.on, "counted_on": item.counted_on,
            "amount_minor": item.amount_minor, "currency": item.currency, "facts": item.facts,
        }
        for item in new_inputs
    ]  # fmt: skip
    if rows:
        session().execute(insert(DistributionInput), rows)


def _keep(run: DistributionRun, fresh: Iterable[Input]) -> None:
    """What inputs come to in other currencies of the terms."""
    rows = [
        {
            "id": new("rcv"), "run_id": run.id, "project_id": run.project_id, "organisation_id": run.organisation_id,
            "kind": item.kind, "source_id": item.source_id, "currency": item.currency, "amount_minor": item.amount_minor,
            "exchange": item.exchanged or {},
        }
        for item in fresh
    ]  # fmt: skip
    if rows:
        session().execute(insert(DistributionConversion), rows)


def _post(
    actor: Actor, desk: Desk, run: DistributionRun, lines: list[DistributionLine], new_inputs: Iterable[Input]
) -> None:
    """Receipts into the collection account, each by itself; then what of them is owed to whom."""
    book = book_of(actor, desk, run.currency)
    drafts = [
        Draft(
            books.open_day(book, item.on), "recoupment_receipt", f"receipt:{item.source_id}",
            (Line(COLLECTION, Money(item.amount_minor, run.currency)), Line(UNDISTRIBUTED, Money(-item.amount_minor, run.currency))),
            text=f"{item.facts['source']} {item.facts['external_ref']}", source=item.source_id,
            data={"run_id": run.id, **({EXCHANGE: item.exchanged} if item.exchanged else {})},
        )
        # What is less than the smallest unit of the terms' currency moves nothing.
        for item in new_inputs if item.kind == "receipt" and item.amount_minor
    ]  # fmt: skip
    drafts.append(
        Draft(
            books.open_day(book, clock.today()), "distribution", f"run:{run.id}", _owed(run, lines), text=f"#{run.number} {run.through}",
            source=run.id, data={"run_id": run.id},
        )
    )  # fmt: skip
    ledger.post_many(actor, book, drafts)


def _owed(run: DistributionRun, lines: list[DistributionLine]) -> list[Line]:
    """What is owed to whom; for what is owed in another currency than the run's, the money changes it by."""
    owed = [Line(UNDISTRIBUTED, Money(run.due_minor, run.currency))]
    changed: dict[str, int] = {}
    taken = 0
    for line in lines:
        owed.append(
            Line(
                payable_to(line.payee, line.payee_name),
                Money(-line.due_minor, line.own_currency or run.currency),
            )
        )
        if line.own_currency:
            changed[line.own_currency] = changed.get(line.own_currency, 0) + line.due_minor
            taken += line.cost_due
    owed.append(Line(COLLECTION, Money(-taken, run.currency)))
    owed += [Line(COLLECTION, Money(minor, currency)) for currency, minor in sorted(changed.items())]
    return [line for line in owed if line.amount.amount_minor]


def _issue(
    actor: Actor, desk: Desk, run: DistributionRun, lines: list[DistributionLine], prepared: Prepared
) -> None:
    issuer = accounts.organisation_cards([desk.organisation_id])[desk.organisation_id]
    carried = queries.open_by_payee(run.project_id)
    for place, (payee, own) in enumerate(dict.fromkeys((x.payee, x.own_currency) for x in lines), 1):
        mine = [line for line in lines if (line.payee, line.own_currency) == (payee, own)]
        days = prepared.terms.dispute_days.get(payee, settings().dispute_days)
        content = statements.content(run, desk, issuer, mine, place, carried=carried.get((payee, own), 0))
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        row = DistributionStatement(
            id=new("dst"), run_id=run.id, project_id=run.project_id, organisation_id=run.organisation_id, payee=payee,
            payee_organisation_id=mine[0].payee_organisation_id, number=content["number"], issued_on=clock.today(),
            dispute_until=clock.today() + timedelta(days=days), content=content,
            own_currency=own,
            sha256=hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest(),
        )  # fmt: skip
        session().add(row)
        session().flush()
        audit.record(
            actor, Tag.ISSUED, row, after={"number": row.number, "sha256": row.sha256}, organisation_id=run.organisation_id
        )  # fmt: skip
        if row.payee_organisation_id and row.payee_organisation_id != run.organisation_id:
            notify.tell(
                code="recoupment.statement", title=N_("A distribution statement was issued"),
                text=N_("%(project)s, through %(day)s: %(amount)s due by this run."),
                link=f"/distribution-statements/{row.id}", organisation_id=row.payee_organisation_id, by_mail=True,
                params={"project": desk.titles, "day": run.through.isoformat(), "amount": statements.plain(content)},
            )  # fmt: skip
