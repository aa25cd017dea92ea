"""How people and organisations come in: registration, first run, further organisations, by command."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from dealflow.accounts import identity, letters, limits, passwords, queries
from dealflow.accounts.models import EmailLink, Membership, Organisation, User
from dealflow.accounts.policy import Can, Tag
from dealflow.accounts.schemas import NewOrganisationIn, RegistrationIn, SetUpIn
from dealflow.audit import service as audit
from dealflow.core import clock, i18n, ids, policy
from dealflow.core.actor import SYSTEM, Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid, NotFound
from dealflow.core.i18n import N_

REGISTRATION_LIFE = timedelta(days=2)


def about(name: str, email: str) -> tuple[str, ...]:
    """What a password must not contain."""
    return name, email.partition("@")[0]


def count_mail(email: str, address: str) -> None:
    """Count a mail that somebody asks for; TooMany beyond the limit, whether an account exists or not."""
    account, place = limits.account_key(email, "mail"), f"mail:{address}"[:64]
    limits.check(account, place, per_account=limits.MAILS_PER_ACCOUNT, per_address=limits.MAILS_PER_ADDRESS)
    limits.failed(account, place)


def register(values: RegistrationIn, *, address: str) -> None:
    """Take a registration and mail a link to confirm it. The same answer and work for a known address."""
    passwords.check(values.password, about=about(values.name, values.email))
    count_mail(values.email, address)
    secret = secrets.token_urlsafe(32)
    payload = values.model_dump(exclude={"password", "email"}) | {
        "password_hash": passwords.hash_password(values.password),
        "locale": i18n.language(),
    }
    session().add(
        EmailLink(
            purpose="register", email=values.email, payload=payload, secret_hash=identity.digest(secret),
            expires_at=clock.now() + REGISTRATION_LIFE,
        )
    )  # fmt: skip
    known = _user(values.email)
    if known is None:
        letters.confirm_registration(values.email, values.organisation, secret)
    else:
        letters.already_registered(known)


def _user(email: str) -> User | None:
    return session().scalars(select(User).where(User.email == email)).one_or_none()


def open_link(secret: str, purpose: str, *, lock: bool = False) -> EmailLink:
    """The link that was mailed, when it still works; NotFound otherwise."""
    query = select(EmailLink).where(
        EmailLink.secret_hash == identity.digest(secret), EmailLink.purpose == purpose
    )
    row = session().scalars(query.with_for_update() if lock else query).one_or_none()
    if row is None or row.used_at is not None or not identity.holds(row):
        raise NotFound(N_("This link was used already or is too old; ask for a new one"))
    return row


def confirm(secret: str, *, visitor: Actor) -> User:
    """Finish a registration: organisation, person and ownership begin to exist."""
    row = open_link(secret, "register", lock=True)
    typed: dict[str, Any] = dict(row.payload or {})
    row.used_at, row.payload = clock.now(), None
    if _user(row.email) is not None:
        raise Conflict(N_("This address has an account already; sign in"))
    organisation = Organisation(id=ids.new("org"), name=typed["organisation"], kind=typed["kind"])
    user = _new_user(typed["name"], row.email, typed["password_hash"], typed["locale"])
    _own(organisation, user, visitor, Tag.REGISTERED)
    return user


def _new_user(name: str, email: str, password_hash: str | None, locale: str) -> User:
    user = User(
        id=ids.new("usr"), name=name, email=email, password_hash=password_hash, locale=locale,
        email_verified_at=clock.now(), password_changed_at=clock.now(),
    )  # fmt: skip
    session().add(user)
    session().flush()
    return user


def _own(organisation: Organisation, user: User, visitor: Actor, tag: str) -> None:
    session().add(organisation)
    session().flush()
    session().add(Membership(organisation_id=organisation.id, user_id=user.id, role="owner"))
    session().flush()
    actor = identity.build_actor(
        user, organisation.id, request_id=visitor.request_id, address=visitor.address
    )
    audit.record(
        actor, tag, organisation.id, after={"name": organisation.name, "kind": organisation.kind, "owner": user.id}
    )  # fmt: skip


def found_organisation(actor: Actor, values: NewOrganisationIn) -> Organisation:
    """Register a further organisation of which the actor becomes the owner."""
    policy.require(actor, Can.CREATE_ORGANISATION)
    organisation = Organisation(id=ids.new("org"), name=values.organisation, kind=values.kind)
    _own(organisation, session().get_one(User, actor.user_id), actor, Tag.REGISTERED)
    return organisation


def join_as_new(
    *, name: str, email: str, password: str, organisation: Organisation, role: str, visitor: Actor
) -> User:
    """A person who comes by invitation and has no account yet."""
    passwords.check(password, about=about(name, email))
    user = _new_user(name, email, passwords.hash_password(password), i18n.language())
    add_member(user, organisation, role, visitor)
    return user


def add_member(user: User, organisation: Organisation, role: str, visitor: Actor) -> Membership:
    """Make a person a member; Conflict when they are one."""
    known = select(Membership.id).where(
        Membership.user_id == user.id, Membership.organisation_id == organisation.id
    )
    if (
        session().scalar(known, execution_options={"unscoped": "the newcomer is not a member yet"})
        is not None
    ):
        raise Conflict(N_("This person is a member already"))
    row = Membership(id=ids.new("mem"), organisation_id=organisation.id, user_id=user.id, role=role)
    session().add(row)
    session().flush()
    actor = identity.build_actor(
        user, organisation.id, request_id=visitor.request_id, address=visitor.address
    )
    audit.record(actor, Tag.JOINED, row.id, after={"user": user.id, "role": role})
    return row


def set_up(values: SetUpIn, *, visitor: Actor) -> User:
    """Make the first person of an empty installation, owner of the platform's organisation."""
    limits.take_turns("set-up")
    if queries.anybody():
        raise NotFound()
    passwords.check(values.password, about=about(values.name, values.email))
    user = _new_user(values.name, values.email, passwords.hash_password(values.password), i18n.language())
    _own(
        Organisation(id=ids.new("org"), name=values.organisation, kind="platform"), user, visitor, Tag.SET_UP
    )
    return user


def create_user(*, email: str, name: str, organisation: str, kind: str, role: str, password: str) -> User:
    """Make a person from the command line, in an organisation of that name and kind (made when missing)."""
    if _user(email) is not None:
        raise Invalid.field("email", "conflict", N_("Somebody with this address exists already"))
    passwords.check(password, about=about(name, email))
    user = _new_user(name, email, passwords.hash_password(password), "zh")
    place = (
        session()
        .scalars(select(Organisation).where(Organisation.name == organisation, Organisation.kind == kind))
        .first()
    )
    if place is None:
        place = Organisation(id=ids.new("org"), name=organisation, kind=kind)
        session().add(place)
        session().flush()
    session().add(Membership(organisation_id=place.id, user_id=user.id, role=role))
    audit.record(
        SYSTEM, Tag.USER_CREATED, user.id, after={"email": email, "role": role}, organisation_id=place.id
    )
    return user
