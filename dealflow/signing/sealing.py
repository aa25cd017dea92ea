"""Making the executed file once everybody has signed, and keeping it: outside any transaction, once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from dealflow.audit import service as audit
from dealflow.core.actor import SYSTEM, Actor
from dealflow.core.config import settings
from dealflow.core.db import hold, session
from dealflow.core.i18n import N_
from dealflow.core.outbox import emit
from dealflow.files import access, storage
from dealflow.files import queries as files
from dealflow.files import service as storing
from dealflow.files.service import Received
from dealflow.notify import service as notify
from dealflow.signing import queries
from dealflow.signing.events import ExecutedFileReady
from dealflow.signing.models import Seal, SigningRound, SigningStep
from dealflow.signing.policy import Tag
from dealflow.signing.printing import Record, Step
from dealflow.termsheets import libraries, library
from dealflow.termsheets import queries as sheets

PURPOSE, SEAL_PURPOSE = "signing.executed", "signing.seal"
# A side as a round names it → the party as the document names it.
_PARTY = {"investor": "investor", "project": "creator"}
_SWEEP = {"unscoped": "the sweep serves all tenants"}


@dataclass(frozen=True)
class Plan:
    """What the executed file is made from: plain values, read in one transaction."""

    round_id: str
    document: library.Document
    record: Record


def verify_url(code: str) -> str:
    """The public page that tells whether a file is genuine."""
    return f"{settings().base_url}/verify/{code}"


def plan(round_id: str) -> Plan | None:
    """What to make; None when the file is there already. Inside a system transaction."""
    signing = session().get_one(SigningRound, round_id)
    if signing.state != "completed" or signing.file_id is not None:
        return None
    sheet = sheets.get(SYSTEM, signing.term_sheet_id)
    version = sheets.version(SYSTEM, sheet, signing.number)
    document = library.build_document(
        sheet.template, version.project, version.parties, version.terms, version_code=version.code, state="executed",
        lang=signing.language, generated_on=version.at.date(), library=libraries.get(sheet.library_number),
    )  # fmt: skip
    steps = tuple(
        _printed(step, document.parties[_PARTY[step.side]].name(signing.language))
        for step in queries.steps(signing)
    )
    record = Record(steps, signing.digest, signing.code, verify_url(signing.code), signing.created_at)
    return Plan(round_id, document, record)


def _printed(step: SigningStep, organisation: str) -> Step:
    if step.at is None:
        raise ValueError("a step of a completed round is not signed")
    seal = step.seal or {}
    return Step(
        f"signature-{step.position}", step.side, step.name, step.title, organisation, step.at, step.by_otp,
        seal_words=seal.get("words", ""), seal_image=_picture(seal.get("file_id")),
    )  # fmt: skip


def _picture(file_id: str | None) -> bytes | None:
    if file_id is None:
        return None
    facts = files.facts(files.get(SYSTEM, file_id), "small")
    return b"".join(storage.read(facts["sha256"], 0, facts["size"]))


def receive(code: str, content: bytes) -> Received:
    """Put the executed file into the storage, before the transaction that keeps it."""
    name = f"term-sheet-{code}-signed.pdf"
    return storing.receive_bytes(content, name, content_type="application/pdf", purpose=PURPOSE)


def keep(round_id: str, received: Received) -> None:
    """Keep the executed file and tell both sides; the first to come wins. Inside a system transaction."""
    signing = hold(SigningRound, round_id)
    if signing.file_id is not None:
        return
    owner = replace(SYSTEM, organisation_id=signing.investor_organisation_id)
    row = storing.keep(owner, received)
    signing.file_id, signing.file_sha256 = row.id, row.sha256
    session().flush()
    audit.record(owner, Tag.SEALED, signing, after={"file_id": row.id, "sha256": row.sha256})
    for organisation_id in (signing.investor_organisation_id, signing.project_organisation_id):
        notify.tell(
            code="signing.done", title=N_("The signed term sheet of “%(project)s” is ready"), organisation_id=organisation_id,
            text=N_("Version %(version)s with all signatures can be downloaded."),
            params={"project": queries.titles(signing), "version": signing.number},
            link=f"/term-sheets/{signing.term_sheet_id}", by_mail=True, key=f"signing.done:{signing.id}:{organisation_id}",
        )  # fmt: skip
    emit(ExecutedFileReady(signing.term_sheet_id, signing.id, row.id, row.sha256))


def _party_reads(actor: Actor, stored: Any) -> bool:
    query = select(SigningRound.id).where(SigningRound.file_id == stored.id)
    return session().scalar(query) is not None


def _nobody_else(actor: Actor, stored: Any) -> bool:
    return False


def _executed_in_use(ids: Iterable[str]) -> set[str]:
    query = select(SigningRound.file_id).where(SigningRound.file_id.in_(set(ids)))
    return {found for found in session().scalars(query, execution_options=_SWEEP) if found}


def _seals_in_use(ids: Iterable[str]) -> set[str]:
    now = select(Seal.file_id).where(Seal.file_id.is_not(None))
    then = select(SigningStep.seal).where(SigningStep.seal.is_not(None))
    used = set(session().scalars(now, execution_options=_SWEEP))
    used |= {(seal or {}).get("file_id") for seal in session().scalars(then, execution_options=_SWEEP)}
    return set(ids) & used


def install() -> None:
    """Register the purposes of this room's files."""
    access.allow(PURPOSE, _party_reads, _executed_in_use)
    access.allow(SEAL_PURPOSE, _nobody_else, _seals_in_use)
