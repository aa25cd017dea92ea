"""Readers without an account: a link to one address, which a mailed code proves, for viewing until it expires."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from dealflow.accounts import identity
from dealflow.accounts.identity import digest
from dealflow.accounts.service.joining import count_mail
from dealflow.audit import service as audit
from dealflow.core import clock, db, mail, policy
from dealflow.core.actor import ANONYMOUS, Actor
from dealflow.core.db import hold, session
from dealflow.core.errors import Conflict, DomainError, NotFound, TooMany
from dealflow.core.i18n import N_, localised
from dealflow.core.i18n import gettext as _
from dealflow.core.ids import new
from dealflow.dataroom import seats
from dealflow.dataroom.models import DataDocument, DataRoom, GuestLink
from dealflow.dataroom.policy import Can, Tag
from dealflow.dataroom.seats import Seat, Sight
from dealflow.dataroom.service.documents import folder_in
from dealflow.dataroom.service.rooms import for_writing
from dealflow.pitches import queries as pitches

CODE_LIFE = timedelta(minutes=10)
CODE_PAUSE = timedelta(minutes=1)
CODE_TRIES = 5
BROWSER_LIFE = timedelta(hours=12)
_GUEST = {"unscoped": "who holds the link belongs to no organisation"}


def invite(
    actor: Actor, project_id: str, *, email: str, days: int, folder_id: str | None = None
) -> GuestLink:
    """Mail a link to an address. Raises NotFound, Forbidden, InvalidTransition (closed), Conflict, Invalid, TooMany."""
    seat = for_writing(actor, project_id, Can.GRANT)
    count_mail(email, f"{actor.organisation_id}")
    secret = secrets.token_urlsafe(32)
    row = GuestLink(
        id=new("glk"), room_id=seat.room.id, organisation_id=seat.organisation_id, folder_id=folder_in(seat, folder_id),
        email=email.strip().lower(), secret_hash=digest(secret), expires_at=clock.now() + timedelta(days=days),
        invited_by=actor.user_name,
    )  # fmt: skip
    for old in session().scalars(
        select(GuestLink).where(
            GuestLink.room_id == seat.room.id, GuestLink.email == row.email, GuestLink.revoked_at.is_(None)
        )
    ):
        if old.expires_at <= clock.now():
            old.revoked_at, old.revoked_by = clock.now(), actor.user_name
    session().flush()
    try:
        with session().begin_nested():
            session().add(row)
    except IntegrityError:
        raise Conflict(N_("This address has a link already; take it back first")) from None
    audit.record(actor, Tag.INVITED, row, after={"email": row.email, "days": days})
    _mail_link(actor, seat, row, secret)
    return row


def _mail_link(actor: Actor, seat: Seat, row: GuestLink, secret: str) -> None:
    project = localised(pitches.briefs([seat.room.project_id])[seat.room.project_id]["titles"])
    mail.send(
        row.email,
        _("Documents of %(project)s", project=project),
        [
            _("%(name)s of %(organisation)s lets you view documents.", name=actor.user_name, organisation=actor.organisation_name),
            _("The link is for this address alone: opening it sends a code here. Every view is recorded."),
        ],
        action=(_("Open the documents"), mail.link(f"/rooms/{secret}")),
        closing=_("If you do not know the sender, do nothing."),
    )  # fmt: skip


def take_back(actor: Actor, project_id: str, link_id: str) -> GuestLink:
    """Take a link back with effect at once. NotFound when there is none, or it is taken back already."""
    seat = for_writing(actor, project_id, Can.GRANT, closed_too=True)
    row = session().get(GuestLink, link_id)
    if row is None or row.room_id != seat.room.id or row.revoked_at is not None:
        raise NotFound()
    row = hold(GuestLink, link_id)
    row.revoked_at, row.revoked_by = clock.now(), actor.user_name
    session().flush()
    audit.record(actor, Tag.UNINVITED, row, before={"email": row.email}, after=None)
    return row


def end_expired() -> None:
    """End what has run out; nobody takes it back."""
    moment = clock.now()
    over = GuestLink.revoked_at.is_(None), GuestLink.expires_at <= moment
    session().execute(update(GuestLink).where(*over).values(revoked_at=moment))


def by_secret(secret: str) -> GuestLink:
    """The link behind a mailed address while it holds; NotFound otherwise."""
    query = select(GuestLink).where(GuestLink.secret_hash == digest(secret))
    return _holding(session().scalars(query, execution_options=_GUEST).one_or_none())


def _holding(row: GuestLink | None) -> GuestLink:
    if row is None or row.revoked_at is not None or not identity.holds(row):
        raise NotFound()
    return row


def send_code(secret: str) -> GuestLink:
    """Mail a code to the link's address; the one before is void. TooMany within a minute of the last."""
    row = by_secret(secret)
    moment = clock.now()
    if row.code_until is not None and row.code_until - CODE_LIFE + CODE_PAUSE > moment:
        wait = row.code_until - CODE_LIFE + CODE_PAUSE - moment
        raise TooMany(int(wait.total_seconds()) + 1, detail=N_("A code was just sent; look into your mail"))
    code = f"{secrets.randbelow(10**6):06d}"
    row.code_hash, row.code_until, row.code_tries = digest(f"{row.id}:{code}"), moment + CODE_LIFE, 0
    session().flush()
    mail.send(
        row.email,
        _("Your code: %(code)s", code=code),
        [_("Enter this code on the page that asked for it: %(code)s", code=code), _("It is valid for ten minutes.")],
        closing=_("If you did not ask for this, do nothing."),
    )  # fmt: skip
    return row


