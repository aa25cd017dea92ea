"""The columns of the project matrix: what each one means and how a project fills it.

A project is one float32 row. Named groups of columns lie side by side (`ColumnSpec.groups`); a mandate becomes a
weight for each column, so scoring is one matrix-vector product. A function of an amount is made linear by "hat"
columns: an amount between two knots fills both by its nearness, so any piecewise linear function of its logarithm
is a weighted sum (first-order B-splines, de Boor 1978).
"""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ml.stuffing import read_once
from ml.text import TextModel

STAGES = ("development", "financing", "pre_production", "production", "post_production", "released")
INSTRUMENTS = ("equity", "revenue_share", "loan", "presale", "minimum_guarantee")
EVIDENCE_CLASSES = ("platform_statement", "platform_api", "third_party", "self_reported")
LANGUAGES = (
    "zh", "yue", "en", "id", "th", "vi", "ja", "ko", "es", "pt", "fr", "de", "it", "ru", "ar", "tr", "hi",
    "ms",
)  # fmt: skip
REGIONS = (
    "CN", "CN-BJ", "CN-TJ", "CN-HE", "CN-SX", "CN-NM", "CN-LN", "CN-JL", "CN-HL", "CN-SH", "CN-JS", "CN-ZJ",
    "CN-AH", "CN-FJ", "CN-JX", "CN-SD", "CN-HA", "CN-HB", "CN-HN", "CN-GD", "CN-GX", "CN-HI", "CN-CQ",
    "CN-SC", "CN-GZ", "CN-YN", "CN-XZ", "CN-SN", "CN-GS", "CN-QH", "CN-NX", "CN-XJ", "HK", "MO", "TW", "US",
    "CA", "GB", "FR", "DE", "ES", "IT", "JP", "KR", "TH", "ID", "VN", "MY", "SG", "PH", "IN", "AE", "SA",
    "TR", "BR", "MX", "AU",
)  # fmt: skip
ASK_KNOTS = tuple(round(3 + 0.25 * i, 2) for i in range(25))  # log10 of yuan: 1,000 yuan to 1 bn yuan
AMOUNT_KNOTS = tuple(3 + 0.5 * i for i in range(13))
# Orders of magnitude only: money fit compares logarithms, so a rate that is 20% off moves it by less than a tenth
# of one fit width. Constraints never convert (ml.constraints).
REFERENCE_RATES = {
    "CNY": 1.0, "USD": 7.0, "EUR": 8.0, "GBP": 9.0, "HKD": 0.9, "TWD": 0.22, "JPY": 0.048, "KRW": 0.005,
    "SGD": 5.4, "AUD": 4.6, "CAD": 5.1, "THB": 0.21, "MYR": 1.7, "IDR": 0.00043, "VND": 0.00028, "INR": 0.082,
    "AED": 1.9, "SAR": 1.87, "BRL": 1.3, "MXN": 0.38, "PHP": 0.12, "TRY": 0.17,
}  # fmt: skip
ZERO_DECIMAL = frozenset({"JPY", "KRW", "VND"})
FRESH_DAYS = 30.0


