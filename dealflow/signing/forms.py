"""What signing takes and gives: schemas for the API, forms for the pages."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from wtforms import BooleanField, DateField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from dealflow.accounts import labels
from dealflow.core.forms import Form, empty_to_none
from dealflow.core.i18n import N_, _l
from dealflow.core.schema import Date, Schema, Text, Version

LANGUAGES = {"zh+en": N_("Chinese and English"), "zh": N_("Chinese"), "en": N_("English")}


class SignerIn(Schema):
    """Somebody who is to sign; without an address whoever may write for the side."""

    side: Literal["investor", "project"]
    email: Text(254) | None = None  # type: ignore[valid-type]
    title: Text(200) | None = None  # type: ignore[valid-type]


class BeginIn(Schema):
    """A round of signatures."""

    signers: Annotated[list[SignerIn], Field(min_length=2, max_length=8)] | None = None
    expires_on: Date | None = None
    language: Literal["zh", "en", "zh+en"] = "zh+en"
    require_otp: bool = False
    version: Version | None = None


class SignIn(Schema):
    """A signature; `otp` for whoever logs in with an authenticator."""

    otp: Text(40) | None = None  # type: ignore[valid-type]
    title: Text(200) | None = None  # type: ignore[valid-type]
    version: Version | None = None


class ReasonIn(Schema):
    """Why."""

    reason: Text(2000, least=1)  # type: ignore[valid-type]


class SealIn(Schema):
    """The words of a round seal."""

    words: Text(40, least=1)  # type: ignore[valid-type]


class StepOut(Schema):
    """One signature."""

    position: int
    side: str
    organisation_id: str
    name: str
    title: str
    state: str
    at: str | None
    second_factor: bool
    reason: str


class RoundOut(Schema):
    """A round of signatures."""

    id: str
    version: int
    created_at: str
    updated_at: str
    term_sheet_id: str
    version_number: int
    code: str
    state: str
    language: str
    require_otp: bool
    expires_on: str
    close_reason: str
    document_sha256: str | None
    steps: list[StepOut]


class SignerOut(Schema):
    """Who signed and when."""

    name: str
    at: str | None


class VerifiedOut(Schema):
    """What was signed under a code."""

    code: str
    document_sha256: str | None
    signed_at: str | None
    signers: list[SignerOut]


class VerdictOut(Schema):
    """What an uploaded file is."""

    outcome: Literal["genuine", "altered", "superseded", "unknown"]
    code: str | None = None
    document_sha256: str | None = None
    signed_at: str | None = None
    signers: list[SignerOut] | None = None


class BeginForm(Form):
    """Beginning to sign: up to four people in order."""

    expires_on = DateField(_l("To be signed by"), [Optional()])
    language = SelectField(
        _l("Language of the signed file"),
        choices=labels.choices(LANGUAGES),
    )
    require_otp = BooleanField(_l("Every signer must confirm with an authenticator's code"))


class SignForm(Form):
    """Signing."""

    title = StringField(_l("Your title"), filters=[empty_to_none])
    otp = StringField(_l("Code of your authenticator"), filters=[empty_to_none])


class ReasonForm(Form):
    """Declining or stopping."""

    reason = TextAreaField(_l("Reason"), filters=[empty_to_none])


class SealForm(Form):
    """The words of a round seal."""

    words = StringField(_l("Words of the seal"), filters=[empty_to_none])
