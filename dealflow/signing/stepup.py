"""A fresh code of the authenticator before somebody signs; a wrong one is counted although the request is refused."""

from __future__ import annotations

from dealflow.accounts import login
from dealflow.accounts.service import passwords
from dealflow.core.actor import Actor
from dealflow.core.errors import Invalid


def proven(actor: Actor, code: str | None) -> bool:
    """Whether the actor proved a code of the authenticator just now; False for whoever has none.

    Raises TooMany, and Invalid of the field `otp` for a missing or wrong code of somebody who has one.
    """
    try:
        return passwords.confirm_code(actor, code)
    except Invalid:
        if code:
            login.remember(lambda: passwords.note_wrong(actor))
        raise
