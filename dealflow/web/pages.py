"""The site's own pages: the start page, the search over the whole house, the style guide."""

from __future__ import annotations

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dealflow.core import find, nav, policy, slots
from dealflow.core.actor import Actor
from dealflow.core.doors import costly
from dealflow.core.http import actor, needs, public
from dealflow.core.i18n import N_, gettext
from dealflow.core.search import normalise
from dealflow.web.policy import POLICY, Can

bp = Blueprint("web", __name__)
_IN_PALETTE, _ON_PAGE = 5, 20


@bp.get("/")
@public
def home() -> str | Response:
    """What waits for me; rooms fill the slots `home.todo` and `home.panel`."""
    if not actor().is_authenticated:
        return redirect(url_for("accounts.login"))
    todo = [item for _template, context in slots.panels("home.todo", actor()) for item in context["items"]]
    return render_template("web/home.html", todo=todo, panels=slots.panels("home.panel", actor()))


@bp.get("/search")
@needs(Can.SEARCH)
@costly
def search() -> str:
    """Everything the actor may see that carries these words; for the palette, only the first of each room."""
    words = " ".join(request.args.get("q", "").replace("\x00", "").split())[:200]
    brief = "HX-Request" in request.headers
    found = find.everywhere(actor(), words, _IN_PALETTE if brief else _ON_PAGE) if words else []
    return render_template("web/_hits.html" if brief else "web/search.html", words=words, found=found)


@find.source(N_("Places"), order=90)
def places(who: Actor, words: str, limit: int) -> list[find.Hit]:
    """Places of the navigation by their names."""
    named = [(entry, gettext(entry.label)) for entry in nav.entries(who)]
    wanted = normalise(words)
    return [
        find.Hit(name, url_for(e.endpoint), "", e.icon) for e, name in named if wanted in normalise(name)
    ][:limit]


@public
def styleguide() -> str:
    """All components, for those who build pages."""
    return render_template("components/styleguide.html")


def install(app: Flask) -> None:
    """Add the routes; the style guide outside production only."""
    policy.declare(POLICY)
    app.register_blueprint(bp)
    nav.add("home", N_("Home"), "web.home", "home", order=1, shown=lambda who: who.is_authenticated)
    if not app.extensions["dealflow.settings"].is_production:
        app.add_url_rule("/styleguide", "web.styleguide", styleguide)
