"""A row of a file as a pitch: which columns mean what, and how people write lists, amounts and choices in a cell.

Pure: needs no database, so that ranking from files reads the same rows.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from dealflow.core.errors import FieldError
from dealflow.core.i18n import N_, using
from dealflow.core.money import MoneyError
from dealflow.pitches import vocabulary as words
from dealflow.pitches.typed import amount, number
from dealflow.pitches.vocabulary import Genre

Values = dict[str, Any]
# Field of the import → names of columns that mean it, besides the field's own name.
COLUMNS: dict[str, tuple[str, ...]] = {
    "external_id": ("id", "编号", "外部编号", "项目编号", "project id", "project_id", "code"),
    "title_zh": ("title", "标题", "片名", "剧名", "项目名称", "中文名", "中文片名", "名称", "chinese title"),
    "title_en": ("英文名", "英文片名", "英文标题", "english title"),
    "logline": ("一句话梗概", "一句话", "梗概"),
    "synopsis": ("故事梗概", "简介", "剧情", "summary"),
    "genres": ("genre", "题材", "类型", "标签"),
    "gender": ("受众", "受众性别", "audience", "audience_gender"),
    "ages": ("年龄", "受众年龄", "age"),
    "languages": ("language", "语言", "语种"),
    "regions": ("region", "地区", "国家", "发行地区", "country"),
    "episodes": ("集数", "episode count"),
    "minutes_per_episode": ("单集时长", "每集分钟", "单集分钟", "minutes", "minutes per episode"),
    "orientation": ("画幅", "屏幕方向", "横竖屏"),
    "stage": ("阶段", "项目阶段", "status"),
    "currency": ("币种", "货币"),
    "budget": ("预算", "总预算", "制作预算"),
    "ask": ("融资额", "融资金额", "融资需求", "募资额"),
    "min_ticket": ("最低投资额", "起投金额", "起投额", "minimum ticket", "ticket"),
    "instruments": ("instrument", "投资方式", "合作方式"),
    "use_of_funds": ("资金用途", "资金使用"),
    "team": ("团队", "主创", "主创团队"),
    "track_record": ("过往作品", "代表作", "业绩"),
    "comparables": ("comparable", "对标", "对标作品", "参考作品"),
    "prep": ("筹备", "筹备日期"),
    "shoot_start": ("开机", "开机日期", "shooting starts"),
    "shoot_end": ("杀青", "杀青日期", "shooting ends"),
    "release": ("上线", "上线日期", "release date"),
    "scenes_needed": ("场景", "所需场景", "scenes"),
    "hooks": ("钩子", "卡点", "钩子与卡点"),
    "visibility": ("可见范围", "可见性"),
    "sample_episode_url": ("样片", "样片链接", "sample episode", "sample"),
}
_CHOICES = {
    "gender": words.GENDERS, "orientation": words.ORIENTATIONS, "stage": words.STAGES, "visibility": words.VISIBILITIES,
    "instruments": words.INSTRUMENTS, "kind": words.FUND_KINDS, "evidence_class": words.EVIDENCE, "hook_kind": words.HOOK_KINDS,
}  # fmt: skip
_ALSO = {
    "女": "female", "女性": "female", "女频": "female", "男": "male", "男性": "male", "男频": "male", "竖": "vertical", "竖屏": "vertical",
    "横": "horizontal", "横屏": "horizontal", "保底": "minimum_guarantee", "分账": "revenue_share", "收益分成": "revenue_share",
    "股权": "equity", "借款": "loan", "预售": "presale", "制作": "production", "拍摄": "production", "投流": "ad_spend",
    "后期": "post", "演员": "cast", "钩子": "hook", "卡点": "paywall_card", "公开": "investors", "不公开": "private",
    "自报": "self_reported", "平台结算单": "platform_statement",
}  # fmt: skip


def plain(text: str) -> str:
    """A name without case, width, blanks and punctuation, for comparing."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()


def guess(header: Sequence[str]) -> dict[str, str]:
    """What each column probably means: column → field; columns that fit nothing are left out, a field is given once."""
    known = {plain(name): field for field, names in COLUMNS.items() for name in (field, *names)}
    found: dict[str, str] = {}
    for column in header:
        # "融资额（万元）" means the same field as "融资额"; the unit has to stand in the cells.
        field = known.get(plain(column)) or known.get(plain(re.sub(r"[（(][^（()）]*[)）]", "", column)))
        if field and field not in found.values():
            found[column] = field
    return found


