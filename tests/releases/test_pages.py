"""Pages of releases: what is typed is kept, errors stand beside the fields, both parties read."""

from __future__ import annotations

import io
from typing import Any

from dealflow.core import db, jobs
from dealflow.core.money import Money
from dealflow.releases import service
from tests.factories import rooms
from tests.releases.conftest import House
from tests.releases.test_statements import HONGGUO


def opened(answer: Any, *said: str, status: int = 200) -> str:
    text = str(answer.text)
    assert answer.status_code == status, text[-2000:]
    for words in said:
        assert words in text, words
    return text


def test_a_release_its_figures_and_their_evidence_on_pages(house: House) -> None:
    creator, investor = house.creator.browser(), house.investor.browser()
    opened(creator.get(house.at), "Open releases and receipts")
    opened(creator.get(f"{house.at}/releases"), "Put the first release on record")
    wrong = {"platform": "抖音", "territory": "CN", "released_on": "2026-09-01", "filing_number": "123"}
    opened(
        creator.post(f"{house.at}/releases", data=wrong),
        "This is no filing number",
        'value="123"',
        status=422,
    )
    made = creator.post(f"{house.at}/releases", data=wrong | {"filing_number": "V33002612601"})
    assert made.status_code == 303
    path = made.headers["Location"]
    opened(creator.post(f"{house.at}/releases", data=wrong | {"filing_number": ""}), "already", status=409)
    opened(creator.get(path), "V33002612601", "Figures of a day")
    figures = {
        "on": "2026-09-02", "plays": "12,000", "source": "后台", "evidence_class": "self_reported", "ad_spend": "2万",
        "ad_spend_currency": "CNY", "receipts": "", "receipts_currency": "CNY", "paid_users": "",
    }  # fmt: skip
    opened(creator.post(f"{path}/figures", data=figures | {"plays": "viel"}), "viel", status=422)
    sent = {"document": (io.BytesIO(rooms.pdf(1)), "screen.pdf")}
    assert creator.post(f"{path}/figures", data=figures | sent).status_code == 303
    opened(investor.get(path), "12,000", "20,000.00", "Self-reported", "pays nobody", "Document")
    opened(investor.get(f"{house.at}/releases"), "self-reported", "Douyin")
    opened(creator.get(path), "not yet")
    opened(investor.get(path), "I have seen it there")
    assert investor.post(f"{path}/confirm").status_code == 303
    opened(investor.get(f"{house.at}/releases"), "Out, confirmed")
    assert creator.post(f"{path}/confirm").status_code == 403
    release_id = path.rsplit("/", 1)[1]
    change = wrong | {"filing_number": "", "title": "别名", "version": "1"}
    assert creator.post(f"/releases/{release_id}", data=change).status_code == 303
    opened(
        creator.post(f"/releases/{release_id}", data=change | {"title": "x"}),
        "Somebody changed this",
        status=409,
    )
    opened(creator.post(f"{path}/withdraw", data={"reason": ""}), status=422)
    assert creator.post(f"{path}/withdraw", data={"reason": "a slip"}).status_code == 303
    opened(creator.get(path), "a slip", "This release was withdrawn")
    assert house.stranger.browser().get(f"{house.at}/releases").status_code == 404


def paper() -> dict[str, Any]:
    """A file that is attached to a form."""
    return {"document": (io.BytesIO(rooms.pdf(1)), "bill.pdf")}


def test_receipts_and_corrections_on_pages(house: House) -> None:
    creator, investor = house.creator.browser(), house.investor.browser()
    typed = {
        "on": "2026-09-01", "amount": "1.2万", "currency": "CNY", "platform": "红果", "source": "平台打款", "external_ref": "r-1",
        "evidence_class": "platform_statement",
    }  # fmt: skip
    opened(creator.post(f"{house.at}/receipts", data=typed | {"amount": "viel"}), "viel", status=422)
    refused = creator.post(f"{house.at}/receipts", data=typed)
    opened(refused, "Attach the settlement, export or bank slip", "平台打款", status=422)
    made = creator.post(f"{house.at}/receipts", data=typed | paper())
    assert made.status_code == 303
    opened(
        creator.post(f"{house.at}/receipts", data=typed | {"amount": "5"}), "Recorded already as", status=409
    )
    path = made.headers["Location"]
    correction = {"amount": "1万", "currency": "CNY", "external_ref": "c-1", "reason": "refunds"}
    opened(creator.post(f"{path}/corrections", data=correction | {"reason": ""}), status=422)
    opened(
        creator.post(f"{path}/corrections", data=correction | {"amount": "1.2万"}),
        "says this already",
        status=422,
    )
    assert creator.post(f"{path}/corrections", data=correction).status_code == 303
    opened(investor.get(path), "refunds", "-CN¥2,000.00", "After corrections")
    house.creator.post(f"{house.at}/receipts", house.receipt("own", evidence_class="self_reported"))
    opened(investor.get(f"{house.at}/receipts"), "pays nobody", "correction", "r-1")
    opened(investor.get(f"{house.at}/receipts?q=own"), "own")
    assert investor.post(f"{house.at}/receipts", data=typed).status_code == 403


