"""The park's additions to the genre vocabulary."""

from __future__ import annotations

from dealflow.audit import service as audit
from dealflow.core import policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import FieldError, Invalid
from dealflow.core.i18n import N_
from dealflow.pitches import queries
from dealflow.pitches.models import GenreTerm
from dealflow.pitches.policy import Can, Tag
from dealflow.pitches.schemas import GenreIn


def add_genre(actor: Actor, values: GenreIn) -> GenreTerm:
    """Add a genre that every pitch and mandate can use from now on; Invalid when term or name is there already."""
    policy.require(actor, Can.ADD_GENRE)
    known = queries.genres().values()
    taken = {
        "term": {g.term for g in known},
        "zh": {g.zh for g in known},
        "en": {g.en.casefold() for g in known},
    }
    given = {"term": values.term, "zh": values.zh, "en": values.en.casefold()}
    errors = [
        FieldError(name, "taken", N_("The vocabulary has this already"))
        for name in taken
        if given[name] in taken[name]
    ]
    if errors:
        raise Invalid(errors=errors)
    row = GenreTerm(**values.model_dump(), organisation_id=actor.organisation_id)
    session().add(row)
    session().flush()
    audit.record(actor, Tag.GENRE_ADDED, values.term, after=values.model_dump())
    return row
