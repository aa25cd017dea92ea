"""The controlled words of a pitch: genres, languages, regions, stages, instruments, kinds; with both names."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dealflow.core.i18n import N_, gettext, language, locale
from ml.places import NAMED, PROVINCES

DATA = Path(__file__).parent / "data"

STAGES = ("development", "financing", "pre_production", "production", "post_production", "released")
INSTRUMENTS = ("equity", "revenue_share", "loan", "presale", "minimum_guarantee")
FUND_KINDS = ("production", "ad_spend", "cast", "post", "music", "legal", "contingency", "other")
EVIDENCE = ("platform_statement", "platform_api", "third_party", "self_reported")
VISIBILITIES = ("private", "invited", "investors")
GENDERS = ("female", "male", "all")
ORIENTATIONS = ("vertical", "horizontal")
HOOK_KINDS = ("hook", "paywall_card")
DATES = ("prep", "shoot_start", "shoot_end", "release")

LABELS = {
    "development": N_("Development"), "financing": N_("Financing"), "pre_production": N_("Pre-production"),
    "production": N_("Production"), "post_production": N_("Post-production"), "released": N_("On release"),
    "equity": N_("Equity"), "revenue_share": N_("Net revenue share"), "loan": N_("Loan"), "presale": N_("Presale"),
    "minimum_guarantee": N_("Minimum guarantee"),
    "ad_spend": N_("Ad spend"), "cast": N_("Cast"), "post": N_("Post-production"), "music": N_("Music"),
    "legal": N_("Legal"), "contingency": N_("Contingency"), "other": N_("Other"),
    "platform_statement": N_("Platform statement"), "platform_api": N_("Platform data"),
    "third_party": N_("Third-party ranking"), "self_reported": N_("Self-reported"),
    "private": N_("Private"), "invited": N_("Invited organisations"), "investors": N_("All investors"),
    "female": N_("Women"), "male": N_("Men"), "all": N_("Everyone"),
    "vertical": N_("Vertical"), "horizontal": N_("Horizontal"),
    "hook": N_("Hook"), "paywall_card": N_("Paywall card"),
    "prep": N_("Preparation"), "shoot_start": N_("Shooting starts"), "shoot_end": N_("Shooting ends"), "release": N_("Release"),
}  # fmt: skip
# How the catalogue's published figures were measured.
METRICS = {
    "dataeye_rank": N_("DataEye rank"), "dataeye_heat": N_("DataEye heat"), "effective_plays": N_("Effective plays"),
    "hongguo_heat": N_("Hongguo heat"), "hongguo_heat_daily_avg": N_("Hongguo heat, daily average"),
    "hongguo_week_rank": N_("Hongguo rank of the week"), "overseas_cumulative_over": N_("Overseas heat, more than"),
    "overseas_heat": N_("Overseas heat"), "overseas_rank": N_("Overseas rank"), "plays_3days": N_("Plays in 3 days"),
    "plays_5days": N_("Plays in 5 days"), "plays_9days": N_("Plays in 9 days"), "plays_douyin": N_("Plays on Douyin"),
    "plays_total": N_("Plays in all"), "tencent_heat_peak": N_("Tencent Video heat, peak"), "wetrue_heat": N_("WETRUE heat"),
}  # fmt: skip
FACETS = {
    "audience": N_("Audience"), "setting": N_("Setting"), "trope": N_("Story type"), "tone": N_("Tone"), "theme": N_("Theme"),
    "format": N_("Format"), "overseas": N_("Overseas"),
}  # fmt: skip
# Languages offered first; any other BCP 47 tag can be typed.
COMMON_LANGUAGES = (
    "zh",
    "zh-Hant",
    "yue",
    "en",
    "ja",
    "ko",
    "th",
    "vi",
    "id",
    "ms",
    "es",
    "pt",
    "fr",
    "de",
    "ar",
    "hi",
)
COMMON_COUNTRIES = ("CN", "HK", "MO", "TW", "US", "CA", "GB", "AU", "JP", "KR", "SG", "MY", "TH", "VN", "ID", "PH", "IN", "AE", "SA", "DE", "FR", "ES", "BR", "MX")  # fmt: skip
_TAG = re.compile(r"([a-z]{2,3})(?:-([A-Z][a-z]{3}))?(?:-([A-Z]{2}|\d{3}))?")
_REGION = re.compile(r"([A-Z]{2})(?:-[A-Z0-9]{1,3})?")


@dataclass(frozen=True)
class Genre:
    """A term of the genre vocabulary; `review_note` names a rule that content review looks at."""

    term: str
    zh: str
    en: str
    facet: str
    review_note: str = ""

    @property
    def name(self) -> str:
        """The name in the current language."""
        return self.en if language() == "en" else self.zh


@lru_cache
def carried_genres() -> Mapping[str, Genre]:
    """The vocabulary that the project carries: term → Genre, in the order of the file."""
    with (DATA / "genres.csv").open(encoding="utf-8", newline="") as stream:
        return {
            r["id"]: Genre(r["id"], r["zh"], r["en"], r["facet"], r["review_note"])
            for r in csv.DictReader(stream)
        }


@dataclass(frozen=True)
class Drama:
    """A real series with its published figure, as the catalogue tells it; figures of different metrics cannot be compared."""

    title: str
    company: str
    platform: str
    metric: str
    metric_value: str
    period: str
    source_url: str


@lru_cache
def catalogue() -> Mapping[str, Drama]:
    """Real titles that can be named as comparables: title → Drama."""
    with (DATA / "dramas.csv").open(encoding="utf-8", newline="") as stream:
        names = ("title", "company", "platform", "metric", "metric_value", "period", "source_url")
        return {row["title"]: Drama(**{name: row[name] for name in names}) for row in csv.DictReader(stream)}


@lru_cache
def _world() -> tuple[Mapping[str, str], Mapping[str, str]]:
    from babel import Locale

    english = Locale.parse("en")
    return english.languages, english.territories


def is_language(tag: str) -> bool:
    """Whether this is a BCP 47 tag (language, script, region) of a known language, in canonical case."""
    found = _TAG.fullmatch(tag)
    return found is not None and found[1] in _world()[0]


def is_region(code: str) -> bool:
    """Whether this is an ISO 3166-1 country or an ISO 3166-2 subdivision of one (all of China's are known)."""
    found = _REGION.fullmatch(code)
    if found is None or found[1] not in _world()[1] or found[1] in ("ZZ", "EU", "EZ", "UN"):
        return False
    return not code.startswith("CN-") or code in PROVINCES


def label(code: str | None) -> str:
    """The name of a stage, instrument, kind… in the current language; the code itself when it has none."""
    return gettext(LABELS[code]) if code in LABELS else (code or "")


def language_name(tag: str) -> str:
    """A language's name in the current language."""
    from babel import Locale

    try:
        return Locale.parse(tag, sep="-").get_display_name(locale()) or tag
    except (ValueError, LookupError):
        names = locale().languages
        return names.get(tag.split("-")[0], tag)


def region_name(code: str) -> str:
    """A country's or province's name in the current language."""

    if code in NAMED:
        return NAMED[code][language() == "en"]
    country, _, rest = code.partition("-")
    name = locale().territories.get(country, country)
    return f"{name} ({code})" if rest else name
