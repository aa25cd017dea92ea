"""One-time codes of an authenticator (RFC 6238) and the recovery codes for when it is lost."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from typing import Any

import pyotp
from sqlalchemy import delete, select

from dealflow.accounts.models import RecoveryCode, User
from dealflow.core import clock, sealing
from dealflow.core.db import session

ISSUER = "Dealflow"
STEP = 30
RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_BEFORE_LOGIN: dict[str, Any] = {"unscoped": "credentials are checked before anybody is known"}


def normalise(code: str) -> str:
    """One form for what people type: full-width digits, blanks and hyphens do not matter."""
    return "".join(c for c in unicodedata.normalize("NFKC", code).casefold() if c.isalnum())


def new_secret() -> str:
    """A fresh secret, base32."""
    return pyotp.random_base32()


def seal(secret: str) -> str:
    """The form in which a secret is kept: encrypted under the installation's key."""
    return sealing.seal("otp", secret)


def unseal(kept: str) -> str | None:
    """The secret again; None when it was sealed under another key (then only recovery codes help)."""
    return sealing.unseal("otp", kept)


def address(user: User, secret: str) -> str:
    """The otpauth:// address that an authenticator reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=ISSUER)


def picture(text: str) -> str:
    """A QR code as a data: address of an SVG."""
    import segno

    return segno.make(text, error="m").svg_data_uri(scale=5, border=2, dark="#111", light="#fff")


def step_of(secret: str, code: str, last_step: int | None) -> int | None:
    """The time step that a code belongs to, within one step of now and later than `last_step`; else None."""
    typed = normalise(code)
    if len(typed) != 6 or not (typed.isascii() and typed.isdecimal()):
        return None
    now = int(clock.now().timestamp()) // STEP
    generator = pyotp.TOTP(secret)
    for step in (now, now - 1, now + 1):
        if pyotp.utils.strings_equal(generator.generate_otp(step), typed):
            return step if last_step is None or step > last_step else None
    return None


def accept(user: User, code: str) -> bool:
    """Whether a code (of the authenticator, or a recovery code) opens the door now; it never does again."""
    if not user.otp_secret:
        return False
    secret = unseal(user.otp_secret)
    step = step_of(secret, code, user.otp_last_step) if secret else None
    if step is not None:
        user.otp_last_step = step
        session().flush()
        return True
    return accept_recovery(user, code)


def accept_recovery(user: User, code: str) -> bool:
    """The same of a recovery code alone."""
    query = select(RecoveryCode).where(
        RecoveryCode.user_id == user.id,
        RecoveryCode.code_hash == _digest(code),
        RecoveryCode.used_at.is_(None),
    )
    row = session().scalars(query.with_for_update(), execution_options=_BEFORE_LOGIN).first()
    if row is None:
        return False
    row.used_at = clock.now()
    session().flush()
    return True


def _digest(code: str) -> str:
    return hashlib.sha256(normalise(code).encode()).hexdigest()


def new_recovery_codes(user: User) -> list[str]:
    """Replace a person's recovery codes; the new ones, to be shown once."""
    drop_recovery_codes(user)
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(12)) for _ in range(RECOVERY_CODES)]
    session().add_all(RecoveryCode(user_id=user.id, code_hash=_digest(code)) for code in codes)
    return [f"{c[:4]}-{c[4:8]}-{c[8:]}" for c in codes]


def drop_recovery_codes(user: User) -> None:
    """Make a person's recovery codes void."""
    session().execute(
        delete(RecoveryCode).where(RecoveryCode.user_id == user.id), execution_options=_BEFORE_LOGIN
    )


def codes_left(user_id: str) -> int:
    """How many recovery codes are unused."""
    query = select(RecoveryCode.id).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return len(session().scalars(query, execution_options=_BEFORE_LOGIN).all())
