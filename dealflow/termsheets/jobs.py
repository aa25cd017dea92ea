"""Background work of term sheets."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dealflow.core.jobs import job
from dealflow.termsheets import service


@job("termsheets.expire", every=timedelta(hours=1))
def expire(**_payload: Any) -> dict[str, Any]:
    """Close what is past its validity date and remind of what soon will be."""
    service.remind_due()
    return {"expired": service.expire_due()}
