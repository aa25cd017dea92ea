"""What funds add to the start page and to the search."""

from __future__ import annotations

from typing import Any

from flask import url_for

from dealflow.core import find, policy, slots
from dealflow.core.actor import Actor
from dealflow.core.i18n import N_, show_day
from dealflow.core.i18n import gettext as _
from dealflow.core.money import show
from dealflow.funds import queries, todo
from dealflow.funds.policy import Can
from dealflow.funds.queries import FundQuery
from dealflow.funds.service import books


@slots.fill("home.todo", order=15)
def waiting(actor: Actor, _thing: Any) -> tuple[str, dict[str, Any]] | None:
    """Distributions to approve, calls to pay; for a manager without a fund, to make one."""
    if not actor.is_authenticated or actor.organisation_id is None:
        return None
    if policy.can(actor, Can.CREATE) and not queries.listed(actor, FundQuery(limit=1))[1]:
        return "", {"items": [_first_fund()]}
    items = [
        {
            "title": _("%(name)s asks you to approve a distribution of %(fund)s", name=row.prepared_by_name, fund=fund.name),
            "text": show(fund.money(row.amount_minor)), "href": f"/funds/{fund.id}/distributions/{row.id}", "action": _("Look at it"),
            "icon": "clipboard-check",
        }
        for fund, row in todo.to_approve(actor)
    ]  # fmt: skip
    items += [
        {
            "title": _("Capital call %(number)s of %(fund)s", number=call.number, fund=fund.name),
            "text": _("%(amount)s, due on %(date)s", amount=show(fund.money(line.open_minor)), date=show_day(call.due_on)),
            "href": f"/funds/{fund.id}/lps/{line.lp_id}", "action": _("Look at it"), "icon": "coins",
        }
        for fund, call, line in todo.to_pay(actor)
    ]  # fmt: skip
    return ("", {"items": items}) if items else None


def _first_fund() -> dict[str, Any]:
    return {
        "title": _("Make your first fund"), "text": _("Make a fund, add its partners, and hold the first closing."),
        "href": "/funds/new", "action": _("New fund"), "icon": "building-bank",
    }  # fmt: skip


@slots.fill("fund.issued", order=10)
def open_books(actor: Actor, fund: Any) -> tuple[str, dict[str, Any]] | None:
    """For the manager, where figures of a period are issued: the offer to close the book through its end."""
    left = books.left_open(fund) if policy.can(actor, Can.MANAGE, fund) else None
    if left is None:
        return None
    return "funds/_close_books.html", {
        "period": left[0], "through": left[1], "book": queries.book_of_fund(fund), "not_posted": books.not_posted(fund, left[1]),
        "may_close": books.may_close(actor, fund),
    }  # fmt: skip


@find.source(N_("Capital calls"), order=36, kind="capital_call")
def by_reference(actor: Actor, words: str, limit: int) -> list[find.Hit]:
    """What a call asks of a partner by the reference that the partner writes into its transfer: to the manager the call, to the
    partner its own place."""
    return [
        find.Hit(
            line.reference,
            url_for("funds.call", fund_id=fund.id, call_id=call.id)
            if policy.can(actor, Can.MANAGE, fund)
            else url_for("funds.lp", fund_id=fund.id, lp_id=lp.id),
            f"{_('Capital call %(number)s of %(fund)s', number=call.number, fund=fund.name)} · {lp.name} · "
            f"{show(fund.money(line.amount_minor))}",
            "coins",
            call.id,
        )
        for fund, call, line, lp in queries.lines_like(actor, words, limit)
    ]  # fmt: skip


@find.source(N_("Funds"), order=35, kind="fund")
def named(actor: Actor, words: str, limit: int) -> list[find.Hit]:
    """Funds by name."""
    rows, _total = queries.listed(actor, FundQuery(q=words, limit=max(1, min(limit, 200))))
    return [
        find.Hit(row.name, url_for("funds.show", fund_id=row.id), f"{row.vintage} · {row.currency}", "building-bank")
        for row in rows[:limit]
    ]  # fmt: skip
