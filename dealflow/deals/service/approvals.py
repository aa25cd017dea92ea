"""Moves that wait for a second member of the organisation."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.deals.models import Deal, DealPosition, MoveApproval, PipelineStage
from dealflow.deals.policy import Tag
from dealflow.notify import service as notify
from dealflow.pitches import queries as pitches


def ask(
    actor: Actor, deal: Deal, place: DealPosition, stage: PipelineStage, *, reason: str, reason_id: str | None
) -> MoveApproval:
    """Ask the other members to approve a move. Conflict when one waits already."""
    row = MoveApproval(
        id=new("apr"), deal_id=deal.id, organisation_id=place.organisation_id, stage_id=stage.id, reason=reason,
        reason_id=reason_id, asked_by_id=actor.user_id, asked_by_name=actor.user_name,
    )  # fmt: skip
    try:
        with session().begin_nested():
            session().add(row)
    except IntegrityError:
        raise Conflict(N_("A move of this deal waits for approval already")) from None
    audit.record(actor, Tag.APPROVAL_ASKED, deal, after={"stage_id": stage.id}, reason=reason)
    notify.tell(
        code="move_approval", title=N_("%(name)s asks you to approve a move of “%(project)s”"),
        text=N_("A second member approves before the deal moves on."),
        params={"name": actor.user_name, "project": pitches.briefs([deal.project_id])[deal.project_id]["titles"]},
        link=f"/deals/{deal.id}#approval", organisation_id=place.organisation_id, but=actor.user_id,
    )  # fmt: skip
    return row
