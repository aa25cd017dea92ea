"""Sweeping up: rows that no room refers to, bytes that no row refers to."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from dealflow.core import clock
from dealflow.core.db import session
from dealflow.core.jobs import job
from dealflow.files import access, storage
from dealflow.files.models import StoredFile

# Longer than any form stays open between the upload and the save that refers to it.
GRACE = timedelta(days=1)


@job("files.sweep", every=timedelta(hours=12), lease_s=600)
def sweep(**_payload: Any) -> dict[str, Any]:
    """Drop what has been unused for a day, and what was cut off: {rows, blobs, leftovers}."""
    old: dict[str, list[str]] = defaultdict(list)
    query = select(StoredFile.purpose, StoredFile.id).where(StoredFile.created_at < clock.now() - GRACE)
    for purpose, file_id in session().execute(query):
        old[purpose].append(file_id)
    unused = [i for purpose, found in old.items() for i in set(found) - access.still_used(purpose, found)]
    for start in range(0, len(unused), 500):
        session().execute(delete(StoredFile).where(StoredFile.id.in_(unused[start : start + 500])))
    # The storage dates what it keeps by the machine's clock, whatever the installation's clock is set to.
    oldest = clock.real_now() - GRACE
    wanted: set[str] = set()
    for sha256, variants in session().execute(select(StoredFile.sha256, StoredFile.variants)):
        wanted.add(sha256)
        wanted.update(facts["sha256"] for facts in variants.values())
    stale = [
        sha256 for sha256, at in storage.kept() if sha256 not in wanted and at < oldest
    ]  # fmt: skip
    for sha256 in stale:
        storage.drop(sha256)
    return {"rows": len(unused), "blobs": len(stale), "leftovers": storage.drop_leftovers(oldest)}
