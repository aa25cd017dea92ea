"""What the portfolio adds to pages of others: what waits, what the search finds, holdings beside a project."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import url_for

from dealflow.core import clock, find, policy, slots
from dealflow.core.actor import Actor
from dealflow.core.i18n import N_, show_day
from dealflow.core.i18n import gettext as _
from dealflow.core.search import normalise
from dealflow.funds import rates
from dealflow.portfolio import figures, outlook, queries
from dealflow.portfolio.policy import Can

MOST = 5


@slots.fill("home.todo", order=40)
def waiting(actor: Actor, _thing: Any) -> tuple[str, dict[str, Any]] | None:
    """Follow-on rights that are due soon."""
    if not policy.can(actor, Can.SEE):
        return None
    rows = queries.rights(actor, until=clock.today() + timedelta(days=30))[:MOST]
    names = {row.id: row.name for row in queries.holdings(actor)} if rows else {}
    items = [
        {
            "title": _("%(name)s: follow-on right until %(day)s", name=names[row.holding_id], day=show_day(row.due_on)),
            "text": row.text, "href": f"/holdings/{row.holding_id}#rights", "action": _("Decide"), "icon": "coins",
        }
        for row in rows
    ]  # fmt: skip
    return ("", {"items": items}) if items else None


@slots.fill("project.side", order=60)
def holding_of(actor: Actor, project: Any) -> tuple[str, dict[str, Any]] | None:
    """For an investor: the holdings it has in a project."""
    if not policy.can(actor, Can.SEE):
        return None
    rows = queries.of_project(actor, project.id)
    return ("portfolio/_of_project.html", {"rows": rows}) if rows else None


@slots.fill("fund.tabs", order=10)
def tab(actor: Actor, fund: Any) -> tuple[str, dict[str, Any]] | None:
    """For the manager of a fund: the way to its holdings and figures."""
    if not policy.can(actor, Can.SEE, fund):
        return None
    href = url_for("portfolio.held", fund_id=fund.id)
    return "", {"key": "portfolio", "label": _("Holdings and figures"), "href": href}


@slots.fill("fund.overview", order=10)
def overview_of(actor: Actor, fund: Any) -> tuple[str, dict[str, Any]] | None:
    """For the manager of a fund: its figures and its J-curve."""
    if not policy.can(actor, Can.SEE, fund):
        return None
    found = figures.state(actor, queries.of_fund(fund), clock.today())
    return "portfolio/_of_fund.html", {
        "fund": fund, "figures": figures.metrics(found), "curve": outlook.j_curve(found), "rate_short": rates.rate_short,
        "rate_why": rates.rate_why, "times": rates.times, "nav": fund.money(found.nav_minor),
    }  # fmt: skip


@find.source(N_("Holdings"), order=50, kind="holding")
def named(actor: Actor, words: str, limit: int) -> list[find.Hit]:
    """The organisation's holdings whose name carries every word."""
    if not policy.can(actor, Can.SEE):
        return []
    wanted = normalise(words).split()
    return [
        find.Hit(row.name, url_for("portfolio.show", holding_id=row.id), row.platform, "chart-pie")
        for row in queries.holdings(actor)
        if all(word in normalise(row.name) for word in wanted)
    ][:limit]
