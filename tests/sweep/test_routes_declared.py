"""Duties that are easily forgotten: each route says who may use it, each table whose it is, each job who does it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask

from dealflow.core import db, jobs, nav, outbox, policy, scope
from dealflow.core.http import PUBLIC, Endpoint, endpoint, needs, public
from tests.sweep.routes import Route, routes

PUBLIC_ROUTES = Path(__file__).with_name("public_routes.txt")


def undeclared(found: Iterable[Route], known: Iterable[str]) -> list[str]:
    """Routes that say no permission, or one that no table declares."""
    known = set(known)
    return [f"{r}: {r.permission}" for r in found if r.permission != PUBLIC and r.permission not in known]


def test_every_route_names_a_permission_that_exists(app: Flask) -> None:
    checked = [route for route in routes(app) if route.endpoint != "static"]
    assert not undeclared(checked, policy.permissions())


def test_public_routes_are_exactly_those_in_the_list(app: Flask) -> None:
    lines = PUBLIC_ROUTES.read_text("utf-8").splitlines()
    listed = {" ".join(line.split()) for line in lines if line and not line.startswith("#")}
    served = {str(r) for r in routes(app) if r.permission == PUBLIC or r.endpoint == "static"}
    assert served == listed


def test_routes_of_the_api_are_endpoints_and_pages_are_not(app: Flask) -> None:
    for route in routes(app):
        assert isinstance(getattr(route.view, "endpoint", None), Endpoint) == route.is_api, route


def one_verb(found: Iterable[Route]) -> list[str]:
    """Views that answer more than one verb."""
    verbs: dict[str, set[str]] = {}
    for route in found:
        verbs.setdefault(route.endpoint, set()).add(route.method)
    return [name for name, used in verbs.items() if len(used) > 1]


def test_each_view_answers_one_verb(app: Flask) -> None:
    assert not one_verb(routes(app))


def test_reading_and_changing_have_different_permissions(app: Flask) -> None:
    """A right to read never lets change: an unsafe route shares its permission with no route that only shows."""
    found = routes(app)
    reading = {
        r.permission for r in found if r.method == "GET" and str(r.permission).endswith((":see", ":list"))
    }
    changing = [r for r in found if r.method != "GET" and r.permission in reading]
    # What these do is to compute and to choose, not to change what others see.
    harmless = {"mandates.counts", "accounts.switch_organisation"}
    assert not [str(r) for r in changing if r.endpoint not in harmless]


def unowned(classes: Iterable[type]) -> list[str]:
    """Mapped classes that are neither owned, with a scope of their own, nor shared."""
    bare = scope.Owned.__dict__["scope"].__func__
    found = []
    for cls in classes:
        owned, shared = issubclass(cls, scope.Owned), issubclass(cls, scope.Shared)
        if owned == shared or (owned and cls.scope.__func__ is bare):  # type: ignore[attr-defined]
            found.append(cls.__name__)
    return found


def test_every_table_is_owned_with_a_scope_or_shared(app: Flask) -> None:
    mapped = [mapper.class_ for mapper in db.Base.registry.mappers]
    assert len(mapped) > 15
    assert not unowned(mapped)


def test_every_event_has_its_jobs_and_every_job_a_handler(app: Flask) -> None:
    for kind in jobs.KINDS.values():
        assert callable(kind.handler), kind
        assert kind.tries >= 1
    subscribed = [name for names in outbox._subscribers.values() for name in names]
    assert set(subscribed) <= set(jobs.KINDS)


def enqueued_kinds() -> dict[str, str]:
    """Kinds of jobs that the source enqueues by name → where."""
    import ast

    from tests.sweep import source_tree

    found = {}
    for name in source_tree.files("dealflow/", suffix=".py"):
        for node in ast.walk(source_tree.parse(name)):
            called = isinstance(node, ast.Call) and source_tree.dotted(node.func).endswith("enqueue")
            if called and node.args and isinstance(node.args[0], ast.Constant):  # type: ignore[attr-defined]
                found[str(node.args[0].value)] = f"{name}:{node.lineno}"  # type: ignore[attr-defined]
    return found


def unhandled(enqueued: dict[str, str], kinds: Iterable[str]) -> list[str]:
    """Where jobs are enqueued that nobody does."""
    known = set(kinds)
    return [f"{place}: {kind}" for kind, place in enqueued.items() if kind not in known]


def test_every_job_that_is_enqueued_is_done_by_somebody(app: Flask) -> None:
    assert not unhandled(enqueued_kinds(), jobs.KINDS)


def lost_entries(entries: Iterable[nav.Entry], endpoints: Iterable[str]) -> list[str]:
    """Entries of the navigation that lead nowhere."""
    known = set(endpoints)
    return [entry.key for entry in entries if entry.endpoint not in known]


def test_every_entry_of_the_navigation_leads_to_a_page(app: Flask) -> None:
    pages = {route.endpoint for route in routes(app) if route.method == "GET" and not route.parameters}
    entries = list(nav._entries.values())
    assert len(entries) >= 3
    assert not lost_entries(entries, pages)


def test_permissions_are_named_room_thing_verb(app: Flask) -> None:
    for permission, rows in policy.permissions().items():
        room, thing, verb = str(permission).split(":")
        assert room in app.blueprints or f"{room}_api" in app.blueprints, permission
        assert thing
        assert verb
        assert rows, f"{permission} is never allowed"
        assert all(row for row in rows), f"{permission} has a row that holds for anybody"


def test_a_permission_nobody_declared_is_denied(person: Callable[..., Any]) -> None:
    assert not policy.can(person("platform").actor, "nobody:knows:this")


class _Can(enum.StrEnum):
    UNKNOWN = "planted:thing:see"


def test_the_sweeps_know_their_offenders(app: Flask) -> None:
    bp = Blueprint("planted", __name__)

    @bp.get("/planted/silent")
    def silent() -> str:
        return ""

    @bp.get("/planted/unknown")
    @needs(_Can.UNKNOWN)
    def unknown() -> str:
        return ""

    @bp.route("/planted/two", methods=["GET", "POST"])
    @public
    def two() -> str:
        return ""

    @bp.get("/planted/api")
    @endpoint(_Can.UNKNOWN)
    def api() -> None:
        return None

    planted = Flask("planted")
    planted.register_blueprint(bp)
    found = [route for route in routes(planted) if route.endpoint != "static"]
    assert undeclared(found, ["deals:deal:see"]) == [
        "GET /planted/api: planted:thing:see",
        "GET /planted/silent: None",
        "GET /planted/unknown: planted:thing:see",
    ]
    assert one_verb(found) == ["planted.two"]

    class Forgotten(scope.Owned):
        pass

    class Neither:
        pass

    assert unowned([Forgotten, Neither]) == ["Forgotten", "Neither"]
    assert unhandled({"planted.job": "x.py:1"}, jobs.KINDS) == ["x.py:1: planted.job"]
    entry = nav.Entry("k", "K", "planted.none", "icon", 1, lambda actor: True)
    assert lost_entries([entry], ["web.home"]) == ["k"]


@pytest.mark.parametrize("cls", [scope.OwnedByOrganisation])
def test_the_usual_scope_is_the_own_organisation(cls: Any, app: Flask) -> None:
    from dealflow.core.actor import Actor
    from dealflow.pitches.models import ProjectDraft

    shown = str(ProjectDraft.scope(Actor(user_id="usr_x", organisation_id="org_x")))
    assert issubclass(ProjectDraft, cls)
    assert shown == "project_draft.organisation_id = :organisation_id_1"
