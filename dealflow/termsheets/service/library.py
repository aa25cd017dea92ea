"""Saving a version of the clause library: whole and sound, or not at all."""

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core import policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.termsheets import libraries
from dealflow.termsheets.library import Library
from dealflow.termsheets.library.stored import read, to_data
from dealflow.termsheets.models import LibraryVersion
from dealflow.termsheets.policy import Can, Tag
from dealflow.termsheets.service.drafting import refusal


def checked(actor: Actor, data: dict[str, Any], number: int) -> Library:
    """The library that this data makes, as the version `number`. Raises Forbidden, and Invalid naming each field."""
    policy.require(actor, Can.EDIT_LIBRARY)
    library, problems = read(data | {"version": str(number)})
    if library is None:
        raise refusal([p.as_dict() for p in problems], "library.")
    return library


def save_library(
    actor: Actor, data: dict[str, Any], *, base_version: int, comment: str = ""
) -> LibraryVersion:
    """Save a version made from `base_version`; term sheets drafted from now on use it.

    Raises Forbidden, Conflict (`stale_base`, `unchanged`), and Invalid: an unknown merge field, a missing language or
    a value of the wrong type is refused here and never reaches a term sheet.
    """
    policy.require(actor, Can.EDIT_LIBRARY)
    if base_version != libraries.current_number():
        raise _stale()
    number = base_version + 1
    library = checked(actor, data, number)
    made = to_data(library)
    if {k: v for k, v in made.items() if k != "version"} == {
        k: v for k, v in libraries.data(base_version).items() if k != "version"
    }:
        raise Conflict(N_("Nothing was changed"), code="unchanged")
    row = LibraryVersion(
        id=new("lib"),
        number=number,
        data=made,
        comment=comment,
        user_id=actor.user_id,
        user_name=actor.user_name,
    )
    try:
        with session().begin_nested():
            session().add(row)
    except IntegrityError:
        raise _stale() from None
    audit.record(
        actor,
        Tag.LIBRARY_SAVED,
        row,
        before={"version": base_version},
        after={"version": number},
        reason=comment,
    )
    return row


def _stale() -> Conflict:
    return Conflict(N_("Another version was saved in between; compare and save again"), code="stale_base")
