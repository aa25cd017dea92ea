"""Files that mean harm: what is refused, and what is taken out of what readers get. `test_hostile_controls` takes the guards
away and shows the harm."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from PIL import Image

from dealflow.core.errors import Invalid
from dealflow.dataroom import child, watermark, workshop
from tests.dataroom.conftest import Room
from tests.factories import rooms

SCRIPTS = (
    "/JavaScript",
    "/JS",
    "/Launch",
    "/EmbeddedFile",
    "/OpenAction",
    "/AA",
    "/XFA",
    "/RichMedia",
    "/SubmitForm",
    "/GoToR",
)


def saved(pdf: pikepdf.Pdf, **options: Any) -> bytes:
    stream = io.BytesIO()
    pdf.save(stream, **options)
    return stream.getvalue()


def armed() -> bytes:
    """A PDF with a script at every place that starts one, a program to launch, an attachment and a form of its own."""
    pdf = pikepdf.open(io.BytesIO(rooms.pdf(2)))
    name, text, dictionary = pikepdf.Name, pikepdf.String, pikepdf.Dictionary
    script = pdf.make_indirect(dictionary(S=name.JavaScript, JS=text("app.alert('CANARY')")))
    launch = dictionary(S=name.Launch, F=text("CANARY.exe"))
    pdf.Root.OpenAction = script
    pdf.Root.AA = dictionary(WC=script)
    pdf.Root.Names = dictionary(JavaScript=dictionary(Names=pikepdf.Array([text("x"), script])))
    pdf.Root.AcroForm = dictionary(XFA=text("CANARY"), Fields=pikepdf.Array([]))
    page = pdf.pages[0]
    page.obj.AA = dictionary(O=script)
    link = dictionary(Type=name.Annot, Subtype=name.Link, Rect=[0, 0, 9, 9], A=launch)
    chained = dictionary(
        Type=name.Annot, Subtype=name.Link, Rect=[0, 0, 9, 9],
        A=dictionary(S=name.URI, URI=text("https://example.test/"), Next=script),
    )  # fmt: skip
    movie = dictionary(Type=name.Annot, Subtype=name.RichMedia, Rect=[0, 0, 9, 9], Contents=text("CANARY"))
    remote = dictionary(
        Type=name.Annot, Subtype=name.Link, Rect=[0, 0, 9, 9], A=dictionary(S=name.GoToR, F=text("CANARY"))
    )
    page.obj.Annots = pikepdf.Array([pdf.make_indirect(each) for each in (link, chained, movie, remote)])
    pdf.attachments["CANARY.txt"] = pikepdf.AttachedFileSpec(pdf, b"CANARY inside")
    return saved(pdf)


def unpacked(content: bytes) -> bytes:
    """Everything in a PDF, uncompressed."""
    pdf = pikepdf.open(io.BytesIO(content))
    return saved(
        pdf,
        compress_streams=False,
        stream_decode_level=pikepdf.StreamDecodeLevel.all,
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
    )


def test_scripts_programs_and_attachments_do_not_reach_readers(room: Room) -> None:
    bad = armed()
    assert b"CANARY" in unpacked(bad)
    document = rooms.upload(room.owner, room.project, bad)
    room.accepted()
    taken = room.reader.get(f"/documents/{document['id']}/content").data
    page = room.reader.browser().get(f"/documents/{document['id']}")
    assert page.status_code == 200
    access = room.owner.get(f"/projects/{room.project}/data-room/views?document_id={document['id']}").json
    part = (
        room.reader.browser()
        .get(f"/documents/{document['id']}/pages/1?access={access['items'][0]['id']}")
        .data
    )
    for content in (taken, part):
        plain = unpacked(content)
        assert b"CANARY" not in plain
        assert not [mark for mark in SCRIPTS if mark.encode() in plain]
        assert b"https://example.test/" in plain, "a link that only opens an address stays"
        assert "Page 1" in rooms.text_of(content)


def test_a_pdf_behind_a_password_is_refused_with_what_to_do(room: Room) -> None:
    locked = rooms.pdf(encryption=pikepdf.Encryption(owner="o", user="secret"))
    answer = rooms.send(room.owner, f"/projects/{room.project}/documents", locked)
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "encrypted")
    assert "password" in answer.json["errors"][0]["message"]


def test_a_pdf_that_only_forbids_things_is_read_without_its_lock(room: Room) -> None:
    document = rooms.upload(
        room.owner, room.project, rooms.pdf(encryption=pikepdf.Encryption(owner="o", user=""))
    )
    room.accepted()
    content = room.reader.get(f"/documents/{document['id']}/content").data
    assert not pikepdf.open(io.BytesIO(content)).is_encrypted
    assert "Page 1" in rooms.text_of(content)


def test_five_hundred_pages_are_served_and_too_many_are_not(room: Room) -> None:
    document = rooms.upload(room.owner, room.project, rooms.pdf(500))
    assert document["pages"] == 500
    room.accepted()
    assert "Page 500" in rooms.text_of(room.reader.get(f"/documents/{document['id']}/content").data, 499)
    answer = rooms.send(room.owner, f"/projects/{room.project}/documents", rooms.pdf(child.PAGES + 1))
    assert answer.json["errors"][0]["code"] == "too_many_pages"


def flate_bomb(gigabytes: int) -> bytes:
    """Zeros that deflate to next to nothing: one compressed block, repeated, and deflated once more."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    once = b"\x78\xda" + block * (1024 * gigabytes) + zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    return zlib.compress(once, 9)


