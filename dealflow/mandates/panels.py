"""What this room shows on pages of others."""

from __future__ import annotations

from flask import url_for

from dealflow.core import find
from dealflow.core.actor import Actor
from dealflow.core.i18n import N_, gettext
from dealflow.core.money import short
from dealflow.mandates import queries
from dealflow.mandates.policy import INVESTORS
from dealflow.mandates.schemas import MandateQuery


@find.source(N_("Mandates"), order=20, kind="mandate")
def named(actor: Actor, words: str, limit: int) -> list[find.Hit]:
    """The own mandates whose name or description carries these words; they lead to their matches."""
    if actor.kind not in INVESTORS:
        return []
    rows = queries.page(actor, MandateQuery(q=words, limit=limit))["items"]
    return [
        find.Hit(
            row.name,
            url_for("matching.matches", mandate_id=row.id),
            f"{gettext('Capital')} {short(row.capital)}",
            "target-arrow",
        )
        for row in rows
    ]
