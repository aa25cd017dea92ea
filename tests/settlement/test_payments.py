"""Calls and the money that moves: parts, interest, overpayments, refunds, corrections, and their postings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from dealflow.audit.models import AuditEvent
from dealflow.core import clock, db, workdays
from dealflow.ledger import queries as books
from dealflow.settlement import interest, queries, service
from dealflow.settlement.books import KIND, capital_code
from tests.conftest import Person
from tests.settlement.conftest import called, later, pay, renewed
from tests.settlement.test_tranches import sound, state

ACT = 365 * 10**6


def balance(project_id: str, code: str) -> int:
    with db.system_edge(write=False):
        book = books.book_for(KIND, project_id)
        assert book is not None
        return books.balance(book, code).amount_minor


@pytest.fixture
def call(commitment: dict[str, Any], creator: Person) -> dict[str, Any]:
    """The call of the first tranche."""
    return called(creator, commitment["tranches"][0])


def test_working_days_leave_out_weekends_and_holidays() -> None:
    assert workdays.add(date(2026, 11, 26), 2) == date(2026, 11, 30)
    assert workdays.add(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert workdays.is_workday(date(2026, 10, 10))
    assert not workdays.is_workday(date(2026, 2, 16))
    assert workdays.add(date(2026, 11, 26), 0) == date(2026, 11, 26)


def test_a_call_is_due_as_the_terms_say_and_not_earlier(
    commitment: dict[str, Any], creator: Person, investor: Person
) -> None:
    first = commitment["tranches"][0]
    path = f"/tranches/{first['id']}/calls"
    early = creator.post(path, {"due_on": clock.today().isoformat()})
    assert early.json["errors"][0]["field"] == "due_on"
    call = creator.post(path).json
    assert call["due_on"] == workdays.add(clock.today(), commitment["payment_days"]).isoformat()
    assert (call["number"], call["amount"], call["outstanding"]) == (1, first["amount"], first["amount"])
    assert creator.post(path).status_code == 409
    assert investor.get(f"/payment-calls/{call['id']}").json["reference"] == call["reference"]
    assert call["id"] in investor.browser().get(f"/search?q={call['reference'].lower()}").text
    hits = investor.get("/search", query_string={"q": call["reference"].lower()}).json["items"]
    assert [(hit["kind"], hit["id"], hit["title"]) for hit in hits] == [
        ("payment_call", call["id"], call["reference"])
    ]
    taken = creator.post(f"/payment-calls/{call['id']}/withdraw", {"reason": "金额有误"})
    assert taken.json["state"] == "withdrawn"
    again = creator.post(path)
    assert (again.status_code, again.json["number"]) == (201, 2)


def test_payment_in_parts_makes_the_tranche_paid_and_the_deal_funded(
    made: dict[str, Any], call: dict[str, Any], creator: Person, investor: Person
) -> None:
    tranche, whole = made["commitment"]["tranches"][0], call["amount"]["amount_minor"]
    part = pay(creator, call, whole - 100, reference="B1", payer="远山资本有限公司")
    assert part.status_code == 201, part.json
    assert state(creator, tranche) == "part_paid"
    assert creator.get(f"/deals/{made['deal']['id']}").json["stage"] == "signed"
    rest = pay(creator, call, 100, reference="B2")
    assert rest.json["principal"]["amount_minor"] == 100
    assert state(investor, tranche) == "paid"
    assert investor.get(f"/deals/{made['deal']['id']}").json["stage"] == "funded"
    project = made["deal"]["project_id"]
    assert balance(project, capital_code(made["commitment"]["id"])) == -whole
    assert balance(project, "assets:bank") == whole
    shown = creator.get(f"/projects/{project}/ledger").json
    amounts = {row["account"]: row["balance"]["amount_minor"] for row in shown["funding_accounts"]}
    assert amounts == {"assets:bank": whole, capital_code(made["commitment"]["id"]): -whole}
    assert creator.browser().get(f"/books/{shown['funding_book_id']}").status_code == 200
    assert investor.get(f"/projects/{project}/ledger").json["funding_accounts"] == []
    assert investor.post(f"/payment-calls/{call['id']}/payments", {}).status_code in (403, 422)
    assert investor.get(f"/payments/{rest.json['id']}").json["entry_id"] == rest.json["entry_id"]
    sound()


def test_a_call_is_not_paid_twice_by_hand(call: dict[str, Any], creator: Person) -> None:
    whole = call["amount"]["amount_minor"]
    assert pay(creator, call, whole).status_code == 201
    twice = pay(creator, call, whole)
    assert (twice.status_code, twice.json["code"]) == (409, "already_paid")
    more = pay(creator, call, whole, reference="really", beyond=True)
    assert more.json["excess"]["amount_minor"] == whole
    same = pay(creator, call, whole, reference="really", beyond=True)
    assert (same.status_code, same.json["code"]) == (409, "recorded_before")
    sound()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": {"amount_minor": 0, "currency": "CNY"}}, "amount"),
        ({"amount": {"amount_minor": 5, "currency": "USD"}}, "amount"),
        ({"on": "2020-01-01"}, "on"),
        ({"on": "2199-01-01"}, "on"),
        ({"interest": {"amount_minor": 1, "currency": "CNY"}}, "interest"),
    ],
)
def test_what_cannot_be_is_refused_by_field(
    call: dict[str, Any], creator: Person, change: dict[str, Any], field: str
) -> None:
    refused = pay(creator, call, 100, **change)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, field)


def test_late_interest_runs_by_the_day_and_is_rounded_once() -> None:
    due = date(2026, 3, 1)

    def run(paid: list[tuple[date, int]], days: int, amount: int = 1_000_000) -> int:
        return interest.accrued(amount, due, 100_000, paid, due + timedelta(days=days))

    assert run([], 0) == run([], -5) == 0
    assert run([], 365) == 100_000
    assert run([], 1) == round(1_000_000 * 100_000 / ACT)
    # Paid on the due date costs nothing; paid on day d costs d days, and nothing after.
    assert run([(due, 1_000_000)], 40) == 0
    assert run([(due + timedelta(days=10), 1_000_000)], 40) == run([], 10)
    halves = run([(due + timedelta(days=10), 500_000)], 20)
    assert halves == (1_000_000 * 10 + 500_000 * 10) * 100_000 // ACT + 1
    # In the same day's parts it is what it is in one.
    assert run([(due, 400_000), (due, 600_000)], 9) == 0


def test_a_late_payment_leaves_interest_that_is_paid_next(
    made: dict[str, Any], call: dict[str, Any], creator: Person, investor: Person
) -> None:
    late = (date.fromisoformat(call["due_on"]) - clock.today()).days + 20
    later(late)
    renewed(creator)
    renewed(investor)
    with db.system_edge():
        assert service.remind_of_calls() == 1
        assert service.remind_of_calls() == 1
    whole = call["amount"]["amount_minor"]
    shown = investor.get(f"/payment-calls/{call['id']}").json
    owed = (whole * 20 * made["commitment"]["late_rate_ppm"] * 2 + ACT) // (2 * ACT)
    assert (shown["overdue"], shown["interest_owed"]["amount_minor"]) == (True, owed)
    pay(creator, call, whole, reference="main")
    assert state(creator, made["commitment"]["tranches"][0]) == "paid"
    assert pay(creator, call, whole, reference="x").json["code"] == "already_paid"
    rest = pay(creator, call, owed, reference="interest")
    assert rest.json["interest"]["amount_minor"] == owed
    assert creator.get(f"/payment-calls/{call['id']}").json["interest_owed"]["amount_minor"] == 0
    assert balance(made["deal"]["project_id"], "income:late_interest") == -owed
    with db.system_edge(write=False):
        found = queries.payments_of(investor.organisation_id)
    assert [(p.kind, p.amount.amount_minor) for p in found] == [("payment", whole), ("interest", owed)]
    sound()


def test_late_interest_is_waived_by_whoever_is_owed_it(
    made: dict[str, Any],
    call: dict[str, Any],
    creator: Person,
    investor: Person,
    person: Callable[..., Person],
) -> None:
    path = f"/payment-calls/{call['id']}"
    assert creator.post(f"{path}/waivers", {"reason": "x"}).json["code"] == "nothing_owed"
    later((date.fromisoformat(call["due_on"]) - clock.today()).days + 20)
    renewed(creator)
    renewed(investor)
    owed = creator.get(path).json["interest_owed"]["amount_minor"]
    assert owed > 1000
    assert person("investor").post(f"{path}/waivers", {"reason": "x"}).status_code == 404
    assert investor.post(f"{path}/waivers", {"reason": "x"}).status_code == 403
    assert creator.post(f"{path}/waivers", {"reason": " "}).json["errors"][0]["field"] == "reason"
    for wrong in ({"amount_minor": owed + 1, "currency": "CNY"}, {"amount_minor": 1, "currency": "USD"}):
        answer = creator.post(f"{path}/waivers", {"reason": "x", "amount": wrong})
        assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "amount")

    part = {"amount": {"amount_minor": 1000, "currency": "CNY"}, "reason": "银行系统故障"}
    first = creator.post(f"{path}/waivers", part)
    assert first.status_code == 201, first.json
    assert creator.post(f"{path}/waivers", part).json["code"] == "recorded_before"
    shown = investor.get(path).json
    assert (shown["interest_owed"]["amount_minor"], shown["interest_waived"]["amount_minor"]) == (
        owed - 1000,
        1000,
    )
    told = [row["code"] for row in investor.get("/notifications").json["items"]]
    assert "settlement.waive" in told
    page = investor.browser().get(f"{path}?lang=en").text
    assert "银行系统故障" in page
    assert "/waivers" not in page

    back = creator.post(f"/interest-waivers/{first.json['id']}/reverse", {"reason": "记错了"})
    assert (back.status_code, back.json["reverses_id"]) == (201, first.json["id"])
    again = f"/interest-waivers/{first.json['id']}/reverse"
    assert creator.post(again, {"reason": "x"}).json["code"] == "already_reversed"
    assert creator.get(path).json["interest_owed"]["amount_minor"] == owed
    whole = creator.post(f"{path}/waivers", {"reason": "协商一致"})
    assert whole.json["amount"]["amount_minor"] == owed
    # What is paid now is principal alone, and nothing of it is income.
    assert pay(creator, call, call["amount"]["amount_minor"]).json["interest"]["amount_minor"] == 0
    assert balance(made["deal"]["project_id"], "income:late_interest") == 0
    assert investor.get(f"{path}/waivers").json["total"] == 3
    with db.system_edge(write=False) as session:
        tags = [
            row.tag for row in session.query(AuditEvent).filter(AuditEvent.tag.like("settlement:interest:%"))
        ]
    assert sorted(tags) == ["settlement:interest:waived"] * 2 + ["settlement:interest:waiver_reversed"]
    sound()


def test_a_waiver_of_the_page_keeps_what_was_typed(
    call: dict[str, Any], creator: Person, investor: Person
) -> None:
    path = f"/payment-calls/{call['id']}"
    later((date.fromisoformat(call["due_on"]) - clock.today()).days + 20)
    renewed(creator)
    browser = creator.browser()
    wrong = browser.post(
        f"{path}/waivers?lang=en", data={"amount": ["99999999", "CNY"], "reason": "typed words"}
    )
    assert wrong.status_code == 422
    assert "typed words" in wrong.text
    assert "of late interest is owed" in wrong.text
    assert browser.post(f"{path}/waivers", data={"amount": "", "reason": "ok"}).status_code == 303
    assert creator.get(path).json["interest_owed"]["amount_minor"] == 0


def test_what_is_overpaid_is_held_used_or_paid_back(
    made: dict[str, Any], call: dict[str, Any], creator: Person, investor: Person
) -> None:
    whole, second = call["amount"]["amount_minor"], made["commitment"]["tranches"][1]
    assert pay(creator, call, whole + 700).json["excess"]["amount_minor"] == 700
    investor.post(f"/tranches/{second['id']}/release")
    other = called(creator, second)
    used = creator.post(
        f"/payment-calls/{other['id']}/offset", {"amount": {"amount_minor": 500, "currency": "CNY"}}
    )
    assert used.json["principal"]["amount_minor"] == 500
    assert state(creator, second) == "part_paid"
    path, body = (
        f"/commitments/{made['commitment']['id']}/refunds",
        {"on": clock.today().isoformat(), "reason": "退还"},
    )
    too_much = creator.post(path, body | {"amount": {"amount_minor": 201, "currency": "CNY"}})
    assert too_much.json["errors"][0]["field"] == "amount"
    assert creator.post(path, body | {"amount": {"amount_minor": 200, "currency": "CNY"}}).status_code == 201
    assert creator.get(f"/commitments/{made['commitment']['id']}").json["overpaid"]["amount_minor"] == 0
    assert balance(made["deal"]["project_id"], "assets:bank") == whole + 500
    sound()


def test_a_refund_in_full_pays_the_tranche_back(
    made: dict[str, Any], call: dict[str, Any], creator: Person, investor: Person
) -> None:
    tranche, whole = made["commitment"]["tranches"][0], call["amount"]["amount_minor"]
    pay(creator, call, whole)
    path = f"/tranches/{tranche['id']}/refunds"
    body = {
        "on": clock.today().isoformat(),
        "reason": "未通过审核",
        "amount": {"amount_minor": 100, "currency": "CNY"},
    }
    assert investor.post(path, body).status_code == 403
    assert creator.post(path, body).status_code == 201
    assert (creator.post(path, body).json["code"], state(creator, tranche)) == ("recorded_before", "paid")
    rest = creator.post(path, body | {"amount": {"amount_minor": whole - 100, "currency": "CNY"}})
    assert (rest.status_code, state(creator, tranche)) == (201, "refunded")
    with db.system_edge(write=False):
        found = queries.payments_of(investor.organisation_id, made["deal"]["project_id"])
    assert sum(p.amount.amount_minor * (1 if p.kind == "payment" else -1) for p in found) == 0
    undone = creator.post(f"/payments/{rest.json['id']}/reverse", {"reason": "未实际退款"})
    assert (undone.status_code, state(creator, tranche)) == (201, "paid")
    sound()


def test_a_refund_of_all_that_was_part_paid_is_taken_back_and_the_call_goes_on(
    made: dict[str, Any], call: dict[str, Any], creator: Person
) -> None:
    tranche, whole = made["commitment"]["tranches"][0], call["amount"]["amount_minor"]
    paid = pay(creator, call, 300).json
    body = {"on": clock.today().isoformat(), "reason": "误记"}
    refunds = [
        creator.post(
            f"/tranches/{tranche['id']}/refunds",
            body | {"amount": {"amount_minor": minor, "currency": "CNY"}},
        ).json
        for minor in (100, 200)
    ]
    path = f"/payment-calls/{call['id']}"
    assert (state(creator, tranche), creator.get(path).json["state"]) == ("refunded", "withdrawn")
    built_upon = creator.post(f"/payments/{paid['id']}/reverse", {"reason": "x"})
    assert built_upon.json["code"] == "built_upon"
    assert creator.post(f"/payments/{refunds[0]['id']}/reverse", {"reason": "未退"}).status_code == 201
    found = creator.get(path).json
    assert (found["state"], found["reason"], state(creator, tranche)) == ("open", "", "part_paid")
    assert found["outstanding"]["amount_minor"] == whole - 300
    assert creator.get(f"/tranches/{tranche['id']}").json["paid"]["amount_minor"] == 100
    sound()
    assert creator.post(f"/payments/{refunds[1]['id']}/reverse", {"reason": "未退"}).status_code == 201
    assert pay(creator, call, whole - 300).status_code == 201
    assert state(creator, tranche) == "paid"
    assert balance(made["deal"]["project_id"], "assets:bank") == whole
    sound()


def test_money_of_a_closed_period_keeps_its_day_and_is_posted_on_the_first_open_one(
    made: dict[str, Any], call: dict[str, Any], creator: Person
) -> None:
    came = clock.today()
    later(40)
    renewed(creator)
    with db.system_edge(write=False):
        book = books.book_for(KIND, made["deal"]["project_id"])
        assert book is not None
    through = came + timedelta(days=30)
    assert creator.post(f"/books/{book.id}/close", {"through": through.isoformat()}).status_code == 200
    paid = pay(creator, call, 500, on=came.isoformat())
    assert (paid.status_code, paid.json["on"]) == (201, came.isoformat())
    entry = creator.get(f"/books/{book.id}/entries/{paid.json['entry_id']}").json
    assert entry["on"] == (through + timedelta(days=1)).isoformat()
    # The day on which it came counts for late interest: nothing of it was outstanding after the due date.
    whole = call["amount"]["amount_minor"]
    due = date.fromisoformat(call["due_on"])
    with db.system_edge(write=False):
        rows = queries.principal_paid([call["id"]])[call["id"]]
    assert rows == [(came, 500)]
    owed = creator.get(f"/payment-calls/{call['id']}").json
    assert owed["interest_owed"]["amount_minor"] == interest.accrued(
        whole, due, owed["late_rate_ppm"], rows, clock.today()
    )
    yesterday = (clock.today() - timedelta(days=1)).isoformat()
    assert creator.post(f"/books/{book.id}/close", {"through": yesterday}).status_code == 200
    assert creator.post(f"/payments/{paid.json['id']}/reverse", {"reason": "记错"}).status_code == 201
    assert balance(made["deal"]["project_id"], "assets:bank") == 0
    sound()


def test_a_wrong_entry_is_taken_back_once(
    made: dict[str, Any], call: dict[str, Any], creator: Person, investor: Person
) -> None:
    tranche, whole = made["commitment"]["tranches"][0], call["amount"]["amount_minor"]
    first = pay(creator, call, 300, reference="B1").json
    second = pay(creator, call, whole - 300, reference="B2").json
    path = f"/payments/{second['id']}/reverse"
    assert investor.post(path, {"reason": "x"}).status_code == 403
    assert creator.post(path, {"reason": ""}).status_code == 422
    assert creator.post(path, {"reason": "记错"}).status_code == 201
    again = creator.post(path, {"reason": "记错"})
    assert (again.status_code, again.json["code"]) == (409, "already_reversed")
    assert state(creator, tranche) == "part_paid"
    assert pay(creator, call, whole - 300, reference="B2").status_code == 201
    assert state(creator, tranche) == "paid"
    assert creator.post(f"/payments/{first['id']}/reverse", {"reason": "x"}).status_code == 201
    assert balance(made["deal"]["project_id"], "assets:bank") == whole - 300
    with db.system_edge(write=False):
        assert len(queries.payments_of(investor.organisation_id)) == 1
    sound()


def stage(who: Person, made: dict[str, Any]) -> str:
    return str(who.get(f"/deals/{made['deal']['id']}").json["stage"])


def told(who: Person, code: str) -> int:
    return sum(row["code"] == code for row in who.get("/notifications").json["items"])


def test_a_deal_is_funded_no_longer_when_its_payment_is_taken_back(
    made: dict[str, Any], call: dict[str, Any], creator: Person, investor: Person
) -> None:
    whole = call["amount"]["amount_minor"]
    paid = pay(creator, call, whole, reference="B1").json
    assert stage(investor, made) == "funded"
    # Nobody says by hand that a deal is funded no longer; the money does.
    back = investor.post(f"/deals/{made['deal']['id']}/transitions", {"to": "signed", "reason": "x"})
    assert (back.status_code, back.json["code"]) == (409, "invalid_transition")
    assert creator.post(f"/payments/{paid['id']}/reverse", {"reason": "入错账"}).status_code == 201
    assert (stage(creator, made), stage(investor, made)) == ("signed", "signed")
    assert told(investor, "settlement.unfunded") == 1
    for lang, words in (("en", "Taken back from Funded to Signed"), ("zh", "入错账")):
        assert words in investor.browser(lang).get(f"/deals/{made['deal']['id']}").text
    tags = [row["tag"] for row in creator.get("/audit").json["items"]]
    assert "deals:deal:taken_back" in tags
    assert pay(creator, call, whole, reference="B2").status_code == 201
    assert stage(investor, made) == "funded"
    sound()


def test_a_deal_follows_what_is_paid_back_and_a_won_one_says_so(
    made: dict[str, Any], call: dict[str, Any], creator: Person, investor: Person
) -> None:
    whole, tranche = call["amount"], made["commitment"]["tranches"][0]
    pay(creator, call, whole["amount_minor"])
    body = {"on": clock.today().isoformat(), "reason": "终止合作", "amount": whole}
    gone = creator.post(f"/tranches/{tranche['id']}/refunds", body)
    assert (gone.status_code, stage(investor, made)) == (201, "signed")
    assert creator.post(f"/payments/{gone.json['id']}/reverse", {"reason": "未退"}).status_code == 201
    assert stage(investor, made) == "funded"
    path = f"/deals/{made['deal']['id']}"
    assert investor.post(f"{path}/transitions", {"to": "closed_won", "reason": "完成"}).status_code == 200
    assert creator.post(f"/tranches/{tranche['id']}/refunds", body | {"reason": "又退"}).status_code == 201
    assert stage(investor, made) == "closed_won"
    shown = investor.browser("en").get(path).text
    assert "The money that made this deal funded is no longer there" in shown
    sound()


def test_a_second_payment_by_the_page_is_refused_and_kept(call: dict[str, Any], creator: Person) -> None:
    page, path = creator.browser(), f"/payment-calls/{call['id']}/payments"
    typed = {
        "amount": [str(call["amount"]["amount_minor"] // 100), "CNY"],
        "on": clock.today().isoformat(),
        "payer": "Payer Ltd",
    }
    assert page.post(path, data=typed).status_code == 303
    again = page.post(path, data=typed)
    assert again.status_code == 409
    assert "beyond the call" in again.text
    assert 'value="Payer Ltd"' in again.text


def test_the_page_of_a_call_records_and_takes_back(
    call: dict[str, Any], creator: Person, investor: Person
) -> None:
    page, path = creator.browser(), f"/payment-calls/{call['id']}"
    refused = page.post(f"{path}/payments", data={"amount": ["abc", "CNY"], "on": clock.today().isoformat()})
    assert refused.status_code == 422
    assert 'value="abc"' in refused.text
    done = page.post(
        f"{path}/payments",
        data={"amount": ["1,000", "CNY"], "on": clock.today().isoformat(), "reference": "P1"},
    )
    assert done.status_code == 303
    payment = creator.get(f"{path}/payments").json["items"][0]
    assert payment["amount"]["amount_minor"] == 100_000
    assert page.post(f"/payments/{payment['id']}/reverse", data={"reason": ""}).status_code == 422
    assert page.post(f"/payments/{payment['id']}/reverse", data={"reason": "wrong"}).status_code == 303
    assert page.post(f"{path}/withdraw", data={"reason": "again"}).status_code == 303
    for lang in ("zh", "en"):
        shown = investor.browser(lang).get(path)
        assert shown.status_code == 200
        assert call["reference"] in shown.text
