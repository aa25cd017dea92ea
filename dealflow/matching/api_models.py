"""JSON API of ranking models: cards for every user; trials, drift, exposure and copies for those who oversee ranking."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from dealflow.core import clock, policy
from dealflow.core.http import actor, endpoint
from dealflow.core.jobs import enqueue
from dealflow.core.paging import Query, listing
from dealflow.core.schema import Schema, Text
from dealflow.matching import cards, copying, lifecycle, measured, queries, trials
from dealflow.matching.api import bp
from dealflow.matching.models import DriftReport, ModelTrial, PitchFingerprint
from dealflow.matching.policy import Can


class ModelOut(Schema):
    """A ranking model. `gates` are what it had to show, each with its figures beside its bound."""

    version: str
    state: str
    created_at: str | None
    in_service_at: str | None
    gates: list[dict[str, Any]]


class WeightOut(Schema):
    """One coefficient of the sum that is a score: `deviation` where it was fitted, `learnt` when not only declared."""

    code: str
    coefficient: float
    deviation: float | None
    learnt: bool


class EventOut(Schema):
    """Something that happened to a model."""

    kind: str
    at: str
    reason: str


class CardOut(ModelOut):
    """A model's card; `measured` are the figures on this installation's own answers, by group, with intervals; `looks.groups` how
    likely places are looked at: [first place, chance]; `overlap`: how much of a sum counts where a full history and a mandate
    both speak."""

    intercept: float
    overlap: float
    weights: list[WeightOut]
    declared_share: float
    exploration_every: int
    half_life_days: float
    """An answer counts half as much as one the same investor gave so many days later."""
    info: dict[str, Any]
    measured: dict[str, Any]
    looks: dict[str, Any]
    events: list[EventOut]
    cannot_promote: str
    cannot_try: str


class QueuedOut(Schema):
    """Work that was begun in the background; the platform's people are told when it is done."""

    queued: str


class RollBackIn(Schema):
    """Why the model before is to serve again; kept in its history."""

    reason: Text(500) = ""  # type: ignore[valid-type]


class TrialOut(Schema):
    """A comparison on the people who use the lists. `outcome.lead`: +1 when the candidate wins every mandate."""

    id: str
    candidate_version: str
    service_version: str
    state: str
    started_at: str
    ended_at: str | None
    outcome: dict[str, Any]
    answers: dict[str, dict[str, int]]


class DriftOut(Schema):
    """How far projects, scores and answers have moved since the model came into service."""

    model_version: str
    at: str
    alarms: int
    findings: list[dict[str, Any]]


class ExposureOut(Schema):
    """Who gets the first places, by number of credits; `bounds` are factors of a ranking blind to credits."""

    model_version: str
    bounds: Annotated[list[float], Field(min_length=2, max_length=2)]
    measured: dict[str, Any]


class CopyOut(Schema):
    """A pitch that nearly repeats an earlier one; `likeness` from 0 to 1."""

    project_id: str
    copy_of: str
    likeness: float
    cleared_at: str | None


def _page(rows: list[Any], query: Query) -> dict[str, Any]:
    return listing(rows[query.offset : query.offset + query.limit], len(rows), query)


def _model(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ModelOut.model_fields}


def _known(version: str) -> dict[str, Any]:
    return _model(queries.model_dict(queries.model(version)))


@bp.get("/models")
@endpoint(Can.SEE_MODELS, query=Query, returns=ModelOut, lists=True)
def models(query: Query) -> dict[str, Any]:
    """Ranking models, the newest first."""
    return _page([_model(row) for row in cards.versions()], query)


@bp.get("/models/<version>")
@endpoint(Can.SEE_MODELS, returns=CardOut)
def model_card(version: str) -> dict[str, Any]:
    """A model's card: what it weighs, what it had to show, how it does and what happened to it."""
    card = cards.card(version)
    row = queries.known_model(version)
    governs = row is not None and policy.can(actor(), Can.GOVERN)
    listed = next(known for known in cards.versions() if known["version"] == version)
    return _model(listed) | {
        "intercept": card.intercept,
        "overlap": card.overlap,
        "weights": [
            {"code": code, "coefficient": value, "deviation": deviation, "learnt": learnt}
            for code, value, deviation, learnt in card.weights
        ],
        "declared_share": card.declared_share,
        "exploration_every": card.exploration_every,
        "half_life_days": card.half_life_days,
        "info": card.info,
        "measured": card.measured,
        "looks": card.looks,
        "events": [
            {"kind": event.kind, "at": clock.rfc3339(event.at), "reason": event.reason}
            for event in cards.history(version)
        ],
        "cannot_promote": lifecycle.why_not(row) if governs and row else "",
        "cannot_try": trials.why_not(version) if governs else "",
    }


