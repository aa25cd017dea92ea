"""Reads of late interest that was waived."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import NotFound
from dealflow.settlement.models import InterestWaiver


def get(actor: Actor, waiver_id: str) -> InterestWaiver:
    """A waiver the actor may know of; NotFound otherwise."""
    found = session().get(InterestWaiver, waiver_id)
    if found is None:
        raise NotFound()
    return found


def of_call(call_id: str) -> list[InterestWaiver]:
    """What was waived on a call and what of it was taken back, the latest first."""
    query = select(InterestWaiver).where(InterestWaiver.call_id == call_id).order_by(InterestWaiver.id.desc())
    return list(session().scalars(query))


def is_reversed(waiver_id: str) -> bool:
    """Whether a waiver was taken back."""
    query = select(InterestWaiver.id).where(InterestWaiver.reverses_id == waiver_id)
    return session().scalar(query) is not None


def standing(rows: Sequence[InterestWaiver]) -> set[str]:
    """Ids of those that were not taken back and take nothing back."""
    undone = {row.reverses_id for row in rows}
    return {row.id for row in rows if row.reverses_id is None and row.id not in undone}
