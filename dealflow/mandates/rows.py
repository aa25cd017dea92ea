"""A row of a file as a mandate: which columns mean what, and how people write lists, weights and amounts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dealflow.core.errors import FieldError
from dealflow.core.i18n import LANGUAGES, N_, using
from dealflow.core.money import MoneyError, read
from dealflow.mandates.vocabulary import genres, words

# Field of the import → further names of its column.
COLUMNS: dict[str, tuple[str, ...]] = {
    "external_id": ("id", "mandate_id", "编号", "外部编号"),
    "name": ("名称", "投资偏好", "策略名称"),
    "active": ("启用",),
    "currency": ("币种", "货币"),
    "capital": ("资金规模", "可投资金", "总额度"),
    "max_per_project": ("单项目上限", "单项目最高"),
    "allow_discovery": ("允许被发现", "对制作方可见"),
    "genres_any": ("题材任一", "题材"),
    "genres_none": ("题材排除", "排除题材"),
    "languages_any": ("语言任一",),
    "regions_any": ("地区任一", "地区"),
    "stages_any": ("阶段任一",),
    "instruments_any": ("投资方式任一", "投资方式"),
    "budget_min": ("最低预算",),
    "budget_max": ("最高预算",),
    "ask_min": ("最低融资额",),
    "ask_max": ("最高融资额",),
    "min_credits": ("最少作品数",),
    "review_passed": ("审核通过",),
    "words_none": ("排除词",),
    "genres": ("likes", "题材偏好"),
    "languages": ("语言偏好",),
    "stages": ("阶段偏好",),
    "text": ("描述", "偏好描述"),
    "ticket": ("单笔金额", "单笔投资额"),
    "weight_text": ("文本权重",),
    "diversity": ("多样性",),
}
_CONSTRAINTS = (
    "genres_any",
    "genres_none",
    "languages_any",
    "regions_any",
    "stages_any",
    "instruments_any",
    "words_none",
)
_TRUE, _FALSE = {"1", "true", "yes", "y", "是"}, {"0", "false", "no", "n", "否"}
_DIVERSITY = {"关": "off", "关闭": "off", "常规": "usual", "更多": "more"}


def plain(text: str) -> str:
    """A name without case, width, blanks and punctuation, for comparing."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()


def guess(header: Sequence[str]) -> dict[str, str]:
    """What each column probably means: column → field; a field is given once."""
    known = {plain(name): field for field, names in COLUMNS.items() for name in (field, *names)}
    found: dict[str, str] = {}
    for column in header:
        field = known.get(plain(column))
        if field and field not in found.values():
            found[column] = field
    return found


def listed(text: str) -> list[str]:
    """The words of a cell, each once."""
    return list(dict.fromkeys(w.strip() for w in re.split(r"[,，;；、|\n]+", text) if w.strip()))


class RowReader:
    """Turns rows of text into values of `MandateIn`."""

    def __init__(self) -> None:
        known = words()
        self.names: dict[str, dict[str, str]] = {
            "genres": {plain(term): term for term in genres()},
            "stages": {plain(code): code for code in known.stages},
            "instruments": {plain(code): code for code in known.instruments},
            "languages": {},
            "regions": {},
        }
        for language in LANGUAGES:
            with using(language):
                self.names["genres"] |= {plain(g.name): term for term, g in genres().items()}
                for group, codes in (("stages", known.stages), ("instruments", known.instruments)):
                    self.names[group] |= {plain(known.label(code)): code for code in codes}
                self.names["languages"] |= {plain(known.language_name(t)): t for t in known.languages}
                self.names["regions"] |= {plain(known.region_name(c)): c for c in known.regions}

    def read(self, cells: Mapping[str, str]) -> tuple[dict[str, Any], list[FieldError]]:
        """Values in the interface's form, and what could not be read. A column that is not there gives no value."""
        errors: list[FieldError] = []
        currency = (cells.get("currency") or "CNY").strip().upper()
        found: dict[str, Any] = {}

        def take(column: str, convert: Callable[[str], Any]) -> None:
            if column not in cells:
                return
            text = cells[column].strip()
            try:
                found[column] = convert(text) if text else None
            except MoneyError as error:
                errors.append(FieldError(column, error.code, error.message))
            except ValueError:
                message = N_("“%(text)s” cannot be read here")
                errors.append(FieldError(column, "wrong_form", message, {"text": text[:60]}))

        for column in ("external_id", "name", "text"):
            take(column, str)
        for column in ("active", "allow_discovery", "review_passed"):
            take(column, _flag)
        for column in (
            "capital",
            "max_per_project",
            "ticket",
            "budget_min",
            "budget_max",
            "ask_min",
            "ask_max",
        ):
            take(column, lambda text: _amount(text, currency))
        for column in _CONSTRAINTS:
            names = self.names.get(column.partition("_")[0], {})
            take(column, lambda text, names=names: [names.get(plain(w), w) for w in listed(text)])  # type: ignore[misc]
        for column in ("genres", "languages", "stages"):
            take(column, lambda text, names=self.names[column]: _weights(text, names))  # type: ignore[misc]
        take("min_credits", lambda text: int(text.replace(",", "")))
        take("weight_text", float)
        take("diversity", lambda text: _DIVERSITY.get(text, text.casefold()))
        return _nested(found), errors


def _flag(text: str) -> bool:
    if text.casefold() not in _TRUE | _FALSE:
        raise ValueError(text)
    return text.casefold() in _TRUE


def _amount(text: str, currency: str) -> dict[str, Any]:
    return read(text, currency).json()


def _weights(text: str, names: Mapping[str, str]) -> dict[str, float]:
    found = {}
    for item in listed(text):
        name, _sep, weight = item.replace("：", ":").partition(":")
        found[names.get(plain(name), name.strip())] = float(weight) if weight.strip() else 1.0
    return found


def _nested(found: Mapping[str, Any]) -> dict[str, Any]:
    """Flat columns as the interface nests them; an empty cell empties the part it stands for."""
    values: dict[str, Any] = {}
    for column, value in found.items():
        head, _sep, end = column.rpartition("_")
        if head in ("budget", "ask"):
            values.setdefault("constraints", {}).setdefault(head, {})[end] = value
        elif column in (*_CONSTRAINTS, "min_credits", "review_passed"):
            values.setdefault("constraints", {})[column] = value
        elif column in ("genres", "languages", "stages", "text", "ticket", "weight_text", "diversity"):
            values.setdefault("preferences", {})[column] = value
        elif not (column in ("active", "allow_discovery", "name", "capital") and value is None):
            values[column] = value
    return values
