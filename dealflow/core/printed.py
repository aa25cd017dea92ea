"""Templates of what is printed: the same rules for the papers of all rooms."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dealflow.core import db, i18n, jobs

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


def keep_nobody_waiting() -> None:
    """Raise where a request or a job would make a paper, or store one, while it holds the database's writer: all others who write
    would wait for it."""
    if db.in_transaction():
        info = db.session().info
        if info["write"] and (info.get("request") or jobs.is_running()):
            raise RuntimeError("a paper is made outside the transaction that writes: files.keeping, or a job")
