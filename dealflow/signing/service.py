"""Use cases of signing: begin, sign in order, decline, stop, expire; the seal of an organisation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import IO, Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from dealflow.accounts import queries as accounts
from dealflow.audit import service as audit
from dealflow.core import clock, jobs, policy
from dealflow.core.actor import SYSTEM, Actor
from dealflow.core.db import hold, session
from dealflow.core.errors import Conflict, Forbidden, Invalid, InvalidTransition
from dealflow.core.i18n import N_
from dealflow.files import service as files
from dealflow.files.service import Received
from dealflow.notify import service as notify
from dealflow.signing import queries
from dealflow.signing.models import Seal, SigningRound, SigningStep
from dealflow.signing.policy import Can, Tag
from dealflow.signing.states import ROUND, STEP
from dealflow.termsheets import queries as sheets
from dealflow.termsheets import service as termsheets
from dealflow.termsheets.queries import TermSheet, TermSheetVersion

SEAL_JOB = "signing.seal"
DAYS = 14
REMIND_EVERY = timedelta(days=2)
SIGNERS = 8


@dataclass(frozen=True)
class Signer:
    """Somebody wanted: a side, and a person of it by address (None: whoever may write for it)."""

    side: str
    email: str | None = None
    title: str = ""


DEFAULT = (Signer("investor"), Signer("project"))


def digest_of(version: TermSheetVersion) -> str:
    """What every signer signs: SHA-256 over all that the version's print is made from."""
    values = [version.code, version.number, version.terms, version.project, version.parties]
    return hashlib.sha256(
        json.dumps(values, sort_keys=True, ensure_ascii=False).encode("utf-8", "replace")
    ).hexdigest()


def begin(
    actor: Actor,
    term_sheet_id: str,
    *,
    signers: Sequence[Signer] = DEFAULT,
    expires_on: date | None = None,
    language: str = "zh+en",
    require_otp: bool = False,
    version: int | None = None,
) -> SigningRound:
    """Begin to sign what both sides accepted, in the order of `signers`; a round whose time has passed ends by that.

    Raises NotFound, Forbidden, InvalidTransition, Conflict (as `termsheets.start_signing`), and Invalid that names the signer.
    """
    sheet = sheets.get(actor, term_sheet_id)
    policy.require(actor, Can.BEGIN, sheet)
    last_day = min(expires_on or clock.today() + timedelta(days=DAYS), sheet.valid_until)
    if expires_on is not None and expires_on < clock.today():
        raise Invalid.field("expires_on", "in_the_past", N_("Name a day that is still to come"))
    people = _people(actor, sheet, signers)
    known = queries.round_of(actor, term_sheet_id)
    if known is not None and known.is_late:
        _expire(known.id)
    sheet = termsheets.start_signing(actor, term_sheet_id, version=version)
    current = sheets.version(actor, sheet)
    signing = SigningRound(
        term_sheet_id=sheet.id, number=current.number, code=current.code, digest=digest_of(current), language=language,
        investor_organisation_id=sheet.investor_organisation_id, project_organisation_id=sheet.project_organisation_id,
        require_otp=require_otp, expires_on=last_day,
    )  # fmt: skip
    try:
        with session().begin_nested():
            session().add(signing)
    except IntegrityError:
        raise Conflict(N_("This term sheet is being signed already")) from None
    for position, (signer, user_id, name) in enumerate(people, 1):
        session().add(
            SigningStep(
                round_id=signing.id, position=position, side=signer.side, organisation_id=_organisation(sheet, signer.side),
                user_id=user_id, name=name, title=signer.title,
            )
        )  # fmt: skip
    session().flush()
    after = {"version": current.number, "signers": [name or signer.side for signer, _id, name in people]}
    audit.record(actor, Tag.BEGUN, signing, after=after)
    _tell_next(actor, signing)
    return signing


def _organisation(sheet: Any, side: str) -> str:
    return str(sheet.investor_organisation_id if side == "investor" else sheet.project_organisation_id)


def _people(
    actor: Actor, sheet: TermSheet, signers: Sequence[Signer]
) -> list[tuple[Signer, str | None, str]]:
    """Each signer with the person's id and name, when one is named. Both sides must sign, nobody twice."""
    if {signer.side for signer in signers} != {"investor", "project"} or len(signers) > SIGNERS:
        raise Invalid.field(
            "signers", "both_sides", N_("Name one to eight signers, with at least one of each side")
        )
    found: list[tuple[Signer, str | None, str]] = []
    for number, signer in enumerate(signers):
        if signer.email is None:
            found.append((signer, None, ""))
            continue
        person = accounts.signatory(_organisation(sheet, signer.side), signer.email)
        if person is None:
            raise Invalid.field(
                f"signers.{number}.email",
                "not_a_member",
                N_("Nobody who may sign for this side has this address"),
            )
        if any(user_id == person.user_id for _s, user_id, _n in found):
            raise Invalid.field(f"signers.{number}.email", "duplicate", N_("The same person signs once"))
        found.append((signer, person.user_id, person.name))
    return found


