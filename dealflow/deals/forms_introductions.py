"""What introductions take and give."""

from __future__ import annotations

from typing import Literal

from wtforms import HiddenField, TextAreaField

from dealflow.core.forms import Form, empty_to_none
from dealflow.core.i18n import _l
from dealflow.core.schema import Ref, Schema, Text
from dealflow.deals.introducing import State


class IntroductionIn(Schema):
    """A wish to be introduced. An owner names the investor; an investor may name the mandate that found the project."""

    project_id: Ref("prj")  # type: ignore[valid-type]
    investor_organisation_id: Ref("org") | None = None  # type: ignore[valid-type]
    mandate_id: Ref("mnd") | None = None  # type: ignore[valid-type]
    note: Text(500) | None = None  # type: ignore[valid-type]


class ContactOut(Schema):
    """Whom to talk to."""

    name: str
    email: str


class ContactsOut(Schema):
    """Both sides' people; the other side's once both agree."""

    investor: ContactOut | None
    project: ContactOut | None


class IntroductionOut(Schema):
    """An introduction."""

    id: str
    version: int
    created_at: str
    updated_at: str
    project_id: str
    investor_organisation_id: str
    project_organisation_id: str
    mandate_id: str | None
    asked_by: Literal["investor", "project"]
    note: str
    state: State
    expires_at: str
    answer: str
    answered_at: str | None
    deal_id: str | None
    contacts: ContactsOut


class AskForm(Form):
    """Asking for an introduction."""

    project_id = HiddenField(filters=[empty_to_none])
    investor_organisation_id = HiddenField(filters=[empty_to_none])
    mandate_id = HiddenField(filters=[empty_to_none])
    note = TextAreaField(_l("A few words about you and why"), filters=[empty_to_none])


class AnswerForm(Form):
    """Answering it."""

    answer = TextAreaField(_l("Your answer"), filters=[empty_to_none])
