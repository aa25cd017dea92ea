"""Figures of the model in service, kept with it: by group, what arranging costs, and whether the world has moved."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from dealflow.core import clock
from dealflow.core.db import session, system_edge
from dealflow.core.i18n import N_
from dealflow.matching import heldout, lifecycle, live, looks, queries
from dealflow.matching.models import DriftReport, MatchFeedback

if TYPE_CHECKING:
    from ml.answers import Answer
    from ml.gates import Served

RATES_OVER = timedelta(days=14)
MOST_REPORTS = 60
LEAST_REFERENCE = 50  # projects; from fewer, chance alone makes more than any bound
_COUNTED = {"unscoped": "how often people answer is counted over all"}
_POSITIVE = ("save", "request_intro")


def of(served: Served, held: list[Answer], mandates: list[dict[str, Any]]) -> dict[str, Any]:
    """What a card shows of a model on this platform's own answers."""
    from ml import figures, gates

    return {
        "at": clock.rfc3339(clock.now()),
        "answers": len(held),
        "mandates": len(mandates),
        "groups": figures.by_group(served, held),
        "arrangement": figures.arrangement(served, held, mandates),
        "exposure": gates.exposure(served, mandates),
    }


def watch() -> dict[str, Any]:
    """Measure the model in service and compare today with the day it came into service. Opens its own transactions."""
    with system_edge(write=False):
        serving = queries.model_in_service()
        if serving is None:
            return {"alarms": 0}
        version = serving.model_version
        served = heldout.served(live.ranker_of(version))
        answered, listed = heldout.answers(), heldout.sampled()
        figures = _figures(served, listed)
        first, looked = reference(version), looks.estimated()
    found = of(served, _unseen(answered, serving.metrics), listed) | {"looks": looked.as_dict()}
    findings = _compared(first.figures if first else None, figures)
    with system_edge():
        row = queries.model(version)
        row.metrics = row.metrics | {"measured": found}
        return _reported(version, figures, findings)


def _unseen(answered: list[Answer], metrics: dict[str, Any]) -> list[Answer]:
    """Answers that the model was not fitted on."""
    return answered[int(metrics.get("fitted_on", 0)) :]


def _figures(served: Served, mandates: list[dict[str, Any]]) -> dict[str, Any]:
    import numpy as np

    from ml import constraints, drift
    from ml.logistic import sigmoid

    scores = [0.0] * (len(drift.SCORE_EDGES) + 1)
    for mandate in mandates:
        mask = constraints.mask(mandate, served.matrix.columns)
        values = served.ranker.score(served.matrix, served.ranker.mandate_weights(mandate))[mask]
        counted = drift.histogram(100 * sigmoid(values.astype(np.float64)), drift.SCORE_EDGES)
        # Each mandate counts as one, however many projects pass.
        scores = [a + b / max(1, len(values)) for a, b in zip(scores, counted, strict=True)]
    end = clock.now()
    return {
        "features": drift.features(served.matrix) | {"scores": scores},
        "rates": {
            "recent": _rates(end - RATES_OVER, end),
            "before": _rates(end - 3 * RATES_OVER, end - RATES_OVER),
        },
    }


def _rates(start: Any, end: Any) -> dict[str, int]:
    """Action → answers in a span of time."""
    query = (
        select(MatchFeedback.action, func.count())
        .where(MatchFeedback.at >= start, MatchFeedback.at < end)
        .group_by(MatchFeedback.action)
    )
    return {action: count for action, count in session().execute(query, execution_options=_COUNTED)}


def reference(version: str) -> DriftReport | None:
    """The report that later ones of a model are compared with: its first one of enough projects, since an installation
    begins with none; before there is one, its first."""
    query = select(DriftReport).where(DriftReport.model_version == version).order_by(DriftReport.id)
    rows = session().scalars(query.execution_options(yield_per=20))
    first = next(rows, None)
    if first is None or enough(first):
        return first
    return next((row for row in rows if enough(row)), first)


def enough(report: DriftReport) -> bool:
    """Whether a report was made from enough projects to compare others with."""
    # Every project is in one class of its number of credits.
    return sum(report.figures["features"]["credits"]) >= LEAST_REFERENCE


def _compared(before: dict[str, Any] | None, now: dict[str, Any]) -> list[dict[str, Any]]:
    from ml import drift

    reference = before or now
    findings = drift.compare(reference["features"], now["features"])
    for name, wanted in (("interest", _POSITIVE), ("passes", ("pass",))):
        spans = [
            (sum(span.get(action, 0) for action in wanted), sum(span.values()))
            for span in (now["rates"]["before"], now["rates"]["recent"])
        ]
        findings.append({"part": name, **drift.rates(spans[0], spans[1])})
    return findings


def _reported(version: str, figures: dict[str, Any], findings: list[dict[str, Any]]) -> dict[str, Any]:
    alarms = [entry["part"] for entry in findings if entry["state"] == "alarm"]
    session().add(DriftReport(model_version=version, figures=figures, findings=findings, alarms=len(alarms)))
    if alarms:
        lifecycle.tell_platform(
            "model_drift",
            N_("What model %(version)s ranks has changed"),
            "/models/drift",
            {"version": version},
            key=f"drift:{version}:{','.join(alarms)}:{clock.today().isocalendar()[:2]}",
        )
    return {"alarms": len(alarms)}


def reports() -> list[DriftReport]:
    """The latest reports, newest first."""
    return list(session().scalars(select(DriftReport).order_by(DriftReport.id.desc()).limit(MOST_REPORTS)))
