"""The hash of an entry, which continues its book's chain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from dealflow.core import clock
from dealflow.ledger.models import Entry

GENESIS = "0" * 64
Line = tuple[str, int, str]


def digest(entry: Entry, lines: Sequence[Line], previous: str) -> str:
    """SHA-256 over everything an entry says; `lines` are (account id, minor units, currency) in order."""
    values: list[Any] = [
        previous, entry.id, entry.book_id, entry.number, entry.posted_on.isoformat(), entry.kind, entry.text, entry.source,
        entry.key, entry.reverses_id, entry.data, entry.user_id, entry.user_name, clock.rfc3339(entry.at),
        [list(line) for line in lines],
    ]  # fmt: skip
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
