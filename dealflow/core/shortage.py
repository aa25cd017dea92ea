"""What the machine is out of, as a refusal: room, file descriptors, the right to write, the database itself."""

from __future__ import annotations

import errno

from sqlalchemy.exc import DBAPIError, OperationalError

from dealflow.core.errors import DomainError, StorageFull, Unavailable

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_NOW = {errno.EROFS, errno.EMFILE, errno.ENFILE}
_NO_ROOM_STATES = {"53100"}
# A server that only reads, has no connection left, is starting or stopping; a lock that another holds for too long.
_NOT_NOW_STATES = {"25006", "53300", "57P01", "57P02", "57P03", "55P03"}
_NOT_NOW_WORDS = ("readonly database", "unable to open database file", "disk I/O error", "database is locked")


def shortage(error: BaseException) -> DomainError | None:
    """The refusal to answer with; None when the error is of another kind."""
    if isinstance(error, DBAPIError):
        return _of_database(error)
    if isinstance(error, OSError):
        if error.errno in _NO_ROOM:
            return StorageFull()
        return Unavailable() if error.errno in _NOT_NOW else None
    return None


def _of_database(error: DBAPIError) -> DomainError | None:
    words, state = str(error.orig), getattr(error.orig, "sqlstate", "")
    if state in _NO_ROOM_STATES or "disk is full" in words:
        return StorageFull()
    # PostgreSQL's driver knows no state when there is no server to tell one.
    gone = state is None and isinstance(error, OperationalError)
    return (
        Unavailable() if gone or state in _NOT_NOW_STATES or any(w in words for w in _NOT_NOW_WORDS) else None
    )
