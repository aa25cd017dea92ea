"""Parameters that the clause library declares: a new one, changing one, removing one."""

from __future__ import annotations

import re
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from dealflow.core import i18n, policy
from dealflow.core.errors import Conflict, Invalid, NotFound
from dealflow.core.http import actor, needs
from dealflow.core.i18n import gettext as _
from dealflow.pitches.typed import move_rows
from dealflow.termsheets import libraries, parameter_form, service
from dealflow.termsheets.pages.base import bp, number_of
from dealflow.termsheets.policy import Can

NEW = "new"


def _page(name: str, shown: dict[str, Any], base: int, errors: dict[str, str] | None = None) -> str:
    return render_template(
        "termsheets/library/parameter.html", name=name, shown=shown, base=base, errors=errors or {},
        choices=parameter_form.choices(), comment=request.form.get("comment", ""), lang_key=i18n.language(),
    )  # fmt: skip


@bp.get("/clause-library/parameters/<parameter>")
@needs(Can.EDIT_LIBRARY)
def edit_parameter(parameter: str) -> str:
    """Change a declared parameter, or declare a new one."""
    policy.require(actor(), Can.EDIT_LIBRARY)
    number = libraries.current_number()
    data = libraries.data(number)
    if parameter != NEW and parameter not in data["parameters"]:
        raise NotFound()
    return _page(parameter, parameter_form.typed(data, parameter), number)


@bp.post("/clause-library/parameters/<parameter>")
@needs(Can.EDIT_LIBRARY)
def save_parameter(parameter: str) -> Any:
    """Save the library with this parameter, or without it, as a new version."""
    policy.require(actor(), Can.EDIT_LIBRARY)
    form = request.form
    shown, base = parameter_form.sent(form), number_of(form.get("base_version")) or libraries.current_number()
    if command := form.get("rows"):
        moved = move_rows(form, command, {"choices": parameter_form.COLUMNS})
        return _page(parameter, parameter_form.sent(moved), base)
    data, key = libraries.data(base), shown["id"] if parameter == NEW else parameter
    if parameter == NEW and (not re.fullmatch(r"[a-z][a-z_]{1,39}", key) or key in data["parameters"]):
        taken = {"id": _("Use small letters and underscores, and a name no other parameter has")}
        return _page(parameter, shown, base, taken), 422
    if form.get("remove"):
        made, errors = parameter_form.without(data, key), dict[str, str]()
    else:
        made, errors = parameter_form.laid_upon(data, key, shown)
    if errors:
        return _page(parameter, shown, base, _near(errors, key)), 422
    try:
        service.save_library(actor(), made, base_version=base, comment=form.get("comment", "").strip()[:2000])
    except Invalid as refusal:
        found = {e.field.removeprefix("library."): e.text() for e in refusal.errors}
        return _page(parameter, shown, base, _near(found, key)), 422
    except Conflict as refusal:
        return _page(parameter, shown, base, {"": refusal.text()}), 409
    flash(_("Saved. Term sheets drafted from now on use this version; others keep theirs."), "success")
    return redirect(url_for("termsheets.clause_library") + "#parameters", 303)


def _near(errors: dict[str, str], name: str) -> dict[str, str]:
    """Errors of this parameter by the input they concern; others keep their path and stand above the form."""
    own = f"parameters.{name}."
    places = {"label.zh": "label_zh", "label.en": "label_en"}
    found: dict[str, str] = {}
    for path, text in errors.items():
        below = path.removeprefix(own)
        place = path if below == path else places.get(below, below.partition(".")[0])
        found.setdefault(place, text)
    return found
