"""Rows of tables as projects, mandates and interactions of the public interface.

Headers and values are accepted in English and Chinese. Lists are separated by `|`, `;`, `、` or `；`; weights are written
`term:0.5`; amounts as `450,000`, `45万`, `1.2亿`, optionally with a currency code.
"""

import csv
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any

from ml.columns import EVIDENCE_CLASSES, INSTRUMENTS, REFERENCE_RATES, STAGES, ZERO_DECIMAL
from ml.offline import names
from ml.offline.tables import InputError, TableRow, header_of, read_table
from ml.text import normalise
from ml.weights import ACTION_WEIGHTS

HEADERS = {
    "编号": "id", "项目编号": "id", "project_id": "id", "标题": "title", "片名": "title", "项目名称": "title",
    "一句话梗概": "logline", "故事梗概": "synopsis", "题材": "genres", "语言": "languages", "地区": "regions",
    "阶段": "stage", "投资方式": "instruments", "融资额": "ask", "预算": "budget", "起投额": "min_ticket",
    "币种": "currency", "作品数": "credits", "审核通过": "review_passed", "播放量": "plays", "证据等级": "evidence_class",
}  # fmt: skip
MANDATE_HEADERS = {
    "编号": "id", "mandate_id": "id", "名称": "name", "题材任一": "genres_any", "题材排除": "genres_none",
    "语言任一": "languages_any", "地区任一": "regions_any", "阶段任一": "stages_any", "投资方式任一": "instruments_any",
    "最低融资额": "ask_min", "最高融资额": "ask_max", "最低预算": "budget_min", "最高预算": "budget_max",
    "最少作品数": "min_credits", "审核通过": "review_passed", "排除词": "words_none", "题材偏好": "genres",
    "语言偏好": "languages", "阶段偏好": "stages", "描述": "text", "单笔金额": "ticket", "文本权重": "weight_text",
    "单项目上限": "max_per_project", "币种": "currency",
}  # fmt: skip
INTERACTION_HEADERS = {
    "投资偏好编号": "mandate_id",
    "项目编号": "project_id",
    "动作": "action",
    "日期": "date",
}
_TITLES = {"title_zh", "title_en"}
STAGE_NAMES = {
    "开发": "development", "融资": "financing", "融资中": "financing", "筹备": "pre_production", "拍摄": "production",
    "后期": "post_production", "已上线": "released", "上线": "released",
}  # fmt: skip
INSTRUMENT_NAMES = {
    "股权": "equity", "净收益分成": "revenue_share", "收益分成": "revenue_share", "借款": "loan", "预售": "presale",
    "保底": "minimum_guarantee",
}  # fmt: skip
_REMEDIES = {
    "languages": "; write a language by its code (zh, en) or name",
    "regions": "; write a place by its code (CN, CN-ZJ, US) or name",
}
_AMOUNT = re.compile(r"^(?:([a-z]{3})\s*)?([0-9][0-9,]*(?:\.[0-9]+)?)\s*(万|亿)?(?:元|圆)?\s*([a-z]{3})?$")
_UNITS = {None: 1, "万": 10_000, "亿": 100_000_000}
_TRUE, _FALSE = frozenset({"1", "true", "yes", "y", "是"}), frozenset({"0", "false", "no", "n", "否", ""})
MAX_MINOR = 10**15


@lru_cache(maxsize=1)
def genre_labels() -> dict[str, tuple[str, str]]:
    """(English, Chinese) names of the carried genres by id."""
    with (Path(__file__).parents[1] / "data" / "genres.csv").open(encoding="utf-8", newline="") as stream:
        return {row["id"]: (row["en"], row["zh"]) for row in csv.DictReader(stream)}


@lru_cache(maxsize=1)
def genre_names() -> dict[str, str]:
    """Genre ids by id, Chinese and English name (folded)."""
    return {normalise(name): term for term, labels in genre_labels().items() for name in (*labels, term)}


