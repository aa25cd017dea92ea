"""Languages and places of files, by code or by name, Chinese or English."""

import re
from functools import lru_cache

from babel import Locale

from ml.places import NAMED
from ml.text import normalise

_LANGUAGE = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|\d{3}))?")
_REGION = re.compile(r"([a-z]{2})(?:-([a-z0-9]{1,3}))?")
_MORE_LANGUAGES = {
    "汉语": "zh", "普通话": "zh", "国语": "zh", "华语": "zh", "mandarin": "zh", "繁体中文": "zh-Hant", "简体中文": "zh",
    "英文": "en", "日文": "ja", "韩文": "ko", "泰文": "th", "印尼语": "id",
}  # fmt: skip
_MORE_PLACES = {
    "usa": "US", "uk": "GB", "香港": "HK", "澳门": "MO", "台湾": "TW", "北京市": "CN-BJ", "天津市": "CN-TJ",
    "上海市": "CN-SH", "重庆市": "CN-CQ",
}  # fmt: skip
# ISO 3166-1 names countries by two letters; these two stand for none.
_NO_COUNTRY = frozenset({"ZZ", "EU", "EZ", "UN"})


def _world() -> tuple[Locale, Locale]:
    return Locale.parse("en"), Locale.parse("zh")


@lru_cache(maxsize=1)
def _languages() -> dict[str, str]:
    named = {
        normalise(name): code
        for world in _world()
        for code, name in world.languages.items()
        if re.fullmatch("[a-z]{2,3}", code)
    }
    return named | _MORE_LANGUAGES


@lru_cache(maxsize=1)
def _places() -> dict[str, str]:
    named = {
        normalise(name): code
        for world in _world()
        for code, name in world.territories.items()
        if re.fullmatch("[A-Z]{2}", code) and code not in _NO_COUNTRY
    }
    for code, (chinese, english) in NAMED.items():
        named |= {normalise(chinese): code, normalise(english): code}
        if code.startswith("CN-"):
            named[f"{chinese}省"] = code
    return named | _MORE_PLACES


@lru_cache(maxsize=4096)
def language(item: str) -> str | None:
    """The tag of a language that is written as one (zh, en-US) or named (中文, English); None for anything else."""
    folded = normalise(item)
    if folded in _languages():
        return _languages()[folded]
    found = _LANGUAGE.fullmatch(folded)
    if found is None or found[1] not in _world()[0].languages:
        return None
    parts = (found[1], found[2] and found[2].title(), found[3] and found[3].upper())
    return "-".join(part for part in parts if part)


@lru_cache(maxsize=4096)
def region(item: str) -> str | None:
    """The code of a country or province that is written as one (US, CN-ZJ) or named (浙江, China)."""
    folded = normalise(item)
    if folded in _places():
        return _places()[folded]
    found = _REGION.fullmatch(folded)
    if found is None or found[1].upper() not in _world()[0].territories or found[1].upper() in _NO_COUNTRY:
        return None
    return folded.upper()


@lru_cache(maxsize=4096)
def told(code: str) -> tuple[str, str] | None:
    """(English, Chinese) of a language or place by its code, as reasons name them; None when neither is known."""
    if code in NAMED:
        return NAMED[code][1], NAMED[code][0]
    english, chinese = _world()
    for mine, theirs in ((english.languages, chinese.languages), (english.territories, chinese.territories)):
        if code in mine and code in theirs:
            return mine[code], theirs[code]
    return None