def sign(
    actor: Actor, term_sheet_id: str, *, by_otp: bool, version: int | None = None, title: str = ""
) -> SigningRound:
    """Sign for the actor's side when it is their turn; begins a round in the usual order when there is none.

    `by_otp`: a code of the authenticator was proven for this request; `version`: the version that was read.
    Raises NotFound, Forbidden (`not_the_signer`, `otp_needed`), Conflict (`not_your_turn`, `superseded`, `expired`), InvalidTransition.
    """
    sheet = sheets.get(actor, term_sheet_id)
    policy.require(actor, Can.SIGN, sheet)
    if sheet.state == "accepted":
        begin(actor, term_sheet_id, version=version)
    signing, found = _locked(actor, term_sheet_id)
    if version is not None and version != signing.number:
        raise Conflict(
            N_("Version %(version)s is no longer the current one; read version %(current)s first"),
            code="superseded", version=version, current=signing.number,
        )  # fmt: skip
    step = _turn(actor, signing, found)
    if not by_otp and (signing.require_otp or queries.has_authenticator(actor)):
        raise Forbidden(
            N_("Signing needs a fresh code of your authenticator; set one up in your settings"),
            code="otp_needed",
        )
    step.state, step.at, step.by_otp = STEP.fire(step.state, "sign"), clock.now(), by_otp
    step.user_id, step.name, step.title = actor.user_id, actor.user_name, title.strip() or step.title
    step.digest, step.seal = signing.digest, _seal_now(actor.organisation_id)
    session().flush()
    audit.record(
        actor,
        Tag.SIGNED,
        signing,
        after={"position": step.position, "digest": step.digest, "second_factor": by_otp},
    )
    if queries.waiting(found) is None:
        _complete(actor, signing)
    else:
        _tell_next(actor, signing)
    return signing


def _locked(actor: Actor, term_sheet_id: str) -> tuple[SigningRound, list[SigningStep]]:
    """The open round, held until the transaction ends, and its steps as they stand now."""
    known = queries.round_of(actor, term_sheet_id)
    if known is None:
        raise InvalidTransition(N_("Both sides must accept the same version before it is signed"))
    signing = hold(SigningRound, known.id)
    if signing.state != "open":
        raise InvalidTransition()
    if signing.is_late:
        raise Conflict(N_("The time to sign has passed; begin anew"), code="expired")
    query = select(SigningStep).where(SigningStep.round_id == signing.id).order_by(SigningStep.position)
    found = session().scalars(query, execution_options={"populate_existing": True})
    return signing, list(found)


def _turn(actor: Actor, signing: SigningRound, found: list[SigningStep]) -> SigningStep:
    step = queries.waiting(found)
    if step is None:
        raise InvalidTransition()
    if any(s.user_id == actor.user_id and s.state == "signed" for s in found):
        raise Conflict(N_("You have signed already"), code="signed_already")
    if step.organisation_id != actor.organisation_id:
        raise Conflict(N_("It is the other side's turn to sign"), code="not_your_turn")
    if step.user_id not in (None, actor.user_id):
        raise Forbidden(
            N_("%(name)s is to sign here; a signature cannot be given for somebody else"), code="not_the_signer", name=step.name
        )  # fmt: skip
    return step


def _seal_now(organisation_id: str | None) -> dict[str, Any] | None:
    seal = queries.seal_of(organisation_id)
    return {"kind": seal.kind, "words": seal.words, "file_id": seal.file_id} if seal else None


def _complete(actor: Actor, signing: SigningRound) -> None:
    _close(signing, "complete", "")
    termsheets.complete(actor, signing.term_sheet_id)
    jobs.enqueue(SEAL_JOB, {"round_id": signing.id}, key=f"{SEAL_JOB}:{signing.id}")


def decline(actor: Actor, term_sheet_id: str, *, reason: str) -> SigningRound:
    """Refuse to sign, with a reason both sides read; the accepted version may then be countered or signed anew."""
    sheet = sheets.get(actor, term_sheet_id)
    policy.require(actor, Can.SIGN, sheet)
    if not reason.strip():
        raise Invalid.field("reason", "required", N_("Say in a few words why you do not sign"))
    signing, found = _locked(actor, term_sheet_id)
    step = _turn(actor, signing, found)
    step.state, step.at, step.reason = STEP.fire(step.state, "decline"), clock.now(), reason.strip()
    step.user_id, step.name = actor.user_id, actor.user_name
    _close(signing, "decline", reason)
    audit.record(actor, Tag.DECLINED, signing, after={"position": step.position}, reason=reason)
    termsheets.stop_signing(actor, term_sheet_id, reason=reason)
    return signing


