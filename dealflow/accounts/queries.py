"""Reads of organisations and people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased, joinedload

from dealflow.accounts.models import ApiToken, Membership, Organisation, User, UserSession
from dealflow.accounts.policy import Can
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import NotFound
from dealflow.core.i18n import language
from dealflow.core.jobs import Job
from dealflow.core.search import escape

_STAFF = {"unscoped": "the platform's people see every account"}
_PEOPLE = {"unscoped": "whom to tell of an organisation is no secret to the platform"}


@dataclass(frozen=True)
class OrganisationCard:
    """What anybody who is logged in may see of an organisation."""

    id: str
    name_zh: str
    name_en: str | None
    kind: str
    city: str | None
    country: str | None
    is_sample: bool

    @property
    def names(self) -> list[str]:
        """All names it has, the Chinese one first."""
        return [name for name in (self.name_zh, self.name_en) if name]

    @property
    def name(self) -> str:
        """The name in the current language."""
        return (self.name_en if language() == "en" else None) or self.name_zh


def organisation_cards(ids: Iterable[str]) -> dict[str, OrganisationCard]:
    """Organisations by id, in one statement."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = session().scalars(select(Organisation).where(Organisation.id.in_(wanted)))
    return {
        o.id: OrganisationCard(o.id, o.name, o.name_en, o.kind, o.city, o.country, o.is_sample) for o in rows
    }


def organisations_named(named: str) -> list[OrganisationCard]:
    """The organisation with this id, or all with this very name."""
    fits = or_(Organisation.id == named, Organisation.name == named, Organisation.name_en == named)
    return list(organisation_cards(session().scalars(select(Organisation.id).where(fits))).values())


def people_of(organisation_id: str) -> list[dict[str, Any]]:
    """For the export of an organisation: its members as people."""
    query = (
        select(Membership)
        .where(Membership.organisation_id == organisation_id)
        .options(joinedload(Membership.user))
        .order_by(Membership.id)
    )
    rows = session().scalars(query, execution_options=_STAFF)
    return [
        {"user_id": row.user_id, "name": row.user.name, "email": row.user.email, "role": row.role, "locale": row.user.locale}
        for row in rows
    ]  # fmt: skip


def organisation_row(organisation_id: str) -> dict[str, Any]:
    """For its export: what an organisation says of itself."""
    return organisation_dict(session().get_one(Organisation, organisation_id))


def sample_login(organisation_id: str) -> tuple[str, str] | None:
    """(its name, an address that signs in for it) of a sample organisation; None of any other."""
    card = organisation_cards([organisation_id])[organisation_id]
    if not card.is_sample:
        return None
    query = (
        select(User.email)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organisation_id == organisation_id, User.password_hash.is_not(None))
        .order_by(Membership.role != "owner", Membership.id)
    )
    options = {"unscoped": "people of samples are invented, and whoever tries the demo acts for them"}
    email = session().scalars(query.limit(1), execution_options=options).first()
    return (card.name, email) if email else None


def organisations_of_kind(kind: str) -> list[str]:
    """Ids of all organisations of a kind."""
    return list(
        session().scalars(select(Organisation.id).where(Organisation.kind == kind).order_by(Organisation.id))
    )


def founded(ids: Iterable[str]) -> dict[str, datetime]:
    """When organisations were made, by id."""
    query = select(Organisation.id, Organisation.created_at).where(Organisation.id.in_(set(ids)))
    return {row.id: row.created_at for row in session().execute(query)}


def linked(ids: Iterable[str]) -> set[tuple[str, str]]:
    """(one of these organisations, another one) for every two that somebody works for both of."""
    other = aliased(Membership)
    query = (
        select(Membership.organisation_id, other.organisation_id)
        .join(other, other.user_id == Membership.user_id)
        .where(Membership.organisation_id.in_(set(ids)), other.organisation_id != Membership.organisation_id)
        .distinct()
    )
    return {(row[0], row[1]) for row in session().execute(query, execution_options=_PEOPLE)}


def anybody() -> bool:
    """Whether this installation has a single person yet."""
    return session().scalar(select(User.id).limit(1)) is not None


@dataclass(frozen=True)
class Reader:
    """Where and in which language somebody is told something."""

    user_id: str
    email: str
    name: str
    locale: str
    time_zone: str


def readers(*, user_ids: Iterable[str] = (), organisation_id: str | None = None) -> list[Reader]:
    """The named people and the members of an organisation, each once, without disabled accounts."""
    member = select(Membership.user_id).where(Membership.organisation_id == organisation_id)
    named = User.id.in_(set(user_ids))
    who = or_(named, User.id.in_(member)) if organisation_id else named
    rows = session().scalars(
        select(User).where(who, User.disabled_at.is_(None)).order_by(User.id), execution_options=_PEOPLE
    )
    return [Reader(u.id, u.email, u.name, u.locale, u.time_zone) for u in rows]


def signatory(organisation_id: str, email: str) -> Reader | None:
    """The person with this address who may write for an organisation."""
    query = (
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.organisation_id == organisation_id,
            Membership.role.in_(("owner", "member")),
            User.email == email.strip().lower(),
            User.disabled_at.is_(None),
        )
    )
    found = session().scalars(query, execution_options=_PEOPLE).first()
    return Reader(found.id, found.email, found.name, found.locale, found.time_zone) if found else None


def own_user(actor: Actor) -> User:
    """The actor's own row."""
    policy.require(actor, Can.SEE_SELF)
    return session().get_one(User, actor.user_id)