def test_a_page_that_unpacks_to_gigabytes_costs_a_worker_and_nothing_else(room: Room) -> None:
    pdf = pikepdf.open(io.BytesIO(rooms.pdf(1)))
    pdf.pages[0].obj.Contents = pikepdf.Stream(pdf, b"")
    pdf.pages[0].obj.Contents.write(flate_bomb(3), filter=pikepdf.Array([pikepdf.Name.FlateDecode] * 2))
    bomb = saved(pdf, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    assert len(bomb) < 100_000
    answer = rooms.send(room.owner, f"/projects/{room.project}/documents", bomb)
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "too_large")
    assert rooms.upload(room.owner, room.project)["pages"] == 3, "the next file is read as ever"


def picture_bomb() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (picture_bomb(), "too_large"), (rooms.picture()[:300], "damaged"), (b"%PDF-1.7\n" + b"x" * 400, "damaged"),
        (b"%PDF-1.7\n1 0 obj\n" + b"[" * 100_000, "damaged"), (rooms.pdf(3)[:300], "damaged"),
    ],
    ids=["gigapixels", "half a picture", "no PDF inside", "deep brackets", "half a PDF"],
)  # fmt: skip
def test_bombs_and_broken_files_are_refused(room: Room, data: bytes, code: str) -> None:
    answer = rooms.send(room.owner, f"/projects/{room.project}/documents", data)
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, code)


@pytest.mark.parametrize(
    "data",
    [b"<!doctype html><script>alert(1)</script>", b"\x7fELF" + bytes(80), b"PK\x03\x04" + bytes(60), b"a\0b"],
)
def test_what_is_no_document_is_refused_whatever_its_name(room: Room, data: bytes) -> None:
    answer = rooms.send(room.owner, f"/projects/{room.project}/documents", data, "harmless.pdf")
    assert answer.status_code == 415


def test_a_page_in_pdf_clothes_is_served_as_the_pdf_alone(room: Room) -> None:
    data = rooms.pdf(1)
    first, rest = data.split(b"\n", 1)
    both = first + b"\n%<html><script>alert('CANARY')</script></html>\n" + rest + b"\n<script>CANARY</script>"
    document = rooms.upload(room.owner, room.project, both, "page.html.pdf")
    room.accepted()
    answer = room.reader.get(f"/documents/{document['id']}/content")
    assert answer.mimetype == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert b"CANARY" not in answer.data
    assert b"<script" not in answer.data
    own = room.owner.get(f"/documents/{document['id']}/content")
    assert own.mimetype == "application/pdf"


