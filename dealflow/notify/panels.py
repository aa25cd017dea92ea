"""What the start page shows of the inbox."""

from __future__ import annotations

from typing import Any

from dealflow.core import slots
from dealflow.core.actor import Actor
from dealflow.notify import queries
from dealflow.notify.wording import words


@slots.fill("home.panel", order=90)
def latest(actor: Actor, _thing: Any) -> tuple[str, dict[str, Any]] | None:
    """The latest unread notifications."""
    rows, total = queries.inbox(actor, only_unread=True, limit=5)
    if not rows:
        return None
    return "notify/_latest.html", {"rows": [(row, *words(row)) for row in rows], "total": total}
