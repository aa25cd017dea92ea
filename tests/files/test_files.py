"""Uploads: judged by content, re-encoded, served disarmed, swept."""

from __future__ import annotations

import io
import os
import stat
import struct
import time
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from dealflow.core import clock, db
from dealflow.core.errors import Forbidden, Invalid, TooLarge, Unavailable
from dealflow.files import access, jobs, scanning, service, storage
from dealflow.files.kinds import WrongType
from dealflow.files.models import StoredFile


def picture(size: tuple[int, int] = (2000, 1000), kind: str = "JPEG", **more: Any) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, "teal").save(stream, kind, **more)
    return stream.getvalue()


def store(
    person: Any, data: bytes, name: str = "a.bin", how: str = "image", purpose: str = "test"
) -> StoredFile:
    with person.app.app_context(), db.edge(actor=person.actor):
        receive = {
            "image": service.receive_image, "video": service.receive_video, "document": service.receive_document,
        }[how]  # fmt: skip
        return service.keep(person.actor, receive(person.actor, io.BytesIO(data), name, purpose=purpose))


def test_pictures_are_encoded_anew_without_metadata(app: Any, person: Any) -> None:
    who = person()
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "CANARY-EXIF", 6
    row = store(who, picture(exif=exif.tobytes(), comment=b"CANARY-COMMENT"), "海报 final.jpg")
    assert (row.kind, row.name, row.content_type) == ("image", "海报 final.webp", "image/webp")
    client = who.browser()
    for variant, size in (("large", (800, 1600)), ("small", (240, 480))):
        answer = client.get(f"/files/{row.id}/{variant}")
        assert answer.status_code == 200
        assert b"CANARY" not in answer.data
        with Image.open(io.BytesIO(answer.data)) as shown:
            assert (shown.format, shown.size) == ("WEBP", size), "turned upright, as the tag said"
            assert not shown.getexif()
    assert client.get(f"/files/{row.id}/huge").status_code == 404


def test_transparency_stays(app: Any, person: Any) -> None:
    stream = io.BytesIO()
    Image.new("RGBA", (20, 20), (1, 2, 3, 0)).save(stream, "PNG")
    who = person()
    row = store(who, stream.getvalue())
    with Image.open(io.BytesIO(who.browser().get(f"/files/{row.id}").data)) as shown:
        assert shown.mode == "RGBA"


def bomb() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("data", [bomb(), picture()[:400], b"\xff\xd8\xff\xe0" + b"x" * 100])
def test_bombs_and_broken_pictures_are_refused(app: Any, person: Any, data: bytes) -> None:
    with pytest.raises(Invalid) as refusal:
        store(person(), data)
    assert refusal.value.errors[0].code == "bad_image"


HOSTILE = {
    "html": b"<!doctype html><script>alert(1)</script>",
    "svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "elf": b"\x7fELF\x02\x01\x01" + b"\x00" * 100,
    "script": b"#!/bin/sh\nrm -rf /\n",
    "zip": b"PK\x03\x04" + b"\x00" * 60,
    "nul": b"text\x00text",
}


@pytest.mark.parametrize("how", ["image", "video", "document"])
@pytest.mark.parametrize("name", HOSTILE)
def test_the_content_decides_not_the_name(app: Any, person: Any, how: str, name: str) -> None:
    with pytest.raises(WrongType) as refusal:
        store(person(), HOSTILE[name], "harmless.pdf", how)
    assert refusal.value.status == 415


