"""Background work of term sheets."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from dealflow.core.config import settings
from dealflow.core.jobs import job
from dealflow.termsheets import prints, service


@job("termsheets.expire", every=timedelta(hours=1))
def expire(**_payload: Any) -> dict[str, Any]:
    """Close what is past its validity date and remind of what soon will be."""
    service.remind_due()
    return {"expired": service.expire_due()}


@job("termsheets.drop_prints", every=timedelta(hours=1), transactional=False)
def drop_prints(**_payload: Any) -> dict[str, Any]:
    """Drop the oldest prints beyond what the installation keeps; they are printed again when asked for."""
    return {"dropped": prints.sweep(Path(settings().instance) / "cache" / "pdf", settings().print_cache)}