def stop(actor: Actor, term_sheet_id: str, *, reason: str) -> SigningRound:
    """End a round before all have signed: what was signed so far binds nobody."""
    sheet = sheets.get(actor, term_sheet_id)
    policy.require(actor, Can.STOP, sheet)
    if not reason.strip():
        raise Invalid.field("reason", "required", N_("Say in a few words why signing stops"))
    signing, _found = _locked(actor, term_sheet_id)
    _close(signing, "stop", reason)
    audit.record(
        actor, Tag.STOPPED, signing, before={"state": "open"}, after={"state": signing.state}, reason=reason
    )
    termsheets.stop_signing(actor, term_sheet_id, reason=reason)
    return signing


def _close(signing: SigningRound, event: str, reason: str) -> None:
    signing.state = ROUND.fire(signing.state, event, signing)
    signing.closed_at, signing.close_reason = clock.now(), reason.strip()
    session().flush()


def expire_due() -> int:
    """Close every round whose last day has passed; how many. On the platform's own behalf."""
    query = select(SigningRound).where(SigningRound.state == "open", SigningRound.expires_on < clock.today())
    return sum(_expire(known.id) for known in list(session().scalars(query)))


def _expire(round_id: str) -> bool:
    """Close a round that is late, for the platform, whoever noticed; whether that was left to do."""
    signing = hold(SigningRound, round_id)
    if not signing.is_late:
        return False
    _close(signing, "expire", "")
    audit.record(
        SYSTEM, Tag.EXPIRED, signing, before={"state": "open"}, after={"state": "expired"},
        organisation_id=signing.investor_organisation_id,
    )  # fmt: skip
    sheet = sheets.get(SYSTEM, signing.term_sheet_id)
    if sheet.state == "signing":
        termsheets.stop_signing(SYSTEM, sheet.id, reason="")
    return True


def remind_due() -> None:
    """Remind whoever's turn it is, every second day."""
    today = clock.today()
    open_rounds = select(SigningRound).where(SigningRound.state == "open", SigningRound.expires_on >= today)
    for signing in session().scalars(open_rounds):
        step = queries.waiting(queries.steps(signing))
        if step is not None and step.told_on is not None and today - step.told_on >= REMIND_EVERY:
            _tell(SYSTEM, signing, step, f"signing.reminder:{step.id}:{today.isoformat()}")


def _tell_next(actor: Actor, signing: SigningRound) -> None:
    step = queries.waiting(queries.steps(signing))
    if step is not None:
        _tell(actor, signing, step, f"signing.turn:{step.id}")


def _tell(actor: Actor, signing: SigningRound, step: SigningStep, key: str) -> None:
    step.told_on = clock.today()
    whom: dict[str, Any] = (
        {"user_ids": [step.user_id]} if step.user_id else {"organisation_id": step.organisation_id}
    )
    notify.tell(
        code="signing.turn", title=N_("The term sheet of “%(project)s” waits for your signature"), key=key, by_mail=True,
        text=N_("Version %(version)s, to be signed by %(day)s."), but=actor.user_id, link=f"/term-sheets/{signing.term_sheet_id}",
        params={"project": queries.titles(signing), "version": signing.number, "day": signing.expires_on.isoformat()}, **whom,
    )  # fmt: skip


def receive_seal(actor: Actor, stream: IO[bytes], filename: str | None) -> Received:
    """Take in a picture of a seal, for `set_seal`. Raises what `files.service.receive_image` raises."""
    policy.require(actor, Can.SET_SEAL)
    return files.receive_image(actor, stream, filename, purpose="signing.seal")


def set_seal(actor: Actor, *, words: str = "", picture: Received | None = None) -> Seal:
    """Set the organisation's seal: a picture, or words in a round seal. Signatures given before keep theirs."""
    policy.require(actor, Can.SET_SEAL)
    if picture is None and not words.strip():
        raise Invalid.field("words", "required", N_("Give the words of the seal, or a picture of it"))
    seal = queries.seal_of(actor.organisation_id)
    before = {"kind": seal.kind, "words": seal.words, "file_id": seal.file_id} if seal else None
    if seal is None:
        seal = Seal(organisation_id=actor.organisation_id, kind="text")
        session().add(seal)
    if picture is not None:
        seal.file_id = files.keep(actor, picture).id
        seal.kind, seal.words = "image", ""
    else:
        seal.kind, seal.words, seal.file_id = "text", words.strip(), None
    session().flush()
    after = {"kind": seal.kind, "words": seal.words, "file_id": seal.file_id}
    if before != after:
        audit.record(actor, Tag.SEAL_SET, seal, before=before, after=after)
    return seal
