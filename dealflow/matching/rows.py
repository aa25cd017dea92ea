"""What the rows of a list of matches show: made once per page, so that fifty rows cost little."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import current_app, url_for
from markupsafe import Markup

from dealflow.core.actor import Actor
from dealflow.core.i18n import N_, gettext, language, using
from dealflow.core.money import short
from dealflow.mandates import vocabulary
from dealflow.matching import ranking, reasons
from dealflow.pitches import queries as pitches

SHOWN_REASONS = 5
SHOWN_GENRES = 4
RAISED = 3  # points of a score below a later one, from which on a row says why it stands above it
# Why investors pass; kept as a text beside the answer, seen by nobody else.
PASS_REASONS = (
    N_("Too expensive"), N_("Story not convincing"), N_("Team too new"), N_("Too early"), N_("Too late"),
    N_("Terms do not suit"), N_("Already have something like it"), N_("Other"),
)  # fmt: skip
_ANY = "prj_any"
_KEPT_PAGES = 64


@dataclass(frozen=True)
class Drawn:
    """A list as HTML and the versions of the projects in it."""

    html: Markup
    versions: Mapping[str, int]

    def with_token(self, token: str) -> Markup:
        """The rows for one browser; the token is the only thing in them that belongs to a session."""
        return Markup(self.html.replace(TOKEN, token))  # noqa: S704 - both parts were escaped when they were made


# Stands in kept rows for the token of whoever looks.
TOKEN = "row-token-of-this-session"  # noqa: S105 - a mark, not a token
_kept: OrderedDict[tuple[Any, ...], Drawn] = OrderedDict()


def kept(actor: Actor, key: tuple[Any, ...]) -> Drawn | None:
    """The rows drawn before for the same list, filters and language, if every project in them is still shown to the
    actor and has not changed since. The key holds the mandate, its version and all its answers."""
    drawn = _kept.get(key)
    if drawn is None or pitches.versions_of(actor, drawn.versions) != drawn.versions:
        return None
    _kept.move_to_end(key)
    return drawn


def keep(key: tuple[Any, ...], drawn: Drawn) -> Drawn:
    """Remember the rows of a page in this process; the least used go."""
    _kept[key] = drawn
    while len(_kept) > _KEPT_PAGES:
        _kept.popitem(last=False)
    return drawn


def texts() -> dict[str, Any]:
    """The texts that every row repeats, in the current language."""
    return {
        "ask": gettext(N_("Ask")), "budget": gettext(N_("Budget")), "genres": gettext(N_("Genres")),
        "all_reasons": gettext(N_("All reasons")), "intro": gettext(N_("Ask for an introduction")),
        "unsave": gettext(N_("Remove from saved")), "save": gettext(N_("Save")), "skip": gettext(N_("Pass")),
        "why": gettext(N_("Why?")), "no_reason": gettext(N_("No reason given")), "note": gettext(N_("Note")),
        "really": gettext(N_("Pass on this project")), "sheet": gettext(N_("Draft term sheet")),
        "compare": gettext(N_("Compare")), "saved": gettext(N_("Saved")), "newcomer": gettext(N_("New here")),
        "explains": gettext(N_("Shown to learn about it: nobody has answered it yet. Every tenth place is kept for such projects.")),
        "raised": gettext(N_("Above its score")),
        "raises": gettext(N_("It stands above a higher score, since lists keep variety and a fair share of first places for teams with few credits.")),
        "asked": gettext(N_("Introduction asked")), "sample": gettext(N_("Sample")),
        "pass_reasons": [gettext(reason) for reason in PASS_REASONS],
    }  # fmt: skip


def scale(found: list[ranking.Match], told: int = SHOWN_REASONS) -> float:
    """The largest contribution of those `told` on the page, so that bars of different rows compare."""
    sizes = [abs(r.contribution) for m in found for r in m.explanation.telling(told)[:1]]
    return max(sizes, default=1.0)


def raised(scores: list[float]) -> list[bool]:
    """Which places of a list stand above a score that is visibly higher than their own."""
    found, best = [], float("-inf")
    for score in reversed(scores):
        found.append(best - score >= RAISED)
        best = max(best, score)
    return found[::-1]


def rows(
    mandate: Any, found: list[ranking.Match], *, starts: bool, ranked: bool = True
) -> list[dict[str, Any]]:
    """A plain dictionary for each match; `starts`: the first one carries the page's main button; `ranked`: they stand in
    the order of their places."""
    names = {term: genre.name for term, genre in vocabulary.genres().items()}
    answer = url_for("matching.answer", mandate_id=mandate.id, project_id=_ANY)
    why = url_for("matching.why", mandate_id=mandate.id, project=_ANY)
    pitch = url_for("pitches.show_project", project_id=_ANY)
    sheet = ""
    if "termsheets.draft" in current_app.view_functions:
        sheet = url_for("termsheets.draft", project_id=_ANY, mandate_id=mandate.id)
    made = []
    above = raised([match.explanation.score for match in found])
    for number, match in enumerate(found):
        card, explanation, standing = match.card, match.explanation, match.standing
        listed = [names.get(term, term) for term in card["genres"]]
        made.append({
            "id": card["id"],
            "title": card["title"],
            "logline": card["logline"],
            "rank": match.place.rank,
            "score": explanation.score,
            "exploration": match.place.exploration,
            "raised": above[number] and not match.place.exploration and ranked,
            "is_sample": card["is_sample"],
            "ask": short(card["ask"]),
            "budget": short(card["budget"]),
            "facts": _facts(card),
            "evidence": next((r.params["evidence_class"] for r in explanation.reasons if "evidence_class" in r.params), ""),
            "told": [
                {"label": reasons.sentence(r), "contribution": r.contribution}
                for r in explanation.telling(SHOWN_REASONS)
            ],
            "genres": listed[:SHOWN_GENRES],
            "more_genres": len(listed) - SHOWN_GENRES,
            "saved": standing is not None and standing.standing == "saved",
            "asked": standing is not None and standing.intro_at is not None,
            "first": starts and number == 0,
            "url": answer.replace(_ANY, card["id"]),
            "why_url": why.replace(_ANY, card["id"]),
            "pitch_url": pitch.replace(_ANY, card["id"]),
            "sheet_url": sheet.replace(_ANY, card["id"]),
        })  # fmt: skip
    return made


def _facts(card: Any) -> list[str]:
    """Stage, episodes and paywall in words."""
    found = [vocabulary.words().label(card["stage"])] if card["stage"] else []
    episodes = card["format"].get("episodes")
    if episodes:
        found.append(gettext(N_("%(count)s episodes"), count=episodes))
    if card["paywall"]:
        found.append(gettext(N_("paywall from episode %(n)s"), n=card["paywall"]))
    return found


def choices() -> dict[str, Any]:
    """What the filters offer, in the current language."""
    return {
        "genre_choices": [(term, genre.name) for term, genre in vocabulary.genres().items()],
        **_fixed_choices(language()),
    }


@lru_cache
def _fixed_choices(lang: str) -> dict[str, Any]:
    word = vocabulary.words()
    with using(lang):
        return {
            "stage_choices": [(code, word.label(code)) for code in word.stages],
            "instrument_choices": [(code, word.label(code)) for code in word.instruments],
            "language_choices": [(tag, word.language_name(tag)) for tag in word.languages],
            "region_choices": [(code, word.region_name(code)) for code in word.regions],
            "sort_choices": [
                ("-published_at", gettext(N_("Newest first"))), ("ask", gettext(N_("Smallest ask first"))),
                ("-ask", gettext(N_("Largest ask first"))),
            ],
        }  # fmt: skip
