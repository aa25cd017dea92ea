"""The site's own pages: the start page and the style guide."""

from __future__ import annotations

from flask import Blueprint, Flask, redirect, render_template, url_for
from werkzeug.wrappers import Response

from dealflow.core import slots
from dealflow.core.http import actor, public

bp = Blueprint("web", __name__)


@bp.get("/")
@public
def home() -> str | Response:
    """What waits for me; rooms fill the slots `home.todo` and `home.panel`."""
    if not actor().is_authenticated:
        return redirect(url_for("accounts.login"))
    todo = [item for _template, context in slots.panels("home.todo", actor()) for item in context["items"]]
    return render_template("web/home.html", todo=todo, panels=slots.panels("home.panel", actor()))


@public
def styleguide() -> str:
    """All components, for those who build pages."""
    return render_template("components/styleguide.html")


def install(app: Flask) -> None:
    """Add the routes; the style guide outside production only."""
    app.register_blueprint(bp)
    if not app.extensions["dealflow.settings"].is_production:
        app.add_url_rule("/styleguide", "web.styleguide", styleguide)
