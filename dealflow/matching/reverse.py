"""The other way round: which investors fit a project. Only those that allow it, and nothing they keep to themselves.

What an owner sees of an investor: its name and kind, genres it likes, a score in steps of five, and reasons that name
what the project itself says. Amounts, dislikes, constraints, words, names of mandates and past answers stay inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dealflow.accounts.queries import organisation_cards
from dealflow.core.actor import Actor
from dealflow.core.i18n import N_, gettext
from dealflow.core.paging import Query, listing
from dealflow.mandates import queries as mandates
from dealflow.mandates import wording
from dealflow.matching import discretion, live
from dealflow.pitches import queries as pitches
from dealflow.pitches import vocabulary

if TYPE_CHECKING:
    from ml.explain import Explanation
    from ml.rank import Ranker
    from ml.weights import MandateWeights

STEP = 5
MOST_SOUGHT = 5
# Codes an owner may see, and how they are said to an owner.
SHOWN = {
    "genre_match": N_("Looks for your genres: %(terms)s"),
    "language_match": N_("Looks for your languages: %(terms)s"),
    "stage_fit": N_("Invests at your stage: %(terms)s"),
    "instrument_match": N_("Uses the ways to invest you offer: %(terms)s"),
}
_NAMES = {
    "genres": wording.genre_name,
    "languages": vocabulary.language_name,
    "stage": vocabulary.label,
    "instruments": vocabulary.label,
}
_weights: dict[tuple[str, int, str], MandateWeights] = {}


def stated_weights(ranker: Ranker, rows: Sequence[Any]) -> list[MandateWeights]:
    """Weights of mandates by what they state alone: past answers are the investor's own business."""
    digest = ranker.model.spec.digest + ranker.version
    found = []
    for row in rows:
        key = (row.id, row.version, digest)
        if key not in _weights:
            if len(_weights) >= 4096:
                _weights.clear()
            _weights[key] = ranker.mandate_weights(mandates.content(row) | {"id": row.id})
        found.append(_weights[key])
    return found


def investors(actor: Actor, project: Any, query: Query) -> dict[str, Any]:
    """A page of the investors that fit a published project, best first, one entry for each organisation.

    Raises TooMany when the owner has asked about too many pitches today.
    """
    from ml.rank import display, score_investors

    if project.status != "published":
        return listing([], 0, query)
    ranker = live.current().ranker
    content = discretion.look(actor, project).content
    able = [
        row
        for row in mandates.active_everywhere(discoverable=True)
        if row.organisation_id != project.organisation_id
        and discretion.passes(mandates.content(row), content)
    ]
    matrix = ranker.build_matrix([content])
    weights = stated_weights(ranker, able)
    logits = score_investors(matrix.x[0], weights)
    order = sorted(range(len(able)), key=lambda at: (-round(float(logits[at]), 6), able[at].id))
    best: dict[str, int] = {}
    for at in order:
        best.setdefault(able[at].organisation_id, at)
    chosen = list(best.values())
    shown = chosen[query.offset : query.offset + query.limit]
    cards = organisation_cards(able[at].organisation_id for at in shown)
    items = []
    for rank, at in enumerate(shown, start=query.offset + 1):
        card = cards[able[at].organisation_id]
        score = display(float(logits[at]))
        items.append({
            "organisation_id": card.id, "name": card.name, "kind": card.kind,
            "seeks": seeks(able[at]), "rank": rank, "score": int(STEP * round(score / STEP)),
            "reasons": _told(ranker.explain(matrix, weights[at], 0)),
        })  # fmt: skip
    return listing(items, len(chosen), query)


def seeks(mandate: Any) -> list[str]:
    """The genres an investor likes most, by name."""
    liked = [
        (weight, term) for term, weight in (mandate.preferences.get("genres") or {}).items() if weight > 0
    ]
    return [
        wording.genre_name(term) for _weight, term in sorted(liked, key=lambda e: (-e[0], e[1]))[:MOST_SOUGHT]
    ]


def _told(explanation: Explanation) -> list[dict[str, Any]]:
    told = []
    for reason in explanation.reasons:
        if reason.code in SHOWN and reason.contribution > 0:
            name = _NAMES[reason.project_field or ""]
            terms = wording.join(name(term) for term in reason.params["terms"])
            label = gettext(SHOWN[reason.code], terms=terms)
            told.append({"code": reason.code, "label": label, "project_field": reason.project_field})
    return told


def own_project(actor: Actor, project_id: str) -> Any:
    """A project of the actor's organisation; NotFound otherwise."""
    return pitches.own(actor, project_id)
