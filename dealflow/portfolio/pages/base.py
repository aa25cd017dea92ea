"""What the pages of the portfolio share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request

from dealflow.core import clock, policy
from dealflow.core.errors import Conflict, Invalid, InvalidTransition, TooLarge
from dealflow.core.forms import Form
from dealflow.core.http import actor
from dealflow.core.money import Money
from dealflow.funds import rates
from dealflow.portfolio import figures, queries, states
from dealflow.portfolio.policy import Can
from dealflow.portfolio.queries import Vehicle

bp = Blueprint("portfolio", __name__)
Refusal = (Invalid, Conflict, InvalidTransition, TooLarge)


def render(name: str, **values: Any) -> str:
    """A page of the room."""
    return render_template(
        f"portfolio/{name}.html",
        states=states,
        rate_text=rates.rate_text,
        rate_short=rates.rate_short,
        rate_why=rates.rate_why,
        times=rates.times,
        money_of=lambda minor, currency: Money(minor, currency),
        group_label=figures.group_label,
        address_of=address_of,
        today=clock.today(),
        **values,
    )


def apart(forms: Mapping[str, Form]) -> Mapping[str, Form]:
    """Several forms of one page, each field with an id of its own: what names a field names one."""
    for name, form in forms.items():
        for field in form:
            field.id = f"{name.removesuffix('_form')}-{field.name}"
    return forms


def address_of(vehicle: Vehicle) -> str:
    """How addresses name a vehicle."""
    return vehicle.id if vehicle.fund is not None else queries.OWN


def vehicle_page(fund_id: str, can: Can) -> tuple[Vehicle, bool]:
    """The vehicle of a page, and whether the actor may change it."""
    found = queries.vehicle(actor(), fund_id)
    return found, policy.can(actor(), can, found)


def arguments() -> Any:
    """The query of the address without the language."""
    args = request.args.copy()
    args.pop("lang", None)
    return args