def test_documents_are_downloads(app: Any, person: Any) -> None:
    who = person()
    row = store(who, b"%PDF-1.7\n<script>alert(1)</script>", '../..\\et"c/合同\r\n\u202e.pdf', "document")
    answer = who.browser().get(f"/files/{row.id}")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "filename*=UTF-8''%E5%90%88%E5%90%8C.pdf" in answer.headers["Content-Disposition"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.mimetype == "application/pdf"


@pytest.mark.parametrize("text", ["第一集\r\n内景。", "plain text, and more of it"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-8-sig"])
def test_plain_text_is_a_document(app: Any, person: Any, text: str, encoding: str) -> None:
    assert store(person(), text.encode(encoding), "a.txt", "document").content_type == "text/plain"


def test_limits_hold(app: Any, person: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "IMAGE_LIMIT", 1000)
    with pytest.raises(TooLarge):
        store(person(), picture((3000, 3000)))
    with pytest.raises(Invalid) as refusal:
        store(person(), b"")
    assert refusal.value.errors[0].code == "empty"


def test_viewers_store_nothing(app: Any, person: Any) -> None:
    boss = person()
    with pytest.raises(Forbidden):
        store(person(role="viewer", organisation_id=boss.organisation_id), picture((9, 9)))


VIDEO = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(range(256)) * 40


@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [
        (None, 200, VIDEO), ("bytes=0-", 206, VIDEO), ("bytes=10-19", 206, VIDEO[10:20]), ("bytes=-5", 206, VIDEO[-5:]),
        ("bytes=999999-", 416, b""), ("bytes=" + ",".join(f"{n}-{n}" for n in range(1000)), 200, VIDEO), ("lines=1-2", 200, VIDEO),
    ],
)  # fmt: skip
def test_ranges(app: Any, person: Any, wanted: str | None, status: int, part: bytes) -> None:
    who = person()
    row = store(who, VIDEO, "clip.mov", "video")
    answer = who.browser().get(f"/files/{row.id}", headers={"Range": wanted} if wanted else {})
    assert (answer.status_code, answer.data) == (status, part)
    if status == 416:
        assert answer.headers["Content-Range"] == f"bytes */{len(VIDEO)}"
    head = who.browser().head(f"/files/{row.id}")
    assert (head.data, head.content_length) == (b"", len(VIDEO))
    again = who.browser().get(f"/files/{row.id}", headers={"If-None-Match": f'"{row.sha256}"'})
    assert again.status_code == 304


def test_who_may_read(app: Any, person: Any) -> None:
    owner, friend, stranger = person(), person(), person()
    access.allow("test.shared", lambda actor, _row: actor.user_id == friend.user_id, set)
    row = store(owner, picture((9, 9)), purpose="test.shared")
    path = f"/files/{row.id}"
    assert owner.browser().get(path).status_code == 200
    assert friend.browser().get(path).status_code == 200
    assert stranger.browser().get(path).status_code == 404
    assert app.test_client().get(path).location.startswith("/login")
    assert stranger.browser().get(f"/files/{row.sha256}").status_code == 404, "a hash opens nothing"
    assert owner.browser().get("/files/../../app.db").status_code == 404


def test_the_sweep_takes_only_what_nobody_uses(app: Any, person: Any) -> None:
    who = person()
    kept = store(who, picture((9, 9)), purpose="test.kept")
    store(who, picture((8, 8)), purpose="test.lost")
    access.allow("test.kept", lambda _actor, _row: False, set)
    access.allow("test.lost", lambda _actor, _row: False, lambda _ids: set())
    # A server that was killed while it wrote and while it took an upload.
    (Path(storage.current().path("0" * 64)).parent).mkdir()
    Path(storage.current().path("0" * 64)).with_suffix(".part").write_bytes(b"half")
    upload = storage.current().waiting / "upload"
    upload.mkdir()
    (upload / "content").write_bytes(b"half")
    clock.set_base(clock.now() + timedelta(days=2))
    with db.system_edge():
        assert jobs.sweep() == {"rows": 1, "blobs": 0, "leftovers": 0}, "the storage's clock is the machine's"
    ago = time.time() - 2 * 86400
    for path in [upload, *Path(storage.current().root).rglob("*")]:
        os.utime(path, (ago, ago))
    with db.system_edge():
        assert jobs.sweep() == {"rows": 0, "blobs": 1, "leftovers": 2}
    assert list(storage.current().waiting.iterdir()) == []
    with db.system_edge(write=False) as session:
        assert list(session.scalars(select(StoredFile.id))) == [kept.id]
    assert who.browser().get(f"/files/{kept.id}").status_code == 200


def test_a_refused_upload_leaves_nothing(app: Any, person: Any) -> None:
    with pytest.raises(WrongType):
        store(person(), HOSTILE["html"], how="document")
    assert list(storage.current().waiting.iterdir()) == []
    assert list(storage.kept()) == []


@pytest.mark.parametrize(("code", "refusal"), [(0, None), (1, Invalid), (2, Unavailable)])
def test_the_scanner_has_a_say(app: Any, person: Any, tmp_path: Path, code: int, refusal: Any) -> None:
    scanner = tmp_path / "scan.sh"
    scanner.write_text(f'#!/bin/sh\ntest -s "$1" || exit 9\nexit {code}\n')
    scanner.chmod(scanner.stat().st_mode | stat.S_IXUSR)
    scanning.configure(str(scanner))
    if refusal is None:
        assert store(person(), picture((9, 9))).kind == "image"
    else:
        with pytest.raises(refusal):
            store(person(), picture((9, 9)))


def test_names_are_cleaned() -> None:
    assert service.clean_name(None) == "file"
    assert service.clean_name("../../etc/passwd") == "passwd"
    assert service.clean_name("a" * 400 + ".pdf") == "a" * 196 + ".pdf"
    assert service.clean_name('x"; filename=y.html') == "x; filename=y.html"


def test_another_storage_by_setting(app: Any, person: Any, settings: Any) -> None:
    storage.configure("memory://dealflow-test", settings.instance)
    who = person()
    row = store(who, VIDEO, how="video")
    assert who.browser().get(f"/files/{row.id}", headers={"Range": "bytes=4-7"}).data == b"ftyp"
    storage.check()
    assert len(list(storage.kept())) == 1


def test_readiness_names_the_storage(app: Any) -> None:
    assert app.test_client().get("/readyz").json["status"] == "ok"
    assert "storage" in app.extensions["dealflow.ready"]
