"""Use cases of mandates. The only way to write them."""

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Invalid, StaleVersion
from dealflow.core.i18n import N_, gettext
from dealflow.core.ids import new
from dealflow.core.money import Money
from dealflow.core.schema import load
from dealflow.core.search import normalise
from dealflow.mandates import queries
from dealflow.mandates.models import Mandate
from dealflow.mandates.policy import Can, Tag
from dealflow.mandates.schemas import MandateIn


def create(actor: Actor, values: MandateIn) -> Mandate:
    """State a mandate. Raises Forbidden, and Invalid when the external id is taken."""
    policy.require(actor, Can.CREATE)
    mandate = Mandate(id=new("mnd"), organisation_id=actor.organisation_id)
    plain = values.plain()
    _assign(mandate, plain)
    try:
        with session().begin_nested():
            session().add(mandate)
    except IntegrityError:
        raise _taken() from None
    audit.record(actor, Tag.CREATED, mandate, after=plain)
    return mandate


def update(actor: Actor, mandate_id: str, changes: dict[str, Any], *, version: int) -> Mandate:
    """Change the named fields (interface form). A change that changes nothing leaves the version alone.

    Raises NotFound, Forbidden, StaleVersion, and Invalid when the whole no longer obeys the rules.
    """
    mandate = _editable(actor, mandate_id, version)
    before = queries.content(mandate)
    after = load(MandateIn, before | changes).plain()
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        return mandate
    try:
        with session().begin_nested():
            _assign(mandate, after)
            session().flush()
    except IntegrityError:
        raise _taken() from None
    audit.record(
        actor,
        Tag.CHANGED,
        mandate,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    return mandate


def set_active(actor: Actor, mandate_id: str, active: bool, *, version: int) -> Mandate:
    """Pause or resume; doing it twice is no error."""
    mandate = _editable(actor, mandate_id, version)
    if mandate.active != active:
        mandate.active = active
        session().flush()
        audit.record(
            actor,
            Tag.RESUMED if active else Tag.PAUSED,
            mandate,
            before={"active": not active},
            after={"active": active},
        )
    return mandate


def duplicate(actor: Actor, mandate_id: str) -> Mandate:
    """A paused copy, so that it can be changed before it is used; without the external id."""
    original = queries.get(actor, mandate_id)
    policy.require(actor, Can.EDIT, original, see=Can.SEE)
    name = gettext(N_("%(name)s (copy)"), name=original.name[:190])
    content = queries.content(original) | {"name": name, "active": False, "external_id": None}
    return create(actor, load(MandateIn, content))


def delete(actor: Actor, mandate_id: str) -> None:
    """Take a mandate away for good."""
    mandate = queries.get(actor, mandate_id)
    policy.require(actor, Can.DELETE, mandate, see=Can.SEE)
    before = queries.content(mandate)
    mandate.deleted_at, mandate.active, mandate.external_id = clock.now(), False, None
    session().flush()
    audit.record(actor, Tag.DELETED, mandate, before=before)


def _editable(actor: Actor, mandate_id: str, version: int) -> Mandate:
    mandate = queries.get(actor, mandate_id)
    policy.require(actor, Can.EDIT, mandate, see=Can.SEE)
    if mandate.version != version:
        raise StaleVersion(mandate.version)
    return mandate


def _assign(mandate: Mandate, values: dict[str, Any]) -> None:
    for name in ("name", "active", "constraints", "preferences", "allow_discovery", "external_id"):
        setattr(mandate, name, values[name])
    mandate.capital = Money(**values["capital"])
    most = values["max_per_project"]
    mandate.max_per_project = Money(**most) if most else None
    mandate.search_text = normalise(values["name"], values["preferences"].get("text"))


def _taken() -> Invalid:
    return Invalid.field("external_id", "taken", N_("Another mandate of yours has this external id"))
