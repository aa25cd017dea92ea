"""What deals take: schemas for the API, forms for the pages."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField, TextAreaField

from dealflow.core.forms import Form, empty_to_none
from dealflow.core.i18n import _l
from dealflow.core.schema import Ref, Schema, Text
from dealflow.deals.queries import Stage


class DealIn(Schema):
    """A new deal."""

    project_id: Ref("prj")  # type: ignore[valid-type]
    mandate_id: Ref("mnd") | None = None  # type: ignore[valid-type]
    note: Text(2000) | None = None  # type: ignore[valid-type]


class TransitionIn(Schema):
    """A move of a deal."""

    to: Stage
    reason: Text(2000) | None = None  # type: ignore[valid-type]


class DealOut(Schema):
    """A deal."""

    id: str
    version: int
    created_at: str
    updated_at: str
    project_id: str
    mandate_id: str | None
    investor_organisation_id: str
    project_organisation_id: str
    stage: Stage
    stage_since: str
    closed_at: str | None
    close_reason: str | None


class TimelineOut(Schema):
    """A line of a deal's timeline."""

    id: str
    kind: str
    data: dict[str, Any]
    text: str
    user_name: str
    side: str | None
    at: str


class NoteIn(Schema):
    """A private note."""

    text: Text(4000, least=1)  # type: ignore[valid-type]


class MoveForm(Form):
    """Moving a deal."""

    to = HiddenField()
    reason = TextAreaField(_l("What happened"), filters=[empty_to_none])


class NoteForm(Form):
    """Writing a private note."""

    text = TextAreaField(_l("Private note"))
