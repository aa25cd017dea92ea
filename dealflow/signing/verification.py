"""Whether a file is what was signed here. Tells that, who signed and when; nothing more."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import IO, Any

from sqlalchemy import select

from dealflow.core import clock
from dealflow.core.db import session
from dealflow.core.errors import NotFound, TooLarge
from dealflow.core.i18n import N_
from dealflow.signing import queries
from dealflow.signing.models import SigningRound, SigningStep
from dealflow.termsheets import queries as sheets

LIMIT = 64 * 1024 * 1024
DOOR = "verify_per_minute"
# A file is looked at in windows, each of which begins with the end of the one before: longer than any identifier.
_WINDOW, _OVERLAP = 1024 * 1024, 4096
# A file of ours holds a handful of codes; who sends more of them than this looks for something else.
_MOST_CODES = 100
SUPERSEDED = N_(
    "This is an earlier version that was never signed; another one came after it. Ask for the latest."
)
# A version's code stands in every print's identifier and in every signature, where writers of PDF escape its hyphens.
_ESCAPED = ((rb"\055", b"-"), (rb"\057", b"/"))
_IDENTIFIER = re.compile(rb"/ID\s*\[\s*<((?:[0-9A-Fa-f]{2}){1,200})>")
_CODE = re.compile(rb"(?<![A-Z0-9-])[2-9A-HJ-NP-Z]{5}(?:-[2-9A-HJ-NP-Z]{5}){3}(?![A-Z0-9-])")
_PUBLIC = {"unscoped": "whoever holds a file may ask whether it is genuine"}


@dataclass(frozen=True)
class Verdict:
    """A file is `genuine`, `altered`, `superseded` or `unknown`, a code `signed` or one of the last two; with what was
    really signed, where something was."""

    outcome: str
    signing: SigningRound | None = None
    steps: tuple[SigningStep, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The public answer."""
        return {"outcome": self.outcome} | (_signed(self.signing, self.steps) if self.signing else {})


def of_code(typed: str) -> Verdict:
    """What stands behind a code, however it was typed: `signed`, `superseded` or `unknown`."""
    letters = re.sub(r"[^0-9A-Z]", "", typed.upper())
    code = "-".join(letters[i : i + 5] for i in range(0, len(letters), 5))
    found = queries.completed_by_code(code)
    if found is not None:
        return Verdict("signed", found[0], tuple(found[1]))
    return Verdict("superseded" if sheets.is_superseded(code) else "unknown")


def by_code(code: str) -> dict[str, Any]:
    """Who signed the version with this code and when; NotFound (`superseded` of an earlier version) when nobody did."""
    found = of_code(code)
    if found.outcome == "superseded":
        raise NotFound(SUPERSEDED, code="superseded")
    if found.signing is None:
        raise NotFound()
    return _signed(found.signing, found.steps)


def _signed(signing: SigningRound, steps: tuple[SigningStep, ...]) -> dict[str, Any]:
    return {
        "code": signing.code,
        "document_sha256": signing.file_sha256,
        "signed_at": clock.rfc3339(signing.closed_at) if signing.closed_at else None,
        "signers": [{"name": s.name, "at": clock.rfc3339(s.at) if s.at else None} for s in steps],
    }


def of_file(stream: IO[bytes]) -> Verdict:
    """What a file is. TooLarge; the file is read once, never parsed and never kept, and takes the memory of a window.

    Takes up to a second, so it is called before a writing transaction.
    """
    digest, codes = _read(stream)
    query = select(SigningRound).where(SigningRound.file_sha256 == digest)
    signing = session().scalars(query, execution_options=_PUBLIC).first()
    if signing is not None:
        return _verdict("genuine", signing)
    for code in codes:
        found = queries.completed_by_code(code)
        if found is not None:
            return Verdict("altered", found[0], tuple(found[1]))
        if sheets.is_superseded(code):
            return Verdict("superseded")
    return Verdict("unknown")


def _read(stream: IO[bytes]) -> tuple[str, list[str]]:
    """The hash of a file, and what looks like a code in it: those of its text and then those of its identifiers, in order,
    each once."""
    digest, size, kept = hashlib.sha256(), 0, b""
    plain: dict[bytes, None] = {}
    named: dict[bytes, None] = {}
    while chunk := stream.read(_WINDOW):
        size += len(chunk)
        if size > LIMIT:
            raise TooLarge(N_("A file to verify may have up to 64 MB"))
        digest.update(chunk)
        kept, window = (kept + chunk)[-_OVERLAP:], kept + chunk
        for written, meant in _ESCAPED:
            window = window.replace(written, meant)
        _note(plain, window)
        for match in _IDENTIFIER.finditer(window):
            _note(named, bytes.fromhex(match[1].decode()))
    return digest.hexdigest(), [code.decode() for code in dict.fromkeys([*plain, *named])]


def _note(found: dict[bytes, None], text: bytes) -> None:
    for match in _CODE.finditer(text):
        if len(found) >= _MOST_CODES:
            return
        found[match[0]] = None


def _verdict(outcome: str, signing: SigningRound) -> Verdict:
    rows = select(SigningStep).where(SigningStep.round_id == signing.id).order_by(SigningStep.position)
    return Verdict(outcome, signing, tuple(session().scalars(rows, execution_options=_PUBLIC)))
