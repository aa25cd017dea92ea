"""Parameters as people read them: their names, their values by unit, the clause they stand in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dealflow.termsheets.library.catalogue import LIBRARY
from dealflow.termsheets.library.declared import terms_model
from dealflow.termsheets.library.formats import value
from dealflow.termsheets.library.model import FIELD, LANGS, Library, Text, parameter
from dealflow.termsheets.library.order import TIER_KINDS
from dealflow.termsheets.library.terms import Tranche

# Names of what has no label of its own in the model: columns of rows, fields of the recoupment order.
NAMES = {
    "label": ("名称", "name"), "kind": ("类别", "kind"), "amount": ("金额", "amount"), "note": ("备注", "note"),
    "share_ppm": ("比例", "share"), "cap_minor": ("上限", "cap"), "target_minor": ("目标金额", "target"),
    "target_ppm": ("回收倍数", "recoupment target"), "basis": ("计算基数", "basis"), "ppm": ("比例", "share"),
    "principal_minor": ("本金", "principal"), "rate_ppm": ("年利率", "rate per year"), "since": ("起息日", "from"),
    "until_tier": ("截止顺位", "until tier"), "payee": ("收款方", "payee"), "name": ("名称", "name"),
    "above_gross_minor": ("总收入门槛", "above gross"), "above_recoup_ppm": ("回收倍数门槛", "above recouped"),
    "heading": ("标题", "heading"), "text": ("正文", "text"), "zh": ("中文", "Chinese"), "en": ("英文", "English"),
    "tier": ("顺位", "tier"), "principal_tier": ("本金顺位", "principal tier"), "id": ("编号", "id"),
    "currency": ("币种", "currency"),
}  # fmt: skip
GROUPS = {
    "use_of_funds": ("用途", "Use"), "tranches": ("分期", "Tranche"), "tiers": ("顺位", "Tier"), "payees": ("收款方", "Payee"),
    "shares": ("分成", "share"), "principals": ("本金", "principal"), "loans": ("借款", "loan"),
    "escalators": ("调整", "step"), "additional": ("自拟条款", "Own clause"), "waterfall": ("", ""),
}  # fmt: skip
# Sections whose values print in a table or a generated text, not by merge fields.
PLACES = {"use_of_funds": "use_of_funds", "tranches": "tranches", "waterfall": "recoupment"}
_BASIS = {"gross": ("总收入", "gross"), "remaining": ("剩余收入", "what remains")}


@dataclass(frozen=True)
class ParameterChange:
    """One parameter with what it was and is; None where it is not. `path` as in the terms, list items from 1."""

    path: str
    clause: str
    label: Text
    before: Text | None
    after: Text | None


def leaves(found: Any, path: str = "") -> dict[str, Any]:
    """Terms as `path: value`; money counts as one value, list items are numbered from 1."""
    if isinstance(found, dict) and found.keys() != {"amount_minor", "currency"}:
        items = [(f"{path}.{key}" if path else key, inner) for key, inner in found.items()]
    elif isinstance(found, list) and any(isinstance(inner, (dict, list)) for inner in found):
        items = [(f"{path}.{index}", inner) for index, inner in enumerate(found, 1)]
    else:
        return {path: found}
    flat: dict[str, Any] = {}
    for name, inner in items:
        flat |= leaves(inner, name)
    return flat


def parameter_changes(
    template: str, before: dict[str, Any], after: dict[str, Any], library: Library
) -> Iterator[ParameterChange]:
    """What differs, in the order of the newer terms, then what is gone."""
    old, new = leaves(before), leaves(after)
    owners = owners_of(template, library)
    currency = after["investment"]["amount"]["currency"]
    for path in [*new, *(path for path in old if path not in new)]:
        if old.get(path) == new.get(path):
            continue
        yield ParameterChange(
            path, clause_of(path, owners, after if path in new else before), label(template, path, library),
            shown(template, path, old[path], currency, library) if path in old else None,
            shown(template, path, new[path], currency, library) if path in new else None,
        )  # fmt: skip


def owners_of(template: str, library: Library) -> Mapping[str, str]:
    """Path of a parameter → the first clause that prints it."""
    found: dict[str, str] = {}
    for clause in library.of(template):
        for paragraph in clause.paragraphs:
            paths = FIELD.findall(paragraph.zh)
            if paragraph.when is not None:
                paths.append(paragraph.when.path)
            for path in paths:
                found.setdefault(path, clause.id)
        found.setdefault(clause.id, clause.id)
    return found


def clause_of(path: str, owners: Mapping[str, str], terms: Mapping[str, Any]) -> str:
    """The clause in which a change of this parameter shows."""
    parts = path.split(".")
    if parts[0] == "additional" and len(parts) > 1 and parts[1].isdecimal():
        own = terms["additional"][int(parts[1]) - 1]
        return f"additional.{own.get('id') or parts[1]}"
    if parts[0] in PLACES:
        return "escalators" if "escalators" in parts else PLACES[parts[0]]
    for length in range(len(parts), 0, -1):
        if (name := ".".join(parts[:length])) in owners:
            return owners[name]
    return parts[0]


def _declared(template: str, path: str, library: Library) -> dict[str, Any]:
    """The declaration of a parameter, rows' columns included."""
    plain = ".".join(part for part in path.split(".") if not part.isdecimal())
    head, _, column = plain.partition(".")
    # Rows are lists of a model of their own.
    info = (
        Tranche.model_fields.get(column)
        if head == "tranches"
        else parameter(terms_model(template, library), plain)
    )
    extra = info.json_schema_extra if info is not None else None
    return dict(extra) if isinstance(extra, dict) else {}


