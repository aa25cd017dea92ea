"""The blueprint, and what several pages of the room share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, request

from dealflow.core import policy
from dealflow.core.http import V, actor, prepared, prepares
from dealflow.files.taking import sent_document
from dealflow.releases import desks, platforms, service
from dealflow.releases.desks import Desk
from dealflow.releases.forms import evidence_name
from dealflow.releases.policy import Can
from dealflow.releases.service.evidence import PURPOSE as EVIDENCE

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


def with_document(project_of: Callable[[str], str]) -> Callable[[V], V]:
    """Declare that a route's form may carry a document; `project_of` says of which project its one argument speaks."""

    def allowed(**argument: str) -> None:
        (name,) = argument.values()
        desks.to_write(actor(), project_of(name))

    return prepares(sent_document(allowed, purpose=EVIDENCE, field="document"))


def document_of(project_id: str) -> str | None:
    """The document that the form of a route `with_document` sent along, kept; None when it sent none."""
    received = prepared()
    return service.add_evidence(actor(), project_id, received).file_id if received else None


def version() -> int | None:
    """The version that a form was made from."""
    text = request.form.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None
