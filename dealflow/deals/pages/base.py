"""The blueprint, and what several pages of the room share."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Blueprint, request, url_for
from werkzeug.datastructures import MultiDict

from dealflow.core import clock
from dealflow.core.addresses import local_target
from dealflow.core.http import actor
from dealflow.core.i18n import gettext as _
from dealflow.core.i18n import ngettext
from dealflow.deals import queries
from dealflow.deals.states import UNDO_WITHIN, UNDOABLE

bp = Blueprint("deals", "dealflow.deals")


def arguments() -> MultiDict[str, str]:
    """The address's parameters that say something."""
    return MultiDict((k, v) for k, v in request.args.items(multi=True) if k != "lang" and v)


def place_after(batch_id: str | None, usual: str, anchor: str = "") -> str:
    """Where to go after a move: where one came from, with the move named so that it can be taken back."""
    target = local_target(request.form.get("next"), usual)
    parts = urlsplit(target)
    kept = [pair for pair in parts.query.split("&") if pair and not pair.startswith(("done=", "lang="))]
    if batch_id:
        kept.append(urlencode({"done": batch_id}))
    return urlunsplit(("", "", parts.path, "&".join(kept), anchor or parts.fragment))


def done(batch_id: str | None) -> dict[str, Any] | None:
    """What a finished move is told as, with the way to take it back while that is possible."""
    rows = queries.moves_of(actor(), batch_id) if batch_id else []
    if not rows:
        return None
    back = [row for row in rows if row.undone_at is None]
    fresh = [
        row
        for row in back
        if row.at > clock.now() - UNDO_WITHIN and (row.before == row.after or row.after in UNDOABLE)
    ]
    stage = queries.stage_label(queries.stage_of(actor(), rows[0].to_stage_id))
    text = (
        ngettext("%(num)s deal moved to “%(stage)s”", "%(num)s deals moved to “%(stage)s”", len(back), stage=stage)
        if back
        else _("The move was taken back.")
    )  # fmt: skip
    return {"text": text, "undo": url_for("deals.undo", batch_id=batch_id) if fresh else ""}
