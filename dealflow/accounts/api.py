"""The JSON API of accounts."""

from __future__ import annotations

from typing import Any

from dealflow.accounts import proof, queries
from dealflow.accounts.login import remember, visitor
from dealflow.accounts.models import Invitation
from dealflow.accounts.policy import Can
from dealflow.accounts.schemas import (
    AuditOut,
    AuditQuery,
    EmailIn,
    EmailOut,
    InvitationIn,
    InvitationOut,
    JobOut,
    MemberOut,
    MeOut,
    OrganisationIn,
    OrganisationOut,
    OwnTokenOut,
    RoleIn,
    SessionOut,
    TokenIn,
    TokenOut,
)
from dealflow.accounts.service import email as addresses
from dealflow.accounts.service import members, passwords, profile, sessions
from dealflow.audit import queries as audit
from dealflow.core import clock, policy
from dealflow.core.http import PUBLIC, actor, api_blueprint, endpoint, read_body
from dealflow.core.paging import Query, listing
from dealflow.core.schema import partial

bp = api_blueprint("accounts")
OrganisationPatch = partial(OrganisationIn)


@proof.claims("accounts_api.create_token")
def _credentials() -> proof.Claim:
    body = read_body(TokenIn)
    return proof.Claim(body.email, body.password, body.otp)


@bp.post("/tokens")
@endpoint(PUBLIC, body=TokenIn, returns=TokenOut, status=201)
def create_token(body: TokenIn) -> dict[str, Any]:
    """Exchange credentials for a bearer token, which is shown this once."""
    secret, row = sessions.issue_token(
        proof.proven(), label=body.label, scopes=tuple(body.scopes), days=body.days, visitor=visitor()
    )
    return {
        "token": secret, "expires_at": clock.rfc3339(row.expires_at), "id": row.id, "label": row.label, "scopes": row.scopes,
    }  # fmt: skip


@bp.get("/tokens")
@endpoint(Can.SEE_SELF, query=Query, returns=OwnTokenOut, lists=True)
def tokens(query: Query) -> dict[str, Any]:
    """One's tokens that work, without their texts."""
    return _listed([queries.token_dict(row) for row in queries.live_tokens(actor())], query)


@bp.delete("/tokens/<token_id>")
@endpoint(Can.EDIT_SELF, status=204)
def end_token(token_id: str) -> Any:
    """Revoke one of one's tokens."""
    sessions.end_token(actor(), token_id)
    return None


@bp.get("/me")
@endpoint(Can.SEE_SELF, returns=MeOut)
def me() -> dict[str, Any]:
    """Who makes this request, and for which organisations they may act."""
    who = actor()
    return {
        "user": {
            "id": who.user_id, "name": who.user_name, "email": who.user_email, "locale": who.locale, "time_zone": who.time_zone,
        },
        "organisations": [dict(m) for m in who.memberships],
    }  # fmt: skip


def _email() -> dict[str, Any]:
    row = addresses.pending(actor())
    return {
        "email": actor().user_email, "pending": row.email if row else None,
        "expires_at": clock.rfc3339(row.expires_at) if row else None,
    }  # fmt: skip


@bp.get("/me/email")
@endpoint(Can.SEE_SELF, returns=EmailOut)
def own_email() -> dict[str, Any]:
    """One's address, and the one that waits to be confirmed."""
    return _email()


@bp.post("/me/email")
@endpoint(Can.EDIT_SELF, body=EmailIn, returns=EmailOut, status=202)
def change_email(body: EmailIn) -> dict[str, Any]:
    """Ask for another address; it counts once the link mailed to it was opened."""
    who = actor()
    try:
        addresses.ask(who, email=body.email, current=body.current)
    except passwords.WrongPassword:
        remember(lambda: passwords.note_wrong(who))
        raise
    return _email()


@bp.delete("/me/email")
@endpoint(Can.EDIT_SELF, status=204)
def keep_email() -> Any:
    """Withdraw a wish for another address."""
    addresses.withdraw(actor())
    return None


