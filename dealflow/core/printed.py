"""Templates of what is printed: the same rules for the papers of all rooms."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dealflow.core import i18n

# Where the papers of all rooms find what they share, such as `layouts/printed/style.css`.
SHARED = Path(__file__).resolve().parents[2] / "templates"


def environment(folder: Path) -> Environment:
    """An environment for the templates in `folder` and the shared ones: people's text is escaped, what is missing is an error, `_()` speaks the
    language in use. The site's own expects a request, which a paper has not."""
    made = Environment(
        loader=FileSystemLoader([folder, SHARED]), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    made.install_gettext_callables(i18n.gettext, i18n.plural_form, newstyle=True)  # type: ignore[attr-defined]
    return made