def verify(secret: str, code: str, *, address: str) -> tuple[GuestLink, str] | None:
    """Prove the address: the link and the browser's secret, or None for a wrong, used or late code.

    Tries are counted in this transaction, so the caller must answer without an error.
    """
    row = hold(GuestLink, by_secret(secret).id, **_GUEST)
    row.code_tries += 1
    session().flush()
    if row.code_hash is None or row.code_until is None or row.code_until <= clock.now():
        return None
    right = secrets.compare_digest(row.code_hash, digest(f"{row.id}:{code.strip()}"))
    if row.code_tries > CODE_TRIES or not right:
        return None
    token = secrets.token_urlsafe(32)
    row.code_hash = None
    row.verified_at = row.verified_at or clock.now()
    row.browser_hash, row.browser_until = digest(token), clock.now() + BROWSER_LIFE
    session().flush()
    audit.record(
        Actor(user_name=row.email, address=address), Tag.GUEST_VERIFIED, row, after={"email": row.email},
        organisation_id=row.organisation_id,
    )  # fmt: skip
    return row, token


def seat_of(link_id: str, token: str, *, address: str = "", hold: bool = False) -> Seat:
    """The seat of a browser whose address was proven; NotFound once link or browser no longer hold.

    With `hold`, nobody takes the link back before this transaction ends.
    """
    query = select(GuestLink).where(GuestLink.id == link_id)
    if hold:
        query = query.with_for_update(read=True)
    row = _holding(session().scalars(query, execution_options=_GUEST).one_or_none())
    if (
        row.browser_hash is None
        or row.browser_until is None
        or row.browser_until <= clock.now()
        or not secrets.compare_digest(row.browser_hash, digest(token))
    ):
        raise NotFound()
    room = session().scalars(
        select(DataRoom).where(DataRoom.id == row.room_id), execution_options=_GUEST
    ).one()  # fmt: skip
    return seats.of_guest(room, row, address)


def sight(seat: Seat, document_id: str) -> Sight:
    """A document as a guest sees it; NotFound when the link does not cover it."""
    query = select(DataDocument).where(DataDocument.id == document_id)
    return seats.within(seat, session().scalars(query, execution_options=_GUEST).one_or_none())


def still_reads(link_id: str, token: str, document_id: str, number: int) -> bool:
    """Whether a guest may go on reading at this very moment; in a transaction of its own."""
    with db.edge(write=False, actor=ANONYMOUS):
        try:
            found = sight(seat_of(link_id, token), document_id)
            seats.version_of(found.seat, found.document, number)
            return policy.can(ANONYMOUS, Can.READ, found)
        except DomainError:
            return False
