"""Work that comes with time: reminders before a next step is due, introductions that expire."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dealflow.core.jobs import job
from dealflow.deals.service import introductions, reminders


@job("deals.remind", every=timedelta(hours=1))
def remind(**_payload: Any) -> None:
    """Tell who looks after a deal that its next step is due soon."""
    reminders.remind_due()


@job("deals.expire_introductions", every=timedelta(hours=1))
def expire(**_payload: Any) -> None:
    """Let introductions expire that nobody answered."""
    introductions.expire_due()
