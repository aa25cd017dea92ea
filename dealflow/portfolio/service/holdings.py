"""Holdings themselves: added, changed, watched; and the rights to put in more."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid, InvalidTransition, NotFound, StaleVersion
from dealflow.core.i18n import N_, language
from dealflow.core.money import CURRENCIES, Money
from dealflow.pitches import queries as pitches
from dealflow.portfolio import queries
from dealflow.portfolio.models import FollowOn, Holding
from dealflow.portfolio.policy import Can, Tag
from dealflow.portfolio.queries import Vehicle

_FIELDS = ("name", "instrument", "genre", "stage", "platform")


def add(actor: Actor, fund_id: str | None, values: dict[str, Any], *, is_sample: bool = False) -> Holding:
    """Begin a holding in a project that the actor may know of, or in an outside asset by name.

    Raises NotFound, Forbidden, Invalid; Conflict when the vehicle holds this project, or one of this name, already.
    """
    vehicle = queries.vehicle(actor, fund_id)
    policy.require(actor, Can.HOLD, vehicle, see=Can.SEE)
    found = {name: str(values.get(name) or "") for name in _FIELDS}
    project_id = values.get("project_id")
    if project_id is not None:
        found = _of_project(actor, project_id, found)
    if not found["name"]:
        raise Invalid.field("name", "required", N_("Name the asset, or choose a project"))
    row = Holding(
        organisation_id=vehicle.organisation_id, vehicle_id=vehicle.id, project_id=project_id,
        currency=_currency(vehicle, values.get("currency")),
        fund_id=vehicle.id if vehicle.fund else None, is_sample=is_sample, **found,
    )  # fmt: skip
    try:
        with session().begin_nested():
            session().add(row)
    except IntegrityError:
        raise Conflict(N_("This fund holds that already"), code="held_already") from None
    audit.record(
        actor, Tag.ADDED, row, after={"name": row.name, "fund_id": row.fund_id, "project_id": project_id}
    )
    return row


def _currency(vehicle: Vehicle, wanted: str | None) -> str:
    """The currency that a holding is kept in: a fund's own, or any that is known for what is held without a fund."""
    if wanted in (None, vehicle.currency):
        return vehicle.currency
    if vehicle.fund is not None:
        message = N_("A fund keeps its holdings in its own currency, %(currency)s")
        raise Invalid.field("currency", "wrong_currency", message, currency=vehicle.currency)
    if wanted not in CURRENCIES:
        message = N_("This currency is not known; use a code such as CNY, USD or EUR")
        raise Invalid.field("currency", "unknown_currency", message)
    return str(wanted)


def _of_project(actor: Actor, project_id: str, found: dict[str, str]) -> dict[str, str]:
    """What was not said, from the project's pitch."""
    try:
        project = pitches.get(actor, project_id)
    except NotFound:
        raise Invalid.field("project_id", "unknown", N_("Choose a project that you may see")) from None
    content = pitches.content(project)
    genres = content.get("genres") or [""]
    titles = content.get("title") or {}
    other = "en" if language() == "zh" else "zh"
    told = {
        "name": titles.get(language()) or titles.get(other) or project.id,
        "genre": genres[0],
        "stage": content.get("stage") or "",
    }
    return {name: found[name] or told.get(name, "") for name in _FIELDS}


def change(actor: Actor, holding_id: str, values: dict[str, Any], *, version: int | None) -> Holding:
    """Change names and groups of a holding, or watch it. Raises NotFound, Forbidden, StaleVersion, Conflict."""
    row = queries.locked(actor, holding_id)
    policy.require(actor, Can.EDIT, row, see=Can.SEE)
    if version is not None and version != row.version:
        raise StaleVersion(row.version)
    new = {name: value for name, value in values.items() if value is not None and value != getattr(row, name)}
    if not new:
        return row
    before = {name: getattr(row, name) for name in new}
    try:
        with session().begin_nested():
            for name, value in new.items():
                setattr(row, name, value)
            session().flush()
    except IntegrityError:
        session().refresh(row)
        raise Conflict(N_("Another holding of this fund carries this name"), code="name_taken") from None
    audit.record(actor, Tag.WATCHED if "watched" in new else Tag.EDITED, row, before=before, after=new)
    return row


def add_right(actor: Actor, holding_id: str, *, due_on: date, amount: Money, text: str) -> FollowOn:
    """Note a right to put in more until a day. Raises NotFound, Forbidden, Invalid, Conflict when it is noted."""
    row = queries.get(actor, holding_id)
    policy.require(actor, Can.DECIDE, row, see=Can.SEE)
    if amount.currency != row.currency:
        message = N_("Value the holding in its own currency, %(currency)s")
        raise Invalid.field("amount", "wrong_currency", message, currency=row.currency)
    if not amount.amount_minor:
        raise Invalid.field("amount", "too_small", N_("Enter an amount above zero"))
    made = FollowOn(
        holding_id=row.id, organisation_id=row.organisation_id, due_on=due_on, amount_minor=amount.amount_minor, text=text,
    )  # fmt: skip
    try:
        with session().begin_nested():
            session().add(made)
    except IntegrityError:
        raise Conflict(N_("This right is noted already"), code="right_noted") from None
    audit.record(
        actor, Tag.RIGHT_ADDED, row, after={"right": made.id, "due_on": due_on.isoformat(), "text": text}
    )
    return made


def decide_right(
    actor: Actor, holding_id: str, right_id: str, *, state: str, version: int | None = None
) -> FollowOn:
    """Say that a right was exercised or waived, once. Raises NotFound, Forbidden, InvalidTransition, StaleVersion."""
    row = queries.locked(actor, holding_id)
    right = queries.right(actor, right_id)
    if right.holding_id != row.id:
        raise NotFound()
    policy.require(actor, Can.DECIDE, row, see=Can.SEE)
    if version is not None and version != right.version:
        raise StaleVersion(right.version)
    if right.state != "open":
        raise InvalidTransition(N_("This right was decided already"))
    if state == "exercised" and right.due_on < clock.today():
        raise InvalidTransition(N_("This right has lapsed; it can only be waived"))
    right.state = state
    session().flush()
    audit.record(actor, Tag.RIGHT_DECIDED, row, before={"state": "open"}, after={"state": state})
    return right
