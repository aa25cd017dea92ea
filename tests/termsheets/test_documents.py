"""The printed term sheet: what stands in it, that it is the same everywhere, and that hostile text stays text."""

import copy
import hashlib
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from dealflow.termsheets import library
from dealflow.termsheets.library.drawing import fit, order_drawing, payout_bars, payout_columns, text_width
from tests.termsheets.sheets import ON, RARE, cny, document, parties, project, terms

TEMPLATES = sorted(library.TEMPLATES)
HERE = Path(__file__).resolve().parents[2]


def printed(*arguments, **more):
    return library.pdf_of(document(*arguments, **more))


def pages_of(content):
    with pypdfium2.PdfDocument(content) as opened:
        return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in opened]


def flat(content):
    """All text without white space: line breaks fall anywhere."""
    return re.sub(r"\s", "", "".join(pages_of(content)))


def squeezed(text):
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("lang", library.LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_prints_whole_in_every_language(template, lang):
    sheet = document(template, lang)
    content = library.pdf_of(sheet)
    text = flat(content)
    for item in sheet.items:
        for one in sheet.langs:
            assert squeezed(f"{item.heading.get(one)}") in text
            for line in item.lines:
                # Footer, header and draft mark may cut a paragraph that runs over a page.
                assert squeezed(line.text.get(one))[:24] in text
    assert ("第1页" in text) == ("zh" in lang)
    assert ("Page1of" in text) == ("en" in lang)
    assert text.count("TS-1") >= len(pages_of(content))
    assert ("公章" in text) == ("zh" in lang)
    assert "�" not in text


def test_rare_names_are_there_and_nothing_is_missing():
    sheet = document()
    assert sheet.missing == ()
    assert RARE in flat(library.pdf_of(sheet))


def test_characters_outside_the_fonts_are_named_by_field_and_printed_as_code_points():
    sheet = document(parties=parties(creator={"name": "\U0002e9f5影视", "representative": "😀"}))
    assert dict(sheet.missing)["parties.creator.zh"] == "\U0002e9f5"
    assert dict(sheet.missing)["parties.creator.representative"] == "😀"
    assert "〔U+2E9F5〕影视" in flat(library.pdf_of(sheet))


def test_same_version_and_language_give_the_same_bytes_in_another_process_and_time_zone():
    code = """
import hashlib, sys
sys.path.insert(0, ".")
from dealflow.termsheets import library
from tests.termsheets.sheets import document
for lang in library.LANGUAGES:
    print(hashlib.sha256(library.pdf_of(document("loan", lang))).hexdigest())
"""
    environment = os.environ | {"TZ": "America/St_Johns", "LC_ALL": "C", "PYTHONHASHSEED": "11"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment, cwd=HERE
    )
    here = [hashlib.sha256(printed("loan", lang)).hexdigest() for lang in library.LANGUAGES]
    assert done.stdout.split() == here
    assert len(set(here)) == 3


def test_archive_form_and_attachment():
    sheet = document("equity_spv", "zh+en")
    with pikepdf.open(io.BytesIO(library.pdf_of(sheet))) as opened:
        root = opened.Root
        assert {"/StructTreeRoot", "/OutputIntents", "/MarkInfo"} <= set(root.keys())
        assert str(root.Lang) == "zh-CN"
        xmp = root.Metadata.read_bytes().decode()
        assert 'pdfaid:part="3"' in xmp
        assert 'pdfaid:conformance="A"' in xmp
        descriptors = [
            o
            for o in opened.objects
            if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/FontDescriptor"
        ]
        assert descriptors
        assert all("/FontFile2" in found and "Noto-Sans-SC" in str(found.FontName) for found in descriptors)
        attached = opened.attachments["termsheet.json"]
        assert str(attached.obj.AFRelationship) == "/Data"
        data = json.loads(attached.get_file().read_bytes())
    assert data["terms"] == json.loads(json.dumps(sheet.terms))
    assert data["template"] == "equity_spv"
    assert library.validate("equity_spv", data["terms"]) == []


def test_figures_and_tables_are_tagged():
    with pikepdf.open(io.BytesIO(printed("revenue_share", "en"))) as opened:
        tags = [
            str(o.S)
            for o in opened.objects
            if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/StructElem"
        ]
        drawn = [o for o in opened.objects if isinstance(o, pikepdf.Dictionary) and o.get("/S") == "/Figure"]
    assert {"/H1", "/H2", "/P", "/Table", "/TH", "/TD", "/Figure"} <= set(tags)
    assert all("/Alt" in figure for figure in drawn)


def test_qpdf_finds_nothing_to_complain_about(tmp_path):
    file = tmp_path / "sheet.pdf"
    file.write_bytes(printed("presale", "zh+en"))
    with pikepdf.open(file) as opened:
        assert opened.check_pdf_syntax() == []
    if qpdf := shutil.which("qpdf"):
        done = subprocess.run([qpdf, "--check", file], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("state", ["draft", "proposed", "accepted", "signing", "executed", "withdrawn"])
def test_draft_mark_stands_on_every_page_while_it_is_one(state):
    pages = pages_of(printed(state=state, lang="en"))
    marked = [page for page in pages if "DRAFT" in page]
    assert len(marked) == (len(pages) if state in library.DRAFT_STATES else 0)


HOSTILE = [
    '<img src="http://127.0.0.1:{port}/a">',
    '"><link rel="stylesheet" href="http://127.0.0.1:{port}/b">',
    "</style><style>@import 'http://127.0.0.1:{port}/c';</style>",
    "<svg><image href='http://127.0.0.1:{port}/d'/></svg>",
    "</title><link rel=attachment href=file:///etc/passwd>",
    "{{{{ 7*7 }}}}{{% include '/etc/passwd' %}}",
    "<table><td colspan=100000>",
    "'); }} @page {{ background: url(http://127.0.0.1:{port}/e) }} /*",
]


def test_hostile_text_stays_text_and_opens_no_connection():
    hits = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def count():
            while True:
                try:
                    hits.append(server.accept()[0].close())
                except OSError:
                    return

        thread = threading.Thread(target=count, daemon=True)
        thread.start()
        texts = [text.format(port=port) for text in HOSTILE]
        everything = "".join(texts)[:280]
        lines = [
            {"label": text[:200], "kind": "other", "amount": cny(450_000_000 // len(texts))} for text in texts
        ]
        content = printed(
            "equity_spv",
            "zh+en",
            project=project(
                title={"zh": everything, "en": everything}, use_of_funds=lines, team=[{"name": texts[0]}]
            ),
            parties=parties(creator={"name": everything, "address": texts[1], "representative": texts[2]}),
            given={
                "additional": [{"heading": {"zh": text}, "text": {"en": text}} for text in texts],
                "law": {"seat": {"zh": texts[5]}},
            },
        )
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)
    assert hits == []
    shown = flat(content)
    for text in texts:
        assert squeezed(text)[:20] in shown
    assert "root:" not in shown
    with pikepdf.open(io.BytesIO(content)) as opened:
        assert list(opened.attachments) == ["termsheet.json"]


def long_sheet(lang):
    """Names of 200 characters, 200 lines of funds, 40 clauses of the parties' own, the largest amount."""
    each = 10**15 // 200
    lines = [
        {"label": f"第{n}项用途 " + "说明" * (90 if n % 9 == 0 else 5), "kind": "cast", "amount": cny(each)}
        for n in range(200)
    ]
    own = [
        {
            "heading": {"zh": f"补充条款{n}"},
            "text": {"zh": "约定。" * (900 if n == 5 else 20), "en": "Agreed. " * 20 + "\nAnd."},
        }
        for n in range(40)
    ]
    facts = project(
        title={"zh": "极长片名" * 50, "en": "A long title " * 15},
        ask=cny(each * 200),
        budget=None,
        use_of_funds=lines,
    )
    sides = parties(investor={"name": "某某基金合伙企业" * 25}, creator={"name": "X" * 200})
    return document("revenue_share", lang, project=facts, parties=sides, given={"additional": own})


@pytest.mark.parametrize("lang", ["en", "zh+en"])
def test_long_names_lines_and_clauses_stay_inside_the_page(lang):
    content = library.pdf_of(long_sheet(lang))
    pages = pages_of(content)
    assert "200" in pages[-1] or len(pages) > 15
    assert "极长片名" in pages[0] or "A long title" in pages[0]
    assert ("当事方与项目" if lang == "zh+en" else "Parties and project") in pages[1]
    # The head of the table stands again on each page the table runs over.
    rows = [page for page in pages if re.search(r"第\d+项用途", page)]
    assert len(rows) > 3
    assert all("Purpose" in page for page in rows)
    with pypdfium2.PdfDocument(content) as opened:
        for page in opened:
            width, height = page.get_size()
            for found in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_TEXT], max_depth=1):
                left, bottom, right, top = found.get_bounds()
                if top - bottom < 60:  # the draft mark lies across the page
                    assert left >= 40, found
                    assert right <= width - 40, found
                    assert bottom >= 25, found
                    assert top <= height - 25, found


def test_a_heading_never_stands_alone_at_the_foot_of_a_page():
    sheet = long_sheet("en")
    headings = {squeezed(f"{item.number}{item.heading.en}") for item in sheet.items}
    for page in pages_of(library.pdf_of(sheet)):
        body = [squeezed(line) for line in page.splitlines() if line.strip()]
        body = [line for line in body if not line.startswith(("Version", "Page", "DRAFT", "草案"))]
        assert body[-1].removesuffix("Binding") not in headings


def test_break_even_is_marked_and_the_bars_fill_their_width():
    sheet = document("loan", "en")
    assert "Break-even" in "".join(pages_of(library.pdf_of(sheet)))
    bars = payout_bars(sheet)
    for bar in bars.bars:
        assert sum(width for _x, width, _colour in bar.parts) == pytest.approx(bars.bar_width)
    assert [bar.break_even for bar in bars.bars].count(True) == 1
    drawing = order_drawing(sheet)
    assert [box.rank for box in drawing.boxes] == [1, 2, 3, 4, 5]
    assert all(box.y + drawing.box_height <= drawing.height for box in drawing.boxes)


def test_many_payees_are_summed_in_one_column():
    complete = terms("revenue_share")
    order = complete["waterfall"]
    order["payees"] += [{"id": f"p{n}", "name": f"演员{n}", "kind": "talent"} for n in range(8)]
    shares = [{"payee": f"p{n}", "ppm": 50_000} for n in range(8)]
    order["tiers"][-1] = {
        "id": "net",
        "kind": "split",
        "shares": [*shares, {"payee": "investor", "ppm": 600_000}],
    }
    sheet = document("revenue_share", "zh+en", given=complete)
    table = payout_columns(sheet)
    assert len(table.columns) == 6
    assert all(sum(cells) == row.gross_minor for row, cells in table.rows)
    assert "其他" in flat(library.pdf_of(sheet))


def test_text_is_cut_to_its_width():
    assert fit("短", 100, 10) == "短"
    cut = fit("很长的名字" * 20, 100, 10)
    assert cut.endswith("…")
    assert text_width(cut, 10) <= 100


def test_binding_clauses_are_named_where_it_says_so():
    sheet = document("loan", "en")
    status = next(item for item in sheet.items if item.key == "status")
    for item in sheet.items:
        if item.binding and item.key != "status":
            assert item.heading.en in status.lines[0].text.en


def test_a_file_takes_defaults_and_gives_what_the_doors_give():
    data = {
        "template": "loan",
        "project": project(),
        "parties": parties(),
        "generated_on": ON.isoformat(),
        "version_code": "V",
    }
    complete = terms("loan")
    same = library.termsheet_pdf(
        "loan", project(), parties(), complete, version_code="V", state="draft", lang="zh", generated_on=ON
    )
    assert library.render_file(data, "zh") == same
    assert library.render_file(data | {"terms": complete}, "zh") == same


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"template": "lease"}, "template: is not a known template"),
        ({"template": 3}, "template: must be text"),
        ({"terms": {"loan": {"rate_ppm": "ten"}}}, "terms.loan.rate_ppm: must be a whole number"),
        ({"terms": {"use_of_funds": []}}, "terms.use_of_funds: must have at least 1"),
        ({"parties": {"investor": "x"}}, "parties.creator: is missing"),
        ({"bogus": 1}, "bogus: is not a field"),
        ({"generated_on": "yesterday"}, "generated_on: must be a date"),
        ({"project": None}, "project: must be an object"),
    ],
)
def test_a_bad_file_is_refused_in_one_line_that_names_the_field(change, says):
    data = {"template": "loan", "project": project(), "parties": parties()} | change
    with pytest.raises(library.TermSheetError) as refused:
        library.render_file(data, "zh")
    assert str(refused.value).startswith(says)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("data", [None, [], "x", {}, {"template": "loan"}])
def test_a_file_that_is_no_term_sheet_is_refused(data):
    with pytest.raises(library.TermSheetError):
        library.render_file(data, "en")
    with pytest.raises(library.TermSheetError, match="lang"):
        library.render_file({"template": "loan"}, "fr")


def test_building_changes_nothing_it_was_given():
    complete, facts, sides = terms("presale"), project(), parties()
    before = copy.deepcopy((complete, facts, sides))
    library.build_document(
        "presale", facts, sides, complete, version_code="V", state="draft", lang="zh", generated_on=ON
    )
    assert (complete, facts, sides) == before