class _Reader:
    """One row, its cells read by name; errors name the cell."""

    def __init__(self, path: Path, row: TableRow, headers: Mapping[str, str]) -> None:
        self.path, self.row = path, row
        self.cells = {headers.get(name, name): text for name, text in row.cells.items()}

    def fail(self, column: str, reason: str) -> InputError:
        return InputError(self.path, reason, self.row.number, column)

    def text(self, column: str) -> str:
        return self.cells.get(column, "")

    def required(self, column: str) -> str:
        if not self.text(column):
            raise self.fail(column, "is empty; every row needs it")
        return self.text(column)

    def words(self, column: str) -> list[str]:
        return [item.strip() for item in re.split(r"[|;；、]", self.text(column)) if item.strip()]

    def terms(self, column: str, known: Callable[[str], str | None]) -> list[str]:
        return [self._term(column, item, known) for item in self.words(column)]

    def _term(self, column: str, item: str, known: Callable[[str], str | None]) -> str:
        found = known(item)
        if found is None:
            raise self.fail(
                column, f"{item!r} is not a known term{_REMEDIES.get(column.partition('_')[0], '')}"
            )
        return found

    def weights(self, column: str, known: Callable[[str], str | None]) -> dict[str, float]:
        result = {}
        for item in self.words(column):
            name, _, weight = item.replace("：", ":").partition(":")
            result[self._term(column, name.strip(), known)] = self._weight(column, weight.strip() or "1")
        return result

    def _weight(self, column: str, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not -1 <= value <= 1:
            raise self.fail(column, f"{text!r} is not a weight between -1 and 1")
        return value

    def weight(self, column: str) -> float | None:
        return self._weight(column, self.text(column)) if self.text(column) else None

    def whole(self, column: str) -> int | None:
        text = self.text(column).replace(",", "")
        if not text:
            return None
        if not text.isascii() or not text.isdigit() or len(text) > 15:
            raise self.fail(column, f"{self.text(column)!r} is not a whole number")
        return int(text)

    def day(self, column: str) -> int | None:
        """Day number of an ISO date; a time behind it (as sheets write it) is left out."""
        try:
            return datetime.fromisoformat(self.text(column)).toordinal() if self.text(column) else None
        except ValueError:
            raise self.fail(
                column, f"{self.text(column)!r} is not a date; write it like 2026-03-31"
            ) from None

    def flag(self, column: str) -> bool:
        text = normalise(self.text(column))
        if text not in _TRUE | _FALSE:
            raise self.fail(column, f"{self.text(column)!r} is neither yes nor no")
        return text in _TRUE

    def money(self, column: str) -> dict[str, Any] | None:
        text = normalise(self.text(column)).replace("，", ",")
        if not text:
            return None
        match = _AMOUNT.match(text)
        if not match:
            raise self.fail(column, f"{self.text(column)!r} is not an amount; write 450,000 or 45万 or 1.2亿")
        currency = (match[1] or match[4] or self.text("currency") or "CNY").upper()
        if currency not in REFERENCE_RATES:
            raise self.fail(column, f"currency {currency!r} is not known")
        try:
            major = Decimal(match[2].replace(",", "")) * _UNITS[match[3]]
        except InvalidOperation as error:
            raise self.fail(column, f"{self.text(column)!r} is not an amount") from error
        minor = major * (1 if currency in ZERO_DECIMAL else 100)
        if minor != minor.to_integral_value() or minor > MAX_MINOR:
            raise self.fail(column, f"{self.text(column)!r} has too many digits")
        return {"amount_minor": int(minor), "currency": currency}

    def bounds(self, column: str) -> dict[str, Any] | None:
        low, high = self.money(f"{column}_min"), self.money(f"{column}_max")
        if low and high and low["currency"] != high["currency"]:
            raise self.fail(f"{column}_max", "has another currency than the minimum")
        if low and high and low["amount_minor"] > high["amount_minor"]:
            raise self.fail(f"{column}_max", "is below the minimum")
        return {key: value for key, value in (("min", low), ("max", high)) if value} or None


def _needs_id(headers: Mapping[str, str]) -> Callable[[Sequence[str]], str | None]:
    """Names what is wrong with a header that has no id."""
    names_of_id = [name for name, column in headers.items() if column == "id"]

    def check(header: Sequence[str]) -> str | None:
        if any(headers.get(name, name) == "id" for name in header):
            return None
        named = ", ".join(name for name in header if name)[:200]
        return f"no column is named id ({', '.join(names_of_id)}); the first row must name the columns, it says: {named}"

    return check


def unread(path: Path, headers: Mapping[str, str]) -> list[str]:
    """Columns of a table that nothing is read from."""
    known = set(headers.values()) | _TITLES
    return [name for name in header_of(path) if name and headers.get(name, name) not in known]


def _genre(item: str) -> str | None:
    return genre_names().get(normalise(item))


def _choice(values: tuple[str, ...], names: Mapping[str, str]) -> Callable[[str], str | None]:
    def find(item: str) -> str | None:
        folded = normalise(item).replace(" ", "_").replace("-", "_")
        return folded if folded in values else names.get(item)

    return find


_stage = _choice(STAGES, STAGE_NAMES)
_instrument = _choice(INSTRUMENTS, INSTRUMENT_NAMES)


def read_projects(path: Path) -> Iterator[dict[str, Any]]:
    """Projects of a table. Raises InputError for a missing or repeated id and for a cell that cannot be read."""
    seen: dict[str, int] = {}
    for row in read_table(path, _needs_id(HEADERS)):
        cell = _Reader(path, row, HEADERS)
        _unique(cell, seen)
        stage = cell.terms("stage", _stage)
        project: dict[str, Any] = {
            "id": cell.text("id"),
            "title": {"zh": cell.text("title_zh") or cell.text("title"), "en": cell.text("title_en")},
            "logline": cell.text("logline"),
            "synopsis": cell.text("synopsis"),
            "genres": cell.terms("genres", _genre),
            "languages": cell.terms("languages", names.language),
            "regions": cell.terms("regions", names.region),
            "stage": stage[0] if stage else None,
            "instruments": cell.terms("instruments", _instrument),
            "ask": cell.money("ask"),
            "budget": cell.money("budget"),
            "min_ticket": cell.money("min_ticket"),
            "team": [{"credits": cell.whole("credits") or 0}],
            "signals": {"review_passed": cell.flag("review_passed")},
        }
        if cell.text("plays"):
            evidence = cell.text("evidence_class") or "self_reported"
            if evidence not in EVIDENCE_CLASSES:
                raise cell.fail("evidence_class", f"{evidence!r} is not one of {', '.join(EVIDENCE_CLASSES)}")
            project["track_record"] = [{"plays": cell.whole("plays"), "evidence_class": evidence}]
        yield project


def read_mandates(path: Path) -> Iterator[dict[str, Any]]:
    """Mandates of a table; constraints that are empty are left out."""
    seen: dict[str, int] = {}
    for row in read_table(path, _needs_id(MANDATE_HEADERS)):
        cell = _Reader(path, row, MANDATE_HEADERS)
        _unique(cell, seen)
        constraints = {
            "genres_any": cell.terms("genres_any", _genre),
            "genres_none": cell.terms("genres_none", _genre),
            "languages_any": cell.terms("languages_any", names.language),
            "regions_any": cell.terms("regions_any", names.region),
            "stages_any": cell.terms("stages_any", _stage),
            "instruments_any": cell.terms("instruments_any", _instrument),
            "budget": cell.bounds("budget"),
            "ask": cell.bounds("ask"),
            "min_credits": cell.whole("min_credits"),
            "review_passed": cell.flag("review_passed"),
            "words_none": cell.words("words_none"),
        }
        preferences = {
            "genres": cell.weights("genres", _genre),
            "languages": cell.weights("languages", names.language),
            "stages": cell.weights("stages", _stage),
            "text": cell.text("text"),
            "ticket": cell.money("ticket"),
            "weight_text": cell.weight("weight_text"),
        }
        yield {
            "id": cell.text("id"),
            "name": cell.text("name") or cell.text("id"),
            "constraints": {key: value for key, value in constraints.items() if value},
            "preferences": {key: value for key, value in preferences.items() if value not in (None, "", {})},
            "max_per_project": cell.money("max_per_project"),
        }


def read_interactions(
    path: Path, mandates: Mapping[str, Any], projects: Mapping[str, Any]
) -> dict[str, list[tuple[str, str, int | None]]]:
    """(project id, action, day number) by mandate id; rows without a date are as late as the latest of the mandate.
    Raises InputError for an unknown id or action, or what is no date."""
    found: dict[str, list[tuple[str, str, int | None]]] = {}
    for row in read_table(path):
        cell = _Reader(path, row, INTERACTION_HEADERS)
        mandate, project, action = (cell.required(name) for name in ("mandate_id", "project_id", "action"))
        if mandate not in mandates:
            raise cell.fail("mandate_id", f"{mandate!r} is not in the mandates file")
        if project not in projects:
            raise cell.fail("project_id", f"{project!r} is not in the projects file")
        if action not in ACTION_WEIGHTS:
            raise cell.fail("action", f"{action!r} is not one of {', '.join(ACTION_WEIGHTS)}")
        found.setdefault(mandate, []).append((project, action, cell.day("date")))
    return found


def _unique(cell: _Reader, seen: dict[str, int]) -> None:
    identifier = cell.required("id")
    if identifier in seen:
        raise cell.fail("id", f"{identifier!r} stands in row {seen[identifier]} already")
    seen[identifier] = cell.row.number
