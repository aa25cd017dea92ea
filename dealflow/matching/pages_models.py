"""Model cards, for every user."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from dealflow.core import clock
from dealflow.core.http import needs
from dealflow.matching import cards
from dealflow.matching.policy import Can

bp = Blueprint("models", __name__)


@bp.get("/models")
@needs(Can.SEE_MODELS)
def index() -> str:
    """All ranking models."""
    return render_template("matching/models.html", rows=_dated(cards.versions()), states=cards.STATES)


def _dated(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same with moments that templates can show."""
    return [
        row | {"since": clock.parse(row["in_service_at"]) if row["in_service_at"] else None} for row in rows
    ]


@bp.get("/models/<version>")
@needs(Can.SEE_MODELS)
def show(version: str) -> str:
    """A model's card."""
    return render_template(
        "matching/model.html", card=cards.card(version), states=cards.STATES, parts=cards.PARTS
    )
