"""Books: what is posted, read, reversed, closed, written out, and who may."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from dealflow.core import clock, db, invariants
from dealflow.core.actor import SYSTEM
from dealflow.core.errors import Conflict, Invalid
from dealflow.ledger import commands, export, queries, service, verification
from dealflow.ledger.service import Draft, Line
from tests.conftest import Person
from tests.ledger.conftest import CASH, INCOME, PAYEE, draft, fen


def posted(book_id: str, *drafts: Draft) -> list[str]:
    with db.system_edge():
        return [e.id for e in service.post_many(SYSTEM, queries.book_by_id(book_id), drafts)]


def balance(book_id: str, code: str, on: date | None = None) -> int:
    with db.system_edge(write=False):
        return queries.balance(queries.book_by_id(book_id), code, on=on).amount_minor


def findings() -> list[str]:
    with db.system_edge(write=False):
        return list(verification.verify())


def test_a_balance_is_what_was_posted_up_to_the_day(book_id: str) -> None:
    posted(book_id, draft("a", 100), draft("b", 50, date(2026, 3, 9)), draft("c", 7, date(2026, 2, 1)))
    assert balance(book_id, CASH.code) == 157
    assert balance(book_id, CASH.code, date(2026, 3, 1)) == 107
    assert balance(book_id, INCOME.code, date(2026, 2, 1)) == -7
    assert balance(book_id, CASH.code, date(2026, 1, 1)) == 0


def test_the_trial_balance_sums_to_zero_in_each_currency(book_id: str) -> None:
    dollars = Draft(
        date(2026, 3, 2), "receipt", "usd", (Line(CASH, fen(9, "USD")), Line(INCOME, fen(-9, "USD")))
    )
    posted(book_id, draft("a", 100), dollars)
    with db.system_edge(write=False):
        rows = queries.trial_balance(queries.book_by_id(book_id))
    sums: dict[str, int] = defaultdict(int)
    for row in rows:
        sums[row.amount.currency] += row.amount.amount_minor
    assert sums == {"CNY": 0, "USD": 0}
    assert len(rows) == 4


def test_a_key_posts_once_and_stands_for_one_thing(book_id: str) -> None:
    first, second = posted(book_id, draft("a", 100)), posted(book_id, draft("a", 100))
    assert first == second
    assert balance(book_id, CASH.code) == 100
    with pytest.raises(Conflict) as refusal:
        posted(book_id, draft("a", 101))
    assert refusal.value.code == "key_taken"


def test_the_same_key_twice_in_one_call_is_one_entry(book_id: str) -> None:
    first, second = posted(book_id, draft("a", 100), draft("a", 100))
    assert first == second
    assert balance(book_id, CASH.code) == 100


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((Line(CASH, fen(5)), Line(INCOME, fen(-4))), "unbalanced"),
        ((Line(CASH, fen(5)), Line(INCOME, fen(-5, "USD"))), "unbalanced"),
        ((Line(CASH, fen(5)),), "too_few_lines"),
        ((Line(CASH, fen(0)), Line(INCOME, fen(0))), "too_few_lines"),
    ],
)
def test_what_does_not_balance_is_refused_whole(book_id: str, lines: tuple[Line, ...], code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        posted(book_id, draft("fine", 1), Draft(date(2026, 3, 1), "receipt", "bad", lines))
    assert refusal.value.errors[0].code == code
    assert balance(book_id, CASH.code) == 0


def test_a_reversal_takes_an_entry_back_once(book_id: str) -> None:
    (entry_id,) = posted(book_id, draft("a", 100, other=PAYEE))
    with db.system_edge():
        book = queries.book_by_id(book_id)
        entry = queries.entry(book, entry_id)
        undone = service.reverse(SYSTEM, entry, on=date(2026, 4, 1), key="undo-a", reason="typed twice")
        assert (
            service.reverse(SYSTEM, entry, on=date(2026, 4, 1), key="undo-a", reason="again").id == undone.id
        )
        with pytest.raises(Conflict):
            service.reverse(SYSTEM, entry, on=date(2026, 4, 1), key="other", reason="again")
        with pytest.raises(Conflict):
            service.reverse(SYSTEM, undone, on=date(2026, 4, 1), key="back", reason="again")
    assert balance(book_id, CASH.code) == 0
    assert balance(book_id, CASH.code, date(2026, 3, 31)) == 100
    assert findings() == []


def test_nothing_is_posted_into_a_closed_period_until_it_is_opened(book_id: str, owner: Person) -> None:
    closed = owner.post(f"/books/{book_id}/close", {"through": "2026-03-31"})
    assert closed.json["closed_through"] == "2026-03-31"
    with pytest.raises(Invalid) as refusal:
        posted(book_id, draft("a", 100))
    assert refusal.value.errors[0].code == "period_closed"
    posted(book_id, draft("b", 5, date(2026, 4, 1)))
    reopened = owner.post(f"/books/{book_id}/reopen", {"through": "2026-02-28", "reason": "late statement"})
    assert reopened.json["closed_through"] == "2026-02-28"
    posted(book_id, draft("a", 100))
    tags = [e["tag"] for e in owner.get("/audit").json["items"]]
    assert {"ledger:period:closed", "ledger:period:reopened"} <= set(tags)


@pytest.mark.parametrize("through", ["2026-03-31", "2026-03-30", "2999-01-01"])
def test_a_period_is_closed_forward_and_not_before_it_is_over(
    book_id: str, owner: Person, through: str
) -> None:
    owner.post(f"/books/{book_id}/close", {"through": "2026-03-31"})
    answer = owner.post(f"/books/{book_id}/close", {"through": through})
    assert answer.status_code == 422
    assert [e["field"] for e in answer.json["errors"]] == ["through"]


def test_a_day_is_closed_once_it_is_over(book_id: str, owner: Person) -> None:
    today = clock.today()
    early = owner.post(f"/books/{book_id}/close", {"through": today.isoformat()})
    assert (early.status_code, early.json["errors"][0]["code"]) == (422, "not_over")
    page = owner.browser("en").post(f"/books/{book_id}/close", data={"through": today.isoformat()})
    assert page.status_code == 422
    assert "A period can be closed once it is over" in page.text
    yesterday = (today - timedelta(days=1)).isoformat()
    assert owner.post(f"/books/{book_id}/close", {"through": yesterday}).status_code == 200
    posted(book_id, draft("today", 100, today))


def test_only_owners_of_the_book_close_it_and_strangers_know_nothing(
    book_id: str, owner: Person, person: Callable[..., Person]
) -> None:
    member = person("creator", "member", organisation_id=owner.organisation_id)
    assert member.post(f"/books/{book_id}/close", {"through": "2026-03-31"}).status_code == 403
    stranger = person("investor")
    (entry_id,) = posted(book_id, draft("a", 100))
    for path in ("", "/entries", f"/entries/{entry_id}", "/trial-balance", "/export"):
        assert stranger.get(f"/books/{book_id}{path}").status_code == 404, path
    assert stranger.post(f"/books/{book_id}/close", {"through": "2026-03-31"}).status_code == 404
    assert stranger.browser().get(f"/books/{book_id}").status_code == 404


def test_an_entry_of_another_book_is_not_found_under_this_one(
    book_id: str, owner: Person, person: Callable[..., Person]
) -> None:
    (entry_id,) = posted(book_id, draft("a", 100))
    other = person("creator")
    with db.system_edge():
        mine = service.open_book(
            SYSTEM, kind="project", object_id="prj_y", organisation_id=other.organisation_id, name="y", currency="CNY"
        ).id  # fmt: skip
    assert other.get(f"/books/{mine}/entries/{entry_id}").status_code == 404


def test_the_api_gives_journal_and_accounts_that_agree(book_id: str, owner: Person) -> None:
    posted(book_id, draft("a", 100), draft("b", 50, date(2026, 3, 9)))
    journal = owner.get(f"/books/{book_id}/entries").json
    assert [e["number"] for e in journal["items"]] == [2, 1]
    assert owner.get(f"/books/{book_id}/entries?until=2026-03-01").json["total"] == 1
    accounts = {r["account"]: r for r in owner.get(f"/books/{book_id}/trial-balance").json["items"]}
    cash = accounts[CASH.code]
    sheet = owner.get(f"/books/{book_id}/accounts/{cash['account_id']}").json["items"]
    assert sum(line["amount"]["amount_minor"] for line in sheet) == cash["balance"]["amount_minor"] == 150


def test_the_pages_lead_from_a_balance_to_the_entry_behind_it(book_id: str, owner: Person) -> None:
    posted(book_id, draft("a", 12_345))
    browser = owner.browser()
    book = browser.get(f"/books/{book_id}").text
    account = re.search(rf"/books/{book_id}/accounts/acc_\w+", book)
    assert account
    sheet = browser.get(account[0]).text
    entry = re.search(rf"/books/{book_id}/entries/ent_\w+", sheet)
    assert entry
    assert "123.45" in browser.get(entry[0]).text
    assert browser.get(f"/books/{book_id}/entries").status_code == 200


def test_the_pages_refuse_a_bad_day_and_keep_what_was_typed(book_id: str, owner: Person) -> None:
    answer = owner.browser().post(f"/books/{book_id}/close", data={"through": "2999-01-01"})
    assert answer.status_code == 422
    assert "2999-01-01" in answer.text
    assert owner.get(f"/books/{book_id}").json["closed_through"] is None


def test_beancount_text_balances_and_opens_each_account_first(book_id: str) -> None:
    posted(book_id, draft("a", 12_345), draft("b", 1, date(2026, 1, 2), other=PAYEE))
    with db.system_edge(write=False):
        content = "".join(export.beancount(queries.book_by_id(book_id)))
    amounts = [Decimal(a) for a in re.findall(r"^  \S+  (-?[\d.]+) CNY$", content, re.MULTILINE)]
    assert len(amounts) == 4
    assert sum(amounts) == 0
    opened = {name: day for day, name in re.findall(r"^(\S+) open (\S+)$", content, re.MULTILINE)}
    assert opened == {
        "Assets:Collection": "2026-01-02", "Liabilities:Payee:A": "2026-01-02", "Income:Receipts": "2026-03-01",
    }  # fmt: skip


def test_the_csv_holds_every_line_and_no_formula(book_id: str, owner: Person) -> None:
    lines = (Line(CASH, fen(5)), Line(INCOME, fen(-5)))
    posted(book_id, Draft(date(2026, 3, 1), "receipt", "k", lines, text="=1+1"))
    content = owner.get(f"/books/{book_id}/export?format=csv").get_data().decode("utf-8-sig")
    assert content.count("\n") == 3
    assert "'=1+1" in content


def test_the_command_writes_a_book_and_asks_which_of_several(
    book_id: str, owner: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted(book_id, draft("a", 12_345))
    monkeypatch.setattr(commands, "connect", lambda: None)
    about = owner.get(f"/books/{book_id}").json["object_id"]
    out = tmp_path / "book.csv"
    arguments = ["export", about, "--format", "csv", "--out", str(out)]
    assert CliRunner().invoke(commands.ledger, arguments).exit_code == 0
    assert out.read_bytes() == owner.get(f"/books/{book_id}/export?format=csv").get_data()
    with db.system_edge():
        second = service.open_book(
            SYSTEM, kind="second", object_id=about, organisation_id=owner.organisation_id, name="x", currency="CNY"
        ).id  # fmt: skip
    out.unlink()
    asked = CliRunner().invoke(commands.ledger, arguments)
    assert (asked.exit_code, out.exists()) == (1, False)
    assert book_id in asked.output
    assert second in asked.output
    assert CliRunner().invoke(commands.ledger, ["export", second, "--out", str(out)]).exit_code == 0


def test_verify_names_what_was_tampered_with(book_id: str) -> None:
    posted(book_id, draft("a", 100), draft("b", 50))
    assert findings() == []
    with db.database().engine.begin() as connection:
        connection.execute(text("DROP TRIGGER ledger_entry_no_update"))
        connection.execute(text("UPDATE ledger_entry SET text = 'other' WHERE number = 1"))
    assert any("entry 1" in line for line in findings())
    with db.database().engine.begin() as connection:
        connection.execute(text("UPDATE ledger_day SET amount_minor = amount_minor + 1"))
    assert any("day's total" in line for line in findings())
    with db.system_edge(write=False):
        assert invariants.run_all()["ledger: chains, balances and day totals"]