@bp.get("/sessions")
@endpoint(Can.SEE_SELF, query=Query, returns=SessionOut, lists=True)
def open_sessions(query: Query) -> dict[str, Any]:
    """One's open browser sessions."""
    who = actor()
    return _listed([queries.session_dict(row, who) for row in queries.live_sessions(who)], query)


@bp.delete("/sessions/<session_id>")
@endpoint(Can.EDIT_SELF, status=204)
def end_session(session_id: str) -> Any:
    """End one of one's browser sessions."""
    sessions.end(actor(), session_id)
    return None


@bp.get("/organisation")
@endpoint(Can.SEE_ORGANISATION, returns=OrganisationOut)
def organisation() -> dict[str, Any]:
    """The organisation one acts for."""
    return queries.organisation_dict(queries.own_organisation(actor()))


@bp.patch("/organisation")
@endpoint(Can.EDIT_ORGANISATION, body=OrganisationPatch, returns=OrganisationOut, versioned=True)
def change_organisation(body: Any, version: int) -> dict[str, Any]:
    """Change what one's organisation says of itself."""
    values = {name: getattr(body, name) for name in body.model_fields_set}
    return queries.organisation_dict(profile.change_organisation(actor(), values, version=version))


@bp.get("/members")
@endpoint(Can.SEE_MEMBERS, query=Query, returns=MemberOut, lists=True)
def list_members(query: Query) -> dict[str, Any]:
    """The members of one's organisation."""
    return _listed([queries.member_dict(row) for row in queries.members(actor())], query)


@bp.patch("/members/<membership_id>")
@endpoint(Can.MANAGE_MEMBERS, body=RoleIn, returns=MemberOut, versioned=True)
def change_role(membership_id: str, body: RoleIn, version: int) -> dict[str, Any]:
    """Give a member another role."""
    return queries.member_dict(members.change_role(actor(), membership_id, body.role, version=version))


@bp.delete("/members/<membership_id>")
@endpoint(Can.MANAGE_MEMBERS, status=204)
def remove_member(membership_id: str) -> Any:
    """Remove a member, or leave oneself."""
    members.remove(actor(), membership_id)
    return None


def _invitation(row: Invitation) -> dict[str, Any]:
    return {
        "id": row.id, "email": row.email, "role": row.role, "created_at": clock.rfc3339(row.created_at),
        "expires_at": clock.rfc3339(row.expires_at),
    }  # fmt: skip


@bp.get("/invitations")
@endpoint(Can.SEE_MEMBERS, query=Query, returns=InvitationOut, lists=True)
def invitations(query: Query) -> dict[str, Any]:
    """Invitations of one's organisation that are still open."""
    return _listed([_invitation(row) for row in members.open_invitations(actor())], query)


@bp.post("/invitations")
@endpoint(Can.MANAGE_MEMBERS, body=InvitationIn, returns=InvitationOut, status=201)
def invite(body: InvitationIn) -> dict[str, Any]:
    """Invite an address into one's organisation."""
    return _invitation(members.invite(actor(), email=body.email, role=body.role))


@bp.delete("/invitations/<invitation_id>")
@endpoint(Can.MANAGE_MEMBERS, status=204)
def withdraw_invitation(invitation_id: str) -> Any:
    """Withdraw an open invitation."""
    members.withdraw(actor(), invitation_id)
    return None


@bp.get("/audit")
@endpoint(Can.SEE_AUDIT, query=AuditQuery, returns=AuditOut, lists=True)
def history(query: AuditQuery) -> dict[str, Any]:
    """What one's organisation did, latest first; with `object`, to that object."""
    policy.require(actor(), Can.SEE_AUDIT)
    rows, total = audit.page(object_id=query.object, tag=query.q, offset=query.offset, limit=query.limit)
    return listing([audit.as_dict(row) for row in rows], total, query)


@bp.get("/jobs/<job_id>")
@endpoint(Can.SEE_JOB, returns=JobOut)
def job(job_id: str) -> dict[str, Any]:
    """How a piece of background work of one's organisation goes."""
    return queries.job_dict(actor(), job_id)


def _listed(items: list[dict[str, Any]], query: Query) -> dict[str, Any]:
    # Short lists of one's own: cut here, so that paging means the same everywhere.
    return listing(items[query.offset : query.offset + query.limit], len(items), query)
