"""Model cards for every user; for those who oversee ranking also trials, drift, exposure and copies."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dealflow.core import policy
from dealflow.core.http import actor, needs
from dealflow.core.i18n import gettext as _
from dealflow.core.jobs import enqueue
from dealflow.matching import cards, copying, lifecycle, measured, queries, trials
from dealflow.matching.policy import Can

bp = Blueprint("models", __name__)


@bp.get("/models")
@needs(Can.SEE_MODELS)
def index() -> str:
    """All ranking models, and which served when."""
    spans = cards.spans()
    return render_template(
        "matching/models.html", rows=cards.versions(), states=cards.STATES, spans=spans,
        since={span.version: span.start for span in spans if span.end is None},
        may_govern=policy.can(actor(), Can.GOVERN), oversees=policy.can(actor(), Can.OVERSEE), tab="",
    )  # fmt: skip


@bp.get("/models/<version>")
@needs(Can.SEE_MODELS)
def show(version: str) -> str:
    """A model's card."""
    found = cards.card(version)
    row = queries.known_model(version)
    governs = policy.can(actor(), Can.GOVERN) and row is not None
    return render_template(
        "matching/model.html", card=found, states=cards.STATES, parts=cards.PARTS, gates=cards.GATES,
        groups=cards.GROUPS, ways=cards.WAYS, events=cards.history(version), kinds=cards.KINDS, attacks=cards.attacks(),
        attack_names=cards.ATTACKS, may_govern=governs,
        cannot_promote=lifecycle.why_not(row) if governs and row else "",
        cannot_try=trials.why_not(version) if governs else "", trial=queries.open_trial(),
    )  # fmt: skip


@bp.post("/models/train")
@needs(Can.GOVERN)
def train() -> Response:
    """Fit a candidate in the background."""
    policy.require(actor(), Can.GOVERN)
    enqueue("matching.train", {}, actor=actor())
    flash(_("A candidate is being trained; you are told when it has passed the gates or not."), "success")
    return redirect(url_for(".index"), 303)


@bp.post("/models/<version>/examine")
@needs(Can.GOVERN)
def examine(version: str) -> Response:
    """Put a model through the gates in the background."""
    policy.require(actor(), Can.GOVERN)
    enqueue("matching.examine", {"version": queries.model(version).model_version}, actor=actor())
    flash(_("The model is being examined; you are told how it did."), "success")
    return redirect(url_for(".show", version=version), 303)


@bp.post("/models/<version>/promote")
@needs(Can.GOVERN)
def promote(version: str) -> Response:
    """Put an examined model into service."""
    lifecycle.promote(actor(), version)
    flash(_("The model is in service; lists follow within a minute."), "success")
    return redirect(url_for(".show", version=version), 303)


@bp.post("/models/rollback")
@needs(Can.GOVERN)
def roll_back() -> Response:
    """Put the model before into service again."""
    row = lifecycle.roll_back(actor(), request.form.get("reason", "")[:500])
    flash(_("The model before is in service again; lists follow within a minute."), "success")
    return redirect(url_for(".show", version=row.model_version), 303)


@bp.get("/models/trials")
@needs(Can.OVERSEE)
def trial_index() -> str:
    """Trials and who is ahead in them."""
    policy.require(actor(), Can.OVERSEE)
    found = [(trial, trials.outcome(trial.id), trials.counts(trial.id)) for trial in queries.trials()]
    return render_template(
        "matching/trials.html", found=found, actions=cards.ACTIONS, tab="trials",
        may_govern=policy.can(actor(), Can.GOVERN),
    )  # fmt: skip


@bp.post("/models/<version>/trial")
@needs(Can.GOVERN)
def start_trial(version: str) -> Response:
    """Let a candidate draft lists."""
    trials.start(actor(), version)
    flash(_("The trial has begun: both models draft every list."), "success")
    return redirect(url_for(".trial_index"), 303)


@bp.post("/models/trials/end")
@needs(Can.GOVERN)
def end_trial() -> Response:
    """End the trial that runs."""
    trials.end(actor())
    flash(_("The trial has ended; its outcome is kept with the candidate."), "success")
    return redirect(url_for(".trial_index"), 303)


@bp.get("/models/drift")
@needs(Can.OVERSEE)
def drift() -> str:
    """Whether projects, scores and answers still look as they did when the model came into service."""
    policy.require(actor(), Can.OVERSEE)
    found = measured.reports()
    first = measured.reference(found[0].model_version) if found else None
    return render_template(
        "matching/drift.html", comparable=first is not None and measured.enough(first), least=measured.LEAST_REFERENCE,
        reports=found, latest=found[0] if found else None, parts=cards.DRIFT_PARTS,
        drift_states=cards.DRIFT_STATES, series=cards.drift_series(found), tab="drift",
    )  # fmt: skip


@bp.get("/models/exposure")
@needs(Can.OVERSEE)
def exposure() -> str:
    """Who gets the first places, by number of credits, and how much is explored."""
    policy.require(actor(), Can.OVERSEE)
    serving = queries.model_in_service()
    figures: dict[str, Any] = (serving.metrics if serving else {}).get("measured") or {}
    return render_template(
        "matching/exposure.html", figures=figures, ways=cards.WAYS, groups=cards.GROUPS, bounds=cards.exposure_bounds(), tab="exposure",
        version=serving.model_version if serving else "",
    )  # fmt: skip


@bp.get("/models/copies")
@needs(Can.OVERSEE)
def copies() -> str:
    """Pitches that nearly repeat an earlier one."""
    found = copying.found(actor())
    ids = [i for row in found for i in (row.project_id, row.copy_of or "")]
    return render_template(
        "matching/copies.html", found=found, texts=copying.texts(actor(), ids), tab="copies",
        may_govern=policy.can(actor(), Can.GOVERN),
    )  # fmt: skip


@bp.post("/models/copies/<project_id>")
@needs(Can.GOVERN)
def clear_copy(project_id: str) -> Response:
    """Say that a pitch is no copy."""
    copying.clear(actor(), project_id)
    flash(_("It stands where its score puts it again."), "success")
    return redirect(url_for(".copies"), 303)
