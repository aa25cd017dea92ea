"""The executed file: whole, signed step by step, readable by others' tools, and known again."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest

from dealflow.accounts.models import Organisation
from dealflow.core import db, jobs
from dealflow.core.config import settings
from dealflow.signing import keys, pades, sealing
from dealflow.signing.jobs import seal
from dealflow.signing.models import SigningRound
from dealflow.termsheets import library
from dealflow.termsheets.library.stored import to_data
from tests.conftest import Person
from tests.factories import rooms

Sheet = dict[str, Any]


@pytest.fixture
def executed(sheet: Sheet, investor: Person, creator: Person) -> bytes:
    """The file of a term sheet that both sides signed."""
    investor.browser().post("/settings/seal", data={"words": "远山资本管理有限公司"})
    for who in (investor, creator):
        assert who.post(f"/term-sheets/{sheet['id']}/sign", {"title": "镕喆"}).status_code == 200
    with db.system_edge(write=False) as session:
        waiting = session.query(jobs.Job).filter_by(kind="signing.seal").one()
    jobs.run(waiting.id)
    answer = investor.get(f"/term-sheets/{sheet['id']}/signed.pdf")
    assert answer.status_code == 200, answer.json
    return bytes(answer.get_data())


@pytest.mark.parametrize(
    ("lang", "printed"), [("zh", "远山资本"), ("en", "Far Hills"), ("zh+en", "远山资本 / Far Hills")]
)
def test_a_signature_names_the_party_as_the_document_does(
    sheet: Sheet, investor: Person, creator: Person, lang: str, printed: str
) -> None:
    with db.system_edge() as session:
        session.get_one(Organisation, investor.organisation_id).name_en = "Far Hills"
    drafted = investor.post(f"/deals/{sheet['deal_id']}/term-sheets", {"template": "loan"}).json
    path = f"/term-sheets/{drafted['id']}"
    investor.post(f"{path}/propose")
    creator.post(f"{path}/accept")
    with db.system_edge() as session:
        session.get_one(Organisation, investor.organisation_id).name_en = "Renamed"
    investor.post(f"{path}/signing", {"language": lang})
    for who in (investor, creator):
        assert who.post(f"{path}/sign").status_code == 200
    round_id = investor.get(f"{path}/signing").json["id"]
    with db.system_edge(write=False):
        planned = sealing.plan(round_id)
    assert planned is not None
    assert [step.organisation for step in planned.record.steps] == [printed, "星火影业"]


def code_of(who: Person, sheet: Sheet) -> str:
    return str(who.get(f"/term-sheets/{sheet['id']}/signing").json["code"])


def upload(who: Person, content: bytes) -> Any:
    return rooms.send(who, "/verify", content, "x.pdf").json


def test_the_executed_file_is_whole(
    executed: bytes, sheet: Sheet, investor: Person, creator: Person, tmp_path: Path
) -> None:
    the_steps_are_signatures_and_nothing_else_was_added(executed, tmp_path)
    the_audit_trail_is_the_last_page_and_attached(executed, code_of(investor, sheet))
    the_plain_address_gives_it_and_another_language_a_print(executed, sheet, creator)
    round_id = investor.get(f"/term-sheets/{sheet['id']}/signing").json["id"]
    assert seal(round_id) == {"made": False}


def the_steps_are_signatures_and_nothing_else_was_added(executed: bytes, tmp_path: Path) -> None:
    found = pades.check(executed, keys.of(settings()))
    assert [(f.field, f.genuine) for f in found] == [("signature-1", True), ("signature-2", True)]
    path = tmp_path / "signed.pdf"
    path.write_bytes(executed)
    qpdf = subprocess.run(
        [shutil.which("qpdf") or "qpdf", "--check", str(path)], capture_output=True, text=True, check=False
    )
    assert qpdf.returncode == 0, qpdf.stdout + qpdf.stderr
    assert executed.count(b"%%EOF") == 3


def the_audit_trail_is_the_last_page_and_attached(executed: bytes, code: str) -> None:
    document = pypdfium2.PdfDocument(executed)
    last = document[len(document) - 1].get_textpage().get_text_bounded()
    assert "Audit trail" in last
    assert code in last
    assert "DRAFT" not in document[0].get_textpage().get_text_bounded()
    with pikepdf.open(io.BytesIO(executed)) as opened:
        trail = json.loads(opened.attachments["audit-trail.json"].get_file().read_bytes())
        terms = json.loads(opened.attachments["termsheet.json"].get_file().read_bytes())
    assert [step["position"] for step in trail["steps"]] == [1, 2]
    assert terms["state"] == "executed"


def the_plain_address_gives_it_and_another_language_a_print(
    executed: bytes, sheet: Sheet, creator: Person
) -> None:
    assert creator.get(f"/term-sheets/{sheet['id']}.pdf").get_data() == executed
    english = creator.get(f"/term-sheets/{sheet['id']}.pdf?lang=en").get_data()
    assert english.startswith(b"%PDF")
    assert english != executed


def test_anybody_tells_genuine_from_altered(executed: bytes, sheet: Sheet, investor: Person) -> None:
    a_code_tells_who_signed_and_nothing_more(sheet, investor)
    the_same_file_is_genuine_and_one_changed_byte_is_seen(executed, investor)
    a_page_changed_by_a_later_revision_is_not_genuine(executed, investor)
    another_key_does_not_know_the_signatures(executed)


def a_code_tells_who_signed_and_nothing_more(sheet: Sheet, investor: Person) -> None:
    client = investor.app.test_client()
    answer = client.get(f"/api/v1/verify/{code_of(investor, sheet)}")
    assert answer.status_code == 200
    assert set(answer.json) == {"code", "document_sha256", "signed_at", "signers"}
    assert [set(s) for s in answer.json["signers"]] == [{"name", "at"}] * 2
    page = client.get(f"/verify/{code_of(investor, sheet)}?lang=en").text
    assert "What was signed" in page
    assert "revenue" not in page.lower()
    machine = client.get(f"/verify/{code_of(investor, sheet)}", headers={"Accept": "application/json"})
    assert machine.json == answer.json
    assert client.get("/api/v1/verify/AAAAA-AAAAA-AAAAA-AAAAA").status_code == 404


def the_same_file_is_genuine_and_one_changed_byte_is_seen(executed: bytes, investor: Person) -> None:
    assert upload(investor, executed)["outcome"] == "genuine"
    key = keys.of(settings())
    for place in (200, len(executed) // 3, len(executed) // 2, len(executed) - 3000):
        changed = bytearray(executed)
        changed[place] ^= 1
        assert upload(investor, bytes(changed))["outcome"] == "altered", place
    for place in (200, len(executed) // 3, len(executed) // 2):
        changed = bytearray(executed)
        changed[place] ^= 1
        assert not all(f.genuine for f in pades.check(bytes(changed), key)), place
    assert upload(investor, executed + b"\n% more\n")["outcome"] == "altered"
    assert not pades.check(executed + b"\n% more\n", key)[-1].genuine


def a_page_changed_by_a_later_revision_is_not_genuine(executed: bytes, investor: Person) -> None:
    with pikepdf.open(io.BytesIO(executed)) as opened:
        del opened.pages[0]
        out = io.BytesIO()
        opened.save(out)
    assert not any(f.genuine for f in pades.check(out.getvalue(), keys.of(settings())))
    assert upload(investor, out.getvalue())["outcome"] in ("altered", "unknown")


def another_key_does_not_know_the_signatures(executed: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        keys.make(Path(folder) / "own", "https://own.example")
        own = keys.SigningKey(Path(folder) / "own" / keys.KEY, Path(folder) / "own" / keys.CERTIFICATES)
        assert not any(f.genuine for f in pades.check(executed, own))


def test_other_files_are_unknown_and_earlier_versions_superseded(
    sheet: Sheet, investor: Person, creator: Person
) -> None:
    early = bytes(investor.get(f"/term-sheets/{sheet['id']}.pdf").get_data())
    assert upload(investor, early)["outcome"] == "unknown"
    terms = dict(sheet["terms"])
    terms["exclusivity"] = {**terms["exclusivity"], "days": 5}
    assert (
        creator.post(f"/term-sheets/{sheet['id']}/versions", {"terms": terms, "base_version": 1}).status_code
        == 201
    )
    assert upload(investor, early)["outcome"] == "superseded"
    a_code_is_superseded_however_it_is_typed(sheet, investor)
    assert upload(investor, b"%PDF-1.7 something else")["outcome"] == "unknown"


def a_code_is_superseded_however_it_is_typed(sheet: Sheet, investor: Person) -> None:
    first = investor.get(f"/term-sheets/{sheet['id']}/versions/1").json["code"]
    current = investor.get(f"/term-sheets/{sheet['id']}/versions/2").json["code"]
    client = investor.app.test_client()
    answer = client.get(f"/api/v1/verify/{first}")
    assert (answer.status_code, answer.json["code"]) == (404, "superseded")
    for typed in (first, first.lower(), first.replace("-", " "), first.replace("-", "")):
        page = client.get("/verify", query_string={"code": typed, "lang": "en"}).text
        assert "This is an earlier version that was never signed" in page
        assert "What was signed" not in page
    assert "Nothing was signed under this code" in client.get(f"/verify/{current}?lang=en").text


def test_a_missing_file_is_named(investor: Person) -> None:
    answer = investor.app.test_client().post("/api/v1/verify", data={})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "file")


def test_what_is_signed_prints_from_the_library_it_was_drafted_with(
    person: Callable[..., Person], deal: Sheet, investor: Person, creator: Person
) -> None:
    park, data = person("park"), to_data(library.LIBRARY)
    data["parameters"] = {
        "cover": {"kind": "text", "label": {"zh": "保险", "en": "Insurance"}, "default": "PICC-2027"}
    }
    data["clauses"]["law"]["paragraphs"].append(
        {"zh": "投保于{declared.cover}。", "en": "Insured with {declared.cover}."}
    )
    assert park.post("/clause-library", {"library": data, "base_version": 1}).status_code == 201
    made = investor.post(f"/deals/{deal['id']}/term-sheets", {"template": "loan"}).json
    investor.post(f"/term-sheets/{made['id']}/propose")
    creator.post(f"/term-sheets/{made['id']}/accept")
    for who in (investor, creator):
        assert who.post(f"/term-sheets/{made['id']}/sign").status_code == 200
    with db.system_edge(write=False) as session:
        planned = sealing.plan(session.query(SigningRound.id).filter_by(term_sheet_id=made["id"]).scalar())
    assert planned is not None
    lines = [line.text.en for item in planned.document.items for line in item.lines]
    assert "Insured with PICC-2027." in lines
