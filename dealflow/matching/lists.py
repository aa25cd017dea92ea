"""Lists as they were shown: kept once, when they are first drawn, with all that they were made from."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import OrderedDict
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.dialects import postgresql, sqlite

from dealflow.core import clock, db, policy
from dealflow.core.actor import Actor
from dealflow.core.db import database, session
from dealflow.core.errors import NotFound, Unavailable
from dealflow.core.ids import new
from dealflow.core.paging import Query, listing
from dealflow.matching.models import RankedList
from dealflow.matching.policy import Can
from dealflow.matching.scene import Scene

log = logging.getLogger(__name__)
DEPTH = 50
_LATELY = 5  # lists of a mandate that may still stand on somebody's screen
_MOST_REMEMBERED = 4096
_OVERSIGHT = {"unscoped": "those who oversee ranking may see every list that was shown"}
_remembered: OrderedDict[tuple[str, str], None] = OrderedDict()


def remember(actor: Actor, scene: Scene) -> None:
    """Keep the head of a list once the open transaction has ended. One that this process kept before costs nothing."""
    inputs = _inputs(scene)
    digest = hashlib.blake2b(json.dumps(inputs, sort_keys=True).encode(), digest_size=16).hexdigest()
    key = (scene.mandate["id"], digest)
    if key in _remembered:
        return
    values = {
        "id": new("rls"), "organisation_id": actor.organisation_id, "mandate_id": scene.mandate["id"], "digest": digest,
        "model_version": inputs["model"], "matrix_version": inputs["matrix"], "trial_id": inputs["trial"] or None,
        "inputs": inputs, "places": places_of(scene), "at": clock.now(),
    }  # fmt: skip
    db.after_commit(lambda: _keep(key, values))


def _inputs(scene: Scene) -> dict[str, Any]:
    """Everything a list depends on, as plain values."""
    shot = scene.snapshot
    return {
        "mandate": scene.mandate,
        "version": scene.version,
        "model": shot.ranker.version,
        "matrix": shot.matrix.version,
        "trial": shot.trial,
        "candidate": shot.candidate.version if shot.candidate else "",
        "outdated": sorted(shot.outdated),
        "copies": sorted(i for i in shot.copies if i in shot.matrix.positions),
        "seed": scene.seed,
        "answers": [
            [s.project_id, s.standing, s.intro_at is not None, s.answered_on]
            for s in scene.standings.values()
        ],
    }


def places_of(scene: Scene) -> list[list[Any]]:
    """[project, logit, exploration, team] of each place; the team is empty outside a trial."""
    teams = {place.project_id: team for place, team in scene.drafted}
    return [[p.project_id, p.logit, p.exploration, teams.get(p.project_id, "")] for p in scene.top(DEPTH)]


def _keep(key: tuple[str, str], values: dict[str, Any]) -> None:
    insert: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[database().dialect]
    try:
        with db.hurried():
            db.retrying(lambda: _insert(insert(RankedList).values(**values).on_conflict_do_nothing()))
    except Unavailable:
        # Showing a list comes first; it is kept the next time it is drawn.
        log.warning("a list of %s could not be kept", key[0], exc_info=True)
        return
    _remembered[key] = None
    while len(_remembered) > _MOST_REMEMBERED:
        _remembered.popitem(last=False)


def _insert(statement: Any) -> None:
    with db.system_edge() as current:
        current.execute(statement)


def believed_place(mandate_id: str, project_id: str, told: int | None) -> int | None:
    """The place an answered project was shown in. What the one who answers tells of it is believed as far as the lists
    that were kept bear it out, since an answer from far down weighs more."""
    if told is None:
        return None
    query = select(RankedList.places).where(RankedList.mandate_id == mandate_id)
    shown = list(session().scalars(query.order_by(RankedList.id.desc()).limit(_LATELY)))
    places = [
        place
        for head in shown
        for place, (shown_id, *_marks) in enumerate(head, start=1)
        if shown_id == project_id
    ]
    if told in places:
        return told
    if places:
        return places[0]
    return told if told > DEPTH and any(len(head) >= DEPTH for head in shown) else None


def latest_in_trial(mandate_id: str, trial_id: str) -> list[RankedList]:
    """The lists of a mandate that were drafted in a trial, the latest first."""
    query = select(RankedList).where(RankedList.mandate_id == mandate_id, RankedList.trial_id == trial_id)
    return list(session().scalars(query.order_by(RankedList.id.desc()).limit(20)))


def _seen(actor: Actor, query: Select[Any]) -> Any:
    """All lists for those who oversee, one's own for everybody else."""
    options = _OVERSIGHT if policy.can(actor, Can.OVERSEE) else {}
    return session().execute(query, execution_options=options)


def page(actor: Actor, query: Query) -> dict[str, Any]:
    """A page of kept lists, the latest first; `items` are rows."""
    policy.require(actor, Can.SEE_LIST)
    total = _seen(actor, select(func.count(RankedList.id))).scalar() or 0
    wanted = select(RankedList).order_by(RankedList.id.desc()).limit(query.limit).offset(query.offset)
    return listing(list(_seen(actor, wanted).scalars()), total, query)


def get(actor: Actor, list_id: str) -> RankedList:
    """A kept list; NotFound for one that is not theirs to see."""
    row = _seen(actor, select(RankedList).where(RankedList.id == list_id)).scalars().first()
    if row is None or not policy.can(actor, Can.SEE_LIST, row):
        raise NotFound()
    return row
