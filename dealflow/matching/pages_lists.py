"""Lists as they were shown, and worked out again."""

from __future__ import annotations

from typing import Any

from flask import render_template, request

from dealflow.core import policy
from dealflow.core.http import actor, endpoint, needs, read_query, writes
from dealflow.core.paging import Query, listing
from dealflow.core.schema import Schema, Text
from dealflow.matching import lists, queries, replay
from dealflow.matching.api import bp as api
from dealflow.matching.models import RankedList
from dealflow.matching.pages import bp
from dealflow.matching.policy import Can


class ReplayQuery(Schema):
    """By which model a list is worked out again; without one, by the model that made it."""

    model: Text(40) | None = None  # type: ignore[valid-type]


class ShownOut(Schema):
    """One place of a list."""

    rank: int
    project_id: str
    score: float
    exploration: bool
    team: str | None


class ListOut(Schema):
    """A list as it was shown."""

    id: str
    mandate_id: str
    shown_at: str
    model_version: str
    matrix_version: str


class ReplayOut(ListOut):
    """The list as it was shown and as it was worked out again; `same` compares the two, place by place."""

    replayed_with: str
    same: bool | None
    shown: list[ShownOut]
    replayed: list[ShownOut] | None


def _row(row: RankedList) -> dict[str, Any]:
    told = replay.as_dict(replay.Replay(row, row.model_version, None, None))
    return {name: told[name] for name in ListOut.model_fields}


def _worked_out(list_id: str, version: str) -> replay.Replay:
    row = lists.get(actor(), list_id)
    replay.note_look(actor(), row)
    return replay.work_out(row, version)


@api.get("/ranked-lists")
@endpoint(Can.SEE_LIST, query=Query, returns=ListOut, lists=True)
def kept_index(query: Query) -> dict[str, Any]:
    """Lists as they were shown, the latest first: one's own, or all for those who oversee ranking."""
    page = lists.page(actor(), query)
    return listing([_row(row) for row in page["items"]], page["total"], query)


@api.get("/ranked-lists/<list_id>")
@endpoint(Can.SEE_LIST, query=ReplayQuery, returns=ReplayOut)
@writes
def kept_one(list_id: str, query: ReplayQuery) -> dict[str, Any]:
    """A list as it was shown, worked out again by the model that made it or by another one."""
    return replay.as_dict(_worked_out(list_id, query.model or ""))


@bp.get("/ranked-lists")
@needs(Can.SEE_LIST)
def kept_lists() -> str:
    """Lists as they were shown, the latest first."""
    query = read_query(Query, _without_language())
    page = lists.page(actor(), query)
    return render_template(
        "matching/lists.html", page=page, query=query, tab="lists", oversees=policy.can(actor(), Can.OVERSEE),
        names={row.id: _name(row) for row in page["items"]},
    )  # fmt: skip


def _name(row: RankedList) -> str:
    """The mandate's name for its own people; who oversees ranking needs to know no more than which one it is."""
    own = row.organisation_id == actor().organisation_id
    return str(row.inputs["mandate"]["name"]) if own else row.mandate_id


@bp.get("/ranked-lists/<list_id>")
@needs(Can.SEE_LIST)
@writes
def kept_list(list_id: str) -> str:
    """One of them beside what a model makes of the same inputs now."""
    query = read_query(ReplayQuery, _without_language())
    found = _worked_out(list_id, query.model or "")
    told = replay.as_dict(found)
    after = {place["project_id"]: place for place in told["replayed"] or ()}
    names = [row.model_version for row in queries.model_rows()]
    return render_template(
        "matching/kept_list.html", told=told, row=found.row, name=_name(found.row), after=after,
        titles=replay.titles(actor(), [place["project_id"] for place in told["shown"]]), options=[(n, n) for n in names],
        oversees=policy.can(actor(), Can.OVERSEE), tab="lists",
    )  # fmt: skip


def _without_language() -> Any:
    args = request.args.copy()
    args.pop("lang", None)
    return args