def test_ad_spend_stands_against_its_cap_on_pages(house: House) -> None:
    creator, investor = house.creator.browser(), house.investor.browser()
    opened(investor.get(f"{house.at}/ad-spend"), "No contract has set a cap yet")
    with db.system_edge():
        service.set_ad_cap(house.project_id, Money(1_000_00), "ts_1")
        service.set_ad_cap(house.project_id, Money(9_000_00), "ts_2")
    opened(house.investor.browser("zh").get(f"{house.at}/ad-spend"), "五分之四")
    typed = {
        "on": "2026-09-01", "amount": "850", "currency": "CNY", "platform": "抖音", "source": "巨量", "external_ref": "a-1",
        "evidence_class": "platform_statement",
    }  # fmt: skip
    refused = creator.post(f"{house.at}/ad-spend", data=typed)
    opened(refused, "Attach the platform’s bill", "巨量", status=422)
    assert creator.post(f"{house.at}/ad-spend", data=typed | paper()).status_code == 303
    for page in (f"{house.at}/ad-spend", f"{house.at}/releases"):
        opened(investor.get(page), "<meter", "(85%)", "Close to the cap")
    opened(creator.post(f"{house.at}/ad-spend", data=typed | {"amount": "1"}), "other content", status=409)
    opened(investor.get(f"/deals/{house.deal_id}"), "Open releases and receipts")


def test_a_statement_from_upload_to_receipts_on_pages(house: House) -> None:
    creator = house.creator.browser()
    listing = f"{house.at}/statements"
    opened(creator.get(listing), "Import a platform statement")
    opened(creator.post(listing), "Choose a CSV or XLSX file", status=422)
    odd = {"file": (io.BytesIO(b"a,b\n1,2\n"), "odd.csv")}
    path = creator.post(listing, data=odd).headers["Location"]
    opened(creator.get(path), "Say below what the columns mean")
    opened(creator.post(f"{path}/run"), "Say which column holds the day", status=422)
    plan = {"preset": "own", "currency": "CNY", "evidence_class": "self_reported", "column-0": "on"}
    opened(creator.post(f"{path}/plan", data=plan), "Say which column holds the amount", status=422)
    assert creator.post(f"{path}/plan", data=plan | {"column-1": "amount"}).status_code == 303
    opened(creator.get(path), "This is no day or month", "Error file")
    assert b"row,errors" in creator.get(f"{path}/errors.csv").data
    assert creator.post(f"{path}/discard").status_code == 303
    good = {"file": (io.BytesIO(HONGGUO.encode()), "九月.csv")}
    path = creator.post(listing, data=good).headers["Location"]
    opened(creator.get(path), "Ready to import", "Import 2 rows", "1,235.06")
    own = {
        "preset": "own", "platform": "红果", "currency": "CNY", "evidence_class": "platform_statement", "territory": "CN",
        "column-0": "on", "column-1": "title", "column-2": "external_ref", "column-3": "amount", "column-4": "ad_spend",
    }  # fmt: skip
    assert creator.post(f"{path}/plan", data=own).status_code == 303
    assert creator.post(f"{path}/plan", data={"preset": "hongguo"}).status_code == 303
    assert creator.post(f"{path}/run").status_code == 303
    opened(creator.get(path), "2 new")
    opened(creator.get(listing), "Imported")
    again = {"file": (io.BytesIO(HONGGUO.encode()), "九月.csv")}
    assert creator.post(listing, data=again).headers["Location"].endswith(path.rsplit("/", 1)[1])
    creator.post(f"{path}/discard")
    opened(creator.get(path), "This file was imported already")
    opened(creator.get(f"{house.at}/receipts"), "H1", "/files/")
    # The file tells of another series too, so the investor reads its receipts and not the file.
    opened(house.investor.browser().get(f"{house.at}/receipts"), "H1", "with the creator")
    assert house.investor.browser().get(listing).status_code == 403


def test_a_large_statement_shows_its_progress(house: House) -> None:
    creator = house.creator.browser()
    text = "结算日期,结算单号,分账金额（元）\n" + "".join(f"2026-09-01,H{n},1\n" for n in range(600))
    sent = {"file": (io.BytesIO(text.encode()), "large.csv")}
    path = creator.post(f"{house.at}/statements", data=sent).headers["Location"]
    opened(creator.get(path), "The rows are being checked")
    jobs.run_due()
    opened(creator.get(path), "Import 600 rows")
    creator.post(f"{path}/run")
    opened(creator.get(path), "The statement is being imported")
    jobs.run_due()
    opened(creator.get(path), "600 new")
