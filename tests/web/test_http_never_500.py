"""Whatever is sent to any operation of the API or any page, the answer is never a failure of ours.

DEALFLOW_FUZZ_EXAMPLES sets the number of requests (default 400 to the API, 200 to the pages).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, TestResponse

from dealflow.settings import Settings
from tests.conftest import Person
from tests.factories import world as worlds
from tests.factories.world import World
from tests.sweep.routes import routes
from tests.web import hostile

EXAMPLES = int(os.environ.get("DEALFLOW_FUZZ_EXAMPLES", "0"))
ACTORS = ("creator.owner", "investor.owner", "investor.viewer", "park.owner", "platform.owner", "left")
PROFILE = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": not EXAMPLES}


@pytest.fixture(name="settings")
def without_limits(settings: Settings) -> Settings:
    """As many calls as are made: what is refused for coming too fast says nothing of itself."""
    return settings.with_(calls_per_minute=0, verify_per_minute=0)


@pytest.fixture
def world(app: Flask, person: Callable[..., Person]) -> World:
    """People of every kind and objects in every relation."""
    return worlds.build(person)


def is_answered(answer: Any, request: object) -> None:
    """Assert that an answer is a success or a refusal of ours, and never a failure."""
    assert answer.status_code < 500, f"{request}: {answer.status_code} {answer.text[:500]}"
    assert "Traceback" not in answer.text
    if answer.status_code >= 400 and "/api/" in str(request):
        assert answer.mimetype == "application/problem+json", request
        assert set(answer.json) >= {"type", "title", "status", "detail", "code", "errors"}


def segment(world: World, name: str) -> st.SearchStrategy[str]:
    """Values for a part of an address: ids that exist, of any kind, and things that are no ids."""
    ids = [*world.ids.values(), *(p.organisation_id for p in world.people.values())]
    return st.one_of(st.sampled_from(sorted(ids)), st.sampled_from(hostile.SEGMENTS), st.text(max_size=10))


def test_no_call_of_the_api_fails(app: Flask, world: World) -> None:
    document = app.test_client().get("/api/openapi.json").json
    operations = [
        (method, path, operation)
        for path, found in document["paths"].items()
        for method, operation in found.items()
        if "tokens" not in path
    ]

    @settings(max_examples=EXAMPLES or 400, **PROFILE)
    @given(st.data())
    def attempt(data: st.DataObject) -> None:
        method, path, operation = data.draw(st.sampled_from(operations))
        query: dict[str, str] = {}
        for parameter in operation["parameters"]:
            if parameter["in"] == "path":
                value = data.draw(segment(world, parameter["name"]))
                path = path.replace(f"{{{parameter['name']}}}", quote(value, safe="%"))
            elif parameter["in"] == "query" and data.draw(st.booleans()):
                close = hostile.fitting(parameter["schema"], document)
                query[parameter["name"]] = str(data.draw(st.one_of(close, hostile.hostile)))
        body = operation.get("requestBody")
        # An upload is described as multipart; sent as JSON it must be refused like any other bad body.
        schema = next(iter(body["content"].values()))["schema"] if body else {}
        who = world[data.draw(st.sampled_from(ACTORS))]
        headers = {
            "Authorization": f"Bearer {who.token}",
            "If-Match": data.draw(st.sampled_from(['"1"', '"2"', "x", "9" * 40])),
        }
        if data.draw(st.booleans()):
            headers["Idempotency-Key"] = data.draw(st.sampled_from(["k", "é", "k" * 300]))
        payload = data.draw(hostile.bodies(schema, document)) if body or data.draw(st.booleans()) else b""
        answer = app.test_client().open(
            path, method=method.upper(), data=payload, query_string=query, headers=headers,
            content_type="application/json",
        )  # fmt: skip
        is_answered(answer, (method, path, query, payload))

    attempt()


def test_no_page_fails(app: Flask, world: World) -> None:
    found = [r for r in routes(app) if not r.is_api and r.endpoint not in ("accounts.log_in", "static")]
    browsers: dict[str, FlaskClient] = {}
    names = ["title", "title_zh", "version", "name", "ask", "budget", "use_of_funds-0-amount", "lang", "sort", "q", "limit",
             "cursor", "to", "reason", "text", "template", "terms", "email", "role", "file", "step", "project_id", "mandate_id",
             "action", "next", "from", "page", "capital", "constraints", "genres", "ids", "compare"]  # fmt: skip

    @settings(max_examples=EXAMPLES or 200, **PROFILE)
    @given(st.data())
    def attempt(data: st.DataObject) -> None:
        route = data.draw(st.sampled_from(found))
        path = route.path(
            {name: quote(data.draw(segment(world, name)), safe="%") for name in route.parameters}
        )
        name = data.draw(st.sampled_from(ACTORS))
        client = browsers.setdefault(name, world[name].browser(data.draw(st.sampled_from(["zh", "en"]))))
        values = data.draw(st.dictionaries(st.sampled_from(names), hostile.hostile.map(str), max_size=6))
        sent = {"query_string": values} if route.method == "GET" else {"data": values}
        answer = client.open(path, method=route.method, **sent)
        is_answered(answer, (route, path, values))
        answer.close()
        if route.endpoint in ("accounts.logout",):
            browsers.pop(name)

    attempt()


def test_a_failure_would_be_noticed() -> None:
    with pytest.raises(AssertionError):
        is_answered(TestResponse(iter([]), "500", Headers(), EnvironBuilder().get_request()), "a request")
