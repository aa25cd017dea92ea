"""Use cases: answering a match, and putting the shipped model and the matrix in place."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import SYSTEM, Actor
from dealflow.core.db import analyse, session, system_edge
from dealflow.core.errors import Invalid, InvalidTransition
from dealflow.core.i18n import N_
from dealflow.mandates import introductions
from dealflow.mandates import queries as mandates
from dealflow.matching import lifecycle, lists, live, queries, trials
from dealflow.matching.models import IntroRequest, MatchFeedback, MatchStanding, ModelEvent, RankerModel
from dealflow.matching.policy import Can, Tag
from dealflow.matching.schemas import FeedbackIn
from dealflow.pitches import queries as pitches

VIEW_ONCE_IN = timedelta(hours=1)
_TAGS = {"save": Tag.SAVED, "pass": Tag.PASSED, "request_intro": Tag.INTRO_REQUESTED, "undo": Tag.UNDONE}


def answer(actor: Actor, mandate_id: str, values: FeedbackIn) -> MatchStanding:
    """Record what an investor does with a match, and where that leaves it. The same answer twice counts once.

    `pass` takes the project out of the list, `undo` takes the last save or pass back. Raises NotFound (mandate or
    project), Forbidden, and Invalid for one's own project or one that is not published.
    """
    mandate = mandates.get(actor, mandate_id)
    policy.require(actor, Can.ANSWER, mandate, see=Can.SEE)
    project = pitches.get(actor, values.project_id)
    if project.organisation_id == actor.organisation_id:
        raise Invalid.field("project_id", "own_project", N_("This is your own project"))
    if project.status != "published":
        raise InvalidTransition(N_("This project is not published"))
    row = _standing(actor, mandate, project.id)
    before = {"standing": row.standing, "introduction": row.intro_at is not None}
    if not _changes(row, values.action):
        return row
    reason = values.reason or ""
    if values.action in ("save", "pass", "undo"):
        row.standing = {"save": "saved", "pass": "passed", "undo": None}[values.action]
        row.reason = reason
    elif values.action == "request_intro":
        _request_intro(actor, mandate, project, reason)
        row.intro_at = clock.now()
    if values.action != "view":
        # When the answer that stands was given; a look at what was answered before does not make it newer.
        row.updated_at = clock.now()
    given = MatchFeedback(
        organisation_id=actor.organisation_id, mandate_id=mandate.id, project_id=project.id, user_id=actor.user_id,
        action=values.action, reason=reason, rank=lists.believed_place(mandate.id, project.id, values.rank),
        model_version=live.model_in_force(),
    )  # fmt: skip
    session().add(given)
    session().flush()
    trials.credit(given)
    if tag := _TAGS.get(values.action):
        after = {"standing": row.standing, "introduction": row.intro_at is not None}
        named = {"mandate_id": mandate.id, "project_id": project.id}
        audit.record(actor, tag, row, before=before | named, after=after | named, reason=reason)
    return row


def _standing(actor: Actor, mandate: Any, project_id: str) -> MatchStanding:
    row = queries.standing(mandate.id, project_id)
    if row is None:
        row = MatchStanding(
            organisation_id=actor.organisation_id, mandate_id=mandate.id, project_id=project_id
        )
        try:
            with session().begin_nested():
                session().add(row)
        except IntegrityError:
            # Two answers at once: the other one made the row.
            row = queries.standing(mandate.id, project_id)
            assert row is not None  # noqa: S101 - the constraint that refused us says that it is there
    return row


def _changes(row: MatchStanding, action: str) -> bool:
    """Whether an answer says anything new."""
    if action == "view":
        answers = queries.answers(SYSTEM, row.mandate_id, row.project_id)
        return not answers or answers[-1].at <= clock.now() - VIEW_ONCE_IN
    if action == "undo":
        return row.standing is not None
    if action == "request_intro":
        return row.intro_at is None
    return row.standing != {"save": "saved", "pass": "passed"}[action]


def _request_intro(actor: Actor, mandate: Any, project: Any, note: str) -> None:
    session().add(
        IntroRequest(
            investor_organisation_id=actor.organisation_id, project_organisation_id=project.organisation_id,
            mandate_id=mandate.id, project_id=project.id, user_id=actor.user_id, note=note,
        )
    )  # fmt: skip
    introductions.ask(actor, project_id=project.id, mandate_id=mandate.id, note=note)


def install_shipped() -> RankerModel:
    """Put the model that comes with the code into this installation; in service when none is.

    The file is verified before it is taken over, and its key is kept apart from it.
    """
    from ml.rank import shipped_model

    ranker = live.ranker_of("")
    known = {row.model_version: row for row in queries.model_rows()}
    if ranker.version in known:
        return known[ranker.version]
    path, key = shipped_model()
    _copy(path, live.folder() / "rank" / f"{ranker.version}.skops")
    live.keep_key(ranker.version, key.hex())
    first = queries.model_in_service() is None
    row = RankerModel(
        model_version=ranker.version, path=f"rank/{ranker.version}.skops", public_key=key.hex(),
        state="in_service" if first else "candidate", metrics=dict(ranker.model.info),
        in_service_at=clock.now() if first else None,
    )  # fmt: skip
    session().add(row)
    session().flush()
    session().add(ModelEvent(model_version=ranker.version, kind="installed", figures={"state": row.state}))
    audit.record(SYSTEM, Tag.MODEL_INSTALLED, row, after={"version": ranker.version, "state": row.state})
    return row


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}")
    shutil.copyfile(source, draft)
    draft.replace(target)


def rebuild() -> dict[str, Any]:
    """Build the whole matrix anew with the model in service. Opens its own transactions: {version, rows, changed}."""
    with system_edge():
        install_shipped()
        version = lifecycle.serving_version()
    analyse()
    with system_edge(write=False):
        return live.refresh(model=version, full=True)
