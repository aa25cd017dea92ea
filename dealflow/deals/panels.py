"""What this room shows on pages of others."""

from __future__ import annotations

from flask import url_for

from dealflow.core import find
from dealflow.core.actor import Actor
from dealflow.core.i18n import N_, gettext
from dealflow.core.search import normalise
from dealflow.deals import queries
from dealflow.deals.states import LABELS

_LOOKED_AT = 200


@find.source(N_("Deals"), order=30, kind="deal")
def named(actor: Actor, words: str, limit: int) -> list[find.Hit]:
    """The actor's deals, of the two hundred moved last, whose project or party carries every word."""
    rows = queries.page(actor, queries.DealQuery(limit=_LOOKED_AT))["items"]
    found = []
    for card in queries.cards(actor, rows):
        titles = (card["project"] or {}).get("titles", {})
        parties = [party.name for party in (card["investor"], card["creator"]) if party]
        text = normalise(*titles.values(), *parties)
        if all(word in text for word in normalise(words).split()):
            stage = LABELS[card["stage"]]
            note = " · ".join([gettext(stage), *parties])
            title = card["project"]["title"] if card["project"] else card["id"]
            found.append(find.Hit(title, url_for("deals.show", deal_id=card["id"]), note, "heart-handshake"))
    return found[:limit]
