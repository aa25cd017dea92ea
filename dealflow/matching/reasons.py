"""Reasons as sentences: code and parameters in, one sentence in the current language out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from dealflow.core.i18n import N_, gettext
from dealflow.core.money import CURRENCIES, Money, short
from dealflow.mandates import wording
from dealflow.pitches import vocabulary

if TYPE_CHECKING:
    from ml.explain import Reason

# Code → sentences, the most telling first; one whose parameters are not all known is passed over.
SENTENCES: dict[str, tuple[str, ...]] = {
    "genre_match": (N_("Genres you like: %(terms)s"),),
    "genre_dislike": (N_("Genres you would rather not have: %(terms)s"),),
    "language_match": (N_("Languages you like: %(terms)s"),),
    "language_dislike": (N_("Languages you would rather not have: %(terms)s"),),
    "region_match": (N_("Regions you like: %(terms)s"),),
    "region_dislike": (N_("Regions you would rather not have: %(terms)s"),),
    "stage_fit": (N_("A stage you like: %(terms)s"),),
    "stage_dislike": (N_("A stage you would rather not have: %(terms)s"),),
    "instrument_match": (N_("Ways to invest you like: %(terms)s"),),
    "instrument_dislike": (N_("Ways to invest you would rather not have: %(terms)s"),),
    "ask_fit": (
        N_("Ask %(ask)s suits your ticket %(ticket)s"),
        N_("Ask %(ask)s suits your limit %(limit)s"),
        N_("The ask suits your ticket"),
    ),
    "ask_above_ticket": (
        N_("Ask %(ask)s is far above your ticket %(ticket)s"),
        N_("Ask %(ask)s is far above your limit %(limit)s"),
        N_("The ask is far above your ticket"),
    ),
    "ask_below_ticket": (
        N_("Ask %(ask)s is far below your ticket %(ticket)s"),
        N_("Ask %(ask)s is far below your limit %(limit)s"),
        N_("The ask is far below your ticket"),
    ),
    "min_ticket_fit": (N_("The smallest ticket is within your limit"),),
    "min_ticket_above_limit": (
        N_("Smallest ticket %(min_ticket)s is above your limit %(limit)s"),
        N_("The smallest ticket is above your limit"),
    ),
    "text_similarity": (
        N_("Close to your words: %(words)s"),
        N_("Story close to your words"),
    ),
    "text_difference": (N_("Story far from your words"),),
    "history_genre": (N_("Genres like those you chose before: %(terms)s"),),
    "history_genre_unlike": (N_("Genres like those you passed on: %(terms)s"),),
    "history_language": (N_("Languages like those you chose before: %(terms)s"),),
    "history_language_unlike": (N_("Languages like those you passed on: %(terms)s"),),
    "history_region": (N_("Regions like those you chose before: %(terms)s"),),
    "history_region_unlike": (N_("Regions like those you passed on: %(terms)s"),),
    "history_stage": (N_("A stage like those you chose before: %(terms)s"),),
    "history_stage_unlike": (N_("A stage like those you passed on: %(terms)s"),),
    "history_ask": (
        N_("Ask %(ask)s is of the size you chose before"),
        N_("An ask of the size you chose before"),
    ),
    "history_ask_unlike": (
        N_("Ask %(ask)s is not of the size you chose before"),
        N_("An ask not of the size you chose before"),
    ),
    "history_text": (N_("Story like those you chose before"),),
    "history_text_unlike": (N_("Story unlike those you chose before"),),
    "team_credits": (N_("The team has %(credits)s credits"), N_("The team has credits")),
    "track_record": (N_("Earlier works, evidence: %(evidence_class)s"),),
    "traction": (N_("Plays of earlier works, evidence: %(evidence_class)s"),),
    "review_passed": (N_("The script passed content review"),),
    "scenes_available": (N_("Scenes it needs are available in the park"),),
    "freshness": (N_("Recently published"),),
    "attention": (N_("Other investors look at it"),),
}
_TERM_NAMES: dict[str, Callable[[str], str]] = {
    "genres": wording.genre_name,
    "languages": vocabulary.language_name,
    "regions": vocabulary.region_name,
    "stage": vocabulary.label,
    "instruments": vocabulary.label,
}
_AMOUNTS = ("ask", "ticket", "limit", "min_ticket")


def _shown(name: str, value: Any, project_field: str | None) -> str:
    if name == "terms":
        return wording.join(_TERM_NAMES[project_field or ""](term) for term in value)
    if name in _AMOUNTS:
        return short(Money(value["amount_minor"], value["currency"]))
    if name == "evidence_class":
        return vocabulary.label(value)
    if name == "words":
        return wording.join(value)
    return str(value)


def _known(params: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in params.items()
        if value not in (None, [], (), "") and not (name in _AMOUNTS and value["currency"] not in CURRENCIES)
    }


def sentence(reason: Reason) -> str:
    """The reason in words. KeyError for a code that has no sentence."""
    params = _known(reason.params)
    for message in SENTENCES[reason.code]:
        wanted = {
            name
            for name in ("terms", "evidence_class", "words", "credits", *_AMOUNTS)
            if f"%({name})s" in message
        }
        if wanted <= set(params):
            return gettext(message, **{n: _shown(n, params[n], reason.project_field) for n in wanted})
    return gettext(SENTENCES[reason.code][-1].partition(":")[0])


def as_dict(reason: Reason) -> dict[str, Any]:
    """The interface's form of a reason."""
    return {
        "code": reason.code,
        "label": sentence(reason),
        "contribution": reason.contribution,
        "project_field": reason.project_field,
        "mandate_field": reason.mandate_field,
    }


# Constraint → its name where a project is told why it is not in a list.
BLOCKERS = {
    "status": N_("It is not published for investors"),
    "passed": N_("You passed on it"),
}


def blocker_text(constraint: str, project_value: Any, mandate_value: Any) -> tuple[str, str, str]:
    """(constraint, what the mandate asks, what the project says) in words."""
    if constraint in BLOCKERS:
        told = vocabulary.label(project_value) if constraint == "status" else (mandate_value or "")
        return gettext(BLOCKERS[constraint]), "", told
    asked = wording.constraint_text(constraint, mandate_value)
    if constraint in ("budget", "ask"):
        has = short(Money(**project_value)) if project_value else ""
    elif constraint == "review_passed":
        has = gettext(N_("not passed yet"))
    elif constraint in ("min_credits", "words_none"):
        has = wording.join(project_value) if isinstance(project_value, list) else str(project_value)
    else:
        values = (
            project_value if isinstance(project_value, list) else [project_value] if project_value else []
        )
        field = {"stages": "stage"}.get(constraint.partition("_")[0], constraint.partition("_")[0])
        has = wording.join(_TERM_NAMES[field](term) for term in values)
    return wording.part_name(constraint), asked, has or gettext(N_("not stated"))
