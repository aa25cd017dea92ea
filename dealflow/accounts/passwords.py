"""Passwords: rules of ASVS 5.0 section 6.2 and argon2id hashes. Knows no database."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import AfterValidator, StringConstraints

from dealflow.core.errors import Invalid
from dealflow.core.i18n import N_
from dealflow.core.schema import rule

LEAST, MOST = 8, 128
# Longer than any password that can be set, so that a wrong one is judged and not a form.
TYPED_MOST = 1024
_PRODUCT = "dealflow"
_COMMON = Path(__file__).parent / "data" / "common-passwords.txt"
# RFC 9106's memory-constrained choice as OWASP gives it: 19 MiB, 2 passes, 1 lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


def _typed(text: str) -> str:
    if "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise rule("control_character", N_("Remove the invisible control characters"))
    return text


# As typed: nothing is trimmed, folded or cut.
TypedPassword = Annotated[
    str,
    StringConstraints(strip_whitespace=False, min_length=1, max_length=TYPED_MOST),
    AfterValidator(_typed),
]


@lru_cache
def _common() -> frozenset[str]:
    return frozenset(_COMMON.read_text("utf-8").split())


def check(password: str, *, about: tuple[str, ...] = (), field: str = "password") -> None:
    """Return for a password that may be set; Invalid (of `field`) names what is wrong.

    `about` are texts that an attacker would try first: the person's name, the local part of the address.
    """
    folded = unicodedata.normalize("NFKC", password).casefold().strip()
    if len(password) < LEAST:
        raise Invalid.field(field, "too_short", N_("Use at least %(least)s characters"), least=LEAST)
    if len(password) > MOST:
        raise Invalid.field(field, "too_long", N_("Use at most %(most)s characters"), most=MOST)
    if "\x00" in password:
        raise Invalid.field(field, "control_character", N_("Remove the invisible control characters"))
    if folded in _common() or len(set(folded)) < 3:
        raise Invalid.field(
            field, "too_common", N_("This password is on every attacker's list; choose another")
        )
    named = {_PRODUCT} | {unicodedata.normalize("NFKC", a).casefold() for a in about if len(a) >= 4}
    if any(name in folded for name in named):
        raise Invalid.field(
            field, "contains_name", N_("Leave out the name of this service, your own name and your address")
        )


def hash_password(password: str) -> str:
    """The argon2id hash to keep."""
    return _hasher.hash(password)


@lru_cache
def _nobody() -> str:
    return _hasher.hash("nobody's password")


def verify(hashed: str | None, password: str) -> bool:
    """Whether the password fits. Takes the same work when there is nothing to compare with."""
    try:
        return _hasher.verify(hashed or _nobody(), password) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(hashed: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(hashed)
