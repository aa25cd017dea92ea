"""Files that show that a milestone is met: handed in by the project, accepted or rejected by the investor."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid, InvalidTransition, NotFound
from dealflow.core.i18n import N_
from dealflow.files import service as files
from dealflow.files.service import Received
from dealflow.settlement import queries
from dealflow.settlement.models import MilestoneProof, Tranche
from dealflow.settlement.policy import Can, Tag
from dealflow.settlement.service import base, tranches
from dealflow.settlement.states import PROOF

PURPOSE = "settlement.proof"


def to_prove(actor: Actor, tranche_id: str) -> None:
    """Return for a tranche that the actor may hand in a proof for. NotFound, Forbidden."""
    policy.require(actor, Can.PROVE, queries.tranche(actor, tranche_id), see=Can.SEE)


def submit(actor: Actor, tranche_id: str, received: Received, *, note: str = "") -> MilestoneProof:
    """Hand in a file for a tranche that waits. NotFound, Forbidden, InvalidTransition, Conflict while one is looked at."""
    _commitment, tranche = base.held(actor, tranche_id, Can.PROVE)
    waits = tranche.state == "waiting" or (tranche.state == "held" and tranche.held_from == "waiting")
    if not waits:
        raise InvalidTransition(N_("This tranche does not wait for a proof"))
    if tranche.milestone == "signing":
        raise InvalidTransition(N_("Signing is proven by the signatures alone"))
    stored = files.keep(actor, received)
    proof = MilestoneProof(
        tranche_id=tranche.id, investor_organisation_id=tranche.investor_organisation_id,
        project_organisation_id=tranche.project_organisation_id, file_id=stored.id, file_name=stored.name, note=note.strip(),
        user_id=actor.user_id, user_name=actor.user_name,
    )  # fmt: skip
    try:
        with session().begin_nested():
            session().add(proof)
            session().flush()
    except IntegrityError:
        raise Conflict(N_("A proof waits for the investor's answer already")) from None
    base.happened(actor, tranche, "submit", text=note.strip(), file=stored.name)
    audit.record(actor, Tag.PROOF_SUBMITTED, proof, after={"file": stored.name, "sha256": stored.sha256})
    base.tell(
        actor, tranche, "investor", "proof", N_("A proof for a tranche of “%(project)s” waits for your answer"),
        link=base.commitment_path(tranche.commitment_id), key=f"proof:{proof.id}",
    )  # fmt: skip
    return proof


def accept(actor: Actor, proof_id: str) -> MilestoneProof:
    """The investor accepts a proof: the tranche may be called, also when its date was missed meanwhile."""
    proof, tranche = _to_answer(actor, proof_id)
    _answered(actor, proof, "accept", "")
    base.happened(actor, tranche, "accept", file=proof.file_name)
    audit.record(actor, Tag.PROOF_ACCEPTED, proof, before={"state": "waiting"}, after={"state": proof.state})
    tranches.prove(actor, tranche, how="proof", on=clock.today(), source=proof.id)
    return proof


def reject(actor: Actor, proof_id: str, *, reason: str) -> MilestoneProof:
    """The investor rejects a proof, with a reason; another may be handed in."""
    why = reason.strip()
    proof, tranche = _to_answer(actor, proof_id)
    if not why:
        raise Invalid.field("reason", "required", N_("Say in a few words what is missing"))
    _answered(actor, proof, "reject", why)
    base.happened(actor, tranche, "reject", text=why, file=proof.file_name)
    audit.record(
        actor,
        Tag.PROOF_REJECTED,
        proof,
        before={"state": "waiting"},
        after={"state": proof.state},
        reason=why,
    )
    base.tell(
        actor, tranche, "project", "proof_rejected", N_("The investor rejected a proof for “%(project)s”"),
        text=N_("Reason: %(reason)s"), reason=why, link=base.commitment_path(tranche.commitment_id),
    )  # fmt: skip
    return proof


def _to_answer(actor: Actor, proof_id: str) -> tuple[MilestoneProof, Tranche]:
    known = session().get(MilestoneProof, proof_id)
    if known is None:
        raise NotFound()
    policy.require(actor, Can.ANSWER, known, see=Can.SEE)
    _commitment, tranche = base.held(actor, known.tranche_id, Can.ANSWER)
    if tranche.state == "cancelled":
        raise InvalidTransition(N_("This tranche lapsed; a proof opens it no more"))
    return base.fresh(MilestoneProof, proof_id), tranche


def _answered(actor: Actor, proof: MilestoneProof, event: str, answer: str) -> None:
    proof.state = PROOF.fire(proof.state, event, proof)
    proof.answered_by, proof.answered_at, proof.answer = actor.user_name, clock.now(), answer
    session().flush()
