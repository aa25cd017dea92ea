"""Documents behind figures, receipts and ad spend."""

from __future__ import annotations

from sqlalchemy import select

from dealflow.audit import service as audit
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Invalid
from dealflow.core.i18n import N_
from dealflow.files import service as files
from dealflow.files.service import Received
from dealflow.releases import desks
from dealflow.releases.desks import Desk
from dealflow.releases.models import Evidence
from dealflow.releases.policy import Tag

PURPOSE = "releases.evidence"


def add_evidence(actor: Actor, project_id: str, received: Received) -> Evidence:
    """Keep a document of a project that was taken in."""
    desk = desks.to_write(actor, project_id)
    stored = files.keep(actor, received)
    row = Evidence(
        project_id=desk.project_id, organisation_id=desk.organisation_id, file_id=stored.id, name=stored.name,
        user_id=actor.user_id,
    )  # fmt: skip
    session().add(row)
    session().flush()
    audit.record(
        actor, Tag.EVIDENCE, desk, after={"file_id": stored.id, "name": stored.name}, organisation_id=desk.organisation_id
    )  # fmt: skip
    return row


def check_proof(document_id: str | None, message: str) -> None:
    """What pays somebody is not proven because the one who tells it ticks so: Invalid when no paper stands beside it."""
    if document_id is None:
        raise Invalid.field("document_id", "required", message)


def check_document(desk: Desk, document_id: str | None) -> None:
    """Invalid when a document is named that is not one of the project's."""
    if document_id is None:
        return
    query = select(Evidence.id).where(Evidence.project_id == desk.project_id, Evidence.file_id == document_id)
    if session().scalar(query) is None:
        message = N_("This document does not belong to the project; upload it there first")
        raise Invalid.field("document_id", "unknown_document", message)
