"""Partners: adding them, inviting a party that is not on the platform, and letting it join."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from dealflow.accounts import queries as accounts
from dealflow.accounts.service.joining import count_mail
from dealflow.audit import service as audit
from dealflow.core import clock, mail, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid, NotFound
from dealflow.core.i18n import N_, using
from dealflow.core.i18n import gettext as _
from dealflow.funds import queries
from dealflow.funds.models import Fund, FundLp
from dealflow.funds.policy import Can, Tag
from dealflow.funds.service.base import hold, of_fund
from dealflow.notify import service as notify

_BY_LINK = {"unscoped": "the secret of the mailed link names the partner"}


def add(
    actor: Actor, fund_id: str, *, name: str = "", email: str = "", organisation_id: str | None = None
) -> FundLp:
    """Add a partner: an organisation of the platform, or a party by name. Conflict when it is there already."""
    return admit(
        actor, hold(actor, fund_id, Can.EDIT), name=name, email=email, organisation_id=organisation_id
    )


def admit(
    actor: Actor, fund: Fund, *, name: str = "", email: str = "", organisation_id: str | None = None
) -> FundLp:
    """As `add`, for a fund that is held already."""
    if organisation_id is not None:
        card = accounts.organisation_cards([organisation_id]).get(organisation_id)
        if card is None or organisation_id == fund.organisation_id:
            raise Invalid.field(
                "organisation_id", "unknown_organisation", N_("Choose an organisation of the platform")
            )
        name = name or card.name_zh
    if not name:
        raise Invalid.field("name", "required", N_("Name the partner, or choose an organisation"))
    row = FundLp(
        fund_id=fund.id, organisation_id=fund.organisation_id, lp_organisation_id=organisation_id, name=name, email=email
    )  # fmt: skip
    try:
        with session().begin_nested():
            session().add(row)
    except IntegrityError:
        raise Conflict(N_("This partner is in the fund already"), code="partner_there") from None
    audit.record(
        actor, Tag.LP_ADDED, row, after={"fund_id": fund.id, "name": name}, organisation_id=fund.organisation_id
    )  # fmt: skip
    return row


def rename(actor: Actor, fund_id: str, lp_id: str, *, name: str) -> FundLp:
    """Correct a partner's name. Papers that were issued stay as they are; what they say is otherwise by then, so that they can
    be issued anew. The partner is told. Conflict when another partner has the name."""
    fund = hold(actor, fund_id, Can.EDIT)
    row = of_fund(fund, lp_id)
    before = row.name
    if name == before:
        return row
    try:
        with session().begin_nested():
            row.name = name
            session().flush()
    except IntegrityError:
        raise Conflict(N_("Another partner of this fund has this name"), code="name_taken") from None
    audit.record(
        actor, Tag.LP_RENAMED, row, before={"name": before}, after={"name": name}, organisation_id=fund.organisation_id
    )  # fmt: skip
    if row.lp_organisation_id is not None:
        notify.tell(
            code="fund_partner_name", title=N_("%(fund)s has corrected your name to %(name)s"),
            params={"fund": fund.name, "name": name}, link=f"/funds/{fund.id}/lps/{row.id}",
            organisation_id=row.lp_organisation_id, but=actor.user_id,
        )  # fmt: skip
    return row


def pay_to(actor: Actor, fund_id: str, lp_id: str, *, payment_details: str) -> FundLp:
    """Say where a partner's distributions are paid to. The partner is told, since a changed account is how money is stolen."""
    fund = hold(actor, fund_id, Can.EDIT)
    row = of_fund(fund, lp_id)
    before = row.payment_details
    if payment_details == before:
        return row
    row.payment_details = payment_details
    session().flush()
    audit.record(
        actor, Tag.LP_ACCOUNT, row, before={"payment_details": before}, after={"payment_details": payment_details},
        organisation_id=fund.organisation_id,
    )  # fmt: skip
    if row.lp_organisation_id is not None:
        notify.tell(
            code="fund_partner_account", title=N_("%(fund)s has changed the account it pays your distributions to"),
            params={"fund": fund.name}, link=f"/funds/{fund.id}/lps/{row.id}", organisation_id=row.lp_organisation_id,
            but=actor.user_id, by_mail=True,
        )  # fmt: skip
    return row


def invite(actor: Actor, fund_id: str, lp_id: str, *, email: str) -> FundLp:
    """Mail an outside party a link with which its organisation takes its place; an older link ends. TooMany for too many."""
    fund = hold(actor, fund_id, Can.EDIT)
    row = of_fund(fund, lp_id)
    if row.lp_organisation_id is not None:
        raise Conflict(N_("This partner has joined already"), code="joined")
    count_mail(email, f"{actor.organisation_id}")
    secret = secrets.token_urlsafe(32)
    row.email, row.invite_hash, row.invited_at = email, _digest(secret), clock.now()
    session().flush()
    audit.record(actor, Tag.LP_INVITED, row, after={"email": email}, organisation_id=fund.organisation_id)
    with using(actor.locale):
        mail.send(
            email,
            _("Your place in %(fund)s", fund=fund.name),
            [
                _("%(manager)s keeps the accounts of %(fund)s on Dealflow.", manager=actor.organisation_name, fund=fund.name),
                _("Open the link, sign in or register your organisation, and see your commitments, calls, distributions and statements."),
            ],
            action=(_("See your place"), mail.link(f"/fund-invitations/{secret}")),
            closing=_("The link is for your organisation; pass it on to nobody else."),
        )  # fmt: skip
    return row


def invited(secret: str) -> tuple[Fund, FundLp]:
    """Fund and partner behind a mailed link; NotFound for one that is used up."""
    query = select(FundLp).where(FundLp.invite_hash == _digest(secret))
    row = session().scalars(query, execution_options=_BY_LINK).first()
    if row is None:
        raise NotFound()
    return queries.by_id(row.fund_id), row


def join(actor: Actor, secret: str) -> FundLp:
    """Take the place of an invited party for the actor's organisation. The link works once."""
    policy.require(actor, Can.JOIN)
    query = select(FundLp).where(FundLp.invite_hash == _digest(secret)).with_for_update()
    row = session().scalars(query, execution_options={**_BY_LINK, "populate_existing": True}).first()
    if row is None:
        raise NotFound()
    if actor.organisation_id in (None, row.organisation_id):
        raise Conflict(
            N_("The manager cannot be its own partner; sign in for another organisation"), code="own_fund"
        )
    if any(other.lp_organisation_id == actor.organisation_id for other in queries.lps(row.fund_id)):
        raise Conflict(N_("Your organisation is a partner of this fund already"), code="partner_there")
    row.lp_organisation_id, row.invite_hash = actor.organisation_id, None
    session().flush()
    audit.record(
        actor, Tag.LP_JOINED, row, after={"lp_organisation_id": actor.organisation_id}, organisation_id=row.organisation_id
    )  # fmt: skip
    notify.tell(
        code="fund_partner_joined", title=N_("%(name)s has taken its place in your fund"), params={"name": row.name},
        link=f"/funds/{row.fund_id}/lps", organisation_id=row.organisation_id,
    )  # fmt: skip
    return row


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
