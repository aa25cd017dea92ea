"""The additive ranking model: a handful of coefficients, the columns they act on, and a text model.

score(mandate, project) = intercept + Σ over parts of (coefficient · unit(mandate) · columns(project) − normaliser)

The logit is a log likelihood ratio against a random project of the same market: `display` 50 means "as likely as a
random one", 90 nine times as likely (case-control logistic regression, Prentice & Pyke 1979). Each normaliser is
ln E[exp(coefficient · feature)] over random pairs, so that a preference the mandate does not state leaves the score
where it was, and a stated one that is not met lowers the base.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ml import store
from ml.columns import EVIDENCE_CLASSES, ColumnSpec
from ml.text import TextModel

KIND = "rank"
FORMAT = 1

STATED = ("genre", "language", "region", "stage", "instrument", "ask", "min_ticket", "text")
HISTORY = (
    "history_genre",
    "history_language",
    "history_region",
    "history_stage",
    "history_ask",
    "history_text",
)
PROJECT = (
    "credits",
    *(f"track_{name}" for name in EVIDENCE_CLASSES),
    *(f"traction_{name}" for name in EVIDENCE_CLASSES),
    "review_passed",
    "scenes_available",
    "freshness",
    "attention",
)
COEFFICIENTS = STATED + HISTORY + PROJECT


def display(logit: float) -> float:
    """The declared transform of a logit into the 0-100 that people see: 100 · sigmoid(logit)."""
    if logit >= 0:
        return 100.0 / (1.0 + math.exp(-logit))
    grown = math.exp(logit)
    return 100.0 * grown / (1.0 + grown)


@dataclass(frozen=True)
class MoneyShape:
    """Fit of an ask to a ticket on the log10 scale: full between `low` and `high` decades above the ticket, then a
    Gaussian fall of width `sigma`; `middle` (the mean fit of random pairs) is subtracted."""

    low: float = 0.0
    high: float = 0.7
    sigma: float = 0.45
    middle: float = 0.4

    def fit(self, distance: float) -> float:
        outside = max(self.low - distance, distance - self.high, 0.0)
        return math.exp(-0.5 * (outside / self.sigma) ** 2) - self.middle


@dataclass(frozen=True)
class RankModel:
    """Everything a score depends on besides mandate, history and project."""

    version: str
    spec: ColumnSpec
    text: TextModel
    coefficients: dict[str, float]
    normalisers: dict[str, float]
    intercept: float
    money: MoneyShape = field(default_factory=MoneyShape)
    overlap: float = 1.0  # how much of the sum counts where history and mandate both speak (ml.transfer)
    deviations: dict[str, float] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        missing = [name for name in COEFFICIENTS if name not in self.coefficients]
        if missing:
            raise ValueError(f"model lacks coefficients: {', '.join(missing)}")

    def to_value(self) -> dict[str, Any]:
        """Plain values and arrays, for `ml.store.save`."""
        return {
            "format": FORMAT,
            "version": self.version,
            "spec": self.spec.to_dict(),
            "text": self.text.to_arrays(),
            "coefficients": {name: float(self.coefficients[name]) for name in COEFFICIENTS},
            "normalisers": {name: float(value) for name, value in self.normalisers.items()},
            "deviations": {name: float(value) for name, value in self.deviations.items()},
            "intercept": float(self.intercept),
            "overlap": float(self.overlap),
            "money": {key: float(getattr(self.money, key)) for key in ("low", "high", "sigma", "middle")},
            "info": self.info,
        }

    @classmethod
    def from_value(cls, value: Mapping[str, Any]) -> "RankModel":
        """The model stored by `to_value`; raises store.ModelRefused when the value is not one."""
        try:
            if value["format"] != FORMAT:
                raise store.ModelRefused(f"ranking model of format {value['format']!r} is not supported")
            return cls(
                version=value["version"],
                spec=ColumnSpec.from_dict(value["spec"]),
                text=TextModel.from_arrays(value["text"]),
                coefficients=dict(value["coefficients"]),
                normalisers=dict(value["normalisers"]),
                intercept=float(value["intercept"]),
                money=MoneyShape(**value["money"]),
                # Models from before history and mandate were pooled added both in full.
                overlap=float(value.get("overlap", 1.0)),
                deviations=dict(value["deviations"]),
                info=dict(value["info"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, store.ModelRefused):
                raise
            raise store.ModelRefused("file does not hold a ranking model") from error

    def save(self, path: Path | str, signing_key: bytes) -> None:
        store.save(path, self.to_value(), kind=KIND, signing_key=signing_key)


def shipped_model() -> tuple[Path, bytes]:
    """Path and public key of the model that comes with the package."""
    folder = Path(__file__).parent / "models"
    return folder / "rank-base.skops", bytes.fromhex(
        (folder / "rank-base.pub").read_text(encoding="ascii").strip()
    )
