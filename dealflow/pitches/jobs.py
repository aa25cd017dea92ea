"""Background work of this room."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete

from dealflow.core import clock
from dealflow.core.db import session
from dealflow.core.jobs import job
from dealflow.pitches.models import ProjectImport

KEEP_IMPORTS = timedelta(days=7)


@job("pitches.forget_imports", every=timedelta(hours=12))
def forget_imports(**_payload: Any) -> None:
    """Drop uploaded import files after a week; what was imported stays."""
    session().execute(
        delete(ProjectImport).where(ProjectImport.created_at < clock.now() - KEEP_IMPORTS),
        execution_options={"synchronize_session": False},
    )
