"""Background work of releases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dealflow.core.jobs import job
from dealflow.releases import service, statements  # noqa: F401 - its jobs are registered with the room


@job("releases.announce", every=timedelta(hours=1))
def announce(**_payload: Any) -> dict[str, Any]:
    """Tell bound investors of releases whose day has come."""
    return {"announced": service.announce_due()}
