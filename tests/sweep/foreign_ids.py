"""An id of somebody else's in a body or a query tells no more than one that nobody has: the same status, the same words."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

from flask import Flask
from sqlalchemy import not_, select

from dealflow.accounts.models import User
from dealflow.core import db, scope
from dealflow.core.actor import Actor
from tests.conftest import Person
from tests.factories.world import World, without_lasting_effect
from tests.sweep.matrix_cases import Case, address, cases, request_of
from tests.sweep.routes import PARAMETER
from tests.web.hostile import Path, parts

ACTORS = ("creator.owner", "investor.owner", "fund.owner")
NOBODYS = "0" * 25 + "7"
# A moment that an answer was worked out at.
NOW = re.compile(r'"on":"[^"]+"')
Spot = tuple[str, Path, str]


def foreign_ids(actor: Actor) -> dict[str, list[str]]:
    """Prefix → ids of things that the actor may not know of, one of each table. Organisations are known to all."""
    found: dict[str, list[str]] = {}
    with db.system_edge(write=False) as session:
        for table, cls in scope.owned_tables().items():
            if [column.name for column in table.primary_key] == ["id"]:
                hidden = select(cls.id).where(not_(cls.scope(actor)))  # type: ignore[attr-defined]
                for key in session.scalars(hidden.limit(1)):
                    found.setdefault(str(key).partition("_")[0], []).append(key)
        found["usr"] = [session.query(User).order_by(User.id.desc()).first().id]  # type: ignore[union-attr]
    return found


def named(schema: Any, document: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """(path, prefix) of every id that a schema takes."""
    for path, part in parts(schema, document):
        for example in part.get("examples", ()):
            if shape := re.fullmatch(r"([a-z]{2,5})_01hv…", str(example)):
                yield path, shape[1]


def spots(case: Case, document: dict[str, Any]) -> Iterator[Spot]:
    """(json or query_string, path, prefix) of every id that a call of the API takes beside its address."""
    place = PARAMETER.sub(lambda found: "{" + found["name"] + "}", case.route.rule)
    operation = document["paths"].get(place, {}).get(case.route.method.lower(), {})
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    yield from (("json", path, prefix) for path, prefix in named(body, document))
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "query":
            for _path, prefix in named(parameter["schema"], document):
                yield "query_string", (parameter["name"],), prefix


def put(body: Any, path: Path, value: str) -> Any:
    """A copy of a body with a value at a path; what is missing on the way is made."""
    if not path:
        return value
    head, *rest = path
    if isinstance(head, int):
        entries = copy.copy(body) if isinstance(body, list) else []
        return [put(entries[0] if entries else None, tuple(rest), value), *entries[1:]]
    known = body if isinstance(body, dict) else {}
    return {**known, head: put(known.get(head), tuple(rest), value)}


def answer(who: Person, case: Case, world: World, spot: Spot, value: str) -> tuple[int, str]:
    """Status and text of a call with an id put into it; the id itself left out of the text."""
    where, path, _prefix = spot
    sent = request_of(case, world, who.organisation_id)
    sent[where] = put(sent.get(where), path, value)
    sent["headers"] |= {"Authorization": f"Bearer {who.token}", "Accept-Language": "en"}
    got = who.app.test_client(use_cookies=False).open(address(case, world), method=case.route.method, **sent)
    got.direct_passthrough = False
    return got.status_code, NOW.sub("", got.get_data(as_text=True).replace(value, "ID"))


def told(app: Flask, world: World) -> list[str]:
    """Calls of the API that tell a foreign id from one that nobody has."""
    document = app.test_client().get("/api/openapi.json").json
    tried, wrong = 0, []
    people = {name: (world[name], foreign_ids(world[name].actor)) for name in ACTORS}
    with without_lasting_effect():
        for case in cases(app):
            for spot in spots(case, document) if case.route.is_api else ():
                for name, (who, hidden) in people.items():
                    nothing = answer(who, case, world, spot, f"{spot[2]}_{NOBODYS}")
                    if nothing[0] in (401, 403):
                        continue
                    for foreign in hidden.get(spot[2], ()):
                        tried += 1
                        met = answer(who, case, world, spot, foreign)
                        if met != nothing:
                            wrong.append(f"{case.name} {name} {spot[1]}: {met} | {nothing}")
    assert tried > 60, tried
    return wrong
