"""Counting: failed tries, so that guessing is slow and nobody can lock somebody else out; and calls, so that nobody takes
all of the machine.

Failures count per account and address, and per address alone; never per account alone. An address from which
this very account got in before is spared the count of the address, so that one guest of a shared network does
not shut the others out. Wrong codes of the second step are given by somebody who knows the password, so they count over
all addresses too, for this very password: whoever does not know it cannot use them up, and changing it begins anew. They are rows, since they must outlive a restart. Calls are counted in memory (`pace`).
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import mmap
import secrets
import threading
from contextlib import suppress
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
# Of a million codes three open the door at any time: thirty tries a day find one in a lifetime.
CODE_WINDOW, CODES_PER_ACCOUNT = timedelta(days=1), 30
_CODES = "code:"
_FULL = N_("Too many tries. Wait a few minutes, or reset your password.")
_GUESSED = N_(
    "Too many wrong codes were given with this password, from several places. Use a recovery code, sign in from where you did "
    "before, or reset your password."
)
_FAST = N_("These are more calls than allowed in a minute. Go on in %(seconds)s s.")
MINUTE = 60.0


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


def _wait(oldest: datetime, window: timedelta = WINDOW) -> int:
    return int((oldest + window - clock.now()).total_seconds()) + 1


def _known(account: str, address: str, since: datetime | None = None) -> bool:
    known_for = clock.now() - KNOWN_FOR
    query = select(LoginAttempt.id).where(
        LoginAttempt.account == account, LoginAttempt.address == address, LoginAttempt.succeeded.is_(True),
        LoginAttempt.at > (known_for if since is None else max(since, known_for)),
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


def code_key(user_id: str, password_hash: str) -> str:
    """How wrong codes that were given with a password are counted."""
    return hashlib.sha256(f"{_CODES}{user_id}:{password_hash}".encode()).hexdigest()


def codes_refused(codes: str, account: str, address: str, *, since: datetime) -> TooMany | None:
    """The refusal when no code from this address is judged now, wherever the wrong ones came from; None when one is. An address
    from which this account got in with a code (`since` it has them) is judged by its own count alone."""
    number, oldest = _wrong_codes(codes)
    if number < CODES_PER_ACCOUNT or _known(account, address, since):
        return None
    return TooMany(_wait(oldest, CODE_WINDOW), detail=_GUESSED)


def _wrong_codes(codes: str) -> tuple[int, datetime]:
    return _count(LoginAttempt.account == codes, LoginAttempt.at > clock.now() - CODE_WINDOW)


def wrong_code(codes: str, address: str) -> bool:
    """Count a wrong code; whether it was the last that is judged."""
    session().add(LoginAttempt(account=codes, address=f"{_CODES}{address}"[:64], succeeded=False))
    session().flush()
    return _wrong_codes(codes)[0] == CODES_PER_ACCOUNT


def right_code(codes: str, address: str) -> None:
    """Forget the wrong codes of an address from which the right one came."""
    place = f"{_CODES}{address}"[:64]
    session().execute(
        delete(LoginAttempt).where(LoginAttempt.account == codes, LoginAttempt.address == place)
    )


@job("accounts.forget_attempts", every=timedelta(hours=6))
def forget(**_payload: object) -> None:
    """Drop what no count looks at any more."""
    old = LoginAttempt.at < clock.now() - KNOWN_FOR
    code = LoginAttempt.address.startswith(_CODES)
    spent = LoginAttempt.succeeded.is_(False) & (LoginAttempt.at < clock.now() - WINDOW)
    over = LoginAttempt.at < clock.now() - CODE_WINDOW
    session().execute(delete(LoginAttempt).where(old | (spent & ~code) | (spent & over)))


class Meter:
    """How fast callers call: for each, the moment at which its calls so far would be over if they came evenly.

    The moments lie in memory that processes share which are forked after it was made, in a table of fixed size: each caller
    has one place in every row and is as far as the earliest of them says, so that strangers who share one do not
    slow each other down. Two processes that count at the same instant may let one call more pass.
    """

    ROWS, PLACES = 4, 1 << 16

    def __init__(self) -> None:
        self._over = memoryview(mmap.mmap(-1, self.ROWS * self.PLACES * 8)).cast("d")
        self._secret = secrets.token_bytes(16)
        self._turn = threading.Lock()

    def count(self, caller: str, most: int) -> float:
        """Count one call, `most` of which are allowed in a minute, at once or spread: 0, or the seconds until it is allowed."""
        digest = hashlib.blake2b(caller.encode("utf-8", "replace"), key=self._secret, digest_size=16).digest()
        places = [
            row * self.PLACES + int.from_bytes(digest[4 * row : 4 * row + 4]) % self.PLACES
            for row in range(self.ROWS)
        ]
        with self._turn:
            now, step = clock.now().timestamp(), MINUTE / most
            # What is over in more than a minute was counted before the clock was set back.
            marks = {place: self._over[place] for place in places}
            marks = {place: over if over <= now + MINUTE else 0.0 for place, over in marks.items()}
            over = max(now, min(marks.values())) + step
            if over > now + MINUTE + 1e-6:
                return over - now - MINUTE
            for place, known in marks.items():
                self._over[place] = max(known, over)
        return 0.0


_meter = Meter()


def forget_calls() -> None:
    """Begin to count calls anew, in this process and those forked from it."""
    global _meter
    _meter = Meter()


def pace(door: str, caller: str, most: int) -> None:
    """Count a call to a door, of which `most` are allowed in a minute (0: any number). TooMany says when to go on."""
    wait = _meter.count(f"{door}:{caller}", most) if most else 0.0
    if wait > 0:
        seconds = max(1, math.ceil(wait))
        raise TooMany(seconds, detail=_FAST, seconds=seconds)


def place_of(address: str) -> str:
    """Whom an address stands for: itself, or of IPv6 the network, of which one household has 2^64 addresses."""
    with suppress(ValueError):
        found = ipaddress.ip_address(address)
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
            return str(ipaddress.ip_network((found, 64), strict=False))
    return address
