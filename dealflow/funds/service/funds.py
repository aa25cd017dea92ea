"""Making and changing funds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core import policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid, StaleVersion
from dealflow.core.i18n import N_
from dealflow.funds import queries
from dealflow.funds.models import Fund
from dealflow.funds.policy import Can, Tag
from dealflow.funds.service.base import hold, open_book

# What is fixed once money moved: earlier figures were made with it.
_FIXED = ("currency", "carry_mode", "pref_rate_ppm", "catch_up_ppm", "carry_ppm")
_COLUMNS = (
    "parent_id", "name", "currency", "vintage", "started_on", "term_years", "target_minor", "fee_rate_ppm", "fee_base", "fee_outside", "fee_late",
    "carry_mode", "pref_rate_ppm", "catch_up_ppm", "carry_ppm", "equalisation_rate_ppm", "late_rate_ppm", "limits", "payment_details",
)  # fmt: skip


def create(actor: Actor, values: dict[str, Any], *, is_sample: bool = False) -> Fund:
    """Make a fund of the actor's organisation; `values` are columns of Fund, and its book is opened."""
    policy.require(actor, Can.CREATE)
    _check_parent(actor, None, values.get("parent_id"))
    fund = Fund(organisation_id=actor.organisation_id, is_sample=is_sample, **_columns(values))
    try:
        with session().begin_nested():
            session().add(fund)
    except IntegrityError:
        raise _name_taken() from None
    audit.record(actor, Tag.CREATED, fund, after=_facts(fund))
    open_book(actor, fund)
    return fund


def edit(actor: Actor, fund_id: str, values: dict[str, Any], *, version: int | None = None) -> Fund:
    """Change a fund. Currency and carry terms are fixed once something was posted."""
    fund = hold(actor, fund_id, Can.EDIT)
    if version is not None and version != fund.version:
        raise StaleVersion(fund.version)
    changed = {name: value for name, value in _columns(values).items() if getattr(fund, name) != value}
    if not changed:
        return fund
    if "parent_id" in changed:
        _check_parent(actor, fund, changed["parent_id"])
    if any(name in _FIXED for name in changed) and queries.cashflows(fund.id):
        name = next(name for name in _FIXED if name in changed)
        raise Invalid.field(
            name, "fixed", N_("This is fixed since money has moved; make another fund for other terms")
        )
    if {"fee_late", "fee_base"} & changed.keys() and queries.closings(fund.id):
        raise Invalid.field(
            "fee_late" if "fee_late" in changed else "fee_base", "fixed",
            N_("This is fixed since a closing was held; make another fund for other terms"),
        )  # fmt: skip
    before = _facts(fund)
    for name, value in changed.items():
        setattr(fund, name, value)
    try:
        with session().begin_nested():
            session().flush()
    except IntegrityError:
        raise _name_taken() from None
    audit.record(actor, Tag.EDITED, fund, before=before, after=_facts(fund))
    return fund


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in _COLUMNS if name in values}


def _facts(fund: Fund) -> dict[str, Any]:
    return {
        name: value.isoformat() if hasattr(value := getattr(fund, name), "isoformat") else value
        for name in _COLUMNS
    }


def _name_taken() -> Conflict:
    return Conflict(N_("A fund of this name is there already; choose another name"), code="name_taken")


def _check_parent(actor: Actor, fund: Fund | None, parent_id: str | None) -> None:
    """A parent is another fund of the same manager, and is nobody's vehicle itself."""
    if parent_id is None:
        return
    parent = session().scalars(
        select(Fund).where(Fund.id == parent_id, Fund.organisation_id == actor.organisation_id)
    ).first()  # fmt: skip
    if parent is None or parent.parent_id is not None or (fund is not None and parent.id == fund.id):
        raise Invalid.field(
            "parent_id", "no_parent", N_("Choose a fund of yours that is no vehicle of another")
        )
    if fund is not None and queries.vehicles(fund):
        raise Invalid.field(
            "parent_id", "has_vehicles", N_("This fund has vehicles, so it cannot be one itself")
        )
