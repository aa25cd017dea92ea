"""The JSON API of accounts."""

from __future__ import annotations

from typing import Any

from dealflow.accounts import proof
from dealflow.accounts.forms import MeOut, TokenIn, TokenOut
from dealflow.accounts.policy import Can
from dealflow.accounts.service import sessions
from dealflow.core import clock
from dealflow.core.http import PUBLIC, actor, api_blueprint, endpoint, read_body

bp = api_blueprint("accounts")


@proof.claims("accounts_api.create_token")
def _credentials() -> proof.Claim:
    body = read_body(TokenIn)
    return proof.Claim(body.email, body.password, body.otp)


@bp.post("/tokens")
@endpoint(PUBLIC, body=TokenIn, returns=TokenOut, status=201)
def create_token(body: TokenIn) -> dict[str, Any]:
    """Exchange credentials for a bearer token, which is shown this once."""
    secret, row = sessions.issue_token(
        proof.proven(), label=body.label, scopes=tuple(body.scopes), days=body.days, visitor=actor()
    )
    return {
        "token": secret, "expires_at": clock.rfc3339(row.expires_at), "id": row.id, "label": row.label, "scopes": row.scopes,
    }  # fmt: skip


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
