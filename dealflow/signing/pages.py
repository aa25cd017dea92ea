"""Pages of signing: begin, sign, decline, stop, the seal, and the public page of verification."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, session, url_for

from dealflow.accounts.service import passwords
from dealflow.core import policy
from dealflow.core.errors import Conflict, DomainError, Forbidden, Invalid, InvalidTransition
from dealflow.core.http import actor, needs, paced, prepared, prepares, public
from dealflow.core.i18n import gettext as _
from dealflow.files import serving
from dealflow.files.service import Received
from dealflow.signing import panels, queries, service, verification
from dealflow.signing.forms import BeginForm, ReasonForm, SealForm, SealIn, SignForm
from dealflow.signing.policy import Can
from dealflow.signing.service import Signer
from dealflow.termsheets import queries as sheets

bp = Blueprint("signing", __name__)
ROWS = 4


def _back(term_sheet_id: str) -> Any:
    # To the top of the page: what was done or refused is told there, and the signatures come next.
    return redirect(url_for("termsheets.show", term_sheet_id=term_sheet_id), 303)


def _begin_page(
    term_sheet_id: str, form: BeginForm, signers: list[dict[str, str]], problems: list[str]
) -> str:
    sheet = sheets.get(actor(), term_sheet_id)
    policy.require(actor(), Can.BEGIN, sheet)
    return render_template(
        "signing/begin.html", sheet=sheet, form=form, signers=signers, problems=problems,
        seal=queries.seal_of(actor().organisation_id),
    )  # fmt: skip


def _usual() -> list[dict[str, str]]:
    return [{"side": "investor", "email": "", "title": ""}, {"side": "project", "email": "", "title": ""}]


@bp.get("/term-sheets/<term_sheet_id>/signing")
@needs(Can.BEGIN)
def begin(term_sheet_id: str) -> str:
    """Who is to sign, in which order, until when."""
    return _begin_page(term_sheet_id, BeginForm(), _usual(), [])


@bp.post("/term-sheets/<term_sheet_id>/signing")
@needs(Can.BEGIN)
def begin_now(term_sheet_id: str) -> Any:
    """Begin to sign."""
    form = BeginForm(request.form)
    rows = [
        {name: request.form.get(f"{name}-{n}", "").strip() for name in ("side", "email", "title")}
        for n in range(ROWS)
    ]
    typed = [row for row in rows if row["side"]] or _usual()
    signers = [Signer(row["side"], row["email"] or None, row["title"][:200]) for row in typed]
    if not form.validate():
        return _begin_page(term_sheet_id, form, typed, []), 422
    try:
        service.begin(
            actor(), term_sheet_id, signers=signers, expires_on=form.expires_on.data, language=form.language.data,
            require_otp=bool(form.require_otp.data),
        )  # fmt: skip
    except Invalid as refusal:
        form.show([e for e in refusal.errors if e.field == "expires_on"])
        problems = [e.text() for e in refusal.errors if e.field != "expires_on"]
        return _begin_page(term_sheet_id, form, typed, problems), 422
    flash(_("Signing has begun; whoever is first was told."), "success")
    return _back(term_sheet_id)


def _refused(term_sheet_id: str, refusal: DomainError) -> Any:
    for text in [e.text() for e in refusal.errors] or [refusal.text()]:
        flash(text, "danger")
    return _back(term_sheet_id)


def _proven(term_sheet_id: str) -> bool:
    sheets.get(actor(), term_sheet_id)
    return passwords.confirm_code(actor(), SignForm(request.form).otp.data)


@bp.post("/term-sheets/<term_sheet_id>/sign")
@needs(Can.SIGN)
@prepares(_proven)
def sign(term_sheet_id: str) -> Any:
    """Sign for one's side."""
    form = SignForm(request.form)
    version = request.form.get("version", "")
    try:
        service.sign(
            actor(), term_sheet_id, by_otp=prepared(), title=(form.title.data or "")[:200],
            version=int(version) if version.isdecimal() else None,
        )  # fmt: skip
    except (Invalid, Conflict, InvalidTransition, Forbidden) as refusal:
        if isinstance(refusal, Forbidden) and refusal.code not in ("otp_needed", "not_the_signer"):
            raise
        session[panels.TYPED] = (form.title.data or "")[:200]
        return _refused(term_sheet_id, refusal)
    flash(_("You have signed."), "success")
    return _back(term_sheet_id)


