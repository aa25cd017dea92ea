"""One declared parameter of the library as a form, and back."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from dealflow.core import i18n, money
from dealflow.core.i18n import N_
from dealflow.termsheets import order_form
from dealflow.termsheets.editor import UNITS, rows_of

KINDS = {
    "money": N_("Amount of money"), "percent": N_("Percent"), "date": N_("Date"), "integer": N_("Whole number"),
    "text": N_("Text"), "both": N_("Text in both languages"), "choice": N_("One of several"),
    "choices": N_("Some of several"), "boolean": N_("Yes or no"), "names": N_("List of texts"),
}  # fmt: skip
UNIT_KEYS = ("business_days", "days", "months", "years", "times", "persons")
COLUMNS = ("key", "zh", "en")
_FIELDS = ("id", "kind", "label_zh", "label_en", "default", "minimum", "maximum", "unit")
# Amounts are typed in the unit of the yuan; a term sheet reads them in its own currency.
_CURRENCY = "CNY"


def choices() -> dict[str, list[tuple[str, str]]]:
    """Kinds and units to choose from, in the current language."""
    return {
        "kind": [(key, i18n.gettext(name)) for key, name in KINDS.items()],
        "unit": [(key, i18n.gettext(UNITS[key])) for key in UNIT_KEYS],
    }


def typed(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A declaration as the form shows it; empty for a new one."""
    entry = data["parameters"].get(name)
    if entry is None:
        return dict.fromkeys(_FIELDS, "") | {"kind": "text", "required": True, "choices": []}
    kind = entry["kind"]
    return {
        "id": name, "kind": kind, "label_zh": entry["label"]["zh"], "label_en": entry["label"]["en"],
        "required": entry.get("required", True), "unit": entry.get("unit", ""),
        "default": _text(kind, entry.get("default")),
        "minimum": _text(kind, entry.get("minimum")), "maximum": _text(kind, entry.get("maximum")),
        "choices": [{"key": key} | pair for key, pair in entry.get("choices", {}).items()],
    }  # fmt: skip


def sent(form: Any) -> dict[str, Any]:
    """The form as it was sent, in the shape of `typed`."""
    return {name: form.get(name, "").strip() for name in _FIELDS} | {
        "required": form.get("required") == "1",
        "choices": rows_of(form, "choices", COLUMNS, blank=True),
    }


def laid_upon(
    data: Mapping[str, Any], name: str, shown: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The library with this parameter as the form says, and what could not be read, by field."""
    made, errors = copy.deepcopy(dict(data)), dict[str, str]()
    kind = shown["kind"]
    entry: dict[str, Any] = {
        "kind": kind,
        "label": {"zh": shown["label_zh"], "en": shown["label_en"]},
        "required": shown["required"],
    }
    for field in ("default", "minimum", "maximum"):
        try:
            # The bounds of a text are its length.
            read_as = "integer" if kind == "text" and field != "default" else kind
            value = _value(read_as, shown[field]) if shown[field] else None
        except ValueError as error:
            errors[f"parameters.{name}.{field}"] = i18n.gettext(str(error))
            continue
        if value is not None:
            entry[field] = value
    if shown["unit"] and kind == "integer":
        entry["unit"] = shown["unit"]
    rows = [row for row in shown["choices"] if any(row.get(c) for c in COLUMNS)]
    if rows and kind in ("choice", "choices"):
        entry["choices"] = {r.get("key", ""): {"zh": r.get("zh", ""), "en": r.get("en", "")} for r in rows}
    made["parameters"][name] = entry
    return made, errors


def without(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The library without this parameter and without the values that templates start it from."""
    made = copy.deepcopy(dict(data))
    made["parameters"].pop(name, None)
    for values in made["defaults"].values():
        values.pop(f"declared.{name}", None)
    return made


def _text(kind: str, value: Any) -> str:
    if value is None:
        return ""
    if kind == "money":
        return money.plain(money.Money(value, _CURRENCY))
    if kind == "percent":
        return order_form.percent(value)
    if kind == "both":
        return f"{value.get('zh', '')} / {value.get('en', '')}"
    if kind in ("names", "choices"):
        return ", ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value(kind: str, text: str) -> Any:
    """What was typed as a value of the kind; ValueError with a message id."""
    if kind == "money":
        return money.parse(text, _CURRENCY).amount_minor
    if kind == "percent":
        return order_form.ppm(text)
    if kind == "integer":
        if not text.removeprefix("-").isdecimal():
            raise ValueError(N_("Enter a whole number"))
        return int(text)
    if kind == "boolean":
        if text.lower() not in ("true", "false"):
            raise ValueError(N_("Write true or false"))
        return text.lower() == "true"
    if kind == "both":
        zh, _, en = text.partition(" / ")
        return {"zh": zh.strip(), "en": en.strip()}
    if kind in ("names", "choices"):
        return [part.strip() for part in text.replace("，", ",").split(",") if part.strip()]
    return text
