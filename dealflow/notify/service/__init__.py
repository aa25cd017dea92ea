"""Use cases of telling: people by notification and mail, programs by webhook."""

from __future__ import annotations

from dealflow.notify.service.telling import mark_all_read, mark_read, tell

__all__ = ["mark_all_read", "mark_read", "tell"]
