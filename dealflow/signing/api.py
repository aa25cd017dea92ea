"""The JSON API of signing and verification."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from flask import Response, request

from dealflow.accounts.service import passwords
from dealflow.core.errors import Invalid
from dealflow.core.http import PUBLIC, actor, api_blueprint, endpoint, paced, prepared, prepares, read_body
from dealflow.core.i18n import N_
from dealflow.files import serving
from dealflow.signing import panels, queries, service, verification
from dealflow.signing.forms import BeginIn, ReasonIn, RoundOut, SignIn, VerdictOut, VerifiedOut
from dealflow.signing.policy import Can
from dealflow.signing.service import Signer
from dealflow.termsheets import queries as sheets
from dealflow.termsheets.forms import TermSheetOut

bp = api_blueprint("signing")


@bp.post("/term-sheets/<term_sheet_id>/signing")
@endpoint(Can.BEGIN, body=BeginIn, returns=RoundOut, status=201)
def begin(term_sheet_id: str, body: BeginIn) -> dict[str, Any]:
    """Begin to sign what both sides accepted, in the order of `signers`."""
    signers = (
        [Signer(s.side, s.email, s.title or "") for s in body.signers] if body.signers else service.DEFAULT
    )
    made = service.begin(
        actor(), term_sheet_id, signers=signers, expires_on=body.expires_on, language=body.language,
        require_otp=body.require_otp, version=body.version,
    )  # fmt: skip
    return queries.as_dict(actor(), made)


@bp.get("/term-sheets/<term_sheet_id>/signing")
@endpoint(Can.SEE, returns=RoundOut)
def show(term_sheet_id: str) -> dict[str, Any]:
    """The latest round of signatures."""
    return queries.as_dict(actor(), queries.get_round(actor(), term_sheet_id))


def _proven(term_sheet_id: str) -> bool:
    sheets.get(actor(), term_sheet_id)
    return passwords.confirm_code(actor(), read_body(SignIn).otp)


@bp.post("/term-sheets/<term_sheet_id>/sign")
@endpoint(Can.SIGN, body=SignIn, returns=TermSheetOut)
@prepares(_proven)
def sign(term_sheet_id: str, body: SignIn) -> dict[str, Any]:
    """Sign for one's side, in turn."""
    by_otp = prepared()
    service.sign(actor(), term_sheet_id, by_otp=by_otp, version=body.version, title=body.title or "")
    return _sheet(term_sheet_id)


@bp.post("/term-sheets/<term_sheet_id>/sign/decline")
@endpoint(Can.SIGN, body=ReasonIn, returns=TermSheetOut)
def decline(term_sheet_id: str, body: ReasonIn) -> dict[str, Any]:
    """Refuse to sign, with a reason."""
    service.decline(actor(), term_sheet_id, reason=body.reason)
    return _sheet(term_sheet_id)


@bp.post("/term-sheets/<term_sheet_id>/sign/stop")
@endpoint(Can.STOP, body=ReasonIn, returns=TermSheetOut)
def stop(term_sheet_id: str, body: ReasonIn) -> dict[str, Any]:
    """End a round before all have signed."""
    service.stop(actor(), term_sheet_id, reason=body.reason)
    return _sheet(term_sheet_id)


def _sheet(term_sheet_id: str) -> dict[str, Any]:
    sheet = sheets.get(actor(), term_sheet_id)
    return sheets.as_dict(sheet, sheets.version(actor(), sheet))


@bp.get("/term-sheets/<term_sheet_id>/signed.pdf")
@endpoint(Can.SEE)
def signed(term_sheet_id: str) -> Response:
    """The executed file."""
    return serving.answer(panels.signed_file(actor(), term_sheet_id))


@bp.get("/verify/<code>")
@endpoint(PUBLIC, returns=VerifiedOut)
@paced(verification.DOOR)
def verify_code(code: str) -> dict[str, Any]:
    """Who signed the version with this code and when."""
    return verification.by_code(code)


def _judged() -> dict[str, Any]:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid.field("file", "required", N_("Choose the PDF to verify"))
    with closing(sent):
        return verification.of_file(sent.stream).as_dict()


@bp.post("/verify")
@endpoint(PUBLIC, returns=VerdictOut)
@paced(verification.DOOR)
@prepares(_judged)
def verify_file() -> Any:
    """Whether a file (multipart, field `file`) is genuine."""
    return prepared()
