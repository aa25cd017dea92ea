"""Reads of rounds, steps and seals."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from dealflow.accounts import queries as accounts
from dealflow.core import clock
from dealflow.core.actor import SYSTEM, Actor
from dealflow.core.db import session
from dealflow.core.errors import NotFound
from dealflow.pitches import queries as pitches
from dealflow.signing.models import Seal, SigningRound, SigningStep
from dealflow.termsheets import queries as sheets

_PUBLIC = {"unscoped": "whoever holds a code may ask whether the file is genuine"}


def round_of(actor: Actor, term_sheet_id: str) -> SigningRound | None:
    """The latest round of a term sheet, when there was one."""
    query = select(SigningRound).where(SigningRound.term_sheet_id == term_sheet_id)
    return session().scalars(query.order_by(SigningRound.id.desc()).limit(1)).first()


def get_round(actor: Actor, term_sheet_id: str) -> SigningRound:
    """The latest round; NotFound when there was none."""
    found = round_of(actor, term_sheet_id)
    if found is None:
        raise NotFound()
    return found


def steps(signing: SigningRound) -> list[SigningStep]:
    """The steps in order."""
    query = select(SigningStep).where(SigningStep.round_id == signing.id).order_by(SigningStep.position)
    return list(session().scalars(query))


def titles(signing: SigningRound) -> dict[str, str]:
    """The titles of the project whose terms are signed, by language."""
    project_id = sheets.get(SYSTEM, signing.term_sheet_id).project_id
    found: dict[str, str] = pitches.briefs([project_id])[project_id]["titles"]
    return found


def waiting(found: list[SigningStep]) -> SigningStep | None:
    """The step whose turn it is."""
    return next((step for step in found if step.state == "waiting"), None)


def seal_of(organisation_id: str | None) -> Seal | None:
    """An organisation's seal, for itself and for what it signs."""
    query = select(Seal).where(Seal.organisation_id == organisation_id)
    return (
        session().scalars(query, execution_options={"unscoped": "a seal is shown on what it sealed"}).first()
    )


def has_authenticator(actor: Actor) -> bool:
    """Whether the actor logs in with a second step."""
    return accounts.own_user(actor).otp_enabled_at is not None


def completed_by_code(code: str) -> tuple[SigningRound, list[SigningStep]] | None:
    """The completed round of a version's code, whoever asks."""
    query = select(SigningRound).where(SigningRound.code == code, SigningRound.state == "completed")
    found = session().scalars(query, execution_options=_PUBLIC).first()
    if found is None:
        return None
    rows = select(SigningStep).where(SigningStep.round_id == found.id).order_by(SigningStep.position)
    return found, list(session().scalars(rows, execution_options=_PUBLIC))


def as_dict(actor: Actor, signing: SigningRound) -> dict[str, Any]:
    """A round as the API gives it."""
    return {
        "id": signing.id,
        "version": signing.version,
        "created_at": clock.rfc3339(signing.created_at),
        "updated_at": clock.rfc3339(signing.updated_at),
        "term_sheet_id": signing.term_sheet_id,
        "version_number": signing.number,
        "code": signing.code,
        "state": signing.state,
        "language": signing.language,
        "require_otp": signing.require_otp,
        "expires_on": signing.expires_on.isoformat(),
        "close_reason": signing.close_reason,
        "document_sha256": signing.file_sha256,
        "steps": [
            {
                "position": step.position, "side": step.side, "organisation_id": step.organisation_id, "name": step.name,
                "title": step.title, "state": step.state, "at": clock.rfc3339(step.at) if step.at else None,
                "second_factor": step.by_otp, "reason": step.reason,
            }
            for step in steps(signing)
        ],
    }  # fmt: skip
