"""Pages that bring projects in from a file."""

from __future__ import annotations

from dealflow.core.i18n import gettext as _
from dealflow.core.intake_pages import ImportPages
from dealflow.pitches import importing, uploads
from dealflow.pitches.diff import field_label
from dealflow.pitches.pages.base import bp
from dealflow.pitches.rows import COLUMNS

_FIELD_OF = {column: path for path, column in importing.COLUMN_OF.items()}


def column_label(name: str) -> str:
    """The name of a field of the import in the current language."""
    return _("Currency") if name == "currency" else field_label(_FIELD_OF.get(name, name))


ImportPages(
    uploads.FILES, "/projects", COLUMNS, column_label, "pitches/import.html", "pitches/import_check.html"
).add_to(bp)