def own_organisation(actor: Actor) -> Organisation:
    """The organisation the actor acts for; NotFound when there is none."""
    policy.require(actor, Can.SEE_ORGANISATION)
    row = session().get(Organisation, actor.organisation_id)
    if row is None:
        raise NotFound()
    return row


def organisation_dict(row: Organisation) -> dict[str, Any]:
    """An organisation as the API shows it to its members."""
    return {
        "id": row.id, "version": row.version, "name": row.name, "name_en": row.name_en, "kind": row.kind, "about": row.about,
        "city": row.city, "created_at": clock.rfc3339(row.created_at), "updated_at": clock.rfc3339(row.updated_at),
    }  # fmt: skip


def members(actor: Actor) -> list[Membership]:
    """The members of the actor's organisation with their people, owners first."""
    policy.require(actor, Can.SEE_MEMBERS)
    query = (
        select(Membership)
        .where(Membership.organisation_id == actor.organisation_id)
        .options(joinedload(Membership.user))
        .order_by(Membership.role != "owner", Membership.role == "viewer", Membership.id)
    )
    return list(session().scalars(query))


def member_dict(row: Membership) -> dict[str, Any]:
    """A member as the API shows them."""
    return {
        "id": row.id, "version": row.version, "user_id": row.user_id, "name": row.user.name, "email": row.user.email,
        "role": row.role, "created_at": clock.rfc3339(row.created_at), "updated_at": clock.rfc3339(row.updated_at),
    }  # fmt: skip


def live_sessions(actor: Actor) -> list[UserSession]:
    """One's browser sessions that are open, latest used first."""
    query = select(UserSession).where(UserSession.ended_at.is_(None), UserSession.expires_at > clock.now())
    return list(session().scalars(query.order_by(UserSession.seen_at.desc())))


def session_dict(row: UserSession, actor: Actor) -> dict[str, Any]:
    """A session as the API shows it to its person."""
    return {
        "id": row.id, "address": row.address, "agent": row.agent, "current": row.id == actor.session_id,
        "created_at": clock.rfc3339(row.created_at), "seen_at": clock.rfc3339(row.seen_at),
        "expires_at": clock.rfc3339(row.expires_at),
    }  # fmt: skip


def live_tokens(actor: Actor) -> list[ApiToken]:
    """One's API tokens that work, newest first."""
    query = select(ApiToken).where(ApiToken.ended_at.is_(None), ApiToken.expires_at > clock.now())
    return list(session().scalars(query.order_by(ApiToken.id.desc())))


def token_dict(row: ApiToken) -> dict[str, Any]:
    """A token as the API shows it to its person: never its text."""
    return {
        "id": row.id, "label": row.label, "scopes": row.scopes, "organisation_id": row.organisation_id,
        "created_at": clock.rfc3339(row.created_at), "expires_at": clock.rfc3339(row.expires_at),
        "used_at": clock.rfc3339(row.used_at) if row.used_at else None,
    }  # fmt: skip


def job_dict(actor: Actor, job_id: str) -> dict[str, Any]:
    """How a job of the actor's organisation goes; NotFound for others'."""
    row = session().get(Job, job_id)
    if row is None or row.organisation_id is None:
        raise NotFound()
    policy.require(actor, Can.SEE_JOB, row, see=Can.SEE_JOB)
    # The full error is for the platform's people; it may name what is not the asker's.
    error = row.error.partition(":")[0] if row.state == "dead" and row.error else None
    return {
        "id": row.id, "kind": row.kind, "state": row.state, "progress": row.progress, "result": row.result, "error": error,
    }  # fmt: skip


def all_organisations(
    actor: Actor, q: str, offset: int, limit: int
) -> tuple[list[tuple[Organisation, int]], int]:
    """For the platform's people: organisations with their number of members, newest first, and the total."""
    policy.require(actor, Can.ADMINISTER)
    like = f"%{escape(q)}%"
    fits = or_(Organisation.name.ilike(like, escape="\\"), Organisation.name_en.ilike(like, escape="\\"))
    count = (
        select(func.count(Membership.id))
        .where(Membership.organisation_id == Organisation.id)
        .correlate(Organisation)
        .scalar_subquery()
    )
    total = session().scalar(select(func.count(Organisation.id)).where(fits)) or 0
    query = select(Organisation, count).where(fits).order_by(Organisation.id.desc())
    rows = session().execute(query.offset(offset).limit(limit), execution_options=_STAFF)
    return [(o, n) for o, n in rows], total


def all_users(actor: Actor, q: str, offset: int, limit: int) -> tuple[list[User], int]:
    """For the platform's people: people with their organisations, newest first, and the total."""
    policy.require(actor, Can.ADMINISTER)
    like = f"%{escape(q)}%"
    fits = or_(User.name.ilike(like, escape="\\"), User.email.ilike(like, escape="\\"))
    total = session().scalar(select(func.count(User.id)).where(fits)) or 0
    query = (
        select(User)
        .where(fits)
        .options(joinedload(User.memberships).joinedload(Membership.organisation))
        .order_by(User.id.desc())
    )
    rows = session().scalars(query.offset(offset).limit(limit), execution_options=_STAFF).unique()
    return list(rows), total


def dead_jobs(actor: Actor, limit: int = 200) -> list[Job]:
    """For the platform's people: jobs that ran out of tries, latest first."""
    policy.require(actor, Can.ADMINISTER)
    query = select(Job).where(Job.state == "dead").order_by(Job.updated_at.desc()).limit(limit)
    return list(session().scalars(query, execution_options=_STAFF))


def has_samples() -> bool:
    """Whether the database holds demo data."""
    return session().scalar(select(Organisation.id).where(Organisation.is_sample).limit(1)) is not None
