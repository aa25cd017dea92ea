"""Text search that gives the same results on SQLite and PostgreSQL, two-character Chinese queries included.

A row keeps its words in one normalised column (NFKC, casefolded, traditional forms left alone); a query is
split at blanks and every part must occur. LIKE is literal: its wildcards are escaped.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, true


def normalise(*texts: str | None) -> str:
    """The searchable form of texts, joined by newlines."""
    return "\n".join(unicodedata.normalize("NFKC", t).casefold() for t in texts if t)


def matches(column: Any, query: str) -> ColumnElement[bool]:
    """The condition that every word of `query` occurs in a normalised column."""
    words: Iterable[str] = normalise(query).replace("\x00", "").split()
    conditions = [column.like(f"%{escape(word)}%", escape="\\") for word in words]
    return and_(*conditions) if conditions else true()


def escape(word: str) -> str:
    """A word whose LIKE wildcards mean themselves."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
