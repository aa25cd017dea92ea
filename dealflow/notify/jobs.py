"""Forgetting: what was read long ago."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete

from dealflow.core import clock
from dealflow.core.db import session
from dealflow.core.jobs import job
from dealflow.notify.models import Notification

KEPT = timedelta(days=365)


@job("notify.forget", every=timedelta(days=1))
def forget(**_payload: Any) -> None:
    """Drop notifications that were read more than a year ago."""
    session().execute(delete(Notification).where(Notification.read_at < clock.now() - KEPT))