@bp.post("/term-sheets/<term_sheet_id>/sign/decline")
@needs(Can.SIGN)
def decline(term_sheet_id: str) -> Any:
    """Refuse to sign."""
    return _end(service.decline, term_sheet_id)


@bp.post("/term-sheets/<term_sheet_id>/sign/stop")
@needs(Can.STOP)
def stop(term_sheet_id: str) -> Any:
    """End a round before all have signed."""
    return _end(service.stop, term_sheet_id)


def _end(use: Any, term_sheet_id: str) -> Any:
    form = ReasonForm(request.form)
    try:
        use(actor(), term_sheet_id, reason=(form.reason.data or "")[:2000])
    except (Invalid, Conflict, InvalidTransition) as refusal:
        return _refused(term_sheet_id, refusal)
    flash(_("Signing has ended; the accepted version stands."), "info")
    return _back(term_sheet_id)


@bp.get("/term-sheets/<term_sheet_id>/signed.pdf")
@needs(Can.SEE)
def signed(term_sheet_id: str) -> Response:
    """The executed file."""
    return serving.answer(panels.signed_file(actor(), term_sheet_id))


def _seal_page(form: SealForm) -> str:
    policy.require(actor(), Can.SEE_SEAL)
    return render_template(
        "signing/seal.html", form=form, seal=queries.seal_of(actor().organisation_id),
        may_set=policy.can(actor(), Can.SET_SEAL),
    )  # fmt: skip


@bp.get("/settings/seal")
@needs(Can.SEE_SEAL)
def seal() -> str:
    """The organisation's company seal."""
    known = queries.seal_of(actor().organisation_id)
    return _seal_page(SealForm(words=known.words if known else actor().organisation_name[:40]))


def _picture() -> Received | None:
    sent = request.files.get("file")
    return service.receive_seal(actor(), sent.stream, sent.filename) if sent and sent.filename else None


@bp.post("/settings/seal")
@needs(Can.SET_SEAL)
@prepares(_picture)
def set_seal() -> Any:
    """Set the seal: a picture, or words."""
    policy.require(actor(), Can.SET_SEAL)
    form = SealForm(request.form)
    try:
        if picture := prepared():
            service.set_seal(actor(), picture=picture)
        else:
            values = form.load(SealIn)
            if values is None:
                return _seal_page(form), 422
            service.set_seal(actor(), words=values.words)
    except Invalid as refusal:
        form.show(refusal.errors)
        return _seal_page(form), 422
    flash(_("Saved. Signatures from now on carry this seal."), "success")
    return redirect(url_for("signing.seal"), 303)


@bp.get("/verify")
@public
@paced(verification.DOOR)
def verify() -> str:
    """Where a file or a code can be verified."""
    code = request.args.get("code", "").strip()
    return _verify_page(verification.of_code(code) if code else None, code)


@bp.get("/verify/<code>")
@public
@paced(verification.DOOR)
def verify_code(code: str) -> Any:
    """Who signed the version with this code and when."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    if best == "application/json":
        return jsonify(verification.by_code(code))
    return _verify_page(verification.of_code(code), code)


def _verify_page(verdict: verification.Verdict | None, code: str = "", *, file: bool = False) -> str:
    return render_template(
        "signing/verify.html", verdict=verdict, code=code, file=file, superseded=_(verification.SUPERSEDED)
    )


def _judged() -> verification.Verdict | None:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return None
    with closing(sent):
        return verification.of_file(sent.stream)


@bp.post("/verify")
@public
@paced(verification.DOOR)
@prepares(_judged)
def verify_file() -> Any:
    """Whether a file is genuine."""
    verdict = prepared()
    if verdict is None:
        flash(_("Choose the PDF to verify"), "danger")
        return redirect(url_for("signing.verify"), 303)
    return _verify_page(verdict, file=True)
