"""The one address under which stored files are served."""

from __future__ import annotations

from flask import Blueprint, Response

from dealflow.core.http import actor, needs
from dealflow.files import queries, serving
from dealflow.files.policy import Can

bp = Blueprint("files", __name__)


@bp.get("/files/<file_id>")
@needs(Can.READ)
def show(file_id: str) -> Response:
    """A file that its room lets one read."""
    return serving.answer(queries.get(actor(), file_id))


@bp.get("/files/<file_id>/<variant>")
@needs(Can.READ)
def variant(file_id: str, variant: str) -> Response:
    """A smaller form of a picture."""
    return serving.answer(queries.get(actor(), file_id), variant)