def label(template: str, path: str, library: Library = LIBRARY) -> Text:
    """What a parameter is called: `分期 2 · 最后期限`, `Tranche 2 · Long-stop date`."""
    declared = _declared(template, path, library).get("label")
    # One language of a text in both: the text's own name goes before it.
    whole, _, language = path.rpartition(".")
    if language in LANGS and (named := _declared(template, whole, library).get("label")):
        return Text(**{lang: f"{named[lang]} · {NAMES[language][i]}" for i, lang in enumerate(LANGS)})
    words: dict[str, list[str]] = {lang: [] for lang in LANGS}
    parts = path.split(".")
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        for index, lang in enumerate(LANGS):
            if last and declared:
                words[lang].append(declared[lang])
            elif part in GROUPS:
                words[lang].append(GROUPS[part][index])
            elif part.isdecimal() and words[lang]:
                words[lang][-1] = f"{words[lang][-1]} {part}"
            elif last or (part in NAMES and place):
                words[lang].append(NAMES.get(part, (part, part))[index])
    return Text(**{lang: " · ".join(word for word in words[lang] if word) or path for lang in LANGS})


def shown(template: str, path: str, raw: Any, currency: str, library: Library = LIBRARY) -> Text:
    """A value in both languages, by its declared unit or by the name of its field."""
    declared = _declared(template, path, library)
    return Text(**{lang: _said(declared, path, raw, currency, lang) or "—" for lang in LANGS})


def _said(declared: dict[str, Any], path: str, raw: Any, currency: str, lang: str) -> str:
    name, index = path.rpartition(".")[2], 0 if lang == "zh" else 1
    if raw is None:
        return "—"
    if isinstance(raw, bool):
        return ("是" if raw else "否") if lang == "zh" else ("yes" if raw else "no")
    if declared.get("choices"):
        return value(raw, None, declared["choices"], lang)
    if name.endswith("_minor") and isinstance(raw, int):
        return value({"amount_minor": raw, "currency": currency}, None, None, lang)
    if (name == "ppm" or name.endswith("_ppm")) and isinstance(raw, int):
        return value(raw, "ppm", None, lang)
    if name == "since":
        return value(raw, "date", None, lang)
    if path.startswith("waterfall") and name == "kind":
        return TIER_KINDS.get(raw, (str(raw), str(raw)))[index]
    if name == "basis":
        return _BASIS.get(raw, (str(raw), str(raw)))[index]
    if isinstance(raw, (dict, list, str)) or "unit" in declared:
        return value(raw, declared.get("unit"), None, lang)
    return str(raw)
