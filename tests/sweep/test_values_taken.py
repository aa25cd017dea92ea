"""What every call of the API makes of amounts, days and moments that are none: a named refusal, whatever the field."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from flask import Flask

from tests.conftest import Person
from tests.sweep.foreign_ids import put
from tests.web.hostile import Path, parts

# JSON as it is sent, so that 1.0 stays what it is.
NO_MONEY = (
    '{"amount_minor": -1, "currency": "CNY"}', '{"amount_minor": 1.0, "currency": "CNY"}', '{"amount_minor": true, "currency": "CNY"}',
    '{"amount_minor": "1", "currency": "CNY"}', '{"amount_minor": 1000000000000001, "currency": "CNY"}',
    '{"amount_minor": 1, "currency": "cny"}', '{"amount_minor": "４５万"}', "450000",
)  # fmt: skip
NO_AMOUNT = ("1.0", "true", '"1"', "1e2", "[]", "1000000000000000000000000000000000", "{}", '"４５万"')
NO_DAY = (
    '"2026-02-30"', '"0000-01-01"', '"9999-12-31"', '"24.11.2026"', '"2026-11-24T00:00:00Z"', "1795478400", '"1795478400"', '"20261124"',
)  # fmt: skip
NO_MOMENT = (
    '"2026-02-30T00:00:00Z"', '"2026-11-24T23:59:60Z"', '"2026-11-24T10:00:00"', '"2026-11-24"', "1795478400",
    '"9999-12-31T23:59:59-14:00"', '"0001-01-01T00:00:00+14:00"', '"2026-11-24T10:00:00+25:00"',
)  # fmt: skip
KINDS = {"money": NO_MONEY, "amount": NO_AMOUNT, "date": NO_DAY, "date-time": NO_MOMENT}


def taken(schema: Any, document: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
    """(kind, path) of every amount, day and moment that a body takes."""
    money: set[Path] = set()
    for path, part in parts(schema, document):
        if path[:-1] in money:
            continue
        if "amount_minor" in part.get("properties", {}):
            money.add(path)
            yield "money", path
        elif part.get("format") in KINDS:
            yield part["format"], path
        elif part.get("type") == "integer" and path and str(path[-1]).endswith("_minor"):
            yield "amount", path


def asked(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(address, parameter) of every day that a query takes."""
    for address, operations in document["paths"].items():
        for parameter in operations.get("get", {}).get("parameters", ()):
            if parameter["in"] == "query" and ("date", ()) in set(taken(parameter["schema"], document)):
                yield re.sub(r"{[^}]+}", "none", address), parameter["name"]


def places(document: Mapping[str, Any]) -> Iterator[tuple[str, str, list[tuple[str, Path]]]]:
    """(verb, address, kind and path of each value) of all bodies that take any."""
    for address, operations in document["paths"].items():
        for verb, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            found = list(
                dict.fromkeys(taken(content.get("application/json", {}).get("schema", {}), document))
            )
            if found:
                yield verb, re.sub(r"{[^}]+}", "none", address), found


@pytest.fixture
def somebody(person: Callable[..., Person]) -> Person:
    """A person who is logged in: what a body holds is judged before what it is about."""
    return person("creator")


def test_no_field_takes_what_is_no_amount_no_day_and_no_moment(app: Flask, somebody: Person) -> None:
    document = app.test_client().get("/api/openapi.json").json
    bodies, wrong = list(places(document)), []
    client = app.test_client(use_cookies=False)
    headers = {"Authorization": f"Bearer {somebody.token}", "If-Match": '"1"', "Accept-Language": "en"}
    for verb, address, fields in bodies:
        for number in range(len(NO_MONEY)):
            body: Any = {}
            for kind, path in fields:
                body = put(body, path, f"<{kind}>")
            sent = re.sub(r'"<([a-z-]+)>"', lambda found: KINDS[found[1]][number], json.dumps(body))  # noqa: B023 - used here
            answer = client.open(
                address, method=verb.upper(), data=sent, headers=headers, content_type="application/json"
            )
            named = [f"{error['field']}." for error in answer.json.get("errors", ())]
            for kind, path in fields:
                place = ".".join(map(str, path)) + "."
                if answer.status_code != 422 or not any(name.startswith(place) for name in named):
                    wrong.append(f"{verb} {address} {place} {KINDS[kind][number]}: {answer.text[:300]}")
    assert not wrong, "\n".join(wrong)
    assert {kind for *_where, fields in bodies for kind, _path in fields} == set(KINDS) - {"amount"}
    assert len(bodies) > 40


def test_no_query_takes_what_is_no_day(app: Flask, somebody: Person) -> None:
    document = app.test_client().get("/api/openapi.json").json
    found = list(asked(document))
    for address, name in found:
        for value in (
            "2026-02-30",
            "0000-01-01",
            "10000-01-01",
            "9999-12-31",
            "20261124",
            "2026-11-24T10:00:00Z",
            "1795478400",
            "",
        ):
            answer = somebody.get(address.removeprefix("/api/v1"), query_string={name: value})
            assert answer.status_code == 422, (address, name, value, answer.text)
            assert name in {error["field"] for error in answer.json["errors"]}, (address, value, answer.text)
    assert len(found) > 10


def test_a_day_and_a_moment_are_taken_as_they_are_written(somebody: Person) -> None:
    made = somebody.post("/projects", {"schedule": {"prep": "2026-02-28", "release": "2200-01-01"}})
    assert (made.status_code, made.json["schedule"]["prep"]) == (201, "2026-02-28")
    found = somebody.get("/exchange-rates/lookup?base=USD&quote=USD&on=2026-02-28")
    assert (found.status_code, found.json["on"]) == (200, "2026-02-28")
