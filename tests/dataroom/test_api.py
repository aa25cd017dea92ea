"""The fixed verbs: who gets what, in which order, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from dealflow.core import clock, db, invariants, jobs
from tests.conftest import Person
from tests.dataroom.conftest import Room
from tests.factories import pitches, rooms


def test_the_nda_comes_before_the_first_view(room: Room) -> None:
    refused = room.reader.get(room.content)
    assert (refused.status_code, refused.json["code"]) == (403, "nda_required")
    shown = room.reader.get(f"/projects/{room.project}/nda").json
    assert (shown["required"], shown["accepted"], shown["number"]) == (True, False, 1)
    assert "保密" in shown["text"]["zh"]
    assert "onfidential" in shown["text"]["en"]
    accepted = room.reader.post(f"/projects/{room.project}/nda")
    assert accepted.status_code == 201
    assert (accepted.json["number"], accepted.json["organisation"]) == (1, "青禾资本")
    assert accepted.json["at"]
    answer = room.reader.get(room.content)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Page 1" in rooms.text_of(answer.data)


def test_the_owner_reads_their_own_upload_unchanged(room: Room) -> None:
    data = rooms.pdf(2)
    document = rooms.upload(room.owner, room.project, data)
    assert room.owner.get(f"/documents/{document['id']}/content").data == data
    assert room.owner.get(f"/projects/{room.project}/data-room/views").json["total"] == 0


def test_strangers_learn_nothing(room: Room) -> None:
    for path in (room.content, f"/projects/{room.project}/data-room", f"/projects/{room.project}/nda"):
        assert room.stranger.get(path).status_code == 404, path
    assert room.stranger.post(f"/projects/{room.project}/nda").status_code == 404
    assert room.reader.get(f"/projects/{room.project}/data-room/views").status_code == 403
    assert room.reader.get(f"/projects/{room.project}/grants").status_code == 403
    assert rooms.send(room.reader, f"/projects/{room.project}/documents", rooms.pdf()).status_code == 403
    assert rooms.send(room.stranger, f"/projects/{room.project}/documents", rooms.pdf()).status_code == 404


def test_a_view_is_recorded_once_with_who_and_when_and_is_an_audit_event(room: Room) -> None:
    room.accepted()
    assert room.reader.get(room.content).status_code == 200
    assert room.reader.get(room.content).status_code == 200
    views = room.owner.get(f"/projects/{room.project}/data-room/views").json
    assert views["total"] == 1
    (view,) = views["items"]
    assert (view["kind"], view["organisation"], view["email"]) == ("view", "青禾资本", room.reader.email)
    assert (
        room.reader.get(f"{room.content}?download=true")
        .headers["Content-Disposition"]
        .startswith("attachment")
    )
    kinds = [v["kind"] for v in room.owner.get(f"/projects/{room.project}/data-room/views").json["items"]]
    assert sorted(kinds) == ["download", "view"]
    tags = [e["tag"] for e in room.owner.get(f"/audit?object={room.document}").json["items"]]
    assert {"dataroom:document:viewed", "dataroom:document:downloaded"} <= set(tags)


def test_viewing_is_not_downloading(room: Room) -> None:
    rooms.grant(room.owner, room.project, room.reader, level="view")
    room.accepted()
    assert room.reader.get(room.content).headers["Content-Disposition"].startswith("inline")
    refused = room.reader.get(f"{room.content}?download=true")
    assert (refused.status_code, refused.json["code"]) == (403, "download_required")
    sheet = rooms.upload(room.owner, room.project, rooms.office(), "合同.docx")
    assert sheet["kind"] == "office"
    refused = room.reader.get(f"/documents/{sheet['id']}/content")
    assert (refused.status_code, refused.json["code"]) == (403, "download_required")
    rooms.grant(room.owner, room.project, room.reader, level="download")
    taken = room.reader.get(f"/documents/{sheet['id']}/content")
    assert taken.status_code == 200
    assert taken.headers["Content-Disposition"].startswith("attachment")


def test_revoking_works_at_once_for_old_addresses_and_ranges(room: Room) -> None:
    room.accepted()
    whole = room.reader.get(room.content)
    etag = whole.headers["ETag"]
    part = room.reader.get(room.content, headers={"Range": "bytes=0-99"})
    assert (part.status_code, part.data) == (206, whole.data[:100])
    assert (
        room.owner.call(
            "DELETE", f"/projects/{room.project}/grants?organisation_id={room.reader.organisation_id}"
        ).status_code
        == 204
    )
    for headers in (
        {},
        {"Range": "bytes=100-199"},
        {"If-None-Match": etag},
        {"If-Range": etag, "Range": "bytes=5-"},
    ):
        assert room.reader.get(room.content, headers=headers).status_code == 404, headers
    assert room.reader.get(f"/projects/{room.project}/data-room").status_code == 404


@pytest.mark.parametrize("how", ["body", "path", "query"])
def test_a_grant_is_named_in_body_path_or_query(room: Room, how: str) -> None:
    given = rooms.grant(room.owner, room.project, room.stranger)
    path = f"/projects/{room.project}/grants"
    if how == "body":
        answer = room.owner.call("DELETE", path, json={"grant_id": given["id"]})
    else:
        answer = room.owner.call(
            "DELETE", f"{path}/{given['id']}" if how == "path" else f"{path}?grant_id={given['id']}"
        )
    assert answer.status_code == 204
    assert room.stranger.get(f"/projects/{room.project}/data-room").status_code == 404
    states = {g["organisation_id"]: g["state"] for g in room.owner.get(path).json["items"]}
    assert states == {room.stranger.organisation_id: "revoked", room.reader.organisation_id: "active"}
    assert room.owner.call("DELETE", path).status_code == 422
    both = room.owner.call("DELETE", f"{path}?grant_id={given['id']}", json={"grant_id": given["id"]})
    assert (both.status_code, both.json["code"]) == (400, "given_twice")


@pytest.mark.parametrize("name", ["file", "name"])
def test_what_an_upload_sends_twice_is_refused(room: Room, name: str) -> None:
    file = (BytesIO(b"hello"), "a.txt")
    sent: dict[str, Any] = {"file": [file], "name": ["a.txt"]}
    sent[name] = [*sent[name], (BytesIO(b"other"), "b.txt") if name == "file" else "b.txt"]
    answer = room.owner.call("POST", f"/projects/{room.project}/documents", data=sent)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, name)
    assert answer.json["errors"][0]["code"] == "given_twice"


def test_a_grant_has_a_folder_and_a_period(room: Room) -> None:
    path = f"/projects/{room.project}/folders"
    outer = room.owner.post(path, {"name": "合同"}).json
    inner = room.owner.post(path, {"name": "演员", "parent_id": outer["id"]}).json
    other = room.owner.post(path, {"name": "剧本"}).json
    inside = rooms.upload(room.owner, room.project, folder_id=inner["id"])
    outside = rooms.upload(room.owner, room.project, folder_id=other["id"])
    until = clock.rfc3339(clock.now() + timedelta(days=3))
    rooms.grant(room.owner, room.project, room.stranger, folder_id=outer["id"], ends_at=until)
    rooms.accept(room.stranger, room.project)
    seen = room.stranger.get(f"/projects/{room.project}/data-room").json
    assert [f["name"] for f in seen["folders"]] == ["合同", "演员"]
    assert [d["id"] for d in seen["documents"]] == [inside["id"]]
    assert room.stranger.get(f"/documents/{inside['id']}/content").status_code == 200
    for hidden in (outside["id"], room.document):
        assert room.stranger.get(f"/documents/{hidden}/content").status_code == 404
    clock.set_base(clock.now() + timedelta(days=4))
    assert room.stranger.get(f"/documents/{inside['id']}/content").status_code == 404


def test_a_grant_that_begins_later_opens_nothing_yet(room: Room) -> None:
    later = clock.rfc3339(clock.now() + timedelta(days=1))
    given = rooms.grant(room.owner, room.project, room.stranger, starts_at=later)
    assert given["state"] == "pending"
    assert room.stranger.get(f"/projects/{room.project}/data-room").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"organisation_id": "<own>"}, "organisation_id"), ({"organisation_id": "org_" + "0" * 26}, "organisation_id"),
        ({"organisation_id": "<reader>", "level": "edit"}, "level"), ({}, "organisation_id"),
        ({"organisation_id": "<reader>", "folder_id": "fld_" + "0" * 26}, "folder_id"),
        ({"organisation_id": "<reader>", "ends_at": "2020-01-01T00:00:00Z"}, "ends_at"),
        ({"organisation_id": "<reader>", "ends_at": "2030-01-01"}, "ends_at"),
        ({"organisation_id": "<reader>", "ends_at": "9999-12-31T23:59:59-14:00"}, "ends_at"),
        ({"organisation_id": "<reader>", "starts_at": "0001-01-01T00:00:00+14:00"}, "starts_at"),
        ({"organisation_id": "<reader>", "until": "x"}, "until"),
    ],
)  # fmt: skip
def test_a_grant_that_makes_no_sense_is_refused(room: Room, body: dict[str, Any], field: str) -> None:
    names = {"<own>": room.owner.organisation_id, "<reader>": room.reader.organisation_id}
    answer = room.owner.post(
        f"/projects/{room.project}/grants", {k: names.get(v, v) for k, v in body.items()}
    )
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == field


@pytest.mark.parametrize(("field", "day"), [("starts_on", "0001-01-01"), ("ends_on", "9999-12-31")])
def test_days_that_no_clock_reaches_are_refused_beside_their_field(room: Room, field: str, day: str) -> None:
    form = {"organisation_id": room.reader.organisation_id, "level": "view", field: day}
    answer = room.owner.browser().post(f"/projects/{room.project}/data-room/grants", data=form)
    assert answer.status_code == 422
    assert ("1900-01-01" if field == "starts_on" else "2200-01-01") in answer.text
    assert re.search(rf'id="{field}"[^>]*aria-invalid|aria-invalid[^>]*id="{field}"', answer.text)


def test_another_nda_asks_again_when_the_owner_says_so(room: Room) -> None:
    room.accepted()
    path = f"/projects/{room.project}/nda"
    silent = {"source": "own", "text_zh": "新文本一", "asks_again": False}
    assert room.owner.post(f"{path}/texts", silent).json["number"] == 2
    assert room.reader.get(room.content).status_code == 200
    assert room.owner.post(f"{path}/texts", {"source": "own", "text_zh": "新文本二"}).json["number"] == 3
    assert room.reader.get(room.content).json["code"] == "nda_required"
    stale = room.reader.post(path, {"number": 2})
    assert (stale.status_code, stale.json["code"]) == (409, "stale_nda")
    assert room.reader.post(path, {"number": 3, "language": "zh"}).status_code == 201
    assert room.reader.get(room.content).status_code == 200
    assert room.reader.post(f"{path}/texts", silent).status_code == 403
    assert room.owner.post(f"{path}/texts", {"source": "own"}).status_code == 422
    assert room.owner.post(path).status_code == 403, "the owner has nothing to accept"


def test_each_reader_of_an_organisation_accepts_for_themselves(
    room: Room, person: Callable[..., Person]
) -> None:
    room.accepted()
    colleague = person("investor", "viewer", organisation_id=room.reader.organisation_id)
    assert colleague.get(room.content).json["code"] == "nda_required"
    assert colleague.post(f"/projects/{room.project}/nda").status_code == 201
    assert colleague.get(room.content).status_code == 200


def test_a_room_without_nda_opens_at_once(room: Room) -> None:
    body = {"source": "library", "required": False}
    assert room.owner.post(f"/projects/{room.project}/nda/texts", body).json["required"] is False
    assert room.reader.get(room.content).status_code == 200


def test_documents_are_renamed_moved_ordered_and_taken_out(room: Room) -> None:
    folder = room.owner.post(f"/projects/{room.project}/folders", {"name": "财务"}).json
    second = rooms.upload(room.owner, room.project, name="second.pdf")
    path = f"/documents/{second['id']}"
    assert room.owner.call("PATCH", path, json={"name": "x"}).status_code == 428
    assert room.owner.patch(path, {"name": "x"}, 99).status_code == 412
    moved = room.owner.patch(path, {"before": room.document, "name": "../../第二.pdf"}, second["version"])
    assert (moved.status_code, moved.json["name"], moved.json["position"]) == (200, "第二.pdf", 1)
    names = [d["id"] for d in room.owner.get(f"/projects/{room.project}/data-room").json["documents"]]
    assert names == [second["id"], room.document]
    into = room.owner.patch(path, {"folder_id": folder["id"]}, moved.json["version"])
    assert into.json["folder_id"] == folder["id"]
    assert room.reader.patch(path, {"name": "y"}, into.json["version"]).status_code == 403
    assert room.owner.call("DELETE", f"/folders/{folder['id']}").status_code == 204
    assert room.owner.get(f"{path}/content").status_code == 404
    assert room.owner.call("DELETE", f"/documents/{room.document}").status_code == 204
    assert room.reader.get(room.content).status_code == 404
    assert room.owner.get(f"/projects/{room.project}/data-room").json["documents"] == []


def test_folders_form_no_circles(room: Room) -> None:
    path = f"/projects/{room.project}/folders"
    outer = room.owner.post(path, {"name": "a"}).json
    inner = room.owner.post(path, {"name": "b", "parent_id": outer["id"]}).json
    answer = room.owner.patch(f"/folders/{outer['id']}", {"parent_id": inner["id"]}, outer["version"])
    assert answer.json["errors"][0]["code"] == "circle"
    renamed = room.owner.patch(f"/folders/{outer['id']}", {"name": "c"}, outer["version"])
    assert renamed.json["name"] == "c"
    deep = inner["id"]
    for _level in range(6):
        deep = room.owner.post(path, {"name": "d", "parent_id": deep}).json["id"]
    assert room.owner.post(path, {"name": "e", "parent_id": deep}).status_code == 422


def test_a_new_version_replaces_what_is_read_and_keeps_the_old(room: Room) -> None:
    room.accepted()
    answer = rooms.send(room.owner, f"/documents/{room.document}/versions", rooms.pdf(1, text="New"))
    assert (answer.status_code, answer.json["number"], answer.json["pages"]) == (201, 2, 1)
    assert "New 1" in rooms.text_of(room.reader.get(room.content).data)
    assert rooms.send(room.reader, f"/documents/{room.document}/versions", rooms.pdf()).status_code == 403
    browser = room.owner.browser()
    old = browser.get(f"/documents/{room.document}/versions/1")
    assert "Page 1" in rooms.text_of(old.data)
    assert room.reader.browser().get(f"/documents/{room.document}/versions/1").status_code == 403


def test_uploads_without_a_file_or_with_other_fields_are_refused(room: Room) -> None:
    path = f"/projects/{room.project}/documents"
    assert room.owner.post(path, {}).status_code == 422
    answer = rooms.send(room.owner, path, rooms.pdf(), colour="red")
    assert answer.json["errors"][0]["code"] == "unknown_field"
    headers = {"Authorization": f"Bearer {room.owner.token}", "Idempotency-Key": "k1"}
    assert rooms.send(room.owner, path, b"").status_code == 422
    assert room.owner.post(path, {}, headers=headers).status_code in (401, 422)


def test_letting_in_moves_the_deal_and_tells_the_investor(room: Room) -> None:
    deal = room.stranger.post("/deals", {"project_id": room.project}).json
    rooms.grant(room.owner, room.project, room.stranger)
    jobs.run_due()
    assert room.stranger.get(f"/deals/{deal['id']}").json["stage"] == "data_room"
    titles = [n["code"] for n in room.stranger.get("/notifications").json["items"]]
    assert "dataroom.granted" in titles


def test_a_draft_project_has_an_empty_room_for_its_owner(person: Callable[..., Person]) -> None:
    owner = person("creator")
    project = owner.post("/projects", pitches.complete()).json["id"]
    shown = owner.get(f"/projects/{project}/data-room").json
    assert (shown["id"], shown["documents"], shown["state"]) == (None, [], "open")
    assert rooms.upload(owner, project)["name"] == "budget.pdf"
    assert owner.get(f"/projects/{project}/data-room").json["id"]


@pytest.fixture(autouse=True)
def whole(room: Room) -> Any:
    """After each test the named checks hold."""
    yield
    with db.system_edge(write=False):
        found = invariants.run_all()
    assert not any(found.values()), found