def test_odd_names_are_names_and_no_paths(room: Room) -> None:
    document = rooms.upload(room.owner, room.project, name="../../etc/pass\x07wd\u202ex;合同.pdf")
    assert document["name"] == "passwdx;合同.pdf"
    room.accepted()
    said = room.reader.get(f"/documents/{document['id']}/content").headers["Content-Disposition"]
    assert "\n" not in said
    assert "%E5%90%88%E5%90%8C.pdf" in said
    for path in ("../../app.db", "..%2F..%2Fapp.db", document["sha256"]):
        assert room.owner.get(f"/documents/{path}/content").status_code == 404


def grey(content: bytes) -> int:
    """How many pixels of the first page are not white."""
    document = pypdfium2.PdfDocument(content)
    try:
        picture = document[0].render(scale=1).to_pil().convert("L")
    finally:
        document.close()
    return sum(picture.histogram()[:250])


@pytest.mark.parametrize(
    "drawing", [b"", b"q q q 0 0 0 0 0 0 cm", b"0 0 0 0 re W n", b"Q Q Q Q", b"/None gs BT"],
    ids=["blank", "shrunk to nothing", "clipped to nothing", "too many ends", "left open"],
)  # fmt: skip
def test_no_page_can_hide_the_mark(drawing: bytes, tmp_path: Path) -> None:
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(595, 842)).contents_add(drawing)
    source, shown, marked, bare = (tmp_path / name for name in ("a.pdf", "b.pdf", "c.pdf", "d.pdf"))
    source.write_bytes(saved(pdf))
    workshop.prepare("pdf", source, shown)
    glyphs, width = watermark.outlines("青禾资本 · 张玥 · 2026-11-25 22:40 CST")
    workshop.stamp("pdf", shown, marked, first=1, last=1, glyphs=glyphs, width=width)
    workshop.stamp("pdf", shown, bare, first=1, last=1, glyphs="", width=1.0)
    assert grey(bare.read_bytes()) == 0
    assert grey(marked.read_bytes()) > 5000


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_the_mark_covers_turned_and_shifted_pages(turned: int, tmp_path: Path) -> None:
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(595, 842))
    page.obj.MediaBox = pikepdf.Array([-300, 500, 295, 1342])
    page.obj.Rotate = turned
    source, marked = tmp_path / "a.pdf", tmp_path / "b.pdf"
    source.write_bytes(saved(pdf))
    glyphs, width = watermark.outlines("Qinghe Capital · 2026-11-25")
    workshop.stamp("pdf", source, marked, first=1, last=1, glyphs=glyphs, width=width)
    assert grey(marked.read_bytes()) > 5000


def test_pictures_are_drawn_anew_with_the_mark_in_them(room: Room) -> None:
    exif = Image.Exif()
    exif[0x010E] = "CANARY"
    stream = io.BytesIO()
    Image.new("RGB", (900, 600), "navy").save(stream, "JPEG", exif=exif.tobytes(), comment=b"CANARY")
    document = rooms.upload(room.owner, room.project, stream.getvalue(), "poster.jpg")
    assert document["kind"] == "image"
    room.accepted()
    answer = room.reader.get(f"/documents/{document['id']}/content")
    assert answer.mimetype == "image/webp"
    assert b"CANARY" not in answer.data
    with Image.open(io.BytesIO(answer.data)) as shown:
        assert shown.size == (900, 600)
        colours = shown.convert("RGB").getcolors(maxcolors=1 << 20)
    assert colours is not None
    assert len(colours) > 100, "more than the one blue of the upload"
    assert room.owner.get(f"/documents/{document['id']}/content").data == stream.getvalue()


def test_a_worker_that_takes_too_much_is_ended(tmp_path: Path) -> None:
    source = tmp_path / "a.pdf"
    source.write_bytes(rooms.pdf(2000))
    with pytest.raises(Invalid) as refusal:
        workshop.prepare("pdf", source, tmp_path / "b.pdf", memory=48 << 20)
    assert refusal.value.errors[0].code in ("too_large", "damaged")
    assert workshop.prepare("pdf", source, tmp_path / "b.pdf")["pages"] == 2000
