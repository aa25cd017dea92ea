"""What signing adds to the page of a term sheet, and the signed file in place of a plain print."""

from __future__ import annotations

from typing import Any

from flask import Response, session

from dealflow.core import policy, slots
from dealflow.core.actor import Actor
from dealflow.core.errors import NotFound
from dealflow.files import queries as files
from dealflow.files import serving
from dealflow.files.queries import StoredFile
from dealflow.signing import queries
from dealflow.signing.forms import ReasonForm, SignForm
from dealflow.signing.policy import Can
from dealflow.signing.states import LABELS
from dealflow.termsheets.forms import PdfQuery
from dealflow.termsheets.queries import TermSheet, TermSheetVersion

# Where the browser's session keeps the title somebody typed for a signature that was refused.
TYPED = "signing_title"


@slots.fill("termsheet.accepted", order=10)
def to_sign(actor: Actor, sheet: TermSheet) -> tuple[str, dict[str, Any]] | None:
    """The way to begin signing."""
    if not policy.can(actor, Can.BEGIN, sheet):
        return None
    return "signing/_accepted.html", {"sheet": sheet}


@slots.fill("termsheet.main", order=10)
def round_of(actor: Actor, sheet: TermSheet) -> tuple[str, dict[str, Any]] | None:
    """The latest round: who has signed, whose turn it is, what the actor can do."""
    signing = queries.round_of(actor, sheet.id)
    if signing is None:
        return None
    found = queries.steps(signing)
    late = signing.is_late
    step = queries.waiting(found) if signing.state == "open" and not late else None
    may = policy.can(actor, Can.SIGN, sheet)
    mine = (
        step is not None
        and step.organisation_id == actor.organisation_id
        and step.user_id in (None, actor.user_id)
    )
    title = session.pop(TYPED, "") or (step.title if step and mine else "")
    return "signing/_round.html", {
        "sheet": sheet, "signing": signing, "steps": found, "turn": step, "mine": mine and may, "labels": LABELS,
        "late": late,
        "may_begin": late and policy.can(actor, Can.BEGIN, sheet), "in_person": step is not None and step.organisation_id == actor.organisation_id and not mine,
        "may_stop": signing.state == "open" and not late and policy.can(actor, Can.STOP, sheet), "sign_form": SignForm(data={"title": title}),
        "reason_form": ReasonForm(), "has_otp": queries.has_authenticator(actor),
        "own_seal": queries.seal_of(actor.organisation_id),
    }  # fmt: skip


def signed_file(actor: Actor, term_sheet_id: str) -> StoredFile:
    """The executed file; NotFound until it is made."""
    signing = queries.get_round(actor, term_sheet_id)
    if signing.file_id is None:
        raise NotFound()
    return files.get(actor, signing.file_id)


def signed_print(
    actor: Actor, sheet: TermSheet, version: TermSheetVersion, query: PdfQuery
) -> Response | None:
    """The executed file in place of a plain print, unless another language of it was asked for."""
    signing = queries.round_of(actor, sheet.id)
    if signing is None or signing.file_id is None or signing.number != version.number:
        return None
    if "lang" in query.model_fields_set and query.lang != signing.language:
        return None
    return serving.answer(files.get(actor, signing.file_id))
