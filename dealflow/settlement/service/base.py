"""What the use cases share: who holds which row, and how a change of a tranche is written down."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import select

from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import hold, session
from dealflow.core.errors import Invalid, NotFound
from dealflow.core.i18n import N_
from dealflow.core.outbox import emit
from dealflow.notify import service as notify
from dealflow.pitches.queries import briefs
from dealflow.settlement.events import TrancheOpened
from dealflow.settlement.models import Commitment, Tranche, TrancheEvent
from dealflow.settlement.policy import Can, Tag
from dealflow.settlement.states import TRANCHE

M = TypeVar("M")
_FRESH = {"populate_existing": True}


def held(actor: Actor, tranche_id: str, permission: Can) -> tuple[Commitment, Tranche]:
    """A tranche and its commitment as they are now, kept from others until the transaction ends. NotFound, Forbidden.

    Whoever changes anything of a commitment holds the commitment first, so that nobody waits for the other.
    """
    known = session().get(Tranche, tranche_id)
    if known is None:
        raise NotFound()
    policy.require(actor, permission, known, see=Can.SEE)
    commitment = hold_commitment(actor, known.commitment_id)
    return commitment, fresh(Tranche, tranche_id)


def hold_commitment(actor: Actor, commitment_id: str) -> Commitment:
    """A commitment as it is now, kept from others until the transaction ends."""
    return hold(Commitment, commitment_id)


def fresh(model: type[M], key: str) -> M:
    """A row as it stands now, whatever this transaction read before; for rows whose commitment is held."""
    query = select(model).where(model.id == key)  # type: ignore[attr-defined]
    return session().scalars(query, execution_options=_FRESH).one()


def tranches_of(commitment: Commitment) -> list[Tranche]:
    """All tranches of a held commitment as they are now, in order."""
    query = select(Tranche).where(Tranche.commitment_id == commitment.id).order_by(Tranche.number)
    return list(session().scalars(query, execution_options=_FRESH))


def reason_given(reason: str, message: str = N_("Say in a few words why; the other side reads it")) -> str:
    """A reason that must be there."""
    if not reason.strip():
        raise Invalid.field("reason", "required", message)
    return reason.strip()


def move(
    actor: Actor, tranche: Tranche, event: str, tag: Tag, *, kind: str = "", text: str = "", **data: Any
) -> None:
    """Fire an event of the tranche's machine and write it down. InvalidTransition when it is not possible now."""
    before = tranche.state
    tranche.state = TRANCHE.fire(before, event, tranche)
    tranche.state_since = clock.now()
    session().flush()
    happened(actor, tranche, kind or event, before=before, text=text, **data)
    audit.record(
        actor, tag, tranche, before={"state": before}, after={"state": tranche.state, **data}, reason=text,
        organisation_id=actor.organisation_id or tranche.project_organisation_id,
    )  # fmt: skip


def happened(
    actor: Actor, tranche: Tranche, kind: str, *, before: str = "", text: str = "", **data: Any
) -> None:
    """Append to the tranche's history."""
    session().add(
        TrancheEvent(
            tranche_id=tranche.id, investor_organisation_id=tranche.investor_organisation_id,
            project_organisation_id=tranche.project_organisation_id, kind=kind, before=before or tranche.state,
            after=tranche.state, text=text, data=data, user_id=actor.user_id, user_name=actor.user_name,
        )
    )  # fmt: skip
    session().flush()


def opened(tranche: Tranche) -> None:
    """Tell higher rooms that a tranche may be called."""
    emit(
        TrancheOpened(
            tranche.id, tranche.commitment_id, tranche.project_id, tranche.investor_organisation_id,
            tranche.project_organisation_id,
        )
    )  # fmt: skip


def tell(
    actor: Actor,
    thing: Any,
    side: str,
    code: str,
    title: str,
    *,
    link: str,
    text: str = "",
    key: str | None = None,
    **params: Any,
) -> None:
    """Tell a side's people, by mail too. `title` and `text` may name %(project)s."""
    receiver = thing.investor_organisation_id if side == "investor" else thing.project_organisation_id
    brief = briefs([thing.project_id]).get(thing.project_id, {})
    notify.tell(
        code=f"settlement.{code}", title=title, text=text or None, link=link, organisation_id=receiver, but=actor.user_id,
        params={"project": brief.get("titles", {}), **params}, key=key, by_mail=True,
    )  # fmt: skip


def commitment_path(commitment_id: str) -> str:
    """The address of a commitment's page."""
    return f"/commitments/{commitment_id}"
