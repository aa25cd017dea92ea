"""Forms of the room: typed texts to the shapes that the services take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from wtforms import BooleanField, DateField, FileField, SelectField, StringField, TextAreaField, validators
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind

from dealflow.core.errors import FieldError
from dealflow.core.forms import AmountField, Form, currency_field, empty_to_none
from dealflow.core.i18n import N_, _l, gettext
from dealflow.core.money import CURRENCIES
from dealflow.pitches.vocabulary import COMMON_COUNTRIES, EVIDENCE
from dealflow.releases import platforms, presets

_REQUIRED = [validators.InputRequired(_l("This is required"))]
_NAMES = {
    "platform_statement": N_("Platform statement"),
    "platform_api": N_("Platform data"),
    "third_party": N_("Third-party ranking"),
    "self_reported": N_("Self-reported"),
}


def _choices(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in pairs]


def evidence_name(code: str) -> str:
    """The name of an evidence class in the current language."""
    return gettext(_NAMES[code])


def _evidence() -> SelectField:
    pairs = [(code, _l(_NAMES[code])) for code in EVIDENCE]
    return SelectField(_l("Evidence"), choices=_choices(pairs), validate_choice=False)


class PlatformForm(Form):
    """What has a platform offers the known ones and takes any other name."""

    @property
    def platform_names(self) -> list[str]:
        return [platforms.platform_name(code) for code in platforms.PLATFORMS]


class ReleaseForm(PlatformForm):
    """A release."""

    platform = StringField(_l("Platform"), _REQUIRED)
    title = StringField(_l("Title there"), filters=[empty_to_none])
    territory = SelectField(_l("Territory"), validate_choice=False)
    released_on = DateField(_l("Released on"), _REQUIRED)
    filing_number = StringField(_l("Filing or licence number"), filters=[empty_to_none])
    link = StringField(_l("Link"), filters=[empty_to_none])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = [*COMMON_COUNTRIES, platforms.WORLD]
        chosen = self.territory.data
        codes += [chosen] if chosen and chosen not in codes else []
        self.territory.choices = _choices((code, platforms.territory_name(code)) for code in codes)


class WithdrawReleaseForm(Form):
    """Why a release is withdrawn."""

    reason = TextAreaField(_l("Reason"), filters=[empty_to_none])


def _count(text: Any) -> Any:
    clean = (text or "").replace(",", "").replace("，", "").strip() if isinstance(text, str) else text
    return int(clean) if isinstance(clean, str) and clean.isascii() and clean.isdecimal() else clean or None


class FigureForm(Form):
    """What a source says of one day."""

    on = DateField(_l("Day"), _REQUIRED)
    plays = StringField(_l("Plays"), filters=[_count])
    paid_users = StringField(_l("Paying users"), filters=[_count])
    receipts_currency = currency_field(_l("Currency"))
    receipts = AmountField(_l("Receipts"), currency_name="receipts_currency")
    ad_spend_currency = currency_field(_l("Currency"))
    ad_spend = AmountField(_l("Ad spend"), currency_name="ad_spend_currency")
    evidence_class = _evidence()
    source = StringField(_l("Source"), _REQUIRED)
    document = FileField(_l("Document"))

    def values(self, document_id: str | None) -> dict[str, Any]:
        """As the service takes it."""
        names = ("on", "plays", "paid_users", "receipts", "ad_spend", "evidence_class", "source")
        return {name: self[name].data for name in names} | {"document_id": document_id}


class ReceiptForm(PlatformForm):
    """Money that came in."""

    on = DateField(_l("Day"), _REQUIRED)
    currency = currency_field(_l("Currency"))
    amount = AmountField(_l("Amount that came in"), validators=_REQUIRED, currency_name="currency")
    platform = StringField(_l("Platform"), filters=[empty_to_none])
    source = StringField(_l("Source"), _REQUIRED)
    external_ref = StringField(_l("Reference"), _REQUIRED)
    evidence_class = _evidence()
    document = FileField(_l("Document"))

    def values(self, document_id: str | None) -> dict[str, Any]:
        """As the service takes it."""
        names = ("on", "amount", "platform", "source", "external_ref", "evidence_class")
        return {name: self[name].data for name in names} | {"document_id": document_id}

    def show(self, errors: Sequence[FieldError]) -> None:
        """As every form; what is said of the document stands beside the file that is chosen."""
        super().show([replace(e, field="document") if e.field == "document_id" else e for e in errors])


class AdSpendForm(ReceiptForm):
    """Money spent on paid traffic."""

    amount = AmountField(_l("Amount spent"), validators=_REQUIRED, currency_name="currency")
    reversal = BooleanField(_l("This takes spend back"))

    def values(self, document_id: str | None) -> dict[str, Any]:
        """As the service takes it."""
        return super().values(document_id) | {"reversal": self.reversal.data}


class CorrectionForm(Form):
    """What a receipt should say."""

    currency = currency_field(_l("Currency"))
    amount = AmountField(_l("Right amount"), validators=_REQUIRED, currency_name="currency")
    reason = TextAreaField(_l("Reason"), _REQUIRED)
    external_ref = StringField(_l("Reference of the correction"), _REQUIRED)
    document = FileField(_l("Document"))

    def values(self, document_id: str | None) -> dict[str, Any]:
        """As the service takes it."""
        names = ("amount", "reason", "external_ref")
        return {name: self[name].data for name in names} | {"document_id": document_id}


class PlanForm(Form):
    """What the rows of a statement do not say themselves."""

    preset = SelectField(_l("Kind of statement"), validate_choice=False)
    platform = StringField(_l("Platform"), filters=[empty_to_none])
    currency = SelectField(
        _l("Currency"), choices=_choices((c, c) for c in CURRENCIES), validate_choice=False
    )
    evidence_class = _evidence()
    territory = StringField(_l("Territory"), filters=[empty_to_none])
    all_titles = BooleanField(_l("Take rows of every title"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.preset.choices = _choices(
            (code, gettext(found.label)) for code, found in presets.PRESETS.items()
        )
