"""Runs, statements and the project's ledger as the API gives them; pages draw the same values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response

from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.errors import Conflict
from dealflow.core.i18n import N_
from dealflow.core.money import Money
from dealflow.core.paging import Query, listing
from dealflow.files import queries as files
from dealflow.files import serving
from dealflow.ledger import queries as ledger
from dealflow.recoupment import queries, statements
from dealflow.recoupment.models import DistributionLine, DistributionRun, DistributionStatement, PayoutReturn
from dealflow.recoupment.policy import Can
from dealflow.recoupment.queries import Desk, Dispute, Payout
from dealflow.recoupment.sources import EXCHANGE, Input, shown_as
from dealflow.settlement.books import KIND as FUNDING

BOOK = "recoupment"


def _money(minor: int, currency: str) -> dict[str, Any]:
    return Money(minor, currency).json()


def run_summary(run: DistributionRun) -> dict[str, Any]:
    """A run without its lines."""
    return {
        "id": run.id, "version": run.version, "created_at": clock.rfc3339(run.created_at),
        "updated_at": clock.rfc3339(run.updated_at), "project_id": run.project_id, "number": run.number, "kind": run.kind,
        "state": run.state, "through": run.through.isoformat(), "made_by": run.made_by_name, "approved_by": run.approved_by_name,
        "approved_at": clock.rfc3339(run.approved_at) if run.approved_at else None,
        "distributed": _money(run.distributed_minor, run.currency), "due": _money(run.due_minor, run.currency),
        "refund_balance": _money(run.refund_minor, run.currency),
        "not_counted": {
            "count": run.not_counted["count"],
            "amounts": [_money(minor, currency) for currency, minor in sorted(run.not_counted["amounts"].items())],
        },
    }  # fmt: skip


def exchange(rows: Sequence[Mapping[str, Any]], currency: str) -> list[dict[str, Any]]:
    """What came in another currency: by day and rate, before and after."""
    return [
        {
            **{name: row[name] for name in ("on", "kind", "count", "rate", "rate_day", "rate_source")},
            "original": _money(row["before_minor"], row["currency"]),
            "amount": _money(row["after_minor"], row.get("into", currency)),
        }
        for row in rows
    ]  # fmt: skip


def line(row: DistributionLine, run: DistributionRun) -> dict[str, Any]:
    """A line of a run."""
    currency = row.own_currency or run.currency
    return {
        "id": row.id, "term_sheet_id": row.term_sheet_id, "tier": row.tier, "label": row.tier_label, "payee": row.payee,
        "name": row.payee_name, "kind": row.payee_kind, "organisation_id": row.payee_organisation_id, "basis": row.basis,
        "source_ppm": row.source_ppm, "effective_ppm": statements.effective(row.cumulative_minor, statements.distributed_in(run, row.own_currency)),
        "cumulative": _money(row.cumulative_minor, currency), "due": _money(row.due_minor, currency),
        "cost": _money(row.cost_due, run.currency),
    }  # fmt: skip


def payee_totals(rows: Sequence[DistributionLine], run: DistributionRun) -> list[dict[str, Any]]:
    """Each payee over all tiers of a currency, with what posted runs still owe it in that."""
    owed = queries.open_by_payee(run.project_id)
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        entry = found.setdefault(
            (row.payee, row.own_currency),
            {"payee": row.payee, "name": row.payee_name, "kind": row.payee_kind, "organisation_id": row.payee_organisation_id,
             "cumulative_minor": 0, "due_minor": 0, "cost_minor": 0, "cost_due_minor": 0},
        )  # fmt: skip
        entry["cumulative_minor"] += row.cumulative_minor
        entry["due_minor"] += row.due_minor
        entry["cost_minor"] += row.cost_in_all
        entry["cost_due_minor"] += row.cost_due
    return [
        {
            **{name: entry[name] for name in ("payee", "name", "kind", "organisation_id")},
            "effective_ppm": statements.effective(entry["cumulative_minor"], statements.distributed_in(run, own)),
            "cumulative": _money(entry["cumulative_minor"], own or run.currency),
            "due": _money(entry["due_minor"], own or run.currency),
            "open": _money(owed.get((payee, own), 0), own or run.currency),
            "cost": _money(entry["cost_minor"], run.currency), "cost_due": _money(entry["cost_due_minor"], run.currency),
        }
        for (payee, own), entry in found.items()
    ]  # fmt: skip


def whole_run(run: DistributionRun) -> dict[str, Any]:
    """A run with a line for every tier and payee, the sums of the payees, and the term sheets it pays by."""
    rows = queries.lines(run.id)
    return run_summary(run) | {
        "term_sheets": [
            {
                "id": s["id"],
                "version_number": s["version"],
                "currency": s.get("currency", run.currency),
                "joins_after": s["joins_after"],
            }
            for s in run.sheets
        ],
        "lines": [line(row, run) for row in rows],
        "payees": payee_totals(rows, run),
        "exchange": exchange(run.exchange, run.currency),
    }


def input_row(row: Input) -> dict[str, Any]:
    """A receipt or entry of ad spend that a run covered."""
    facts = row.facts
    was = facts.get(EXCHANGE)
    return {
        "kind": row.kind, "id": row.source_id, "on": row.on.isoformat(), "counted_on": row.counted_on.isoformat(),
        "amount": _money(row.amount_minor, row.currency), "source": facts.get("source", ""),
        "platform": facts.get("platform", ""), "external_ref": facts.get("external_ref", ""),
        "evidence_class": facts["evidence_class"], "corrects": facts.get("corrects"),
        "original": _money(was["amount_minor"], was["currency"]) if was else None,
        **{name: was[name] if was else None for name in ("rate", "rate_day", "rate_source")},
    }  # fmt: skip


def inputs_page(run: DistributionRun, query: Query, own_currency: str = "") -> dict[str, Any]:
    """A page of what a run covered for the first time; in another currency of the terms, what it first counted in it."""
    found = queries.covered_receipts(run, query, own_currency)
    return found | {"items": [input_row(shown_as(row)) for row in found["items"]]}


def statement_inputs(row: DistributionStatement, query: Query) -> dict[str, Any]:
    """A page of the receipts and ad spend behind a statement, in its currency."""
    return inputs_page(queries.run_of(row), query, row.own_currency)


def dispute(row: Dispute) -> dict[str, Any]:
    """A dispute."""
    return {
        "id": row.id, "version": row.version, "created_at": clock.rfc3339(row.created_at),
        "updated_at": clock.rfc3339(row.updated_at), "statement_id": row.statement_id, "state": row.state, "reason": row.reason,
        "by": row.user_name, "answer": row.answer, "answered_by": row.answered_by, "outcome": row.outcome,
    }  # fmt: skip


def payout(row: Payout, back: Mapping[str, PayoutReturn]) -> dict[str, Any]:
    """A transfer; `back` are those that were taken back, by id."""
    return {
        "id": row.id, "created_at": clock.rfc3339(row.at), "run_id": row.run_id, "payee": row.payee, "on": row.on.isoformat(),
        "bank_reference": row.bank_reference, "amount": _money(row.amount_minor, row.currency), "taken_back": back[row.id].reason if row.id in back else None,
    }  # fmt: skip


def payouts(project_id: str, payee: str | None = None) -> list[dict[str, Any]]:
    """The transfers of a project, the latest first."""
    back = queries.returned(project_id)
    return [payout(row, back) for row in queries.payouts(project_id, payee)]


def statement(row: DistributionStatement) -> dict[str, Any]:
    """A statement as it was issued, with its files and disputes."""
    content = row.content
    return {
        "id": row.id, "created_at": clock.rfc3339(row.at), "run_id": row.run_id, "project_id": row.project_id,
        "number": row.number, "through": content["run"]["through"], "kind": content["run"]["kind"], "payee": row.payee,
        "name": content["payee"]["name"], "issued_on": row.issued_on.isoformat(),
        "dispute_until": row.dispute_until.isoformat(), "sha256": row.sha256,
        "cumulative": _money(content["cumulative_minor"], content["currency"]),
        "due": _money(content["due_minor"], content["currency"]), "open": _money(content["open_minor"], content["currency"]),
        "lines": [
            {
                **{name: found[name] for name in ("term_sheet_id", "tier", "label", "basis", "source_ppm", "effective_ppm")},
                "cumulative": _money(found["cumulative_minor"], content["currency"]),
                "due": _money(found["due_minor"], content["currency"]),
            }
            for found in content["lines"]
        ],
        "exchange": exchange(content.get("exchange", ()), content["currency"]),
        "files": {form: found.sha256 for form, found in sorted(queries.files_of(row.id).items())},
        "disputes": [dispute(found) for found in queries.disputes([row.id])],
    }  # fmt: skip


def project_ledger(actor: Actor, desk: Desk, query: Query) -> dict[str, Any]:
    """The money of a project: for its organisation all of it, for a payee its own part."""
    whole = policy.can(actor, Can.SEE, desk)
    last = queries.last_posted(desk.project_id)
    rows = queries.lines(last.id) if last else []
    book = ledger.book_for(BOOK, desk.project_id) if whole else None
    funding = ledger.book_for(FUNDING, desk.project_id) if whole else None
    entries = ledger.journal(book, _journal(query)) if book else listing([], 0, query)
    totals = payee_totals(rows, last) if last else []
    return {
        "project_id": desk.project_id,
        "book_id": book.id if book else None,
        "currency": last.currency if last else None,
        "through": last.through.isoformat() if last else None,
        "distributed": _money(last.distributed_minor, last.currency) if last else None,
        "accounts": _accounts(book),
        "funding_book_id": funding.id if funding else None,
        "funding_accounts": _accounts(funding),
        "payees": [entry for entry in totals if whole or entry["organisation_id"] == actor.organisation_id],
        "runs": [run_summary(run) for run in queries.runs(desk.project_id)] if whole else [],
        "statements": [brief(row) for row in queries.statements_to(actor, desk.project_id)],
        "payouts": payouts(desk.project_id, None if whole else actor.organisation_id),
        **entries,
    }


def _journal(query: Query) -> ledger.JournalQuery:
    return ledger.JournalQuery(limit=query.limit, cursor=query.cursor)


def _accounts(book: Any) -> list[dict[str, Any]]:
    if book is None:
        return []
    return [
        {"account_id": row.account.id, "account": row.account.code, "label": row.account.label, "party": row.account.party, "balance": row.amount.json()}
        for row in ledger.trial_balance(book)
    ]  # fmt: skip


def brief(row: DistributionStatement) -> dict[str, Any]:
    """A statement in a list."""
    content = row.content
    return {
        "id": row.id, "number": row.number, "through": content["run"]["through"], "kind": content["run"]["kind"],
        "issued_on": row.issued_on.isoformat(), "due": _money(content["due_minor"], content["currency"]),
        "cumulative": _money(content["cumulative_minor"], content["currency"]),
    }  # fmt: skip


def served(actor: Actor, statement_id: str, form: str) -> Response:
    """The file of a statement; Conflict until it is made."""
    row = queries.statement(actor, statement_id)
    found = queries.files_of(row.id).get(form)
    if found is None:
        raise Conflict(N_("This file is being made; try again in a minute"), code="not_ready")
    return serving.answer(files.get(actor, found.file_id))
