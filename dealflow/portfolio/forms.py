"""The forms of the portfolio's pages."""

from __future__ import annotations

from typing import Any

from wtforms import DateField, FileField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind

from dealflow.core import i18n
from dealflow.core.forms import Form, MoneyField, empty_to_none
from dealflow.core.i18n import _l
from dealflow.core.money import CURRENCIES
from dealflow.portfolio.states import DIMENSION_LABELS, FLOW_LABELS, LINE_LABELS, METHOD_LABELS

ACCEPT = ".pdf,.xlsx,.docx,.pptx,.txt,.jpg,.jpeg,.png,.webp"
EVIDENCE_LABELS = {
    "third_party": _l("Third party"),
    "platform_statement": _l("Platform statement"),
    "platform_api": _l("Platform data"),
    "self_reported": _l("Own estimate"),
}


def _choices(labels: dict[str, Any]) -> list[SelectChoice]:
    return [
        SelectChoice(value=key, label=i18n.Lazy(label) if isinstance(label, str) else label)
        for key, label in labels.items()
    ]


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


class HoldingForm(Form):
    """A holding."""

    project_id = SelectField(_l("Project"), filters=[empty_to_none], validate_choice=False, choices=[])
    name = StringField(_l("Name of the asset"), filters=[_text])
    instrument = StringField(_l("Instrument"), filters=[_text])
    genre = StringField(_l("Genre"), filters=[_text])
    stage = StringField(_l("Stage"), filters=[_text])
    platform = StringField(_l("Platform"), filters=[_text])
    currency = SelectField(
        _l("Currency"),
        filters=[empty_to_none],
        choices=[SelectChoice(code, code) for code in CURRENCIES],
        default="CNY",
    )


class FlowForm(Form):
    """Money into or out of a holding."""

    kind = RadioField(_l("What"), choices=_choices(FLOW_LABELS), default="cost")
    on = DateField(_l("Date"))
    amount = MoneyField(_l("Amount"))
    rate = StringField(_l("Day's rate"), filters=[empty_to_none])
    reference = StringField(_l("Reference"), filters=[_text])
    text = StringField(_l("Note"), filters=[_text])


class ReversalForm(Form):
    """Why a booking is taken back."""

    reason = StringField(_l("Reason"), filters=[_text])


class ValuationForm(Form):
    """What a holding was worth."""

    on = DateField(_l("Date"))
    value = MoneyField(_l("Fair value"))
    method = SelectField(_l("Method"), choices=_choices(METHOD_LABELS))
    evidence_class = SelectField(_l("Evidence"), choices=_choices(EVIDENCE_LABELS))
    evidence = TextAreaField(_l("What it rests on"), filters=[_text])
    file = FileField(_l("Document"))
    reference = StringField(_l("Reference"), filters=[_text])

    def plain(self) -> dict[str, Any]:
        """What was typed; the file goes its own way."""
        return {name: value for name, value in super().plain().items() if name != "file"}


class RightForm(Form):
    """A follow-on right."""

    due_on = DateField(_l("Until"))
    amount = MoneyField(_l("Amount"))
    text = StringField(_l("Which right"), filters=[_text])


class EndForm(Form):
    """How a holding ended."""

    status = RadioField(
        _l("How"),
        choices=_choices({"exited": _l("Exited"), "written_off": _l("Written off")}),
        default="exited",
    )
    on = DateField(_l("Date"))


class WatchForm(Form):
    """The watch list."""

    watch_note = StringField(_l("Why it is watched"), filters=[_text])


class LimitForm(Form):
    """A limit of concentration, in percent."""

    dimension = SelectField(_l("What is limited"), choices=_choices(DIMENSION_LABELS))
    percent = IntegerField(_l("At most, in percent"), filters=[lambda value: value or None])


class LineForm(Form):
    """Money of the subscription line."""

    kind = RadioField(_l("What"), choices=_choices(LINE_LABELS), default="draw")
    on = DateField(_l("Date"))
    amount = MoneyField(_l("Amount"))
    reference = StringField(_l("Reference"), filters=[_text])


class BenchmarkForm(Form):
    """An index to compare with."""

    name = StringField(_l("Name of the index"), filters=[_text])
    file = FileField(_l("File"))


class QuarterForm(Form):
    """The quarter of a report."""

    quarter = StringField(_l("Quarter"), filters=[_text])
