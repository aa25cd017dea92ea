"""A second member's answer to a move that waits."""

from __future__ import annotations

from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Forbidden, Invalid, NotFound
from dealflow.core.i18n import N_
from dealflow.deals import queries
from dealflow.deals.models import Deal, MoveApproval
from dealflow.deals.policy import Can, Tag
from dealflow.deals.service import moving, rules
from dealflow.notify import service as notify
from dealflow.pitches import queries as pitches


def answer_approval(actor: Actor, deal_id: str, approval_id: str, *, approve: bool, answer: str = "") -> Deal:
    """Approve a waiting move, which is then done, or refuse it with a word.

    Raises NotFound, Forbidden for who asked for it, Invalid, and Conflict when it waits no longer.
    """
    deal = queries.locked(actor, deal_id)
    row = session().get(MoveApproval, approval_id, populate_existing=True)
    if row is None or row.deal_id != deal.id:
        raise NotFound()
    policy.require(actor, Can.APPROVE, deal, see=Can.SEE)
    if row.state != "waiting":
        raise Conflict(N_("This move waits for no approval any more"), code="invalid_transition")
    if row.asked_by_id == actor.user_id:
        raise Forbidden(N_("Somebody else must approve what you asked for"))
    if not approve and not answer.strip():
        raise Invalid.field("answer", "required", N_("Say in a few words why not"))
    place, stage = queries.position(actor, deal.id), queries.stage_of(actor, row.stage_id)
    row.state, row.answer = "approved" if approve else "refused", answer.strip()
    row.answered_by_id, row.answered_at = actor.user_id, clock.now()
    session().flush()
    audit.record(
        actor, Tag.APPROVAL_GIVEN if approve else Tag.APPROVAL_REFUSED, deal, after={"stage_id": stage.id}, reason=answer
    )  # fmt: skip
    if approve:
        rules.may_move(actor, deal, place, stage)
        rules.check(actor, deal, place, stage, row.reason, row.reason_id)
        moving.carry_out(actor, deal, place, stage, reason=row.reason, reason_id=row.reason_id)
    _tell_asker(actor, deal, row)
    return deal


def _tell_asker(actor: Actor, deal: Deal, row: MoveApproval) -> None:
    notify.tell(
        code="move_approval_answered",
        title=N_("Your move of “%(project)s” was approved") if row.state == "approved" else N_("Your move of “%(project)s” was refused"),
        text=N_("%(name)s: %(answer)s") if row.answer else None,
        params={
            "name": actor.user_name, "answer": row.answer,
            "project": pitches.briefs([deal.project_id])[deal.project_id]["titles"],
        },
        link=f"/deals/{deal.id}", user_ids=[row.asked_by_id],
    )  # fmt: skip
