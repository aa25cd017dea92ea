"""Proving who one is, before the request's own transaction begins.

A wrong password must be counted although the request is refused and rolled back, and hashing must not hold the
database's write lock. So the claim is judged ahead of the view, in transactions of its own: read, hash, then
record the verdict and count in one step. No verdict is told beyond the limit, however many guesses run at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request
from sqlalchemy import select

from dealflow.accounts import identity, letters, limits, otp, passwords
from dealflow.accounts.models import User
from dealflow.accounts.policy import Tag
from dealflow.audit import service as audit
from dealflow.core import db
from dealflow.core.actor import SYSTEM
from dealflow.core.errors import DomainError, Unauthenticated
from dealflow.core.i18n import N_


class WrongCredentials(Unauthenticated):
    """One answer for an unknown address, a wrong password and a disabled account."""

    code, title = "wrong_credentials", N_("The e-mail address or the password is wrong")


class WrongCode(Unauthenticated):
    code, title = "wrong_code", N_("This code is wrong, was used already or is too old")


class CodeRequired(Unauthenticated):
    """The password was right; a code of the authenticator is still needed."""

    code, title = "otp_required", N_("Enter the code of your authenticator as well")

    def __init__(self, user_id: str, password_hash: str) -> None:
        super().__init__()
        self.user_id, self.password_hash = user_id, password_hash


@dataclass(frozen=True)
class Claim:
    """What somebody says to be let in. Without a password, `user_id` and `password_hash` (a digest of the hash)
    name the person whose password was proven a moment ago."""

    email: str
    password: str | None
    otp: str | None
    user_id: str | None = None
    password_hash: str | None = None


Reader = Callable[[], Claim | None]
_readers: dict[str, Reader] = {}


def claims(endpoint: str) -> Callable[[Reader], Reader]:
    """Register how the claim is read from a POST to an endpoint."""

    def register(reader: Reader) -> Reader:
        _readers[endpoint] = reader
        return reader

    return register


def find_user(email: str) -> User | None:
    """The person with this address."""
    return session_user(User.email == email.strip().lower())


def session_user(*conditions: Any) -> User | None:
    """The one person that fits."""
    return db.session().scalars(select(User).where(*conditions)).one_or_none()


def prove(claim: Claim, address: str) -> str:
    """The id of the person who made this claim. TooMany, WrongCredentials, CodeRequired or WrongCode otherwise."""
    with db.system_edge(write=False):
        known = session_user(User.id == claim.user_id) if claim.user_id else find_user(claim.email)
        account = limits.account_key(known.email if known else claim.email)
        limits.check(account, address)
        hashed = known.password_hash if known else None
        user_id = known.id if known else None
    if claim.password is None:
        # The password was proven a moment ago; it must not have been changed since.
        right = hashed is not None and identity.digest(hashed) == claim.password_hash
    else:
        right = passwords.verify(hashed, claim.password)
    fresh_hash = None
    if right and claim.password and hashed and passwords.outdated(hashed):
        fresh_hash = passwords.hash_password(claim.password)

    def settle() -> DomainError | None:
        with db.system_edge():
            limits.take_turns(f"login:{account}:{address}")
            limits.check(account, address)
            user = db.hold_if_there(User, user_id) if user_id else None
            return _verdict(
                user, right and user is not None and user.password_hash == hashed, claim, account, address
            )

    refusal = db.retrying(settle)
    if refusal is not None:
        raise refusal
    if user_id is None:
        raise WrongCredentials()
    if fresh_hash:
        with db.system_edge() as s:
            s.get_one(User, user_id).password_hash = fresh_hash
    return user_id


def _verdict(user: User | None, right: bool, claim: Claim, account: str, address: str) -> DomainError | None:
    if user is None or not right or user.disabled_at is not None:
        limits.failed(account, address)
        return WrongCredentials()
    if user.otp_enabled_at is not None:
        if not claim.otp:
            return CodeRequired(user.id, identity.digest(user.password_hash or ""))
        refusal = _code_verdict(user, claim.otp, account, address)
        if refusal is not None:
            limits.failed(account, address)
            return refusal
    limits.succeeded(account, address)
    return None


def _code_verdict(user: User, code: str, account: str, address: str) -> DomainError | None:
    """Judge the second step of a held person whose password was right. Beyond the limit over all addresses only a recovery
    code opens, which nobody guesses; of an authenticator's it is not told whether it was right."""
    codes = limits.code_key(user.id, user.password_hash or "")
    refusal = limits.codes_refused(codes, account, address, since=user.otp_enabled_at or user.created_at)
    opens = otp.accept_recovery if refusal is not None else otp.accept
    if opens(user, code):
        limits.right_code(codes, address)
        return None
    if refusal is not None:
        return refusal
    if limits.wrong_code(codes, address):
        letters.codes_guessed(user)
        audit.record(SYSTEM, Tag.CODES_GUESSED, user.id, after={"wrong_codes": limits.CODES_PER_ACCOUNT})
    return WrongCode()


def proven() -> str:
    """Inside a view whose claim was judged: the person's id. Raises the refusal otherwise."""
    outcome = g.get("proof") or WrongCredentials()
    if isinstance(outcome, DomainError):
        raise outcome
    return str(outcome)


def install(app: Flask) -> None:
    """Judge claims ahead of their views."""

    @app.before_request
    def judge() -> None:
        reader = _readers.get(request.endpoint or "")
        if reader is None or request.method != "POST":
            return
        if not request.path.startswith("/api/") and app.config["WTF_CSRF_ENABLED"]:
            # Before the count, so that another site cannot spend somebody's tries.
            current_app.extensions["csrf"].protect()
        claim = reader()
        if claim is None:
            return
        try:
            g.proof = prove(claim, request.remote_addr or "")
        except DomainError as refusal:
            g.proof = refusal
