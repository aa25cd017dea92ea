"""Capital account statements: figures with the entries behind them, issued once for a period and kept as issued."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

from dealflow.audit import service as audit
from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict
from dealflow.core.i18n import N_
from dealflow.funds import queries
from dealflow.funds.models import Fund, FundClosing, FundLp, FundStatement
from dealflow.funds.performance import performances
from dealflow.funds.periods import last_ended, span
from dealflow.funds.policy import Can, Tag
from dealflow.funds.queries import CapitalAccount
from dealflow.funds.service import books as closing
from dealflow.funds.service.base import hold, is_over, manager_names
from dealflow.notify import service as notify

_START = date(1900, 1, 1)
POSITION = (
    "commitment",
    "called",
    "contributed",
    "outside",
    "refunded",
    "interest",
    "due",
    "distributed",
    "recallable",
    "unfunded",
)


def figures(fund: Fund, period: str, rows: list[FundLp]) -> dict[str, dict[str, Any]]:
    """Partner id → the content of its statement: period, year to date and since the start, every movement, and what the
    commitment brought by then."""
    since, through = span(period)
    spans = {"period": since, "year": date(through.year, 1, 1), "inception": _START}
    found = {name: queries.capital_accounts(fund, start, through) for name, start in spans.items()}
    standing = queries.positions(fund, through)
    brought = performances(fund, through)
    closings = [row for row in queries.closings(fund.id) if since <= row.closed_on <= through]
    return {
        lp.id: {
            "fund": {
                "id": fund.id, "name": fund.name, "vintage": fund.vintage,
                "manager": manager_names(fund),
            },
            "lp": {"id": lp.id, "name": lp.name},
            "period": period, "since": since.isoformat(), "through": through.isoformat(), "currency": fund.currency,
            "columns": _columns({name: rows[lp.id] for name, rows in found.items()}),
            "position": {name: getattr(standing[lp.id], name).json() for name in POSITION},
            "movements": [
                {"on": m.on.isoformat(), "number": m.number, "entry_id": m.entry_id, "column": m.column, "amount_minor": m.amount.amount_minor}
                for m in queries.movements(fund, lp.id, through)
            ],
            "performance": brought[lp.id].json(),
            **_true_up(fund, lp, closings),
        }
        for lp in rows
    }  # fmt: skip


def _true_up(fund: Fund, lp: FundLp, closings: list[FundClosing]) -> dict[str, Any]:
    """What the partner was charged at closings of the period for management fees before them; nothing when it was not."""
    entries = {charge.key: charge.entry_id for charge in queries.charges(fund.id)}
    rows = [
        {
            "on": row.closed_on.isoformat(),
            "period": period,
            "entry_id": entries.get(f"true-up:{row.id}", ""),
            **parts,
        }
        for row in closings
        for period, parts in row.true_up.get(lp.id, {}).items()
    ]
    return {"true_up": rows} if rows else {}


def _columns(accounts: dict[str, CapitalAccount]) -> list[dict[str, Any]]:
    names = ("opening", *queries.COLUMNS, "closing")
    return [
        {"key": name} | {span: account.figures()[name].json() for span, account in accounts.items()}
        for name in names
    ]


def digest(data: dict[str, Any]) -> str:
    """The hash of a statement's content."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def issue_statements(
    actor: Actor, fund_id: str, *, period: str, close_books: bool = False
) -> list[FundStatement]:
    """Issue the statements of a period that is over to all partners; those that were issued stay as they are.

    `close_books` closes the fund's book through the period's end. Raises Invalid (`period`), Forbidden for who may not
    close it, Conflict when nobody had committed anything by then.
    """
    fund = hold(actor, fund_id, Can.ISSUE)
    if close_books:
        closing.close(actor, fund, period)
    _since, through = span(period)
    is_over(through)
    there = {row.lp_id: row for row in queries.statements(fund.id) if row.period == period}
    ever = {row.lp_id for row in queries.commitments(fund.id) if row.since <= through}
    rows = [lp for lp in queries.lps(fund.id) if lp.id in ever]
    if not rows:
        raise Conflict(N_("Nobody had committed anything in this period"), code="no_commitments")
    fresh = figures(fund, period, [lp for lp in rows if lp.id not in there])
    for lp_id, data in fresh.items():
        there[lp_id] = FundStatement(
            fund_id=fund.id, lp_id=lp_id, organisation_id=fund.organisation_id, period=period, data=data, sha256=digest(data),
            issued_by_id=actor.user_id,
        )  # fmt: skip
        session().add(there[lp_id])
    session().flush()
    if fresh:
        audit.record(
            actor, Tag.STATEMENT, fund, after={"period": period, "sha256": {k: there[k].sha256 for k in fresh}},
            organisation_id=fund.organisation_id,
        )  # fmt: skip
    for lp in rows:
        if lp.id in fresh and lp.lp_organisation_id is not None:
            notify.tell(
                code="fund_statement", title=N_("Your statement of %(fund)s for %(period)s is ready"),
                params={"fund": fund.name, "period": period}, link=f"/funds/{fund.id}/statements/{lp.id}?period={period}",
                organisation_id=lp.lp_organisation_id, but=actor.user_id, by_mail=True,
            )  # fmt: skip
    return [there[lp.id] for lp in rows]


def suggested(fund_id: str, lp_id: str) -> str:
    """The period that is shown when none is named: the last one issued, else the last quarter that is over."""
    issued = queries.statements(fund_id, lp_id)
    if not issued:
        return last_ended(clock.today())
    return max(issued, key=lambda row: span(row.period)[1]).period
