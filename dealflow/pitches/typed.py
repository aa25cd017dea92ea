"""What people type into the form of a pitch: texts in, plain values out, refusals beside the very box."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from werkzeug.datastructures import MultiDict
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind

from dealflow.core import money
from dealflow.core.errors import FieldError
from dealflow.core.forms import Form
from dealflow.core.i18n import _l
from dealflow.core.money import Money, MoneyError
from dealflow.pitches import vocabulary as words

Values = dict[str, Any]


def labelled(codes: Sequence[str], empty: str = "") -> list[SelectChoice]:
    """Choices of a select: codes with their names; `empty`: the label of no choice."""
    named = [SelectChoice(code, _l(words.LABELS[code])) for code in codes]
    return [SelectChoice("", _l(empty)), *named] if empty else named


def number(text: str | None, kind: Callable[[str], Any] = int) -> Any:
    """A typed number; what is no number stays text, and the schema names it. None for nothing."""
    text = (text or "").strip().replace(",", "")
    try:
        return kind(text) if text else None
    except ValueError:
        return text


def amount(text: str | None, currency: str) -> dict[str, Any] | None:
    """A typed amount in `currency`, or in the one that is named beside it. Raises MoneyError."""
    typed = (text or "").strip()
    return money.read(typed, currency).json() if typed else None


def shown_amount(value: Mapping[str, Any] | None, currency: str) -> str:
    """An amount as it stands in a box: with its code only when it is not the form's currency."""
    if not value:
        return ""
    text = f"{Money(**value).major:,f}".removesuffix(".00")
    return text if value["currency"] == currency else f"{value['currency']} {text}"


class StepForm(Form):
    """Base of the steps: `fill` makes texts of values, `read` makes values of texts."""

    # Path of the schema → name of the box, where they differ.
    boxes: ClassVar[dict[str, str]] = {}
    row_columns: ClassVar[dict[str, tuple[str, ...]]] = {}

    def __init__(self, formdata: MultiDict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(formdata=formdata, **kwargs)
        self.problems: list[FieldError] = []
        self.kept: dict[str, list[int]] = {}

    @classmethod
    def fill(cls, project: Values) -> Values:
        """The texts of the boxes for a project's values."""
        raise NotImplementedError

    def read(self) -> Values:
        """The values of the step, by fields of `ProjectIn`; `problems` names what could not be read."""
        raise NotImplementedError

    def text(self, name: str) -> str | None:
        """What was typed, without blanks around; None for nothing."""
        value = self._fields[name].data
        return (value or "").strip() or None

    def money(self, name: str, currency: str) -> Any:
        """The amount of a box; noted as a problem when it is none."""
        try:
            return amount(self._fields[name].data, currency)
        except MoneyError as error:
            self.problems.append(FieldError(name, error.code, error.message))
            return None

    def rows(self, name: str, convert: Callable[[Values], Values]) -> list[Values]:
        """The rows that hold anything, converted; `kept` remembers which they were."""
        found: list[Values] = []
        self.kept[name] = []
        for index, entry in enumerate(self._list(name)):
            typed = {k: (v or "").strip() for k, v in entry.form.data.items()}
            if not any(v for k, v in typed.items() if k not in ("kind", "evidence_class")):
                continue
            self.kept[name].append(index)
            try:
                found.append(convert(typed))
            except MoneyError as error:
                column = next(c for c in ("amount", "receipts") if c in typed)
                self.problems.append(FieldError(f"{name}.{len(found)}.{column}", error.code, error.message))
                found.append(typed)
        return found

    def _list(self, name: str) -> Any:
        return self._fields[name].entries  # type: ignore[attr-defined]

    def show(self, errors: Sequence[FieldError]) -> None:
        """Put refusals beside their boxes, also inside rows; the rest stands on top with the field's name."""
        from dealflow.pitches.diff import field_label

        for error in errors:
            place = self._box(error.field)
            if place is None:
                self.form_errors.append(f"{field_label(error.field)}: {error.text()}")
            elif error.text() not in place.errors:
                place.errors = (*place.errors, error.text())
                holder = self._fields.get(error.field.split(".")[0])
                if holder is not None and holder is not place and holder.name in self.row_columns:
                    holder.errors = ({"row": error.text()},)  # type: ignore[assignment]

    def _box(self, path: str) -> Any:
        parts = path.split(".")
        if parts[0] in self.row_columns and parts[0] in self._fields:
            holder = self._fields[parts[0]]
            if len(parts) == 1:
                return holder
            if len(parts) > 2 and parts[1].isdecimal() and int(parts[1]) < len(self.kept.get(parts[0], ())):
                entry = self._list(parts[0])[self.kept[parts[0]][int(parts[1])]]
                return entry.form._fields.get(parts[2])
            return None
        for length in range(len(parts), 0, -1):
            head = ".".join(parts[:length])
            name = self.boxes.get(head, head)
            if name in self._fields:
                return self._fields[name]
        return None


def lines(text: str | None) -> list[str]:
    """The lines that hold anything, each once."""
    return list(dict.fromkeys(line.strip() for line in (text or "").splitlines() if line.strip()))


def blank_row(form: StepForm, name: str) -> Any:
    """An empty row of a list, whose input names carry the index NEW."""
    row = getattr(type(form), name).args[0]
    return row.args[0](prefix=f"{name}-NEW-")


def move_rows(
    typed: MultiDict[str, str], command: str, columns: Mapping[str, tuple[str, ...]]
) -> MultiDict[str, str]:
    """What was typed after a row button without scripts: `PREFIX:add`, `PREFIX:remove:N`, `PREFIX:up:N`."""
    prefix, _, rest = command.partition(":")
    verb, _, place = rest.partition(":")
    if prefix not in columns:
        return typed
    numbers = sorted(
        {int(m[1]) for key in typed if (m := re.fullmatch(rf"{re.escape(prefix)}-(\d{{1,5}})-\w+", key))}
    )
    rows = [{c: typed.get(f"{prefix}-{n}-{c}", "") for c in columns[prefix]} for n in numbers]
    at = numbers.index(int(place)) if place.isdecimal() and int(place) in numbers else None
    if verb == "add":
        rows.append(dict.fromkeys(columns[prefix], ""))
    elif verb == "remove" and at is not None:
        rows.pop(at)
    elif verb == "up" and at:
        rows.insert(at - 1, rows.pop(at))
    moved = MultiDict((k, v) for k, v in typed.items(multi=True) if not k.startswith(f"{prefix}-"))
    for n, row in enumerate(rows):
        for column, value in row.items():
            moved.add(f"{prefix}-{n}-{column}", value)
    return moved
