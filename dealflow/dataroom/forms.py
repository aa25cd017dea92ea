"""Forms of the pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field
from wtforms import (
    BooleanField,
    DateField,
    FileField,
    IntegerField,
    MultipleFileField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind
from wtforms.validators import Optional

from dealflow.core import i18n
from dealflow.core.errors import FieldError
from dealflow.core.forms import Form, empty_to_none
from dealflow.core.i18n import N_, _l
from dealflow.core.schema import Ref, Schema, rule

ACCEPT = ".pdf,.docx,.xlsx,.pptx,.txt,.jpg,.jpeg,.png,.webp,.mp4,.webm,.mov"
LEVEL_CHOICES = (
    SelectChoice("view", _l("View, with a watermark")),
    SelectChoice("download", _l("View and download")),
)


class UploadForm(Form):
    """Documents to add."""

    file = MultipleFileField(_l("Add documents"))
    folder_id = SelectField(_l("Into"), choices=[], validate_choice=False, filters=[empty_to_none])


class FolderForm(Form):
    """A new folder."""

    name = StringField(_l("Name of the folder"))
    parent_id = SelectField(_l("In"), choices=[], validate_choice=False, filters=[empty_to_none])


class DocumentForm(Form):
    """Name and place of a document."""

    name = StringField(_l("Name of the document"))
    folder_id = SelectField(_l("Folder"), choices=[], validate_choice=False, filters=[empty_to_none])
    before = SelectField(
        _l("Place in the folder"), choices=[], validate_choice=False, filters=[empty_to_none]
    )


class VersionForm(Form):
    """A new content of a document."""

    file = FileField(_l("New version"))


class GrantForm(Form):
    """Whom to let in."""

    organisation_id = SelectField(_l("Organisation"), choices=[], validate_choice=False)
    folder_id = SelectField(_l("Covers"), choices=[], validate_choice=False, filters=[empty_to_none])
    level = SelectField(_l("May"), choices=LEVEL_CHOICES)
    starts_on = DateField(_l("From"), [Optional()])
    ends_on = DateField(_l("Until (and with)"), [Optional()])

    def show(self, errors: Sequence[FieldError]) -> None:
        """Beside the days what is said of the moments made of them."""
        names = {"starts_at": "starts_on", "ends_at": "ends_on"}
        super().show([replace(error, field=names.get(error.field, error.field)) for error in errors])

    def period(self) -> dict[str, datetime | None]:
        """The chosen days as moments in the reader's time zone."""
        zone = ZoneInfo(i18n.zone())

        def at(day: Any, more: int) -> datetime | None:
            if not day:
                return None
            # Days beyond are refused either way, and some have no moment in UTC.
            held = min(max(day, date(1899, 1, 1)), date(2201, 1, 1))
            return (datetime.combine(held, time(), zone) + timedelta(days=more)).astimezone(UTC)

        return {"starts_at": at(self.starts_on.data, 0), "ends_at": at(self.ends_on.data, 1)}


def _address(text: str) -> str:
    if text.count("@") != 1 or any(c.isspace() for c in text) or text.startswith("@") or text.endswith("@"):
        raise rule("bad_address", N_("This is not an e-mail address"))
    return text.lower()


class GuestIn(Schema):
    """A link for an address."""

    email: Annotated[str, Field(min_length=3, max_length=254), AfterValidator(_address)]
    days: Annotated[int, Field(ge=1, le=90)]
    folder_id: Ref("fld") | None = None  # type: ignore[valid-type]


class GuestForm(Form):
    """A link for an address without an account."""

    email = StringField(_l("E-mail address"))
    days = IntegerField(_l("Days"), default=14)
    folder_id = SelectField(_l("Covers"), choices=[], validate_choice=False, filters=[empty_to_none])


class NdaForm(Form):
    """The wording of the NDA."""

    source = SelectField(
        _l("Text"),
        choices=(SelectChoice("library", _l("The library’s text")), SelectChoice("own", _l("Own text"))),
    )
    text_zh = TextAreaField(_l("Text in Chinese"))
    text_en = TextAreaField(_l("In English"))
    asks_again = BooleanField(_l("Whoever accepted an earlier text must accept this one"), default=True)
    required = BooleanField(_l("Ask for the NDA before the first view"), default=True)


class QuestionForm(Form):
    """A question about a document."""

    text = TextAreaField(_l("Your question"))
    page = IntegerField(_l("About page"), [Optional()])


class AnswerForm(Form):
    """Something said to a question."""

    text = TextAreaField(_l("Your answer"))
    publish = BooleanField(_l("Show question and answer to all readers"))
