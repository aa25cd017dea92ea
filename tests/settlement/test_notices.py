"""The notice of a call: what it says, in both languages, kept as it was issued, for the two parties alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pypdfium2

from dealflow.accounts.models import Organisation
from dealflow.core import db
from dealflow.files.models import StoredFile
from tests.conftest import Person
from tests.factories.commitments import upload

ACCOUNT = "星火影业有限公司\n招商银行杭州分行\n5719 0000 1234 567"


def words(content: bytes) -> str:
    pages = pypdfium2.PdfDocument(content)
    return "".join("".join(page.get_textpage().get_text_range() for page in pages).split())


def test_a_notice_says_what_is_called_and_stays_as_it_was_issued(
    commitment: dict[str, Any], creator: Person, investor: Person, person: Callable[..., Person]
) -> None:
    second = commitment["tranches"][1]
    proof = upload(creator, f"/tranches/{second['id']}/proofs", b"%PDF-1.4\n%%EOF\n", "script.pdf").json
    assert investor.post(f"/proofs/{proof['id']}/accept").status_code == 200
    made = creator.post(f"/tranches/{second['id']}/calls", {"account": ACCOUNT, "note": "第二期"})
    assert made.status_code == 201, made.json
    call = made.json
    path = f"/payment-calls/{call['id']}/notice.pdf"
    amount = f"{call['amount']['amount_minor'] / 100:,.2f}"

    chinese = investor.browser().get(f"{path}?lang=zh")
    assert (chinese.status_code, chinese.mimetype) == (200, "application/pdf")
    said = words(chinese.data)
    for part in (
        call["reference"],
        amount,
        call["due_on"],
        "招商银行杭州分行",
        "57190000",
        "script.pdf",
        "远山资本有限公司",
        "单利",
    ):
        assert part.replace(" ", "") in said, part
    english = investor.get(f"{path}?lang=en")
    said = words(english.data)
    for part in (
        "Callforpayment",
        call["reference"],
        call["due_on"],
        "simpleinterest",
        "Proofacceptedbytheinvestor",
    ):
        assert part in said, part

    # The names change later; both parties go on reading what was issued, and it is drawn once.
    with db.system_edge() as session:
        session.get_one(Organisation, investor.organisation_id).name_zh = "改名后的机构"
    again = creator.browser().get(f"{path}?lang=zh")
    assert again.data == chinese.data
    with db.system_edge(write=False) as session:
        assert session.query(StoredFile).filter_by(purpose="settlement.notice").count() == 2
    for other in (person("investor"), person("creator")):
        assert other.get(path).status_code == 404
        assert other.browser().get(path).status_code == 404
    page = investor.browser().get(f"/payment-calls/{call['id']}?lang=en").text
    assert path in page
    assert "5719 0000 1234 567" in page
    # The next call of the project offers the same account.
    first = creator.browser().get(f"/tranches/{commitment['tranches'][0]['id']}").text
    assert "5719 0000 1234 567" in first
