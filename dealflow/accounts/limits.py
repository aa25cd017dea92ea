"""Counting failed tries, so that guessing is slow and nobody can lock somebody else out.

Failures count per account and address, and per address alone; never per account alone. An address from which
this very account got in before is spared the count of the address, so that one guest of a shared network does
not shut the others out.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select

from dealflow.accounts.models import LoginAttempt
from dealflow.core import clock
from dealflow.core.db import database, session
from dealflow.core.errors import TooMany
from dealflow.core.i18n import N_
from dealflow.core.jobs import job

WINDOW = timedelta(minutes=10)
PER_ACCOUNT, PER_ADDRESS = 10, 100
MAILS_PER_ACCOUNT, MAILS_PER_ADDRESS = 3, 30
KNOWN_FOR = timedelta(days=30)
_FULL = N_("Too many tries. Wait a few minutes, or reset your password.")


def account_key(email: str, purpose: str = "login") -> str:
    """How an account is counted: a digest, whether it exists or not."""
    return hashlib.sha256(f"{purpose}:{email.strip().casefold()}".encode("utf-8", "replace")).hexdigest()


def take_turns(name: str) -> None:
    """Let transactions that name the same thing follow each other (SQLite has a single writer anyway)."""
    if database().dialect == "postgresql":
        session().execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))


def check(
    account: str, address: str, *, per_account: int = PER_ACCOUNT, per_address: int = PER_ADDRESS
) -> None:
    """Return when another try is allowed now; TooMany says when it will be."""
    since = clock.now() - WINDOW
    recent = LoginAttempt.at > since, LoginAttempt.succeeded.is_(False), LoginAttempt.address == address
    pair, oldest = _count(*recent, LoginAttempt.account == account)
    if pair >= per_account:
        raise TooMany(_wait(oldest), detail=_FULL)
    total, oldest = _count(*recent)
    if total >= per_address and not _known(account, address):
        raise TooMany(_wait(oldest), detail=_FULL)


def _count(*conditions: ColumnElement[bool]) -> tuple[int, datetime]:
    number, oldest = session().execute(
        select(func.count(), func.min(LoginAttempt.at)).where(*conditions)
    ).one()  # fmt: skip
    return number, oldest or clock.now()


def _wait(oldest: datetime) -> int:
    return int((oldest + WINDOW - clock.now()).total_seconds()) + 1


def _known(account: str, address: str) -> bool:
    query = select(LoginAttempt.id).where(
        LoginAttempt.account == account, LoginAttempt.address == address, LoginAttempt.succeeded.is_(True),
        LoginAttempt.at > clock.now() - KNOWN_FOR,
    )  # fmt: skip
    return session().scalar(query.limit(1)) is not None


def failed(account: str, address: str) -> None:
    """Count a failure."""
    session().add(LoginAttempt(account=account, address=address[:64], succeeded=False))


def succeeded(account: str, address: str) -> None:
    """Forget this pair's failures and remember that it got in."""
    session().execute(
        delete(LoginAttempt).where(LoginAttempt.account == account, LoginAttempt.address == address)
    )
    session().add(LoginAttempt(account=account, address=address[:64], succeeded=True))


@job("accounts.forget_attempts", every=timedelta(hours=6))
def forget(**_payload: object) -> None:
    """Drop what no count looks at any more."""
    old = LoginAttempt.at < clock.now() - KNOWN_FOR
    spent = LoginAttempt.succeeded.is_(False) & (LoginAttempt.at < clock.now() - WINDOW)
    session().execute(delete(LoginAttempt).where(old | spent))
