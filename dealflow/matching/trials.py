"""Comparing a candidate with the model in service on the people who use the lists: both draft, answers decide.

Off unless a trial was started. The draft of a list depends on its week alone, so that nobody's list moves under them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, InvalidTransition
from dealflow.core.i18n import N_
from dealflow.core.jobs import enqueue
from dealflow.matching import heldout, lifecycle, lists, live, queries
from dealflow.matching.models import MatchFeedback, ModelTrial, TrialAnswer
from dealflow.matching.policy import Can

if TYPE_CHECKING:
    from ml.interleave import Outcome

_EVERYBODY = {"unscoped": "a trial counts answers of all and names nobody"}
# A candidate in trial is seen by people, so all gates but the first (which a trial is there to decide) must be passed.
_BEFORE_TRIAL = frozenset({"calibrated", "exposed", "adds_up", "repeats"})


def why_not(version: str) -> str:
    """Why a model may not be tried on people now, as a message id; empty when it may."""
    row = queries.model(version)
    serving = queries.model_in_service()
    if row.state != "candidate" or serving is None:
        return N_("Only a candidate can be tried")
    if not row.gates or not all(gate["passed"] for gate in row.gates if gate["code"] in _BEFORE_TRIAL):
        return N_("This model did not pass the gates that a trial needs")
    if not heldout.reads_alike(live.ranker_of(row.model_version), live.ranker_of(serving.model_version)):
        return N_("This model reads projects in another way than the one in service")
    return ""


def start(actor: Actor, version: str) -> ModelTrial:
    """Let a candidate draft lists together with the model in service. Raises InvalidTransition, and Conflict while
    another trial runs."""
    policy.require(actor, Can.GOVERN)
    lifecycle.one_at_a_time()
    if reason := why_not(version):
        raise InvalidTransition(reason)
    row, serving = queries.model(version), queries.model_in_service()
    assert serving is not None  # noqa: S101 - why_not has looked
    trial = ModelTrial(candidate_version=version, service_version=serving.model_version)
    try:
        with session().begin_nested():
            session().add(trial)
    except IntegrityError:
        raise Conflict(N_("Another trial is running")) from None
    lifecycle.note(actor, row, "trial_started", against=serving.model_version)
    enqueue("matching.refresh", {})
    return trial


def end(actor: Actor) -> ModelTrial:
    """End the trial that runs; its outcome is kept with the candidate. InvalidTransition when none runs."""
    policy.require(actor, Can.GOVERN)
    lifecycle.one_at_a_time()
    trial = queries.open_trial()
    if trial is None:
        raise InvalidTransition(N_("No trial is running"))
    trial.state, trial.ended_at = "ended", clock.now()
    session().flush()
    row = queries.model(trial.candidate_version)
    lifecycle.note(actor, row, "trial_ended", outcome=outcome(trial.id).as_dict())
    enqueue("matching.refresh", {})
    return trial


def credit(answer: MatchFeedback) -> None:
    """Note whose choice an answered project was, when its list was drafted in the trial that runs."""
    trial_id = live.trial_in_force()
    if not trial_id:
        return
    for row in lists.latest_in_trial(answer.mandate_id, trial_id):
        team = next((place[3] for place in row.places if place[0] == answer.project_id), "")
        if team:
            session().add(
                TrialAnswer(
                    trial_id=trial_id, organisation_id=answer.organisation_id, mandate_id=answer.mandate_id,
                    project_id=answer.project_id, feedback_id=answer.id, team=team, action=answer.action,
                )
            )  # fmt: skip
            session().flush()
            return


def outcome(trial_id: str) -> Outcome:
    """Who is ahead so far."""
    from ml.interleave import analyse

    return analyse(_credits(trial_id))


def _credits(trial_id: str) -> Iterator[tuple[str, str, float]]:
    """(mandate, team, credit) of each answered project: that of its strongest answer after the last one taken back."""
    from ml.weights import ACTION_WEIGHTS

    query = select(TrialAnswer).where(TrialAnswer.trial_id == trial_id).order_by(TrialAnswer.id)
    best: dict[tuple[str, str], tuple[str, float]] = {}
    for row in session().scalars(query, execution_options=_EVERYBODY):
        pair = (row.mandate_id, row.project_id)
        worth = max(0.0, ACTION_WEIGHTS.get(row.action, 0.0))
        before = best.get(pair, (row.team, 0.0))[1]
        best[pair] = (row.team, 0.0 if row.action == "undo" else max(before, worth))
    for (mandate_id, _project_id), (team, worth) in best.items():
        yield mandate_id, team, worth


def counts(trial_id: str) -> dict[str, dict[str, int]]:
    """Team → action → answers, for the table behind the outcome."""
    found: dict[str, dict[str, int]] = {"service": {}, "candidate": {}}
    query = select(TrialAnswer.team, TrialAnswer.action).where(TrialAnswer.trial_id == trial_id)
    for team, action in session().execute(query, execution_options=_EVERYBODY):
        found[team][action] = found[team].get(action, 0) + 1
    return found


def as_dict(trial: ModelTrial) -> dict[str, Any]:
    """The API's form of a trial."""
    return {
        "id": trial.id,
        "candidate_version": trial.candidate_version,
        "service_version": trial.service_version,
        "state": trial.state,
        "started_at": clock.rfc3339(trial.started_at),
        "ended_at": clock.rfc3339(trial.ended_at) if trial.ended_at else None,
        "outcome": outcome(trial.id).as_dict(),
    }
