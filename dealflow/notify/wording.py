"""A notification in words."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from dealflow.core.i18n import gettext, localised, show_day
from dealflow.notify.models import Notification

_DAY = re.compile(r"[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")


def words(row: Notification) -> tuple[str, str]:
    """Title and text in the current language."""
    params = {name: _in_words(value) for name, value in row.params.items()}
    return gettext(row.title, **params), gettext(row.text, **params) if row.text else ""


def _in_words(value: Any) -> Any:
    """A parameter as its reader writes it: texts in the reader's language, days as that language writes them."""
    if isinstance(value, dict):
        return localised(value)
    if isinstance(value, str) and _DAY.fullmatch(value):
        return show_day(date.fromisoformat(value))
    return value
