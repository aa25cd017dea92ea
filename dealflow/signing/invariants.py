"""Named checks of the room."""

from __future__ import annotations

from sqlalchemy import func, select

from dealflow.core.db import session
from dealflow.core.invariants import invariant
from dealflow.signing.models import SigningRound, SigningStep


@invariant("signing: a completed round is signed by all, in order")
def complete() -> list[str]:
    """Completed rounds with a step that is not signed, or signed before the one ahead of it."""
    found = []
    query = (
        select(SigningStep, SigningRound)
        .join(SigningRound, SigningRound.id == SigningStep.round_id)
        .where(SigningRound.state == "completed")
        .order_by(SigningStep.round_id, SigningStep.position)
    )
    last: SigningStep | None = None
    for step, signing in session().execute(query):
        if step.state != "signed" or step.digest != signing.digest:
            found.append(f"{signing.id}: step {step.position} is not signed")
        elif (
            last is not None and last.round_id == step.round_id and last.at and step.at and last.at > step.at
        ):
            found.append(f"{signing.id}: step {step.position} was signed before step {last.position}")
        last = step
    return found


@invariant("signing: a file belongs to a completed round")
def files() -> list[str]:
    """Rounds with a file that are not completed."""
    query = select(func.count(SigningRound.id)).where(
        SigningRound.file_id.is_not(None), SigningRound.state != "completed"
    )
    wrong = session().scalar(query) or 0
    return [f"{wrong} rounds with a file are not completed"] if wrong else []
