"""The genre vocabulary, which the park extends."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from wtforms import SelectField, StringField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind

from dealflow.core.errors import Invalid
from dealflow.core.forms import Form
from dealflow.core.http import actor, needs
from dealflow.core.i18n import _l
from dealflow.core.i18n import gettext as _
from dealflow.pitches import queries, service
from dealflow.pitches.pages.base import bp
from dealflow.pitches.policy import Can
from dealflow.pitches.schemas import GenreIn
from dealflow.pitches.vocabulary import FACETS


class GenreForm(Form):
    """A new genre."""

    term = StringField(_l("Identifier"))
    zh = StringField(_l("Name in Chinese"))
    en = StringField(_l("Name in English"))
    facet = SelectField(
        _l("Facet"),
        choices=[SelectChoice(k, _l(v)) for k, v in FACETS.items()],
        validate_choice=False,
        default="trope",
    )
    review_note = StringField(_l("Note for content review"), default="")


def _page(form: GenreForm) -> str:
    found = sorted(queries.genres().values(), key=lambda g: [*FACETS].index(g.facet))
    groups = [(FACETS[facet], list(terms)) for facet, terms in groupby(found, key=lambda g: g.facet)]
    return render_template("pitches/genres.html", groups=groups, form=form, total=len(found))


@bp.get("/projects/genres")
@needs(Can.SEE_GENRES)
def genres() -> str:
    """All genres by facet."""
    return _page(GenreForm())


@bp.post("/projects/genres")
@needs(Can.ADD_GENRE)
def add_genre() -> Any:
    """Add one."""
    form = GenreForm(request.form)
    values = form.load(GenreIn)
    if values is None:
        return _page(form), 422
    try:
        service.add_genre(actor(), values)
    except Invalid as refusal:
        form.show(refusal.errors)
        return _page(form), 422
    flash(_("The genre was added."), "success")
    return redirect(url_for(".genres"), 303)
