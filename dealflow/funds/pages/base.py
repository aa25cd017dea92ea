"""The blueprint, and what several pages of the room share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from dealflow.core import policy, slots
from dealflow.core.errors import Conflict, Forbidden, Invalid, InvalidTransition
from dealflow.core.forms import Form
from dealflow.core.http import actor, read_query
from dealflow.core.money import Money
from dealflow.funds import queries, words
from dealflow.funds.models import Fund
from dealflow.funds.policy import Can
from dealflow.funds.shapes_money import FundIssueQuery

bp = Blueprint("funds", "dealflow.funds")
T = TypeVar("T")


def render(name: str, fund: Fund, here: str, **values: Any) -> str:
    """A page of a fund under its tabs."""
    book = queries.book_of_fund(fund) if policy.can(actor(), Can.MANAGE, fund) else None
    return render_template(
        f"funds/{name}.html",
        fund=fund,
        here=here,
        book=book,
        words=words,
        of=of_json,
        more_tabs=slots.panels("fund.tabs", actor(), fund),
        may_edit=policy.can(actor(), Can.EDIT, fund),
        **values,
    )


def of_json(value: dict[str, Any] | None) -> Money | None:
    """An amount out of the API's form."""
    return Money(value["amount_minor"], value["currency"]) if value else None


def version() -> int | None:
    """The version that the form was filled in for."""
    text = request.form.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def issue_number() -> int | None:
    """Which issue of a paper is asked for; None: the last."""
    args = MultiDict((k, v) for k, v in request.args.items(multi=True) if k == "number" and v)
    found: FundIssueQuery = read_query(FundIssueQuery, args)
    return found.number


def attempt(form: Form, deed: Callable[[], T]) -> tuple[T | None, int]:
    """Do something; a refusal stands in the form, with the status of the answer."""
    try:
        return deed(), 303
    except (Invalid, Conflict, InvalidTransition, Forbidden) as refusal:
        return None, form.refuse(refusal)


def writable(fund_id: str, permission: Can = Can.POST) -> Fund:
    """A fund with which the actor may do this. Raises NotFound, Forbidden."""
    fund = queries.get(actor(), fund_id)
    policy.require(actor(), permission, fund, see=Can.SEE)
    return fund


def go(message: str, endpoint: str, **values: Any) -> Any:
    """To the next page with a word of what was done."""
    flash(message, "success")
    return redirect(url_for(f"funds.{endpoint}", **values), 303)
