"""Documents that a valuation rests on: handed in first, named by valuations afterwards, kept as they were."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from dealflow.audit import service as audit
from dealflow.core import policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Invalid, NotFound
from dealflow.core.i18n import N_
from dealflow.files import access
from dealflow.files import queries as stored_files
from dealflow.files import service as files
from dealflow.files.queries import StoredFile
from dealflow.files.service import Received
from dealflow.portfolio import queries
from dealflow.portfolio.models import Holding, Valuation
from dealflow.portfolio.policy import Can, Tag

PURPOSE = "portfolio.valuation"
_SWEEP = {"unscoped": "the sweep serves all tenants"}


def to_value(actor: Actor, holding_id: str) -> Holding:
    """A holding that the actor may value. NotFound, Forbidden."""
    row = queries.get(actor, holding_id)
    policy.require(actor, Can.VALUE, row, see=Can.SEE)
    return row


def keep(actor: Actor, holding_id: str, received: Received) -> StoredFile:
    """Keep a document for valuations of a holding. Raises NotFound, Forbidden."""
    row = to_value(actor, holding_id)
    stored = files.keep(actor, received)
    audit.record(
        actor, Tag.DOCUMENT, row, after={"file_id": stored.id, "name": stored.name, "sha256": stored.sha256}
    )
    return stored


def named(actor: Actor, document_id: str | None) -> StoredFile | None:
    """The document that a valuation names; Invalid when the actor's organisation did not hand it in for one."""
    if document_id is None:
        return None
    try:
        found = stored_files.get(actor, document_id)
    except NotFound:
        found = None
    if found is None or found.purpose != PURPOSE or found.organisation_id != actor.organisation_id:
        message = N_("There is no such document; hand the file in again")
        raise Invalid.field("document_id", "unknown_document", message)
    return found


def register_use() -> None:
    """Tell the files' room that documents of valuations stay, and that only their own organisation reads them."""

    def in_use(ids: Iterable[str]) -> set[str]:
        query = select(Valuation.file_id).where(Valuation.file_id.in_(list(ids)))
        return {found for found in session().scalars(query, execution_options=_SWEEP) if found}

    access.allow(PURPOSE, lambda actor, stored: False, in_use)
