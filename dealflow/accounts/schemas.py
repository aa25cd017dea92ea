"""Input and output shapes of accounts, shared by pages and API."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field

from dealflow.accounts.passwords import TypedPassword
from dealflow.core.i18n import N_
from dealflow.core.paging import Searched
from dealflow.core.schema import Distinct, Language, NoneIfEmpty, Schema, Text, rule

Kind = Literal["creator", "investor", "fund", "studio", "venue", "review_board", "park", "platform"]
OpenKind = Literal["creator", "investor", "fund", "studio", "venue"]
Role = Literal["owner", "member", "viewer"]
Scope = Literal["read", "write"]


def _email(text: str) -> str:
    try:
        found = validate_email(
            text,
            check_deliverability=False,
            globally_deliverable=False,
            test_environment=True,
            allow_smtputf8=False,
        )
    except EmailNotValidError:
        raise rule("wrong_form", N_("Enter an e-mail address such as name@example.com")) from None
    return found.normalized.lower()


def _zone(text: str) -> str:
    if text not in available_timezones():
        raise rule("not_a_choice", N_("Choose a time zone from the list"))
    return text


Email = Annotated[str, Field(max_length=254), AfterValidator(_email)]
TimeZone = Annotated[str, Field(max_length=60), AfterValidator(_zone)]
Name = Text(200, least=1)


class TokenIn(Schema):
    """Credentials for a bearer token."""

    email: Text(254, least=1)  # type: ignore[valid-type]
    password: TypedPassword
    otp: Text(40) | None = None  # type: ignore[valid-type]
    label: Text(100, least=1)  # type: ignore[valid-type]
    scopes: Annotated[list[Scope], Field(min_length=1), Distinct] = ["read", "write"]
    days: Annotated[int, Field(ge=1, le=365)] = 30


class TokenOut(Schema):
    """A fresh token; its text is never shown again."""

    token: str
    expires_at: str
    id: str
    label: str
    scopes: list[str]


class UserOut(Schema):
    """A person, as they see themselves."""

    id: str
    name: str
    email: str
    locale: Language
    time_zone: str


class MembershipOut(Schema):
    """An organisation one belongs to, and as what."""

    id: str
    name: str
    kind: Kind
    role: Role


class MeOut(Schema):
    """Who makes this request."""

    user: UserOut
    organisations: list[MembershipOut]


class OwnTokenOut(Schema):
    """One of one's tokens, without its text."""

    id: str
    label: str
    scopes: list[str]
    organisation_id: str | None
    created_at: str
    expires_at: str
    used_at: str | None


class SessionOut(Schema):
    """One of one's browser sessions."""

    id: str
    address: str
    agent: str
    current: bool
    created_at: str
    seen_at: str
    expires_at: str


class MemberOut(Schema):
    """A member of one's organisation."""

    id: str
    version: int
    user_id: str
    name: str
    email: str
    role: Role
    created_at: str
    updated_at: str


class RoleIn(Schema):
    """A member's role."""

    role: Role


class InvitationIn(Schema):
    """Whom to invite, and as what."""

    email: Email
    role: Role


class InvitationOut(Schema):
    """An invitation that is still open."""

    id: str
    email: str
    role: Role
    created_at: str
    expires_at: str


class OrganisationIn(Schema):
    """What an organisation says of itself."""

    name: Name  # type: ignore[valid-type]
    name_en: Annotated[Text(200) | None, NoneIfEmpty] = None  # type: ignore[valid-type]
    about: Annotated[Text(2000) | None, NoneIfEmpty] = None  # type: ignore[valid-type]
    city: Annotated[Text(100) | None, NoneIfEmpty] = None  # type: ignore[valid-type]


class OrganisationOut(Schema):
    """One's organisation."""

    id: str
    version: int
    name: str
    name_en: str | None
    kind: Kind
    about: str | None
    city: str | None
    created_at: str
    updated_at: str


class ProfileIn(Schema):
    """A person's own settings."""

    name: Name  # type: ignore[valid-type]
    locale: Language
    time_zone: TimeZone


class PasswordIn(Schema):
    """A new password, beside the present one."""

    current: TypedPassword
    new: TypedPassword


class EmailIn(Schema):
    """A new address, beside the present password."""

    email: Email
    current: TypedPassword


class EmailOut(Schema):
    """One's address, and the one that waits for a click in its mailbox."""

    email: str
    pending: str | None
    expires_at: str | None


class OwnTokenIn(Schema):
    """A token made in one's settings."""

    label: Text(100, least=1)  # type: ignore[valid-type]
    scopes: Annotated[list[Scope], Field(min_length=1), Distinct]
    days: Annotated[int, Field(ge=1, le=365)]
    current: TypedPassword


class RegistrationIn(Schema):
    """An organisation that joins, and the person who speaks for it."""

    organisation: Name  # type: ignore[valid-type]
    kind: OpenKind
    name: Name  # type: ignore[valid-type]
    email: Email
    password: TypedPassword


class NewOrganisationIn(Schema):
    """A further organisation of somebody who is here already."""

    organisation: Name  # type: ignore[valid-type]
    kind: OpenKind


class NewPersonIn(Schema):
    """A person who accepts an invitation or sets the installation up."""

    name: Name  # type: ignore[valid-type]
    password: TypedPassword


class SetUpIn(Schema):
    """The first person of an installation."""

    organisation: Name  # type: ignore[valid-type]
    name: Name  # type: ignore[valid-type]
    email: Email
    password: TypedPassword


class AuditOut(Schema):
    """What happened to an object."""

    id: str
    at: str
    tag: str
    user_id: str | None
    user_name: str
    object_id: str | None
    before: dict[str, object] | None
    after: dict[str, object] | None
    reason: str


class JobOut(Schema):
    """How a piece of background work goes."""

    id: str
    kind: str
    state: Literal["queued", "running", "done", "dead"]
    progress: float
    result: dict[str, object] | None
    error: str | None


class AuditQuery(Searched):
    """Whose history to show."""

    object: Text(60) | None = None  # type: ignore[valid-type]