def base_genres() -> tuple[str, ...]:
    """Term ids of the carried genre catalogue, in its order."""
    with (Path(__file__).parent / "data" / "genres.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(row["id"] for row in csv.DictReader(stream))


def log_amount(money: Mapping[str, Any] | None) -> float | None:
    """log10 of an amount in yuan by the reference rates; None when absent, not positive or of an unknown currency."""
    if not money or money.get("amount_minor") is None or money["amount_minor"] <= 0:
        return None
    rate = REFERENCE_RATES.get(str(money.get("currency")))
    if rate is None:
        return None
    digits = 0 if money["currency"] in ZERO_DECIMAL else 2
    return math.log10(money["amount_minor"] / 10**digits * rate)


def hats(value: float | None, knots: Sequence[float]) -> np.ndarray:
    """Weights of the knots for a value: two neighbours that sum to 1; values outside sit on the end knot."""
    row = np.zeros(len(knots), dtype=np.float32)
    if value is None:
        return row
    place = float(np.interp(value, knots, np.arange(len(knots))))
    low = min(int(place), len(knots) - 2)
    row[low], row[low + 1] = 1 - (place - low), place - low
    return row


@dataclass(frozen=True)
class ColumnSpec:
    """Which columns exist. Two matrices or weights fit together only when their `digest` is the same."""

    genres: tuple[str, ...]
    languages: tuple[str, ...] = LANGUAGES
    regions: tuple[str, ...] = REGIONS
    text_dimensions: int = 112

    @cached_property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """Column names by group, in column order."""
        return {
            "genres": self.genres,
            "languages": self.languages,
            "regions": self.regions,
            "stage": STAGES,
            "instruments": INSTRUMENTS,
            "ask": tuple(str(knot) for knot in ASK_KNOTS),
            "budget": tuple(str(knot) for knot in AMOUNT_KNOTS),
            "min_ticket": tuple(str(knot) for knot in ASK_KNOTS),
            "text": tuple(str(number) for number in range(self.text_dimensions)),
            "credits": ("log_credits",),
            "track": EVIDENCE_CLASSES,
            "traction": EVIDENCE_CLASSES,
            "park": ("review_passed", "scenes_available"),
            "freshness": ("fresh",),
            "attention": ("log_attention",),
        }

    @cached_property
    def groups(self) -> dict[str, slice]:
        """Column range of each group."""
        slices, start = {}, 0
        for name, labels in self.labels.items():
            slices[name] = slice(start, start + len(labels))
            start += len(labels)
        return slices

    @property
    def width(self) -> int:
        return sum(len(labels) for labels in self.labels.values())

    @cached_property
    def positions(self) -> dict[str, dict[str, int]]:
        """Column number inside its group, by group and label."""
        return {name: {label: i for i, label in enumerate(labels)} for name, labels in self.labels.items()}

    @cached_property
    def digest(self) -> str:
        import hashlib

        return hashlib.blake2b(repr(self.to_dict()).encode(), digest_size=8).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        return {
            "genres": list(self.genres),
            "languages": list(self.languages),
            "regions": list(self.regions),
            "text_dimensions": self.text_dimensions,
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> "ColumnSpec":
        return cls(
            tuple(value["genres"]),
            tuple(value["languages"]),
            tuple(value["regions"]),
            value["text_dimensions"],
        )


def project_text(project: Mapping[str, Any]) -> str:
    """Title (both languages), logline and synopsis, one per line."""
    title = project.get("title") or {}
    titles = [title] if isinstance(title, str) else [title.get("zh"), title.get("en")]
    return "\n".join(part for part in [*titles, project.get("logline"), project.get("synopsis")] if part)


def primary_language(tag: str) -> str:
    return tag.split("-")[0].casefold()


def region_columns(tag: str) -> tuple[str, ...]:
    """A subdivision counts for itself and for its country: CN-ZJ fills CN-ZJ and CN."""
    upper = tag.upper()
    return (upper, upper.split("-")[0]) if "-" in upper else (upper,)


def project_row(project: Mapping[str, Any], spec: ColumnSpec, text_model: TextModel) -> np.ndarray:
    """One float32 row of `spec.width` numbers from a project as in the public interface.

    Optional `signals`: review_passed (bool), scenes_available (0..1), age_days, attention (weighted number of past
    actions of investors), interactions (their plain number).
    """
    row = np.zeros(spec.width, dtype=np.float32)
    _fill_tags(row, spec, "genres", project.get("genres") or ())
    _fill_tags(row, spec, "languages", {primary_language(tag) for tag in project.get("languages") or ()})
    regions = {name for tag in project.get("regions") or () for name in region_columns(tag)}
    _fill_tags(row, spec, "regions", regions)
    _fill_tags(row, spec, "stage", [project["stage"]] if project.get("stage") else ())
    _fill_tags(row, spec, "instruments", project.get("instruments") or ())
    row[spec.groups["ask"]] = hats(log_amount(project.get("ask")), ASK_KNOTS)
    row[spec.groups["budget"]] = hats(log_amount(project.get("budget")), AMOUNT_KNOTS)
    row[spec.groups["min_ticket"]] = hats(log_amount(project.get("min_ticket")), ASK_KNOTS)
    row[spec.groups["text"]] = text_model.embed(read_once(project_text(project)))
    row[spec.groups["credits"]] = math.log1p(total_credits(project))
    _fill_track_record(row, spec, project)
    signals = project.get("signals") or {}
    row[spec.groups["park"]] = (
        float(bool(signals.get("review_passed"))),
        min(1.0, max(0.0, float(signals.get("scenes_available") or 0))),
    )
    if signals.get("age_days") is not None:
        row[spec.groups["freshness"]] = math.exp(-max(0.0, float(signals["age_days"])) / FRESH_DAYS)
    row[spec.groups["attention"]] = math.log1p(max(0.0, float(signals.get("attention") or 0)))
    return row


def total_credits(project: Mapping[str, Any]) -> int:
    """Credits of all team members together."""
    return sum(max(0, int(member.get("credits") or 0)) for member in project.get("team") or ())


def _fill_tags(row: np.ndarray, spec: ColumnSpec, group: str, terms: Any) -> None:
    """1/sqrt(number of terms) for each known term, so that listing many terms gains nothing (unit length)."""
    known = {spec.positions[group][term] for term in terms if term in spec.positions[group]}
    if known:
        row[spec.groups[group]][sorted(known)] = 1 / math.sqrt(len(set(terms)))


def _fill_track_record(row: np.ndarray, spec: ColumnSpec, project: Mapping[str, Any]) -> None:
    """Per evidence class: log of the number of earlier works, and the best number of plays on a log scale to 1e9."""
    works, plays = [0] * len(EVIDENCE_CLASSES), [0] * len(EVIDENCE_CLASSES)
    for work in project.get("track_record") or ():
        if work.get("evidence_class") in EVIDENCE_CLASSES:
            number = EVIDENCE_CLASSES.index(work["evidence_class"])
            works[number] += 1
            plays[number] = max(plays[number], int(work.get("plays") or 0))
    row[spec.groups["track"]] = np.log1p(np.minimum(works, 20))
    row[spec.groups["traction"]] = np.minimum(np.log10(np.add(plays, 1.0)) / 9, 1)