class RowReader:
    """Turns rows of text into values of `ProjectIn`."""

    def __init__(self, genres: Mapping[str, Genre]) -> None:
        self.genres = {plain(name): g.term for g in genres.values() for name in (g.term, g.zh, g.en)}
        self.choices: dict[str, dict[str, str]] = {}
        for group, codes in _CHOICES.items():
            names = {plain(code): code for code in codes}
            names |= {plain(name): code for name, code in _ALSO.items() if code in codes}
            for language in ("zh", "en"):
                with using(language):
                    names |= {plain(words.label(code)): code for code in codes}
            self.choices[group] = names
        with using("zh"):
            self.languages = {plain(words.language_name(tag)): tag for tag in words.COMMON_LANGUAGES}
            places = (*words.COMMON_COUNTRIES, *words.PROVINCES)
            self.regions = {plain(words.region_name(code)): code for code in places}
        with using("en"):
            self.languages |= {plain(words.language_name(tag)): tag for tag in words.COMMON_LANGUAGES}
            self.regions |= {plain(words.region_name(code)): code for code in places}
        self.languages |= {"中文": "zh", "汉语": "zh", "普通话": "zh", "英文": "en"}

    def read(self, cells: Mapping[str, str]) -> tuple[Values, list[FieldError]]:
        """Values of the fields that have a column (an empty cell empties the field), and what could not be read."""
        errors: list[FieldError] = []
        currency = (cells.get("currency") or "CNY").strip().upper()
        values: Values = {}

        def take(field: str, name: str, convert: Callable[[str], Any]) -> None:
            if name not in cells:
                return
            text = cells[name].strip()
            try:
                _put(values, field, convert(text) if text else None)
            except MoneyError as error:
                errors.append(FieldError(name, error.code, error.message))
            except ValueError:
                errors.append(
                    FieldError(name, "wrong_form", N_("“%(text)s” cannot be read here"), {"text": text[:60]})
                )

        for name in ("external_id", "logline", "synopsis", "sample_episode_url"):
            take(name, name, str)
        for field, name in (("title.zh", "title_zh"), ("title.en", "title_en")):
            take(field, name, str)
        for name in ("budget", "ask", "min_ticket"):
            take(name, name, lambda text: amount(text, currency))
        for field in ("stage", "visibility"):
            take(field, field, lambda text, group=field: self._choice(group, text))  # type: ignore[misc]
        take("audience.gender", "gender", lambda text: self._choice("gender", text))
        take("audience.ages", "ages", _ages)
        take("format.episodes", "episodes", number)
        take("format.minutes_per_episode", "minutes_per_episode", lambda text: number(text, float))
        take("format.orientation", "orientation", lambda text: self._choice("orientation", text))
        for name in words.DATES:
            take(f"schedule.{name}", name, _day)
        take("genres", "genres", lambda text: [self.genres.get(plain(w), w) for w in listed(text)])
        take("languages", "languages", lambda text: [self.languages.get(plain(w), w) for w in listed(text)])
        take("regions", "regions", lambda text: [self.regions.get(plain(w), w) for w in listed(text)])
        take(
            "instruments", "instruments", lambda text: [self._choice("instruments", w) for w in listed(text)]
        )
        take("comparables", "comparables", listed)
        take("scenes_needed", "scenes_needed", listed)
        for name, convert in self._tables(currency).items():
            take(name, name, lambda text, convert=convert: _table(text, convert))  # type: ignore[misc]
        return _tidied(values), errors

    def _choice(self, group: str, text: str) -> str:
        return self.choices[group].get(plain(text), text)

    def _tables(self, currency: str) -> dict[str, Callable[[list[str]], Values]]:
        def fund(p: list[str]) -> Values:
            return {
                "label": p[0],
                "kind": self._choice("kind", p[1] or p[0]),
                "amount": amount(p[2], currency),
            }

        def member(p: list[str]) -> Values:
            return {"name": p[0], "role": p[1], "credits": number(p[2] or "0")}

        def work(p: list[str]) -> Values:
            evidence = self._choice("evidence_class", p[4] or "self_reported")
            return {
                "title": p[0], "year": number(p[1]), "plays": number(p[2]), "receipts": amount(p[3], currency),
                "evidence_class": evidence,
            }  # fmt: skip

        def hook(p: list[str]) -> Values:
            return {
                "episode": number(p[0]),
                "kind": self._choice("hook_kind", p[1] or "hook"),
                "note": ":".join(p[2:]).rstrip(":"),
            }

        return {"use_of_funds": fund, "team": member, "track_record": work, "hooks": hook}


def listed(text: str) -> list[str]:
    """The words of a cell, separated by commas, semicolons, strokes or lines; each once."""
    if text.startswith("["):
        found = json.loads(text)
        if not isinstance(found, list) or not all(isinstance(w, str) for w in found):
            raise ValueError(text)
        return found
    return list(dict.fromkeys(w.strip() for w in re.split(r"[,，;；、|/\n]+", text) if w.strip()))


def _table(text: str, convert: Callable[[list[str]], Values]) -> list[Values]:
    """Rows in a cell: `part : part : part`, separated by semicolons or lines; or JSON as in the interface."""
    if text.startswith("["):
        found = json.loads(text)
        if not isinstance(found, list):
            raise ValueError(text)
        return found
    rows = [re.split("[:：]", row) for row in re.split(r"[;；\n]+", text) if row.strip()]
    return [convert([part.strip() for part in parts] + [""] * (5 - len(parts))) for parts in rows]


def _ages(text: str) -> list[int]:
    parts = re.fullmatch(r"(\d{1,3})\s*[-–—~至到]\s*(\d{1,3})\s*岁?", text)
    if parts is None:
        raise ValueError(text)
    return [int(parts[1]), int(parts[2])]


def _day(text: str) -> str:
    found = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?", text)
    if found is None:
        return text
    year, month, day = (int(part) for part in found.groups())
    # A day that is no day stays as typed, and the schema names the field.
    try:
        return datetime(year, month, day).date().isoformat()  # noqa: DTZ001 - a calendar date has no zone
    except ValueError:
        return text


def _put(values: Values, path: str, value: Any) -> None:
    head, _, rest = path.partition(".")
    if rest:
        values.setdefault(head, {})[rest] = value
    else:
        values[head] = value


_LISTS = (
    "genres", "languages", "regions", "instruments", "use_of_funds", "team", "track_record", "comparables", "scenes_needed", "hooks",
)  # fmt: skip


def _tidied(values: Values) -> Values:
    for name in _LISTS:
        if name in values and values[name] is None:
            values[name] = []
    if values.get("visibility", "") is None:
        values["visibility"] = "private"
    return values
