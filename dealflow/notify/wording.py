"""A notification in words."""

from __future__ import annotations

from dealflow.core.i18n import gettext, localised
from dealflow.notify.models import Notification


def words(row: Notification) -> tuple[str, str]:
    """Title and text in the current language."""
    params = {
        name: localised(value) if isinstance(value, dict) else value for name, value in row.params.items()
    }
    return gettext(row.title, **params), gettext(row.text, **params) if row.text else ""
