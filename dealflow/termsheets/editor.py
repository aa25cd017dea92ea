"""The form of a term sheet's parameters, made from the clause library's own schema.

Every scalar parameter becomes an input named by its path (`ad_spend.approval_days`); use of funds, tranches, payees,
tiers and the parties' own clauses are rows. What cannot be read stays as typed, with the reason beside it.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from dealflow.core import i18n, money
from dealflow.core.i18n import N_
from dealflow.termsheets import library, order_form

SECTIONS = {
    "investment": N_("Investment"), "equity": N_("Project company"), "revenue_share": N_("Revenue share"),
    "loan": N_("Loan"), "presale": N_("Presale and guarantee"), "collection": N_("Collection of receipts"),
    "ad_spend": N_("Ad-spend covenant"), "credit": N_("Credit"), "delivery": N_("Delivery"),
    "censorship": N_("Content review"), "key_person": N_("Key persons"), "information": N_("Information rights"),
    "exclusivity": N_("Exclusivity"), "confidentiality": N_("Confidentiality"), "costs": N_("Costs"),
    "law": N_("Law and arbitration"), "validity": N_("Validity"), "remedies": N_("Breach and remedies"),
    "declared": N_("Further parameters of the clause library"),
}  # fmt: skip
UNITS = {
    "business_days": N_("business days"), "days": N_("days"), "months": N_("months"), "years": N_("years"),
    "times": N_("times"), "persons": N_("persons"), "day_of_month": N_("day of the month"), "seats": N_("seats"),
}  # fmt: skip
USE_COLUMNS = ("label", "kind", "amount")
TRANCHE_COLUMNS = ("amount", "milestone", "note", "long_stop", "on_miss")
OWN_COLUMNS = ("id", "heading_zh", "heading_en", "text_zh", "text_en")
ROWS: dict[str, tuple[str, ...]] = {
    "use_of_funds": USE_COLUMNS, "tranches": TRANCHE_COLUMNS, "payees": order_form.PAYEE_COLUMNS,
    "tiers": order_form.TIER_COLUMNS, "additional": OWN_COLUMNS,
}  # fmt: skip
# Columns that have a value in a row nobody has filled in.
_PRESET = ("kind", "milestone", "on_miss", "basis", "id", "share")


@dataclass(frozen=True)
class Input:
    """One input: what it is called, what it takes, and how it stands."""

    path: str
    label: str
    kind: str
    value: str
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    optional: bool = False
    errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """A titled group of inputs."""

    key: str
    title: str
    inputs: tuple[Input, ...]


@dataclass
class Edited:
    """What came out of a submitted form: terms, and reasons by path for what could not be read."""

    terms: dict[str, Any]
    errors: dict[str, str] = field(default_factory=dict)


def _pick(pair: Mapping[str, str]) -> str:
    return pair[i18n.language()]


def _leaves(template: str, known: library.Library) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(section, path, shape) of every scalar parameter, in the order of the model."""
    schema = library.schema(template, known)
    for section, shape in schema["properties"].items():
        if section not in SECTIONS:
            continue
        for name, inner in schema["$defs"][shape["$ref"].rpartition("/")[2]]["properties"].items():
            yield section, f"{section}.{name}", inner


def _kind(shape: Mapping[str, Any]) -> str:
    if "kind" in shape:
        return "yes" if shape["kind"] == "boolean" else str(shape["kind"])
    ref = shape.get("$ref", "").rpartition("/")[2]
    if ref:
        return {"Amount": "money", "Both": "both"}[ref]
    if "choices" in shape:
        return "choices" if shape.get("type") == "array" else "choice"
    if shape.get("unit") == "ppm":
        return "percent"
    if shape.get("unit") == "date":
        return "date"
    return {"integer": "integer", "boolean": "yes", "array": "names"}.get(shape.get("type", ""), "text")


def _at(terms: Mapping[str, Any], path: str) -> Any:
    value: Any = terms
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _typed(kind: str, value: Any) -> str:
    """A stored value as people type it."""
    if value is None:
        return ""
    if kind == "money":
        return money.plain(money.Money(value["amount_minor"], value["currency"]))
    if kind == "percent":
        return f"{(Decimal(value) / 10_000).normalize():f}"
    if kind in ("names", "choices"):
        return "\n".join(value)
    return str(value)


