"""What settlement adds to pages of others: commitments of a deal and a project, and what waits on the start page."""

from __future__ import annotations

from typing import Any

from flask import url_for

from dealflow.core import clock, find, policy, slots
from dealflow.core.actor import Actor
from dealflow.core.i18n import N_, show_day
from dealflow.core.i18n import gettext as _
from dealflow.core.money import show
from dealflow.pitches.queries import briefs
from dealflow.settlement import bank_queries, queries, service
from dealflow.settlement.models import Tranche
from dealflow.settlement.policy import Can
from dealflow.settlement.queries import TrancheQuery
from dealflow.settlement.states import LABELS, TONES

MOST = 4


@find.source(N_("Calls for payment"), order=35, kind="payment_call")
def by_reference(actor: Actor, words: str, limit: int) -> list[find.Hit]:
    """Calls whose reference a payer or a bank quotes."""
    rows = queries.calls_like(actor, words, limit)
    titles = briefs(row.project_id for row in rows)
    return [
        find.Hit(
            row.reference, url_for("settlement.show_call", payment_call_id=row.id),
            f"{titles[row.project_id]['title']} · {show(row.amount)}", "coins",
        )
        for row in rows
    ]  # fmt: skip


@slots.fill("deal.main", order=30)
def of_deal(actor: Actor, deal: Any) -> tuple[str, dict[str, Any]] | None:
    """The commitment that came of a deal, with its tranches."""
    return _panel(actor, deal_id=deal.id)


@slots.fill("project.main", order=40)
def of_project(actor: Actor, project: Any) -> tuple[str, dict[str, Any]] | None:
    """The commitments to a project that the actor is a party of."""
    return _panel(actor, project_id=project.id)


def _panel(actor: Actor, **which: str) -> tuple[str, dict[str, Any]] | None:
    rows = queries.commitments(actor, **which) if actor.is_authenticated else []
    if not rows:
        return None
    tranches = queries.tranches_of(row.id for row in rows)
    calls = queries.live_calls(t.id for found in tranches.values() for t in found)
    return "settlement/_panel.html", {
        "rows": rows, "tranches": tranches, "calls": calls, "labels": LABELS, "tones": TONES, "today": clock.today(),
    }  # fmt: skip


@slots.fill("home.todo", order=15)
def waiting(actor: Actor, _thing: Any) -> tuple[str, dict[str, Any]] | None:
    """Payments to make, proofs to answer, missed dates to decide, tranches to call, bank lines to match."""
    if actor.kind not in ("investor", "fund", "creator", "studio"):
        return None
    items = [*_payments(actor), *_proofs(actor), *_tranches(actor), *_bank(actor)]
    return ("", {"items": items}) if items else None


def _payments(actor: Actor) -> list[dict[str, Any]]:
    calls = [c for c in queries.open_calls(actor) if c.side_of(actor) == "investor"][:MOST]
    titles = briefs(c.project_id for c in calls)
    return [
        {
            "title": _("Pay %(amount)s for “%(project)s”", amount=show(c.outstanding), project=titles[c.project_id]["title"]),
            "text": _("Overdue since %(day)s", day=show_day(c.due_on)) if queries.overdue(c) else _("Due on %(date)s", date=show_day(c.due_on)),
            "href": url_for("settlement.show_call", payment_call_id=c.id), "action": _("Look at it"), "icon": "coins",
        }
        for c in calls
    ]  # fmt: skip


def _proofs(actor: Actor) -> list[dict[str, Any]]:
    found = queries.waiting_proofs(actor)[:MOST]
    return [
        {
            "title": _("Answer the proof of a milestone"), "text": proof.file_name, "at": proof.created_at,
            "href": url_for("settlement.tranche", tranche_id=proof.tranche_id), "action": _("Look at it"), "icon": "clipboard-check",
        }
        for proof in found
    ]  # fmt: skip


def _tranches(actor: Actor) -> list[dict[str, Any]]:
    """Missed dates for the investor to decide, open tranches for the project to call."""
    missed = [t for t in _rows(actor, "missed") if t.side_of(actor) == "investor"][:MOST]
    ready = [t for t in _rows(actor, "open") if t.side_of(actor) == "project"][:MOST]
    titles = briefs(t.project_id for t in (*missed, *ready))
    return [
        _item(t, _("Decide on a missed milestone of “%(project)s”", project=titles[t.project_id]["title"]), "alert-triangle")
        for t in missed
    ] + [
        _item(t, _("Call for a payment for “%(project)s”", project=titles[t.project_id]["title"]), "coins")
        for t in ready
    ]  # fmt: skip


def _rows(actor: Actor, state: Any) -> list[Tranche]:
    return queries.page(actor, TrancheQuery(state=state, limit=20))[0]


def _item(row: Tranche, title: str, icon: str) -> dict[str, Any]:
    text = _("Tranche %(number)s, %(amount)s", number=row.number, amount=show(row.amount))
    return {
        "title": title, "text": text, "href": url_for("settlement.tranche", tranche_id=row.id), "action": _("Look at it"),
        "icon": icon,
    }  # fmt: skip


def _bank(actor: Actor) -> list[dict[str, Any]]:
    """Lines of bank statements yet to be matched, for each account."""
    if not policy.can(actor, Can.IMPORT):
        return []
    found = bank_queries.unmatched(actor)
    names = {fund.id: fund.name for fund in service.accounts(actor)} if found else {}
    return [
        {
            "title": _("Match what came in at the bank to calls"),
            "text": " · ".join(filter(None, (names.get(fund_id or ""), _("Lines yet to be matched: %(number)s", number=number)))),
            "href": url_for("settlement.bank", state="new", fund_id=fund_id), "action": _("Look at it"), "icon": "coins",
        }
        for fund_id, number in list(found.items())[:MOST]
    ]  # fmt: skip


@slots.fill("fund.call", order=10)
def statements_of_fund(actor: Actor, fund: Any) -> tuple[str, dict[str, Any]] | None:
    """For the manager, on the page of a call: the way to the bank statements of the fund's account."""
    if not policy.can(actor, Can.IMPORT) or fund.organisation_id != actor.organisation_id:
        return None
    return "settlement/_fund_call.html", {
        "fund": fund,
        "waiting": bank_queries.unmatched(actor).get(fund.id, 0),
    }
