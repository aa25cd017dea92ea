"""Reading: page by page, recorded, and cut off in the middle when the right ends."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from dealflow.core import clock, db, invariants, jobs
from dealflow.dataroom import archive, copies, watermark
from dealflow.dataroom.models import DataAccess
from dealflow.dataroom.serving import AccessEnded
from tests.conftest import Person
from tests.dataroom.conftest import Room
from tests.factories import rooms
from tests.factories.world import dismiss


def opened(room: Room, who: Person | None = None, document: str = "") -> str:
    """Open the document's page; the id of the record."""
    page = (who or room.reader).browser().get(f"/documents/{document or room.document}")
    assert page.status_code == 200
    found = re.search(r'data-access="(dac_\w+)"', page.text)
    assert found, page.text
    return found[1]


def views(room: Room) -> list[dict[str, Any]]:
    return list(room.owner.get(f"/projects/{room.project}/data-room/views").json["items"])


def test_pages_come_in_marked_parts_and_are_recorded(room: Room) -> None:
    document = rooms.upload(room.owner, room.project, rooms.pdf(12))["id"]
    room.accepted()
    access = opened(room, document=document)
    client = room.reader.browser()
    answer = client.get(f"/documents/{document}/pages/7?access={access}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert [rooms.text_of(answer.data, n).split()[-1] for n in range(5)] == ["6", "7", "8", "9", "10"]
    (view,) = views(room)
    assert [p["page"] for p in view["pages"]] == [6, 7, 8, 9, 10]
    for path in ("pages/0", "pages/13", f"pages/{10**12}"):
        assert client.get(f"/documents/{document}/{path}?access={access}").status_code == 404, path
    assert client.get(f"/documents/{document}/pages/1").status_code == 404, "only with one's own record"


def test_a_record_serves_its_own_reader_and_document_alone(room: Room) -> None:
    room.accepted()
    access = opened(room)
    rooms.grant(room.owner, room.project, room.stranger)
    rooms.accept(room.stranger, room.project)
    other = rooms.upload(room.owner, room.project)["id"]
    assert (
        room.stranger.browser().get(f"/documents/{room.document}/pages/1?access={access}").status_code == 404
    )
    assert room.reader.browser().get(f"/documents/{other}/pages/1?access={access}").status_code == 404
    clock.set_base(clock.now() + timedelta(hours=13))
    assert room.reader.browser().get(f"/documents/{room.document}/pages/1?access={access}").status_code == 404


def test_the_mark_names_person_house_and_moment_and_differs_by_reader(room: Room) -> None:
    room.accepted()
    rooms.grant(room.owner, room.project, room.stranger)
    rooms.accept(room.stranger, room.project)
    contents = {who.get(room.content).data for who in (room.reader, room.stranger, room.owner)}
    assert len(contents) == 3
    opened(room)
    with db.system_edge(write=False) as session:
        rows = {row.reader: row for row in session.query(DataAccess)}
    text = watermark.text_of(rows[room.reader.user_id])
    assert text.startswith("青禾资本 · User ")
    assert room.reader.email in text
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d CST", text)


def test_pieces_of_one_opening_fit_together(room: Room) -> None:
    room.accepted()
    whole = room.reader.get(room.content).data
    clock.set_base(clock.now() + timedelta(minutes=5))
    halves = [
        room.reader.get(room.content, headers={"Range": f"bytes={span}"}).data
        for span in (f"0-{len(whole) // 2 - 1}", f"{len(whole) // 2}-")
    ]
    assert b"".join(halves) == whole
    assert len(views(room)) == 1
    assert room.reader.get(room.content, headers={"Range": f"bytes={len(whole) + 5}-"}).status_code == 416


def revoke(room: Room) -> None:
    path = f"/projects/{room.project}/grants?organisation_id={room.reader.organisation_id}"
    assert room.owner.call("DELETE", path).status_code == 204


def take_out(room: Room) -> None:
    assert room.owner.call("DELETE", f"/documents/{room.document}").status_code == 204


@pytest.mark.parametrize(
    "end", [revoke, take_out, lambda room: dismiss(room.reader)], ids=["revoked", "taken out", "dismissed"]
)
def test_a_running_answer_is_cut_when_the_right_ends(room: Room, end: Callable[[Room], None]) -> None:
    document = rooms.upload(room.owner, room.project, rooms.VIDEO, "cut.mp4")["id"]
    room.document = document
    room.accepted()
    headers = {"Authorization": f"Bearer {room.reader.token}"}
    answer = room.reader.app.test_client().get(
        f"/api/v1/documents/{document}/content", headers=headers, buffered=False
    )
    pieces: Iterator[bytes] = iter(answer.response)
    first = next(pieces)
    assert rooms.VIDEO.startswith(first)
    assert len(first) < len(rooms.VIDEO)
    end(room)
    with pytest.raises(AccessEnded):
        b"".join(pieces)
    answer.close()


def test_videos_are_streamed_in_ranges_to_viewers(room: Room) -> None:
    document = rooms.upload(room.owner, room.project, rooms.VIDEO, "cut.mp4")
    assert document["kind"] == "video"
    rooms.grant(room.owner, room.project, room.stranger)
    rooms.accept(room.stranger, room.project)
    answer = room.stranger.get(f"/documents/{document['id']}/content", headers={"Range": "bytes=10-19"})
    assert (answer.status_code, answer.data) == (206, rooms.VIDEO[10:20])
    assert answer.headers["Content-Disposition"].startswith("inline")
    page = room.stranger.browser().get(f"/documents/{document['id']}").text
    assert 'controlslist="nodownload' in page
    assert "download=1" not in page


def test_time_on_pages_is_kept_within_what_passed(room: Room) -> None:
    moment = clock.now()
    clock.freeze(moment)
    room.accepted()
    access = opened(room)
    client = room.reader.browser()
    clock.freeze(moment + timedelta(seconds=20))

    def say(pages: str) -> int:
        sent = {"access": access, "pages": pages}
        return int(client.post(f"/documents/{room.document}/seen", data=sent).status_code)

    assert say("1:15,2:900,9:5,x:y,-1:4,3:") == 204
    (view,) = views(room)
    told = {p["page"]: p["seconds"] for p in view["pages"]}
    assert told == {1: 15, 2: 7}, "twenty seconds passed, and two are the network's"
    assert say("1:900") == 204
    (view,) = views(room)
    assert view["seconds"] == 24, "no time passed since the last word"
    page = room.owner.browser().get(f"/projects/{room.project}/data-room/views").text
    assert "budget.pdf" in page
    assert "青禾资本" in page
    assert '<svg class="heat"' in page


def test_questions_stay_between_two_until_the_answer_is_published(room: Room) -> None:
    room.accepted()
    rooms.grant(room.owner, room.project, room.stranger)
    rooms.accept(room.stranger, room.project)
    path = f"/documents/{room.document}/questions"
    asked = room.reader.post(path, {"text": "投流上限是多少？", "page": 2})
    assert (asked.status_code, asked.json["organisation"]) == (201, "青禾资本")
    assert room.stranger.get(path).json["total"] == 0
    answers = f"/questions/{asked.json['id']}/answers"
    assert room.stranger.post(answers, {"text": "me too"}).status_code == 404
    assert room.owner.post(answers, {"text": "三成。"}).json["side"] == "owner"
    assert room.reader.post(answers, {"text": "谢谢"}).json["side"] == "asker"
    assert room.reader.post(answers, {"text": "x", "publish": True}).status_code == 403
    assert room.stranger.get(path).json["total"] == 0
    assert room.owner.post(answers, {"text": "含短视频。", "publish": True}).status_code == 201
    (shown,) = room.stranger.get(path).json["items"]
    assert (shown["text"], shown["organisation"], shown["mine"]) == ("投流上限是多少？", None, False)
    assert [a["text"] for a in shown["answers"]] == ["三成。", "谢谢", "含短视频。"]
    assert [a["by"] for a in shown["answers"] if a["side"] == "asker"] == [""]
    jobs.run_due()
    assert "dataroom.asked" in [n["code"] for n in room.owner.get("/notifications").json["items"]]
    assert "dataroom.answered" in [n["code"] for n in room.reader.get("/notifications").json["items"]]
    page = room.stranger.browser().get(f"/documents/{room.document}").text
    assert "User" not in page.split('<article class="thread">')[1].split("</article>")[0]


def test_a_closed_room_is_an_archive_and_read_only(room: Room) -> None:
    folder = room.owner.post(f"/projects/{room.project}/folders", {"name": "合同"}).json["id"]
    inside = rooms.upload(room.owner, room.project, rooms.pdf(1), "a.pdf", folder_id=folder)
    rooms.upload(room.owner, room.project, rooms.pdf(2), "a.pdf", folder_id=folder)
    rooms.upload(room.owner, room.project, rooms.office(), "=cmd.docx")
    new = rooms.pdf(1, text="New")
    rooms.send(room.owner, f"/documents/{room.document}/versions", new)
    room.accepted()
    assert room.reader.get(room.content).status_code == 200
    assert room.owner.post(f"/projects/{room.project}/data-room/close").json["state"] == "closed"
    jobs.run_due()
    taken = room.owner.browser().get(f"/projects/{room.project}/data-room/archive")
    assert taken.status_code == 200
    with zipfile.ZipFile(io.BytesIO(taken.data)) as zipped:
        names = set(zipped.namelist())
        assert {
            "documents/合同/a.pdf",
            "documents/合同/a (2).pdf",
            "documents/budget.pdf",
            "documents/budget (v1).pdf",
        } <= names
        sums = dict(reversed(line.split("  ", 1)) for line in zipped.read("SHA256SUMS").decode().splitlines())
        assert set(sums) == names - {"SHA256SUMS"}
        assert all(sha256(zipped.read(name)).hexdigest() == digest for name, digest in sums.items())
        assert zipped.read("documents/budget.pdf") == new
        index = zipped.read("index.csv").decode("utf-8-sig")
        assert inside["sha256"] in index
        assert "'=cmd.docx" in index, "no cell is a formula"
        assert room.reader.email in zipped.read("views.csv").decode("utf-8-sig")
        assert "青禾资本" in zipped.read("nda-acceptances.csv").decode("utf-8-sig")
        assert "合同" in rooms.text_of(zipped.read("index.pdf"))
        assert "保密" in zipped.read("nda-1.txt").decode()
    assert room.reader.get(room.content).status_code == 200
    for answer in (
        rooms.send(room.owner, f"/projects/{room.project}/documents", new),
        room.owner.post(
            f"/projects/{room.project}/grants", {"organisation_id": room.stranger.organisation_id}
        ),
        room.owner.post(f"/projects/{room.project}/data-room/close"),
        room.reader.post(f"/documents/{room.document}/questions", {"text": "?"}),
    ):
        assert (answer.status_code, answer.json["code"]) == (409, "invalid_transition")
    revoke(room)
    assert room.reader.get(room.content).status_code == 404


def test_archive_paths_are_never_the_same_twice() -> None:
    taken: set[str] = set()
    assert [archive._unique(p, taken) for p in ("x/A.pdf", "x/a.pdf", "x/a.pdf", "x/b")] == [
        "x/A.pdf", "x/a (2).pdf", "x/a (3).pdf", "x/b",
    ]  # fmt: skip


def test_marked_copies_do_not_outlive_an_hour(room: Room) -> None:
    room.accepted()
    assert room.reader.get(room.content).status_code == 200
    folder = room.owner.app.extensions["dealflow.settings"].instance / "cache" / "dataroom"
    assert len(list(folder.iterdir())) == 1
    assert copies.sweep(folder) == 0
    for path in folder.iterdir():
        os.utime(path, (0, 0))
    assert copies.sweep(folder) == 1
    assert room.reader.get(room.content).status_code == 200, "made anew"


@pytest.fixture(autouse=True)
def whole(room: Room) -> Any:
    """After each test the named checks hold."""
    yield
    with db.system_edge(write=False):
        found = invariants.run_all()
    assert not any(found.values()), found


def test_the_project_s_page_leads_to_the_room_for_those_who_may_enter(room: Room) -> None:
    link = f'<a href="/projects/{room.project}/data-room">'
    for who, leads in ((room.owner, True), (room.reader, True), (room.stranger, False)):
        page = who.browser("en").get(f"/projects/{room.project}").text
        assert (link in page) == leads
