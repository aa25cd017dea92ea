"""Taking in the document of a form or of a multipart body before the transaction that keeps it: however large it is, no other
writer waits."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

from flask import request

from dealflow.core.errors import Invalid
from dealflow.core.http import actor
from dealflow.core.i18n import N_
from dealflow.files import service
from dealflow.files.service import Received


def sent_document(
    allowed: Callable[..., object], *, purpose: str, field: str = "file"
) -> Callable[..., Received | None]:
    """For `prepares`: takes in the document in a field; None when none was chosen.

    `allowed(**arguments of the route)` raises for who may not send it. Raises what `files.service.receive_document` raises.
    """

    def take(**arguments: Any) -> Received | None:
        allowed(**arguments)
        sent = request.files.get(field)
        if sent is None or not sent.filename:
            return None
        with closing(sent):
            return service.receive_document(actor(), sent.stream, sent.filename, purpose=purpose)

    return take


def needed(received: Received | None, field: str = "file") -> Received:
    """What `sent_document` made of a field that must hold one; Invalid when none was chosen."""
    if received is None:
        raise Invalid.field(field, "required", N_("Choose a file first"))
    return received
