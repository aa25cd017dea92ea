"""What the pages of this room share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, request

from dealflow.accounts.queries import organisation_cards
from dealflow.core.http import actor
from dealflow.ledger import queries as ledger
from dealflow.pitches.queries import briefs
from dealflow.settlement import states
from dealflow.settlement.books import KIND

bp = Blueprint("settlement", __name__)

WORDS: dict[str, Any] = {
    "labels": states.LABELS,
    "tones": states.TONES,
    "call_labels": states.CALL_LABELS,
    "proof_labels": states.PROOF_LABELS,
    "line_labels": states.LINE_LABELS,
    "transfer_labels": states.TRANSFER_LABELS,
    "milestones": states.MILESTONE_LABELS,
    "on_miss": states.ON_MISS_LABELS,
    "opened_labels": states.OPENED_LABELS,
    "event_labels": states.EVENT_LABELS,
}


def arguments() -> Any:
    """Query parameters without those of the layout."""
    args = request.args.copy()
    args.pop("lang", None)
    return args


def named(rows: Iterable[Any]) -> dict[str, Any]:
    """Titles and names for rows between two parties: `titles` by project, `names` by organisation."""
    found = list(rows)
    cards = organisation_cards(
        key for row in found for key in (row.investor_organisation_id, row.project_organisation_id)
    )
    titles = briefs(row.project_id for row in found)
    return {
        "titles": {key: brief["title"] for key, brief in titles.items()},
        "names": {key: card.name for key, card in cards.items()},
    }


def own_book(project_id: str) -> Any:
    """The funding book of a project of the organisation's own, if there is one."""
    book = ledger.book_for(KIND, project_id)
    return book if book is not None and book.organisation_id == actor().organisation_id else None
