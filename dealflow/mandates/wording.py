"""What a mandate says, as words in the current language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dealflow.core.i18n import N_, gettext
from dealflow.core.money import Money, short
from dealflow.mandates.vocabulary import genres, words

# Name of each part of `constraints` and `preferences`.
PARTS = {
    "genres_any": N_("One of these genres"),
    "genres_none": N_("None of these genres"),
    "languages_any": N_("Languages"),
    "regions_any": N_("Regions"),
    "stages_any": N_("Stages"),
    "instruments_any": N_("Instruments"),
    "budget": N_("Budget"),
    "ask": N_("Ask"),
    "min_credits": N_("Credits of the team"),
    "review_passed": N_("Content review"),
    "words_none": N_("Without the words"),
    "likes": N_("Prefers"),
    "dislikes": N_("Rather not"),
    "text": N_("Looks for"),
    "ticket": N_("Usual ticket"),
    "diversity": N_("Variety in the list"),
}
# Setting → its name, the usual one first.
DIVERSITY = {
    "usual": N_("As usual"),
    "more": N_("More variety"),
    "off": N_("None: by score alone"),
}
# Columns of a file that are no part by themselves.
COLUMN_NAMES = {
    "external_id": N_("External id"), "name": N_("Name"), "active": N_("Active"), "currency": N_("Currency"),
    "capital": N_("Capital for this mandate"), "max_per_project": N_("Most per project"), "allow_discovery": N_("Let creators whose project fits see our name"),
    "budget_min": N_("Budget from"), "budget_max": N_("Budget up to"), "ask_min": N_("Ask from"),
    "ask_max": N_("Ask up to"), "genres": N_("Liked genres"), "languages": N_("Liked languages"),
    "stages": N_("Liked stages"), "weight_text": N_("How much your words count"),
}  # fmt: skip


def column_name(column: str) -> str:
    """The name of a column of the import, or of a field that an error names, in the current language."""
    known = COLUMN_NAMES.get(column) or PARTS.get(column)
    return gettext(known) if known else column


def part_name(part: str) -> str:
    """The name of a part in the current language."""
    return gettext(PARTS[part])


def genre_name(term: str) -> str:
    """A genre's name in the current language; the term itself when the vocabulary lost it."""
    found = genres().get(term)
    return found.name if found else term


def join(texts: Iterable[str]) -> str:
    """Words joined as the language does."""
    return gettext(", ").join(texts)


def money_range(bounds: Mapping[str, Any]) -> str:
    """A range of amounts: `¥30万 – ¥200万`, `from ¥30万`, `up to ¥200万`."""
    least, most = (Money(**bounds[end]) if bounds.get(end) else None for end in ("min", "max"))
    if least and most:
        return f"{short(least)} – {short(most)}"
    if least:
        return gettext("from %(amount)s", amount=short(least))
    return gettext("up to %(amount)s", amount=short(most))


def _names(of: str) -> Callable[[str], str]:
    known = words()
    return {
        "genres": genre_name,
        "languages": known.language_name,
        "regions": known.region_name,
        "stages": known.label,
        "instruments": known.label,
    }[of]


def constraint_text(part: str, value: Any) -> str:
    """The value of one constraint in words."""
    if part in ("budget", "ask"):
        return money_range(value)
    if part == "min_credits":
        return gettext("at least %(count)s", count=value)
    if part == "review_passed":
        return gettext("passed")
    if part == "words_none":
        return join(value)
    return join(_names(part.partition("_")[0])(term) for term in value)


def preferred(preferences: Mapping[str, Any], *, liked: bool) -> list[str]:
    """Names of what is liked (or disliked), the strongest first."""
    found = []
    for of in ("genres", "stages", "languages", "regions", "instruments"):
        name = _names(of)
        weights = preferences.get(of) or {}
        found += [(abs(w), name(term)) for term, w in weights.items() if (w > 0) == liked and w]
    return [text for _weight, text in sorted(found, key=lambda entry: -entry[0])]


def describe(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(part name, words) of everything a mandate states, constraints first."""
    constraints, preferences = content["constraints"], content["preferences"]
    lines = [
        (part_name(part), constraint_text(part, constraints[part])) for part in PARTS if part in constraints
    ]
    for part, liked in (("likes", True), ("dislikes", False)):
        if texts := preferred(preferences, liked=liked):
            lines.append((part_name(part), join(texts)))
    if preferences.get("text"):
        lines.append((part_name("text"), preferences["text"]))
    if preferences.get("ticket"):
        lines.append((part_name("ticket"), short(Money(**preferences["ticket"]))))
    variety = preferences.get("diversity") or "usual"
    if variety != "usual":
        lines.append((part_name("diversity"), gettext(DIVERSITY[variety])))
    return lines
