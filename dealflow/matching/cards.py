"""Model cards: what a ranking model was made of and how it does, for every user to read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dealflow.core import clock
from dealflow.core.errors import NotFound
from dealflow.core.i18n import N_
from dealflow.matching import live, queries
from dealflow.matching.models import DriftReport, ModelEvent

STATES = {"candidate": N_("Candidate"), "in_service": N_("In service"), "retired": N_("Retired")}
# Coefficient → what it weighs.
PARTS = {
    "genre": N_("Stated genres"), "language": N_("Stated languages"), "region": N_("Stated regions"),
    "stage": N_("Stated stages"), "instrument": N_("Stated ways to invest"), "ask": N_("Ask against the ticket"),
    "min_ticket": N_("Smallest ticket against the limit"), "text": N_("Words of the mandate against the story"),
    "history_genre": N_("Genres of earlier answers"), "history_language": N_("Languages of earlier answers"),
    "history_region": N_("Regions of earlier answers"), "history_stage": N_("Stages of earlier answers"),
    "history_ask": N_("Size of earlier answers"), "history_text": N_("Stories of earlier answers"),
    "credits": N_("Credits of the team"),
    "track_platform_statement": N_("Earlier works with platform statements"),
    "track_platform_api": N_("Earlier works with platform data"),
    "track_third_party": N_("Earlier works in third-party rankings"),
    "track_self_reported": N_("Earlier works, self-reported"),
    "traction_platform_statement": N_("Plays with platform statements"),
    "traction_platform_api": N_("Plays with platform data"),
    "traction_third_party": N_("Plays in third-party rankings"),
    "traction_self_reported": N_("Plays, self-reported"),
    "review_passed": N_("Content review passed"), "scenes_available": N_("Scenes available"),
    "freshness": N_("Recently published"), "attention": N_("Attention of other investors"),
}  # fmt: skip


# Gate → (its name, what it asks for).
GATES = {
    "better": (
        N_("Better than the model in service"),
        N_(
            "Answers that were held out are likelier under it: the whole interval over the organisations that gave them lies above zero."
        ),
    ),
    "calibrated": (N_("Says what is seen"), N_("Stated and seen shares of interest differ by at most 0.05.")),
    "exposed": (
        N_("Fair to newcomers"),
        N_("No group by number of credits leaves the declared bounds of its share of the first places."),
    ),
    "adds_up": (N_("Reasons add up"), N_("Starting value and reasons are the score, to nine decimals.")),
    "repeats": (
        N_("Same input, same list"),
        N_("Twice the same list, and a longer list begins with the shorter one."),
    ),
}
GROUPS = {
    ("all", "all"): N_("All answers"),
    ("credits", "0"): N_("No credits"),
    ("credits", "1-2"): N_("1 to 2 credits"),
    ("credits", "3-5"): N_("3 to 5 credits"),
    ("credits", "6+"): N_("6 credits and more"),
    ("language", "zh"): N_("In Chinese"),
    ("language", "other"): N_("In other languages"),
    ("history", "new"): N_("Mandates with few answers"),
    ("history", "known"): N_("Mandates with a history"),
}
WAYS = {
    "score": N_("By score alone"),
    "usual": N_("With usual variety"),
    "more": N_("With more variety"),
    "shown": N_("As shown: variety and exploration"),
}
KINDS = {
    "installed": N_("Installed"),
    "trained": N_("Trained"),
    "examined": N_("Examined at the gates"),
    "refused": N_("Refused"),
    "promoted": N_("Put into service"),
    "rolled_back": N_("Back in service"),
    "trial_started": N_("Trial begun"),
    "trial_ended": N_("Trial ended"),
}
ACTIONS = {
    "view": N_("Looked at"),
    "save": N_("Saved"),
    "request_intro": N_("Introduction asked"),
    "pass": N_("Passed on"),
    "undo": N_("Taken back"),
}
DRIFT_PARTS = {
    "genres": N_("Genres"),
    "languages": N_("Languages"),
    "regions": N_("Regions"),
    "stage": N_("Stage"),
    "instruments": N_("Ways to invest"),
    "ask": N_("Ask"),
    "budget": N_("Budget"),
    "min_ticket": N_("Smallest ticket"),
    "credits": N_("Credits of the team"),
    "freshness": N_("Recently published"),
    "attention": N_("Attention of other investors"),
    "scores": N_("Scores"),
    "interest": N_("Share of saves and introductions"),
    "passes": N_("Share of passes"),
}
DRIFT_STATES = {"steady": N_("Steady"), "watch": N_("Watch"), "alarm": N_("Alarm")}
ATTACKS = {
    "stuffing": N_("Keywords repeated and listed"),
    "copies": N_("Ten copies of one pitch"),
    "self_dealing": N_("Own investor accounts that answer"),
    "click_farm": N_("Twenty new accounts that click"),
    "patient_farm": N_("Twenty accounts that wait and answer others too: bounded, not stopped"),
}


@dataclass(frozen=True)
class Card:
    """A model's card. `weights` holds (part, coefficient, deviation or None, learnt from data?)."""

    version: str
    state: str
    since: Any
    weights: list[tuple[str, float, float | None, bool]]
    intercept: float
    overlap: float  # how much of the sum counts where mandate and a full history both speak
    info: dict[str, Any]
    declared_share: float
    exploration_every: int
    half_life_days: float
    gates: list[dict[str, Any]]
    metrics: dict[str, Any]

    @property
    def measured(self) -> dict[str, Any]:
        """Figures on this platform's own answers; empty before the first measuring."""
        return self.metrics.get("measured") or {}

    @property
    def fitted(self) -> bool:
        """Whether it was fitted on the answers given here: its scores are chances then, and no likelihood ratios."""
        return "adapted_from" in self.info

    @property
    def held_out_error(self) -> float | None:
        """The calibration error on answers held out here, as its last examination found it."""
        found: dict[str, Any] = next(
            (gate["figures"] for gate in self.gates if gate["code"] == "calibrated"), {}
        )
        return found.get("error") if found.get("held_out") else None

    @property
    def looks(self) -> dict[str, Any]:
        """How likely places are looked at: as it was trained with, else as measured last; empty before both."""
        return self.metrics.get("looks") or self.measured.get("looks") or {}

    @property
    def looks_by_place(self) -> list[tuple[str, float]]:
        """(first to last place, chance) of each group of places."""
        groups = self.looks.get("groups") or []
        ends = [f"–{group[0] - 1}" for group in groups[1:]] + ["+"]
        return [
            (str(first) if end == f"–{first}" else f"{first}{end}", chance)
            for (first, chance), end in zip(groups, ends, strict=True)
        ]


