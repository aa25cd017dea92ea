"""Background work of signing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dealflow.core.config import settings
from dealflow.core.db import system_edge
from dealflow.core.jobs import job
from dealflow.signing import keys, printing, sealing, service


@job(service.SEAL_JOB, tries=8, lease_s=300, transactional=False)
def seal(round_id: str) -> dict[str, Any]:
    """Make the executed file. Drawing and signing hold no transaction; a second run finds the first one's file."""
    with system_edge(write=False):
        planned = sealing.plan(round_id)
    if planned is None:
        return {"made": False}
    content = printing.executed(planned.document, planned.record, keys.of(settings()))
    received = sealing.receive(planned.record.code, content)
    with system_edge():
        sealing.keep(round_id, received)
    return {"made": True, "bytes": len(content)}


@job("signing.clock", every=timedelta(hours=1))
def clock(**_payload: Any) -> dict[str, Any]:
    """Close rounds whose last day has passed, remind whoever's turn it is."""
    ended = service.expire_due()
    service.remind_due()
    return {"expired": ended}
