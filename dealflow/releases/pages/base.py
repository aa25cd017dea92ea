"""The blueprint, and what several pages of the room share."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from dealflow.core import policy
from dealflow.core.http import actor
from dealflow.releases import desks, platforms, service
from dealflow.releases.desks import Desk
from dealflow.releases.forms import evidence_name
from dealflow.releases.policy import Can

bp = Blueprint("releases", "dealflow.releases")


def page(name: str, desk: Desk, here: str, **values: Any) -> str:
    """A page of a project's releases; `here` names its tab."""
    return render_template(
        f"releases/{name}.html", desk=desk, here=here, is_owner=desk.side == "owner",
        may_write=policy.can(actor(), Can.WRITE, desk), platform_name=platforms.platform_name,
        territory_name=platforms.territory_name, evidence_name=evidence_name, **values,
    )  # fmt: skip


def arguments() -> Any:
    """The address's parameters that say something."""
    found = request.args.copy()
    found.pop("lang", None)
    for name in [name for name, value in found.items() if not value]:
        found.pop(name)
    return found


def document_of(project_id: str) -> str | None:
    """The document that a form sent along, kept; None when it sent none."""
    sent = request.files.get("document")
    if sent is None or not sent.filename:
        return None
    desks.to_write(actor(), project_id)
    return service.add_evidence(actor(), project_id, sent.stream, sent.filename).file_id


def version() -> int | None:
    """The version that a form was made from."""
    text = request.form.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None