@bp.post("/models/train")
@endpoint(Can.GOVERN, returns=QueuedOut, status=202)
def train() -> dict[str, Any]:
    """Fit a candidate on the answers given here, in the background."""
    policy.require(actor(), Can.GOVERN)
    enqueue("matching.train", {}, actor=actor())
    return {"queued": "matching.train"}


@bp.post("/models/rollback")
@endpoint(Can.GOVERN, body=RollBackIn, returns=ModelOut)
def roll_back(body: RollBackIn) -> dict[str, Any]:
    """Put the model that served before into service again."""
    return _known(lifecycle.roll_back(actor(), body.reason).model_version)


@bp.post("/models/<version>/examine")
@endpoint(Can.GOVERN, returns=QueuedOut, status=202)
def examine(version: str) -> dict[str, Any]:
    """Put a model through the gates again, in the background."""
    policy.require(actor(), Can.GOVERN)
    enqueue("matching.examine", {"version": queries.model(version).model_version}, actor=actor())
    return {"queued": "matching.examine"}


@bp.post("/models/<version>/promote")
@endpoint(Can.GOVERN, returns=ModelOut)
def promote(version: str) -> dict[str, Any]:
    """Put an examined model into service; one that did not pass its gates is refused with the reason."""
    lifecycle.promote(actor(), version)
    return _known(version)


def _trial(row: ModelTrial) -> dict[str, Any]:
    return trials.as_dict(row) | {"answers": trials.counts(row.id)}


@bp.get("/models/trials")
@endpoint(Can.OVERSEE, query=Query, returns=TrialOut, lists=True)
def trial_list(query: Query) -> dict[str, Any]:
    """Trials and who is ahead in them, the latest first."""
    policy.require(actor(), Can.OVERSEE)
    rows = queries.trials()
    shown = rows[query.offset : query.offset + query.limit]
    return listing([_trial(row) for row in shown], len(rows), query)


@bp.post("/models/<version>/trial")
@endpoint(Can.GOVERN, returns=TrialOut, status=201)
def start_trial(version: str) -> dict[str, Any]:
    """Let a candidate draft every list together with the model in service."""
    return _trial(trials.start(actor(), version))


@bp.post("/models/trials/end")
@endpoint(Can.GOVERN, returns=TrialOut)
def end_trial() -> dict[str, Any]:
    """End the trial that runs; its outcome is kept with the candidate."""
    return _trial(trials.end(actor()))


@bp.get("/models/drift")
@endpoint(Can.OVERSEE, query=Query, returns=DriftOut, lists=True)
def drift(query: Query) -> dict[str, Any]:
    """Whether projects, scores and answers still look as they did, day by day, the latest first."""
    policy.require(actor(), Can.OVERSEE)
    return _page([_drift(report) for report in measured.reports()], query)


def _drift(report: DriftReport) -> dict[str, Any]:
    return {
        "model_version": report.model_version,
        "at": clock.rfc3339(report.at),
        "alarms": report.alarms,
        "findings": report.findings,
    }


@bp.get("/models/exposure")
@endpoint(Can.OVERSEE, returns=ExposureOut)
def exposure() -> dict[str, Any]:
    """Who gets the first places under the model in service, by number of credits."""
    policy.require(actor(), Can.OVERSEE)
    serving = queries.model_in_service()
    return {
        "model_version": serving.model_version if serving else "",
        "bounds": list(cards.exposure_bounds()),
        "measured": (serving.metrics if serving else {}).get("measured") or {},
    }


@bp.get("/models/copies")
@endpoint(Can.OVERSEE, query=Query, returns=CopyOut, lists=True)
def copies(query: Query) -> dict[str, Any]:
    """Pitches that nearly repeat an earlier one."""
    return _page([_copy(row) for row in copying.found(actor())], query)


@bp.post("/models/copies/<project_id>/clear")
@endpoint(Can.GOVERN, returns=CopyOut)
def clear_copy(project_id: str) -> dict[str, Any]:
    """Say that a pitch is no copy; it stands where its score puts it again."""
    return _copy(copying.clear(actor(), project_id))


def _copy(row: PitchFingerprint) -> dict[str, Any]:
    return {
        "project_id": row.project_id,
        "copy_of": row.copy_of,
        "likeness": row.likeness,
        "cleared_at": clock.rfc3339(row.cleared_at) if row.cleared_at else None,
    }
