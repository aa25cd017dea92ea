"""WTForms on top of the shared schemas: a form turns text into plain values, the schema judges them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeVar

import wtforms
from pydantic import BaseModel
from wtforms import Field, SelectField, SelectMultipleField, StringField, widgets
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind

from dealflow.core import i18n, money
from dealflow.core.errors import DomainError, FieldError, Invalid
from dealflow.core.i18n import N_
from dealflow.core.schema import load

M = TypeVar("M", bound=BaseModel)


# What WTForms says of itself, in words that name the remedy.
_BUILT_IN = {
    "Not a valid date value.": N_("Enter a day as year-month-day, such as 2026-11-30"),
    "Not a valid integer value.": N_("Enter a whole number"),
    "Not a valid decimal value.": N_("Enter a number"),
    "Not a valid float value.": N_("Enter a number"),
    "Not a valid choice.": N_("Choose one of the list"),
    "Invalid Choice: could not coerce.": N_("Choose one of the list"),
    "This field is required.": N_("This field must be filled in"),
}


class _Texts:
    """WTForms' own messages through our catalogues."""

    def gettext(self, string: str) -> str:
        return i18n.gettext(_BUILT_IN.get(string, string))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return i18n.ngettext(singular, plural, n)


class Form(wtforms.Form):
    """Base of all forms. CSRF is checked for the whole application, not per form."""

    class Meta:
        def get_translations(self, form: wtforms.Form) -> _Texts:
            return _Texts()

    def plain(self) -> dict[str, Any]:
        """Values by field name; empty optional fields are None."""
        return {name: field.data for name, field in self._fields.items()}

    def load(self, model: type[M], values: dict[str, Any] | None = None) -> M | None:
        """Check the typed values against a schema. None and errors beside the fields when it refuses.

        Rules are asked although some field cannot be read, so that a person corrects once; a field that was already
        said to be wrong is not blamed for what is missing because of that.
        """
        readable = self.validate()
        said = {name: field.errors for name, field in self._fields.items() if field.errors}
        try:
            found = load(model, self.plain() if values is None else values)
        except Invalid as refusal:
            self.show(refusal.errors)
            for name, errors in said.items():
                self._fields[name].errors = errors
            return None
        return found if readable else None

    def show(self, errors: Sequence[FieldError]) -> None:
        """Put refusals beside their fields; what has no field of its own stands on top (`form_errors`)."""
        for error in errors:
            field = self._fields.get(error.field) or self._fields.get(error.field.split(".")[0])
            if field is None:
                self.form_errors.append(f"{error.field}: {error.text()}" if error.field else error.text())
                continue
            field.errors = [*field.errors, error.text()]

    def refuse(self, refusal: DomainError) -> int:
        """Show why what the form asked for was refused, beside the fields it names and on top; the answer's status."""
        self.show(refusal.errors)
        # That fields need attention is said by the fields themselves.
        if not (isinstance(refusal, Invalid) and refusal.errors):
            self.form_errors.append(refusal.text())
        return refusal.status


class MoneyField(StringField):
    """An amount as people type it (`450,000`, `45万`); `data` is {amount_minor, currency} or None.

    What cannot be read stays in the field as typed, with the reason beside it.
    """

    def __init__(
        self, label: Any = None, validators: Any = None, currency: str = "CNY", **kwargs: Any
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.data: Any
        self.currency = currency

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return money.plain(money.Money(**self.data)) if self.data else ""

    def process_data(self, value: Any) -> None:
        self.data = value.json() if isinstance(value, money.Money) else value
        if self.data:
            self.currency = self.data["currency"]

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        if len(valuelist) > 1 and valuelist[1] in money.CURRENCIES:
            self.currency = valuelist[1]
        if not valuelist or not valuelist[0].strip():
            return
        try:
            self.data = money.parse(valuelist[0], self.currency).json()
        except money.MoneyError as error:
            raise wtforms.ValidationError(i18n.gettext(error.message)) from None


class AmountField(MoneyField):
    """An amount whose currency stands in a select named `currency_name`."""

    def __init__(self, label: Any = None, *, currency_name: str = "", **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.currency_name = currency_name

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        chosen = formdata.get(self.currency_name) if formdata else None
        if chosen in money.CURRENCIES:
            self.currency = chosen
        super().process(formdata, data, extra_filters)


def currency_field(label: Any) -> SelectField:
    """The select of an amount's currency."""
    choices = [SelectChoice(code, code) for code in money.CURRENCIES]
    return SelectField(label, choices=choices, default="CNY", validate_choice=False)


class ChipsField(SelectMultipleField):
    """Several of many, as check boxes that look like chips; `data` is a list."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()


class RowsField(Field):
    """A list of small objects typed as table rows: inputs named `<field>-<index>-<column>`.

    `data` is a list of dicts of raw texts in row order; wholly empty rows are dropped. `columns` names the
    columns; a room turns texts into values with `convert(row) -> dict`.
    """

    widget = widgets.HiddenInput()

    def __init__(
        self, label: Any = None, *, columns: Sequence[str], convert: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(label, **kwargs)
        self.columns, self.convert = tuple(columns), convert
        self.rows: list[dict[str, str]] = []

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors, self.errors = [], ()
        self.data = list(data or [])
        self.raw_data = None
        if formdata is None:
            return
        typed: dict[int, dict[str, str]] = {}
        for name in formdata:
            head, _, rest = name.partition("-")
            index, _, column = rest.partition("-")
            if head == self.name and index.isdecimal() and len(index) < 6 and column in self.columns:
                typed.setdefault(int(index), {})[column] = formdata.get(name).strip()
        if not typed and f"{self.name}-present" not in formdata:
            return
        self.rows = [typed[i] for i in sorted(typed) if any(typed[i].values())]
        self.data = []
        for row in self.rows:
            try:
                self.data.append(self.convert(row) if self.convert else row)
            except (ValueError, money.MoneyError) as error:
                self.process_errors.append(i18n.gettext(str(error)))


class JsonField(StringField):
    """A value kept as JSON in a hidden input, for parts that a script edits; errors name the field."""

    widget = widgets.HiddenInput()

    def _value(self) -> str:
        return json.dumps(self.data, ensure_ascii=False) if self.data is not None else ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        if not valuelist or not valuelist[0]:
            return
        try:
            self.data = json.loads(valuelist[0])
        except ValueError:
            raise wtforms.ValidationError(
                i18n.gettext(N_("This part could not be read; please enter it again"))
            ) from None


def empty_to_none(value: Any) -> Any:
    """A filter: blank text means nothing was given."""
    return (value.strip() or None) if isinstance(value, str) else value
