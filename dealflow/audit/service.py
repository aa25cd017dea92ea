"""Record and verify. Services of all rooms call `record` beside the change, in its transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select

from dealflow.audit.models import AuditEvent
from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import database, session
from dealflow.core.ids import new

GENESIS = "0" * 64
_HASHED = (
    "chain", "number", "organisation_id", "user_id", "user_name", "tag", "object_id", "before", "after",
    "reason", "request_id", "address",
)  # fmt: skip


def _digest(row: AuditEvent, previous: str) -> str:
    values = {name: getattr(row, name) for name in _HASHED} | {
        "at": clock.rfc3339(row.at),
        "previous": previous,
    }
    text_ = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text_.encode("utf-8", "backslashreplace")).hexdigest()


def record(
    actor: Actor,
    tag: str,
    thing: Any = None,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
    organisation_id: str | None = None,
) -> None:
    """Append an event to the chain of the actor's organisation (or `organisation_id`).

    `thing` is the object (its `id` is kept) or an id; before and after are plain JSON values.
    Raises ValueError for a change in which nothing changed.
    """
    if before is not None and before == after:
        raise ValueError(f"{tag}: nothing changed")
    owner = organisation_id or actor.organisation_id
    chain = owner or "platform"
    number, previous = _head(chain)
    row = AuditEvent(
        id=new("aud"), chain=chain, number=number + 1, organisation_id=owner,
        user_id=actor.user_id, user_name=actor.user_name, tag=str(tag), at=clock.now(),
        object_id=getattr(thing, "id", thing), before=_jsonable(before), after=_jsonable(after), reason=reason[:2000],
        request_id=actor.request_id, address=actor.address,
    )  # fmt: skip
    row.at = row.at.replace(microsecond=row.at.microsecond // 1000 * 1000)
    row.hash = _digest(row, previous)
    session().add(row)
    # The next event of this transaction continues from this row; one inside a savepoint may yet be undone.
    if session().in_nested_transaction():
        session().flush()
        _heads().pop(chain, None)
    else:
        _heads()[chain] = (row.number, row.hash)


def _heads() -> dict[str, tuple[int, str]]:
    """Number and hash of the last event of each chain that the open transaction wrote to."""
    found: dict[str, tuple[int, str]] = session().info.setdefault("audit.heads", {})
    return found


def _head(chain: str) -> tuple[int, str]:
    """Number and hash of a chain's last event; nobody else appends to it before the open transaction ends."""
    if chain in _heads():
        return _heads()[chain]
    if database().dialect == "postgresql":
        # Two writers of one chain take turns; SQLite has a single writer anyway.
        session().execute(select(func.pg_advisory_xact_lock(func.hashtext(chain))))
    last = session().execute(
        select(AuditEvent.number, AuditEvent.hash).where(AuditEvent.chain == chain).order_by(AuditEvent.number.desc()).limit(1),
        execution_options={"unscoped": "a chain is continued whoever acts"},
    ).first()  # fmt: skip
    return (last.number, last.hash) if last else (0, GENESIS)


def _jsonable(values: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if values is None else json.loads(json.dumps(values, default=str, ensure_ascii=False))


def verify() -> Iterator[str]:
    """Check every chain inside an open system transaction; a line for the first bad row of each chain."""
    chain, number, previous, broken = "", 0, GENESIS, False
    rows = session().scalars(select(AuditEvent).order_by(AuditEvent.chain, AuditEvent.number)).yield_per(1000)
    for row in rows:
        if row.chain != chain:
            chain, number, previous, broken = row.chain, 0, GENESIS, False
        if broken:
            continue
        if row.number != number + 1 or row.hash != _digest(row, previous):
            broken = True
            yield f"{row.chain}: event {row.number} ({row.tag}, {clock.rfc3339(row.at)}) does not follow event {number}"
        number, previous = row.number, row.hash


def heads() -> dict[str, str]:
    """The last hash of each chain, to be kept outside (a rolled-back database then shows)."""
    latest = (
        select(AuditEvent.chain, func.max(AuditEvent.number).label("number"))
        .group_by(AuditEvent.chain)
        .subquery()
    )
    rows = session().execute(
        select(AuditEvent.chain, AuditEvent.hash).join(
            latest, (AuditEvent.chain == latest.c.chain) & (AuditEvent.number == latest.c.number)
        )
    )
    return {chain: hash_ for chain, hash_ in rows}


def lost_heads(known: dict[str, str]) -> list[str]:
    """Chains whose head of an earlier day (kept outside) is no longer in them: their rows were cut or the database rolled back."""
    lost = []
    for chain, head in sorted(known.items()):
        query = select(AuditEvent.id).where(AuditEvent.chain == chain, AuditEvent.hash == head)
        if session().scalar(query) is None:
            lost.append(f"{chain}: the head {head} is not in this chain any more")
    return lost
