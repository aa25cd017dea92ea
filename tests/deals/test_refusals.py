"""The contract of refusals: every verb of deals, data rooms, term sheets, signing and the simulator, each refusal with its
status and code. One world, one table; who may not even know of a thing is the matrix's matter (`tests/sweep`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from flask import Flask

from tests.conftest import Person
from tests.factories import pitches, rooms

NOBODY = "org_00000000000000000000000000"


class Case(NamedTuple):
    """Who calls what, with what, and how it is refused."""

    who: str
    call: str
    body: Any
    status: int
    code: str
    headers: dict[str, str] = {}


# Read as a table: one case a line.
# fmt: off
CASES = [
    # Deals
    Case("investor", "GET /deals?limit=0", None, 422, "too_small"),
    Case("investor", "GET /deals?colour=red", None, 422, "unknown_field"),
    Case("investor", "POST /deals", {"project_id": "{project}"}, 409, "conflict"),
    Case("investor", "POST /deals", {"project_id": "{project}", "x": 1}, 422, "unknown_field"),
    Case("investor", "POST /deals", {}, 422, "required"),
    Case("investor", "POST /deals", {"project_id": "prj_x"}, 422, "bad_id"),
    Case("creator", "POST /deals", {"project_id": "{project}"}, 403, "forbidden"),
    Case("viewer", "POST /deals", {"project_id": "{other}"}, 403, "forbidden"),
    Case("stranger", "GET /deals/{deal}", None, 404, "not_found"),
    Case("investor", "PATCH /deals/{deal}", {"next_step": "Call"}, 428, "precondition_required"),
    Case("investor", "PATCH /deals/{deal}", {"next_step": "Call"}, 412, "changed", {"If-Match": '"99"'}),
    Case("investor", "POST /deals/{deal}/transitions", {"to": "signed"}, 422, "required"),
    Case("investor", "POST /deals/{deal}/transitions", {"to": "interest"}, 409, "invalid_transition"),
    Case("investor", "POST /deals/{deal}/transitions", {"to": "nowhere"}, 422, "not_a_choice"),
    Case("investor", "POST /deals/{deal}/transitions", {"to": "closed_lost"}, 422, "required"),
    Case("investor", "POST /deals/{deal}/transitions", {"to": "data_room", "version": 99}, 412, "changed"),
    Case("viewer", "POST /deals/{deal}/transitions", {"to": "data_room"}, 403, "forbidden"),
    Case("stranger", "POST /deals/{deal}/transitions", {"to": "data_room"}, 404, "not_found"),
    Case("stranger", "GET /deals/{deal}/timeline", None, 404, "not_found"),
    Case("investor", "GET /pipelines?colour=red", None, 422, "unknown_field"),
    Case("investor", "POST /pipelines", {"stages": []}, 422, "required"),
    Case("viewer", "POST /pipelines", {"name": "Second"}, 403, "forbidden"),
    Case("investor", "PATCH /pipelines/{pipeline}", {"name": "Other"}, 428, "precondition_required"),
    Case("investor", "PATCH /pipelines/{pipeline}", {"name": "Other"}, 412, "stale_version", {"If-Match": '"99"'}),
    Case("stranger", "PATCH /pipelines/{pipeline}", {"name": "Other"}, 404, "not_found", {"If-Match": '"1"'}),
    # Data rooms
    Case("stranger", "GET /projects/{project}/data-room", None, 404, "not_found"),
    Case("investor", "POST /projects/{project}/documents", {}, 403, "forbidden"),
    Case("creator", "POST /projects/{project}/documents", {}, 422, "required"),
    Case("investor", "GET /documents/{document}/content", None, 403, "nda_required"),
    Case("stranger", "GET /documents/{document}/content", None, 404, "not_found"),
    Case("creator", "PATCH /documents/{document}", {"name": "b.pdf"}, 428, "precondition_required"),
    Case("creator", "PATCH /documents/{document}", {"name": "b.pdf"}, 412, "stale_version", {"If-Match": '"99"'}),
    Case("stranger", "POST /projects/{project}/nda", {}, 404, "not_found"),
    Case("creator", "POST /projects/{project}/nda", {}, 403, "forbidden"),
    Case("creator", "POST /projects/{project}/grants", {}, 422, "required"),
    Case("creator", "POST /projects/{project}/grants", {"organisation_id": NOBODY}, 422, "unknown"),
    Case("creator", "POST /projects/{project}/grants", {"organisation_id": "{house}", "level": "own"}, 422, "not_a_choice"),
    Case("investor", "POST /projects/{project}/grants", {"organisation_id": "{house}"}, 403, "forbidden"),
    Case("creator", "DELETE /projects/{project}/grants", None, 422, "required"),
    Case("creator", "DELETE /projects/{project}/grants?organisation_id=" + NOBODY, None, 404, "not_found"),
    Case("investor", "GET /projects/{project}/data-room/views", None, 403, "forbidden"),
    # Term sheets
    Case("investor", "POST /deals/{deal}/term-sheets", {"template": "gift"}, 422, "not_a_choice"),
    Case("investor", "POST /deals/{deal}/term-sheets", {"template": "loan", "terms": {"x": 1}}, 422, "unknown_field"),
    Case("viewer", "POST /deals/{deal}/term-sheets", {"template": "loan"}, 403, "forbidden"),
    Case("stranger", "POST /deals/{deal}/term-sheets", {"template": "loan"}, 404, "not_found"),
    Case("creator", "GET /term-sheets/{draft}", None, 404, "not_found"),
    Case("creator", "POST /term-sheets/{sheet}/versions", {"terms": {}}, 422, "required"),
    Case("creator", "POST /term-sheets/{sheet}/versions", {"terms": {}, "base_version": 7}, 409, "stale_base"),
    Case("creator", "GET /term-sheets/{sheet}/versions/9", None, 404, "not_found"),
    Case("creator", "GET /term-sheets/{sheet}/diff?from=1&to=9", None, 404, "not_found"),
    Case("creator", "GET /term-sheets/{sheet}/diff?from=a", None, 422, "wrong_type"),
    Case("investor", "POST /term-sheets/{sheet}/propose", {}, 409, "invalid_transition"),
    Case("creator", "POST /term-sheets/{sheet}/accept", {"version": 9}, 409, "superseded"),
    Case("viewer", "POST /term-sheets/{sheet}/accept", {}, 403, "forbidden"),
    Case("investor", "POST /term-sheets/{draft}/reject", {}, 409, "invalid_transition"),
    Case("creator", "POST /term-sheets/{sheet}/withdraw", {}, 403, "forbidden"),
    Case("creator", "GET /term-sheets/{sheet}.pdf?lang=fr", None, 422, "not_a_choice"),
    Case("creator", "GET /term-sheets/{sheet}.pdf?version=9", None, 404, "not_found"),
    # Signing
    Case("investor", "POST /term-sheets/{sheet}/sign", {}, 409, "invalid_transition"),
    Case("viewer", "POST /term-sheets/{sheet}/sign", {}, 403, "forbidden"),
    Case("stranger", "POST /term-sheets/{sheet}/sign", {}, 404, "not_found"),
    Case("creator", "POST /term-sheets/{agreed}/sign", {}, 409, "not_your_turn"),
    Case("investor", "POST /term-sheets/{agreed}/sign", {"version": 9}, 409, "superseded"),
    Case("stranger", "GET /verify/NO-SUCH-CODE", None, 404, "not_found"),
    Case("stranger", "POST /verify", {}, 422, "required"),
    # The simulator
    Case("stranger", "POST /waterfalls/simulate", {"terms": {}}, 422, "missing"),
    Case("stranger", "POST /waterfalls/simulate", {"terms": {}, "gross_grid": []}, 422, "missing"),
]
# fmt: on


@pytest.fixture
def world(person: Callable[..., Person]) -> tuple[dict[str, Person], dict[str, str]]:
    """The people and the ids of one deal with a room, a draft, a proposed and an accepted term sheet."""
    creator, investor, stranger = person("creator"), person("investor"), person("investor")
    viewer = person("investor", "viewer", organisation_id=investor.organisation_id)
    people = {"creator": creator, "investor": investor, "stranger": stranger, "viewer": viewer}
    project, other = (pitches.published(creator)["id"] for _ in range(2))
    deal = investor.post("/deals", {"project_id": project}).json["id"]
    sheets = {}
    for name in ("draft", "sheet", "agreed"):
        sheets[name] = investor.post(f"/deals/{deal}/term-sheets", {"template": "loan"}).json["id"]
    for name in ("sheet", "agreed"):
        assert investor.post(f"/term-sheets/{sheets[name]}/propose").status_code == 200
    assert creator.post(f"/term-sheets/{sheets['agreed']}/accept").json["state"] == "accepted"
    document = rooms.upload(creator, project)["id"]
    rooms.grant(creator, project, investor)
    pipeline = investor.get("/pipelines").json["items"][0]["id"]
    house = investor.organisation_id
    return people, sheets | {
        "project": project, "other": other, "deal": deal, "document": document, "pipeline": pipeline, "house": house,
    }  # fmt: skip


def filled(value: Any, names: dict[str, str]) -> Any:
    """A body or path with the ids of this world in it."""
    if isinstance(value, dict):
        return {key: filled(each, names) for key, each in value.items()}
    return value.format(**names) if isinstance(value, str) else value


def refusal(answer: Any) -> tuple[int, str]:
    """Status and code; of a refused body the code of its first field."""
    told = answer.json
    assert answer.mimetype == "application/problem+json", answer.text
    assert told["status"] == answer.status_code
    assert {"title", "detail", "code"} <= set(told)
    return answer.status_code, told["errors"][0]["code"] if told.get("errors") else told["code"]


def test_every_verb_refuses_as_promised(world: tuple[dict[str, Person], dict[str, str]], app: Flask) -> None:
    people, names = world
    seen, promised, open_doors = {}, {}, []
    for case in CASES:
        method, path = filled(case.call, names).split(" ")
        answer = people[case.who].call(method, path, filled(case.body, names), headers=case.headers)
        told = f"{case.who}: {case.call} {case.body}"
        promised[told] = (case.status, case.code)
        seen[told] = refusal(answer) if answer.status_code >= 400 else (answer.status_code, "")
        if not path.startswith("/verify"):
            unknown = app.test_client().open(f"/api/v1{path}", method=method, json=case.body and {})
            open_doors += [path] if refusal(unknown) != (401, "unauthenticated") else []
    assert {told: each for told, each in seen.items() if each != promised[told]} == {}
    assert open_doors == []