def versions() -> list[dict[str, Any]]:
    """All models, the newest first; before the first start was finished, the shipped one."""
    rows = [queries.model_dict(row) for row in queries.model_rows()]
    if rows:
        return rows
    shipped = live.ranker_of("")
    return [{
        "version": shipped.version, "state": "in_service", "created_at": None, "in_service_at": None,
        "metrics": dict(shipped.model.info), "gates": [],
    }]  # fmt: skip


def _moment(at: str | None) -> datetime | None:
    return clock.parse(at) if at else None


def card(version: str) -> Card:
    """The card of a model; NotFound when there is none of this version."""
    from ml.arrange import EXPLORATION_EVERY
    from ml.train import DECLARED, declared_share
    from ml.weights import HALF_LIFE_DAYS

    known = {row["version"]: row for row in versions()}
    if version not in known:
        raise NotFound()
    model = live.ranker_of(version).model
    weights = [
        (name, model.coefficients[name], model.deviations.get(name), name not in DECLARED)
        for name in PARTS
        if name in model.coefficients
    ]
    return Card(
        version, known[version]["state"], _moment(known[version]["in_service_at"]), weights, model.intercept,
        model.overlap, model.info,
        declared_share(model), EXPLORATION_EVERY, HALF_LIFE_DAYS, known[version]["gates"], known[version]["metrics"],
    )  # fmt: skip


@dataclass(frozen=True)
class Span:
    """A time in which a model served; `end` is None while it does. `left` and `width` are percentages of all time."""

    version: str
    start: datetime
    end: datetime | None
    left: float
    width: float


def spans() -> list[Span]:
    """Which model served when, the first one first, with places on a common line of time."""
    changes = [
        (event.at, event.model_version)
        for event in reversed(queries.model_events())
        if event.kind in ("promoted", "rolled_back")
        or (event.kind == "installed" and event.figures.get("state") == "in_service")
    ]
    if not changes:
        return []
    now, first = clock.now(), changes[0][0]
    whole = max((now - first).total_seconds(), 1.0)
    ends = [at for at, _version in changes[1:]]
    return [
        Span(
            version, start, end, 100 * (start - first).total_seconds() / whole,
            100 * ((end or now) - start).total_seconds() / whole,
        )
        for (start, version), end in zip(changes, [*ends, None], strict=True)
    ]  # fmt: skip


def history(version: str) -> list[ModelEvent]:
    """What happened to a model, the latest first."""
    return queries.model_events(version)


def drift_series(reports: list[DriftReport]) -> dict[str, Any]:
    """The index of each part over the latest reports of the model in service, oldest first, for a drawing."""
    if not reports:
        return {"labels": [], "lines": []}
    same = [report for report in reversed(reports) if report.model_version == reports[0].model_version]
    lines: dict[str, list[float | None]] = {}
    for number, report in enumerate(same):
        for entry in report.findings:
            if "index" in entry:
                lines.setdefault(entry["part"], [None] * len(same))[number] = entry["index"]
    # The parts that moved most; a drawing of all twelve says nothing.
    moved = sorted(lines, key=lambda part: -max(value or 0.0 for value in lines[part]))[:3]
    labels = [report.at.date().isoformat() for report in same]
    return {"labels": labels, "lines": [{"part": part, "values": lines[part]} for part in moved]}


def exposure_bounds() -> tuple[float, float]:
    """How far a group's share of the first places may lie from what it would be without looking at credits."""
    from ml.exposure import BOUNDS

    return BOUNDS


def attacks() -> list[dict[str, Any]]:
    """What simulated attacks on the lists gained, before and after the guards (benchmarks/matching/gaming.py)."""
    from ml.figures import gaming

    return gaming()
