"""Statements: each payee its own, as files kept as issued; disputes within the window; payouts marked once."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

from dealflow.core import clock, db, invariants, jobs
from dealflow.core.errors import Conflict
from dealflow.core.outbox import OutboxEvent
from dealflow.files import access
from dealflow.ledger import queries as ledger
from dealflow.ledger import verification
from dealflow.recoupment import queries, service
from tests.conftest import Person
from tests.factories import spreadsheets
from tests.factories.distributions import Stage, by_payee
from tests.factories.rooms import text_of


@pytest.fixture
def posted(stage: Stage) -> dict[str, object]:
    """A posted run."""
    stage.receipt("2026-10-01", 30_000_000)
    return stage.posted("2026-10-31")


def titles(who: Person) -> list[str]:
    return [n["title"] for n in who.get("/notifications").json["items"]]


def test_a_payee_sees_its_own_statement_and_nobody_elses(
    stage: Stage, posted: dict[str, object], person: Callable[..., Person]
) -> None:
    own = stage.statement(stage.investor)
    assert own["due"]["amount_minor"] == by_payee(posted)[stage.investor.organisation_id]  # type: ignore[arg-type]
    shown = stage.investor.get(f"/distribution-statements/{own['id']}").json
    assert sum(line["due"]["amount_minor"] for line in shown["lines"]) == shown["due"]["amount_minor"]
    (covered,) = stage.investor.get(f"/distribution-statements/{own['id']}/receipts").json["items"]
    assert covered["amount"]["amount_minor"] == 30_000_000
    ledger = stage.investor.get(f"/projects/{stage.project}/ledger").json
    assert [p["organisation_id"] for p in ledger["payees"]] == [stage.investor.organisation_id]
    assert (ledger["runs"], ledger["items"], ledger["accounts"]) == ([], [], [])
    assert stage.investor.get(f"/distribution-runs/{posted['id']}").status_code == 404
    everything = stage.creator.get(f"/distribution-runs/{posted['id']}/statements").json["items"]
    others = [s["id"] for s in everything if s["id"] != own["id"]]
    assert len(everything) == 4
    assert {stage.investor.get(f"/distribution-statements/{s}").status_code for s in others} == {404}
    assert person("investor").get(f"/distribution-statements/{own['id']}").status_code == 404
    assert "A distribution statement was issued" in titles(stage.investor)


def test_files_are_made_once_and_kept_as_issued(stage: Stage, posted: dict[str, object]) -> None:
    own = stage.statement(stage.investor)
    path = f"/distribution-statements/{own['id']}"
    early = stage.investor.get(f"{path}/file")
    assert (early.status_code, early.json["code"]) == (409, "not_ready")
    jobs.run_due()
    hashes = stage.investor.get(path).json["files"]
    assert sorted(hashes) == ["pdf_en", "pdf_zh", "xlsx"]
    english = stage.investor.get(f"{path}/file?form=pdf_en").data
    assert english.startswith(b"%PDF")
    assert "Distribution statement 1-3" in text_of(english)
    assert "分账结算单" in text_of(stage.investor.get(f"{path}/file?form=pdf_zh").data)
    book = zipfile.ZipFile(BytesIO(stage.investor.get(f"{path}/file?form=xlsx").data))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>SUM(E10:E" in sheet
    assert "OK" in sheet
    # A later run, later days: what was issued stays, and is still in use for the sweep of files.
    stage.receipt("2026-11-01", 5_000_000)
    stage.posted("2026-11-20")
    assert stage.investor.get(path).json["files"] == hashes
    with db.system_edge(write=False):
        kept = {row.file_id for row in queries.files_of(own["id"]).values()}
        assert access.still_used("recoupment.statement", kept) == kept
        assert not any(invariants.run_all().values())


@pytest.mark.slow
def test_libreoffice_computes_the_same_statement(
    stage: Stage, posted: dict[str, object], tmp_path: Path
) -> None:
    own = stage.statement(stage.investor)
    jobs.run_due()
    content = stage.investor.get(f"/distribution-statements/{own['id']}/file?form=xlsx").data
    assert spreadsheets.formulas(content) > 3
    assert spreadsheets.differences(content, tmp_path) == []


def test_a_dispute_is_opened_once_answered_and_closed(stage: Stage, posted: dict[str, object]) -> None:
    own = f"/distribution-statements/{stage.statement(stage.investor)['id']}"
    opened = stage.investor.post(f"{own}/disputes", {"reason": "October lacks the Douyin receipts"})
    assert opened.status_code == 201
    twice = stage.investor.post(f"{own}/disputes", {"reason": "again"})
    assert (twice.status_code, twice.json["code"]) == (409, "dispute_open")
    assert "A payee disputes its distribution statement" in titles(stage.creator)
    assert stage.creator.post(f"{own}/disputes", {"reason": "x"}).status_code == 403
    number, run = stage.statement(stage.investor)["number"], f"/distribution-runs/{posted['id']}"
    to_do = f"Answer the dispute of distribution statement {number}"
    assert to_do in stage.creator.browser().get("/?lang=en").text
    assert to_do not in stage.investor.browser().get("/?lang=en").text
    assert "Dispute open" in stage.creator.browser().get(f"{run}?lang=en").text
    path = f"/distribution-disputes/{opened.json['id']}"
    assert stage.investor.post(f"{path}/answer", {"text": "x"}).status_code == 403
    answered = stage.colleague.post(f"{path}/answer", {"text": "They come in November", "version": 1})
    assert (answered.json["state"], answered.json["version"]) == ("answered", 2)
    assert to_do not in stage.creator.browser().get("/?lang=en").text
    assert "Dispute answered" in stage.creator.browser().get(f"{run}?lang=en").text
    stale = stage.colleague.post(f"{path}/close", {"upheld": True, "outcome": "x", "version": 1})
    assert stale.status_code == 412
    closed = stage.creator.post(f"{path}/close", {"upheld": True, "outcome": "A correction follows"})
    assert closed.json["state"] == "upheld"
    assert stage.creator.post(f"{path}/answer", {"text": "x"}).status_code == 409
    assert {"Your dispute was answered", "Dispute upheld"} <= set(titles(stage.investor))
    second = stage.investor.post(f"{own}/disputes", {"reason": "and another"}).json
    assert stage.investor.post(f"/distribution-disputes/{second['id']}/withdraw").json["state"] == "withdrawn"


def test_the_window_of_a_dispute_closes(stage: Stage, posted: dict[str, object]) -> None:
    own = stage.statement(stage.investor)
    shown = stage.investor.get(f"/distribution-statements/{own['id']}").json
    days = stage.sheets[0]["terms"]["collection"]["dispute_days"]
    assert shown["dispute_until"] == (clock.today() + timedelta(days=days)).isoformat()
    payee = stage.investor.actor
    clock.set_base(clock.now() + timedelta(days=days + 1))
    with db.edge(actor=payee), pytest.raises(Conflict) as refused:
        service.dispute(payee, own["id"], reason="late")
    assert refused.value.code == "window_closed"


def test_one_transfer_pays_all_that_is_open_and_never_twice(stage: Stage, posted: dict[str, object]) -> None:
    me = stage.investor.organisation_id
    owed = by_payee(posted)[me]  # type: ignore[arg-type]
    path = f"/distribution-runs/{posted['id']}/payouts"
    body = {"payee": me, "on": "2026-11-10", "bank_reference": "ICBC-1"}
    ahead = stage.creator.post(path, body | {"on": "2099-01-01"})
    assert (ahead.status_code, ahead.json["errors"][0]["code"]) == (422, "in_the_future")
    paid = stage.creator.post(path, body)
    assert (paid.status_code, paid.json["amount"]["amount_minor"]) == (201, owed)
    again = stage.creator.post(path, body)
    assert (again.status_code, again.json["code"]) == (409, "nothing_due")
    unknown = stage.creator.post(path, body | {"payee": "nobody"})
    assert unknown.json["errors"][0]["field"] == "payee"
    with db.system_edge(write=False):
        rows = queries.payouts_to(me, stage.project)
        assert [(r.on.isoformat(), r.amount.amount_minor, r.tier) for r in rows] == [
            ("2026-11-10", owed, "recoup")
        ]
        assert list(verification.verify()) == []
        assert not any(invariants.run_all().values())
    (mine,) = stage.investor.get(f"/projects/{stage.project}/ledger").json["payees"]
    assert mine["open"]["amount_minor"] == 0
    assert "A distribution was paid to you" in titles(stage.investor)


def test_a_transfer_of_a_closed_period_keeps_its_day(stage: Stage, posted: dict[str, object]) -> None:
    me = stage.investor.organisation_id
    with db.system_edge(write=False):
        book = ledger.book_for("recoupment", stage.project)
        assert book is not None
    through = clock.today() - timedelta(days=1)
    closed = stage.creator.post(f"/books/{book.id}/close", {"through": through.isoformat()})
    assert closed.status_code == 200, closed.json
    before = {entry["id"] for entry in stage.creator.get(f"/books/{book.id}/entries?limit=100").json["items"]}
    body = {"payee": me, "on": "2026-11-10", "bank_reference": "ICBC-1"}
    paid = stage.creator.post(f"/distribution-runs/{posted['id']}/payouts", body)
    assert (paid.status_code, paid.json["on"]) == (201, "2026-11-10")
    last = stage.creator.get(f"/books/{book.id}/entries?limit=100").json["items"]
    new = {entry["on"] for entry in last if entry["id"] not in before}
    assert new == {clock.today().isoformat()}, "the first day that is open"
    back = stage.creator.post(f"/distribution-payouts/{paid.json['id']}/take-back", {"reason": "returned"})
    assert back.status_code == 200
    with db.system_edge(write=False):
        assert list(verification.verify()) == []


def test_what_was_paid_too_much_is_set_off_against_later_runs(stage: Stage) -> None:
    me = stage.investor.organisation_id
    wrong = stage.receipt("2026-10-01", 30_000_000)
    first = stage.posted("2026-10-31")
    body = {"payee": me, "on": "2026-11-02", "bank_reference": "ICBC-1"}
    assert stage.creator.post(f"/distribution-runs/{first['id']}/payouts", body).status_code == 201
    stage.correct(wrong, 20_000_000)
    second = stage.posted("2026-10-31")
    assert by_payee(second, "open")[me] == -9_000_000
    refused = stage.creator.post(
        f"/distribution-runs/{second['id']}/payouts", body | {"bank_reference": "ICBC-2"}
    )
    assert (refused.status_code, refused.json["code"]) == (409, "nothing_due")
    assert stage.statement(stage.investor)["due"]["amount_minor"] == -9_000_000
    stage.receipt("2026-11-03", 15_000_000)
    third = stage.posted("2026-11-20")
    assert (by_payee(third)[me], by_payee(third, "open")[me]) == (13_500_000, 4_500_000)
    paid = stage.creator.post(
        f"/distribution-runs/{third['id']}/payouts", body | {"bank_reference": "ICBC-2"}
    )
    assert paid.json["amount"]["amount_minor"] == 4_500_000
    with db.system_edge(write=False):
        assert sum(row.amount.amount_minor for row in queries.payouts_to(me)) == 31_500_000
        assert list(verification.verify()) == []


def test_a_transfer_taken_back_is_owed_again_and_can_be_paid_anew(
    stage: Stage, posted: dict[str, object]
) -> None:
    me = stage.investor.organisation_id
    path = f"/distribution-runs/{posted['id']}/payouts"
    body = {"payee": me, "on": "2026-11-10", "bank_reference": "ICBC-1"}
    paid = stage.creator.post(path, body).json
    back = f"/distribution-payouts/{paid['id']}/take-back"
    assert stage.investor.post(back, {"reason": "x"}).status_code == 403
    taken = stage.creator.post(back, {"reason": "returned by the bank"})
    assert (taken.status_code, taken.json["taken_back"]) == (200, "returned by the bank")
    twice = stage.creator.post(back, {"reason": "again"})
    assert (twice.status_code, twice.json["code"]) == (409, "taken_back")
    assert "A transfer to you was taken back" in titles(stage.investor)
    with db.system_edge(write=False):
        assert queries.payouts_to(me) == []
    again = stage.creator.post(path, body | {"bank_reference": "ICBC-2"})
    assert (again.status_code, again.json["amount"]) == (201, paid["amount"])
    with db.system_edge(write=False) as session:
        assert [row.amount.amount_minor for row in queries.payouts_to(me)] == [paid["amount"]["amount_minor"]]
        # Marked, taken back, marked: each time whoever keeps holdings hears of it.
        assert session.query(OutboxEvent).filter_by(name="PayoutChanged").count() == 3
        assert list(verification.verify()) == []
        assert not any(invariants.run_all().values())
