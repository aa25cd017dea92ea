"""Rendering in a child process: same bytes, known fonts only, every limit enforced."""

import hashlib
import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from dealflow.core import pdf

RARE = "镕喆堃玥祎翀婠赟頔淏玘珺彧晞芃"
PAGE = "<html lang=zh><title>t</title><body style=\"font-family:'Noto Sans SC'\"><p>{}</p><b>粗体 bold</b>"


def make(body, **more):
    options = {"title": "Title", "lang": "zh-CN", "identifier": b"TS-1", "dated": date(2026, 11, 24)} | more
    return pdf.render(PAGE.format(body), **options)


def text_of(content):
    document = pypdfium2.PdfDocument(content)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


def test_the_parent_never_loads_weasyprint():
    code = "import sys, dealflow.core.pdf; print('weasyprint' in sys.modules, 'fontTools' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_same_input_gives_same_bytes_in_another_process_locale_and_time_zone():
    code = f"""
import hashlib
from datetime import date
from pathlib import Path
from dealflow.core import pdf
print(hashlib.sha256(pdf.render({PAGE.format(RARE)!r}, title="Title", lang="zh-CN", identifier=b"TS-1",
      dated=date(2026, 11, 24), attachments=[("a.json", b"{{}}", "application/json", "d")])).hexdigest())
"""
    environment = os.environ | {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    here = make(RARE, attachments=[("a.json", b"{}", "application/json", "d")])
    assert done.stdout.strip() == hashlib.sha256(here).hexdigest()


def test_file_is_tagged_pdf_a_3a_with_all_fonts_embedded():
    content = make(RARE)
    with pikepdf.open(io.BytesIO(content)) as document:
        root = document.Root
        assert {"/StructTreeRoot", "/OutputIntents", "/Metadata", "/MarkInfo"} <= set(root.keys())
        assert str(root.Lang) == "zh-CN"
        xmp = root.Metadata.read_bytes().decode()
        assert 'pdfaid:part="3"' in xmp
        assert 'pdfaid:conformance="A"' in xmp
        fonts = [
            o
            for o in document.objects
            if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/FontDescriptor"
        ]
        assert len(fonts) == 2
        assert all("/FontFile2" in font for font in fonts)


def test_rare_names_come_out_as_text():
    assert RARE in text_of(make(RARE)).replace("\r\n", "")


def test_a_character_outside_the_font_is_reported_and_printed_as_its_code_point():
    assert pdf.missing_glyphs("李𮧵 😀😀 é e\u0301\u202e\x00") == ["\U0002e9f5", "😀", "\u202e", "\x00"]
    assert "李〔U+2E9F5〕" in text_of(make("李\U0002e9f5"))
    assert pdf.missing_glyphs(RARE + "Ünïcödé 〇𬭊 ¥€ ①②③ 《》—…") == []


def test_attachment_is_inside_with_its_type_and_relationship():
    data = json.dumps({"a": RARE}).encode()
    with pikepdf.open(
        io.BytesIO(make("x", attachments=[("t.json", data, "application/json", "terms")]))
    ) as document:
        spec = document.attachments["t.json"]
        assert spec.get_file().read_bytes() == data
        assert spec.get_file().mime_type == "application/json"
        assert str(spec.obj.AFRelationship) == "/Data"


def test_an_asset_is_found_by_name_only():
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
    page = '<img alt="seal" src="asset:seal">'
    with_it = make(page, assets={"seal": pdf.Asset(svg, "image/svg+xml")})
    assert len(pypdfium2.PdfDocument(with_it)) == 1
    with pytest.raises(pdf.PdfFailed, match="could not be made"):
        make(page)


class Listener:
    """A loopback server that counts the connections it saw."""

    def __init__(self, server):
        self.server, self.port, self.hits = server, server.getsockname()[1], 0

    def run(self):
        while True:
            try:
                self.server.accept()[0].close()
            except OSError:
                return
            self.hits += 1


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        counting = Listener(server)
        thread = threading.Thread(target=counting.run, daemon=True)
        thread.start()
        yield counting
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def attempt(page, **more):
    """The PDF, or the refusal."""
    try:
        return make(page, **more)
    except pdf.PdfFailed as refusal:
        return refusal


@pytest.mark.parametrize(
    "page",
    [
        '<img src="{url}">',
        '<link rel=stylesheet href="{url}">',
        '<link rel=attachment href="{url}">',
        "<style>@import '{url}';</style>",
        "<style>@font-face {{font-family: x; src: url({url})}}</style><p style='font-family:x'>x",
        '<div style="background:url({url})">x</div>',
        '<object data="{url}"></object>',
        '<svg><image href="{url}" width="9" height="9"/></svg>',
        '<svg><use href="{url}#a"/></svg>',
    ],
)
@pytest.mark.parametrize("scheme", ["http", "file"])
def test_no_address_is_ever_opened(page, scheme, listener):
    url = f"http://127.0.0.1:{listener.port}/" if scheme == "http" else "file:///etc/passwd"
    outcome = attempt(page.format(url=url))
    if isinstance(outcome, bytes):
        assert "root:" not in text_of(outcome)
        with pikepdf.open(io.BytesIO(outcome)) as document:
            assert not document.attachments
    else:
        assert "unknown address" in outcome.params["reason"]
    assert listener.hits == 0


def test_without_our_fetcher_a_file_is_printed_along_and_an_address_is_called(tmp_path, listener):
    """Control: the same drawing with WeasyPrint's own fetcher, in a process of its own."""
    (tmp_path / "secret.txt").write_text("CANARY")
    code = f"""
import sys, weasyprint
from weasyprint.urls import URLFetcher
from dealflow.core import pdf_child
pdf_child._fetcher = lambda assets: URLFetcher()
header = {{"assets": [], "attachments": [], "dated": "2026-11-24", "variant": None, "identifier": "00", "title": "t", "lang": "en"}}
html = "<link rel=attachment href='file://{tmp_path}/secret.txt'><img src='http://127.0.0.1:{listener.port}/'>x"
sys.stdout.buffer.write(pdf_child.draw(header, [html.encode()], None)[0])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    with pikepdf.open(io.BytesIO(done.stdout)) as document:
        (taken,) = document.attachments.values()
        assert taken.get_file().read_bytes() == b"CANARY"
    assert listener.hits >= 1


def deep_use():
    rows = ['<g id="a0"><rect width="1" height="1"/></g>']
    rows += [f'<g id="a{n}">' + f'<use href="#a{n - 1}"/>' * 10 + "</g>" for n in range(1, 7)]
    return f'<svg width="9" height="9">{"".join(rows)}</svg>'


@pytest.mark.parametrize(
    "page",
    [
        "<table><td colspan=100000>x",
        '<div style="display:flex">' * 22 + "x",
        "<style>@page{size:10px}</style>" + "word " * 1200,
        deep_use(),
        '<p style="font-size:1e8px">x',
        "<div>" * 900 + "x",
        "<ol start=2147483647>" + "<li>x" * 600,
    ],
    ids=["colspan", "flex", "tiny page", "svg use", "huge font", "nested", "list"],
)
def test_a_document_that_hangs_or_swells_ends_within_its_limits(page):
    started = time.monotonic()
    outcome = attempt(page, timeout_s=1.5)
    assert isinstance(outcome, bytes) or outcome.status == 422
    assert time.monotonic() - started < 6
    assert make("still here").startswith(b"%PDF")


def test_a_hung_child_is_killed_with_its_group():
    with pytest.raises(pdf.PdfTimeout):
        make("<table><td colspan=100000>x", timeout_s=0.5)
    server = pdf._renderer.process.pid
    assert Path(f"/proc/{server}/task/{server}/children").read_text() == ""


def test_memory_limit_is_enforced():
    with pytest.raises(pdf.PdfTooLarge):
        # Memory must end it, not time, however busy the machine is.
        make("<p>x" * 200_000, memory_bytes=150 << 20, timeout_s=300)


def test_input_above_the_limit_is_refused_before_anything_starts():
    with pytest.raises(pdf.PdfTooLarge):
        make("x" * (pdf.MAX_HTML + 1))


def test_a_killed_server_is_started_again():
    make("one")
    pdf._renderer.process.kill()
    pdf._renderer.process.wait()
    assert make("two").startswith(b"%PDF")


def test_the_child_inherits_no_descriptor_and_no_secret_of_the_parent(monkeypatch):
    monkeypatch.setenv("DEALFLOW_SECRET_KEY", "canary")
    pdf._renderer.stop()
    with socket.create_server(("127.0.0.1", 0)) as held:
        os.set_inheritable(held.fileno(), True)
        make("x")
        proc = Path(f"/proc/{pdf._renderer.process.pid}")
        inode = os.fstat(held.fileno()).st_ino
        assert f"socket:[{inode}]" not in {str(fd.readlink()) for fd in (proc / "fd").iterdir()}
    assert "canary" not in (proc / "environ").read_text()


def test_documents_are_drawn_side_by_side_from_threads():
    results: list[bytes] = []
    threads = [threading.Thread(target=lambda: results.append(make("same"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 6
    assert len(set(results)) == 1


def test_cache_key_follows_everything_that_changes_the_bytes():
    base = {"title": "T", "lang": "en", "identifier": b"1", "attachments": [("a", b"1", "text/plain", "")]}
    keys = {pdf.cache_key("<p>", **base), pdf.cache_key("<p> ", **base)}
    keys |= {
        pdf.cache_key("<p>", **(base | change))
        for change in ({"lang": "zh"}, {"identifier": b"2"}, {"attachments": []})
    }
    assert len(keys) == 5
    assert pdf.cache_key("<p>", **base) in keys


def test_coverage_file_says_what_the_fonts_hold():
    from fontTools.ttLib import TTFont

    held = [set(TTFont(path).getBestCmap()) for path in sorted(pdf.pdf_child.FONTS.glob("*.ttf"))]
    assert len(held) == 2
    gbk = {
        ord(char)
        for high in range(0x81, 0xFF)
        for low in range(0x40, 0xFF)
        for char in bytes([high, low]).decode("gbk", "ignore")
        if "\u4e00" <= char <= "\u9fff"
    }
    assert gbk <= held[0] & held[1]
    covered = "".join(map(chr, sorted(held[0] & held[1])))
    unsafe = {
        chr(n) for n in (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), 0x200E, 0x200F, 0xFEFF)
    }
    assert set(pdf.missing_glyphs(covered)) <= unsafe
