"""Reasons as sentences: code and parameters in, one sentence in the current language out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from dealflow.core.i18n import N_, gettext, language
from dealflow.core.money import CURRENCIES, Money, short
from dealflow.mandates import wording
from dealflow.pitches import vocabulary
from dealflow.pitches.diff import field_label
from ml import sentences

if TYPE_CHECKING:
    from ml.explain import Reason

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
    pair, wanted = sentences.choose(reason.code, params)
    text = pair[1] if language() == "zh" else pair[0]
    return text % {name: _shown(name, params[name], reason.project_field) for name in wanted}


def as_dict(reason: Reason) -> dict[str, Any]:
    """The interface's form of a reason."""
    return {
        "code": reason.code,
        "label": sentence(reason),
        "contribution": reason.contribution,
        "usual": reason.usual,
        "project_field": reason.project_field,
        "mandate_field": reason.mandate_field,
    }


# Fields of a mandate that reasons name, as its form calls them.
_MANDATE_FIELDS = {
    "max_per_project": N_("Most per project"), "preferences.ticket": N_("Usual ticket"),
    "preferences.text": N_("In your own words"), "preferences.genres": N_("Genres"), "preferences.stages": N_("Stages"),
    "preferences.languages": N_("Languages"),
}  # fmt: skip
_OTHER_FIELDS = {"review": N_("Content review"), "published_at": N_("Published on")}


def with_field_names(reason: Reason) -> dict[str, Any]:
    """The reason for a page that names the fields it comes from, in words."""
    ours, theirs = reason.project_field, reason.mandate_field
    known = _OTHER_FIELDS.get(ours or "")
    return as_dict(reason) | {
        "project_field": (gettext(known) if known else field_label(ours)) if ours else None,
        "mandate_field": gettext(_MANDATE_FIELDS.get(theirs, theirs)) if theirs else None,
    }


def add_up(told: list[dict[str, Any]], base: float) -> dict[str, str]:
    """Give each reason what is `shown` of its part; {base, sum} likewise. To two digits, and what is shown adds up: parts
    are rounded down, and those that lost most are rounded up (largest remainder)."""
    parts = [reason["contribution"] for reason in told] + [base]
    whole = round(100 * math.fsum(parts))
    cut = [math.floor(100 * part) for part in parts]
    lost = sorted(range(len(parts)), key=lambda at: (cut[at] - 100 * parts[at], at))
    for at in lost[: whole - sum(cut)]:
        cut[at] += 1
    texts = [f"{'+' if value >= 0 else '−'}{abs(value) / 100:.2f}" for value in [*cut, whole]]
    for reason, text in zip(told, texts, strict=False):
        reason["shown"] = text
    return {"base": texts[-2], "sum": texts[-1]}


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
