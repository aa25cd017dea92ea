"""Named checks of accounts."""

from __future__ import annotations

from sqlalchemy import func, select

from dealflow.accounts.models import Membership, Organisation
from dealflow.core.db import session
from dealflow.core.invariants import invariant


@invariant("accounts: every organisation with members has an owner")
def has_an_owner() -> list[str]:
    """A line for each organisation that nobody can manage."""
    owners = func.count(Membership.id).filter(Membership.role == "owner")
    query = (
        select(Organisation.id, Organisation.name)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .group_by(Organisation.id, Organisation.name)
        .having(owners == 0)
    )
    return [f"{row.id} ({row.name}) has no owner" for row in session().execute(query)]