def sections(
    template: str,
    terms: Mapping[str, Any],
    known: library.Library,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> list[Section]:
    """The form for terms of a version of the library; `typed` (a refused submission) goes before stored values."""
    groups: dict[str, list[Input]] = {}
    for section, path, shape in _leaves(template, known):
        groups.setdefault(section, []).extend(_inputs(path, shape, _at(terms, path), typed, errors or {}))
    return [Section(key, i18n.gettext(SECTIONS[key]), tuple(inputs)) for key, inputs in groups.items()]


def _inputs(
    path: str,
    shape: Mapping[str, Any],
    value: Any,
    typed: Mapping[str, str] | None,
    errors: Mapping[str, str],
) -> Iterator[Input]:
    """The inputs of one parameter: one, or one a language."""
    kind = _kind(shape)
    label = _pick(shape["label"]) if "label" in shape else path.rpartition(".")[2]
    message = UNITS.get(shape.get("unit", ""), "")
    unit = i18n.gettext(message) if message else ""
    choices = tuple((key, _pick(pair)) for key, pair in shape.get("choices", {}).items())
    parts = [(path, label, value)]
    if kind == "both":
        names = (("zh", "中文"), ("en", "English"))
        parts = [(f"{path}.{code}", f"{label} ({name})", (value or {}).get(code)) for code, name in names]
    for name, text, stored in parts:
        sent = None if typed is None else _sent(typed, name, kind)
        # What is wrong with a text as a whole stands beside its first language.
        wrong = errors.get(name) or (errors.get(path) if name.endswith(".zh") else None)
        yield Input(
            name, text, "text" if kind == "both" else kind, _typed(kind, stored) if sent is None else sent, unit, choices,
            shape.get("required") is False, (wrong,) if wrong else (),
        )  # fmt: skip


def to_be_given(
    template: str, known: library.Library, typed: Mapping[str, str], errors: Mapping[str, str]
) -> list[Input]:
    """The inputs that a draft of this template cannot begin without."""
    names = {f"declared.{name}" for name in library.to_be_given(template, known)}
    found = (leaf for leaf in _leaves(template, known) if leaf[1] in names) if names else ()
    return [i for _section, path, shape in found for i in _inputs(path, shape, None, typed, errors)]


def given(template: str, known: library.Library, form: Mapping[str, str], currency: str) -> Edited:
    """What was given of it, as the beginning of terms."""
    edited = Edited({})
    for section, path, shape in _leaves(template, known):
        if section == "declared":
            _read_leaf(edited, form, path, shape, currency)
    return edited


def _sent(form: Mapping[str, str], name: str, kind: str) -> str | None:
    """What was sent for an input; None when it was not in the form."""
    if kind in ("yes", "choices") and f"{name}-present" not in form:
        return form.get(name)
    if kind == "choices":
        many = getattr(form, "getlist", None)
        return "\n".join(many(name) if many else [form.get(name, "")])
    return form.get(name, "") if kind == "yes" else form.get(name)


def read(template: str, base: Mapping[str, Any], form: Mapping[str, str], known: library.Library) -> Edited:
    """The submitted parameters laid upon `base`, as this version of the library declares them."""
    edited = Edited(copy.deepcopy(dict(base)))
    currency = base["investment"]["amount"]["currency"]
    for _section, path, shape in _leaves(template, known):
        _read_leaf(edited, form, path, shape, currency)
    _read_rows(edited, form, currency)
    if "tiers-present" in form:
        order, errors = order_form.read(
            rows_of(form, "payees", ROWS["payees"]), rows_of(form, "tiers", ROWS["tiers"]), currency
        )
        edited.terms["waterfall"] = order
        edited.errors |= errors
    if not edited.errors:
        order_form.follow(edited.terms, base)
    return edited


def _read_leaf(
    edited: Edited, form: Mapping[str, str], path: str, shape: Mapping[str, Any], currency: str
) -> None:
    """One parameter as it was sent; an optional one that was left empty is null."""
    kind = _kind(shape)
    names = [f"{path}.zh", f"{path}.en"] if kind == "both" else [path]
    sent = {name: text for name in names if (text := _sent(form, name, kind)) is not None}
    if sent and shape.get("required") is False and not any(text.strip() for text in sent.values()):
        _put(edited.terms, path, None)
        return
    for name, text in sent.items():
        try:
            _put(edited.terms, name, _value("text" if kind == "both" else kind, text, currency))
        except ValueError as error:
            edited.errors[name] = i18n.gettext(str(error))


def _put(terms: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for part in parents:
        if not isinstance(terms.get(part), dict):
            terms[part] = {}
        terms = terms[part]
    terms[last] = value


def _value(kind: str, text: str, currency: str) -> Any:
    """One input's text as a value; ValueError with a message id when it cannot be read."""
    text = text.strip()
    if kind == "money":
        return money.parse(text, currency).json()
    if kind == "integer":
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise ValueError(N_("Enter a whole number"))
        return int(text)
    if kind == "percent":
        return order_form.ppm(text)
    if kind == "yes":
        return text == "1"
    if kind in ("names", "choices"):
        return [line.strip() for line in text.splitlines() if line.strip()]
    return text


def rows_of(
    form: Mapping[str, str], prefix: str, columns: tuple[str, ...], *, blank: bool = False
) -> list[dict[str, str]]:
    """Typed rows `prefix-<n>-<column>` in order; those nobody filled in only when `blank`."""
    found: dict[int, dict[str, str]] = {}
    for name in form:
        head, _, rest = name.partition("-")
        index, _, column = rest.partition("-")
        if head == prefix and index.isdecimal() and len(index) < 6 and column in columns:
            found.setdefault(int(index), {})[column] = form[name].strip()
    names = tuple(c for c in columns if c not in _PRESET)
    return [found[i] for i in sorted(found) if blank or any(found[i].get(c) for c in names)]


def _read_rows(edited: Edited, form: Mapping[str, str], currency: str) -> None:
    for prefix, columns in (("use_of_funds", USE_COLUMNS), ("tranches", TRANCHE_COLUMNS)):
        if f"{prefix}-present" not in form:
            continue
        made = []
        for number, row in enumerate(rows_of(form, prefix, columns), 1):
            try:
                amount = money.parse(row.get("amount", ""), currency).json()
            except money.MoneyError as error:
                edited.errors.setdefault(prefix, f"{number}: {i18n.gettext(error.message)}")
                amount = {"amount_minor": 0, "currency": currency}
            entry: dict[str, Any] = {**{c: row.get(c, "") for c in columns}, "amount": amount}
            if prefix == "tranches":
                entry["id"] = f"t{number}"
            made.append(entry)
        edited.terms[prefix] = made
    if "additional-present" in form:
        edited.terms["additional"] = [
            {
                "id": row.get("id") or _fresh(form, number),
                "heading": {lang: row.get(f"heading_{lang}", "") for lang in ("zh", "en")},
                "text": {lang: row.get(f"text_{lang}", "") for lang in ("zh", "en")},
            }
            for number, row in enumerate(rows_of(form, "additional", OWN_COLUMNS), 1)
        ]


def _fresh(form: Mapping[str, str], number: int) -> str:
    """An id for an own clause that has none: one that no clause of this form carries."""
    known = {form[name] for name in form if name.startswith("additional-") and name.endswith("-id")}
    while f"c{number}" in known:
        number += 1
    return f"c{number}"


def all_rows(terms: Mapping[str, Any], form: Mapping[str, str] | None) -> dict[str, list[dict[str, str]]]:
    """Every table's rows to show: as typed when a submission was refused, else as stored."""
    return {prefix: _typed_rows(terms, form, prefix, columns) for prefix, columns in ROWS.items()}


def _typed_rows(
    terms: Mapping[str, Any], form: Mapping[str, str] | None, prefix: str, columns: tuple[str, ...]
) -> list[dict[str, str]]:
    if form is not None and f"{prefix}-present" in form:
        return rows_of(form, prefix, columns, blank=True)
    if prefix == "payees":
        return order_form.payee_rows(terms["waterfall"])
    if prefix == "tiers":
        return order_form.tier_rows(terms["waterfall"])
    if prefix == "additional":
        return [
            {"id": own.get("id", "")}
            | {
                f"{part}_{lang}": own[part].get(lang, "")
                for part in ("heading", "text")
                for lang in ("zh", "en")
            }
            for own in terms.get("additional", [])
        ]
    return [
        {c: _typed("money", row[c]) if c == "amount" else str(row.get(c, "")) for c in columns}
        for row in terms[prefix]
    ]


def row_choices() -> dict[str, list[tuple[str, str]]]:
    """The choices of the rows' columns in the current language."""
    definitions = library.schema("loan")["$defs"]
    kinds = library.USE_KINDS
    picked = {
        name: [
            (key, _pick(pair)) for key, pair in definitions["Tranche"]["properties"][name]["choices"].items()
        ]
        for name in ("milestone", "on_miss")
    }
    return picked | {
        "kind": [(key, text.get(i18n.language())) for key, text in kinds.items()],
        "payee_kind": [(key, i18n.gettext(name)) for key, name in order_form.PAYEE_KINDS.items()],
        "tier_kind": [(key, i18n.gettext(name)) for key, name in order_form.TIER_NAMES.items()],
        "basis": [
            ("remaining", i18n.gettext(N_("of what remains"))),
            ("gross", i18n.gettext(N_("of gross"))),
        ],
    }
