"""From closing to distribution through the services: who pays what, who gets what, and what stands in the book."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from dealflow.core import db
from dealflow.core.errors import Conflict, Forbidden, Invalid, InvalidTransition
from dealflow.core.money import Money
from dealflow.funds import queries, service
from dealflow.ledger import rate_entry, verification
from dealflow.ledger.models import Entry
from tests.funds.conftest import House, stand, yuan


def test_a_call_is_shared_by_commitment_and_paid_in_parts(house: House) -> None:
    call = house.called(date(2025, 2, 1), 1_000_000)
    position = house.positions()["a"]
    assert (position.due.amount, position.unfunded) == (yuan(600_000), yuan(5_400_000))
    pay = {"lp_id": house.partners["a"], "on": date(2025, 2, 1)}
    first = house.do(service.pay, call.id, amount=yuan(200_000), reference="X1", **pay)
    again = house.do(service.pay, call.id, amount=yuan(200_000), reference="X1", **pay)
    assert again.id == first.id
    with pytest.raises(Conflict):
        house.do(service.pay, call.id, amount=yuan(1), reference="X1", **pay)
    with pytest.raises(Invalid) as refused:
        house.do(service.pay, call.id, amount=yuan(400_001), reference="X2", **pay)
    assert refused.value.errors[0].code == "more_than_open"
    position = house.positions()["a"]
    assert (position.contributed.amount, position.due.amount) == (yuan(200_000), yuan(400_000))
    assert position.contributed.entry_ids == (first.entry_id,)


def test_a_call_above_what_is_left_is_refused_and_a_second_issue_too(house: House) -> None:
    with pytest.raises(Invalid) as refused:
        house.called(date(2025, 2, 1), 10_000_001)
    assert refused.value.errors[0].code == "exceeds_unfunded"
    call = house.called(date(2025, 2, 1), 10_000_000)
    with pytest.raises(InvalidTransition):
        house.do(service.issue_call, call.id)
    house.do(service.cancel_call, call.id, reason="wrong")
    assert house.positions()["a"].unfunded == yuan(6_000_000)


def test_late_interest_is_simple_on_what_is_open_and_earned_by_the_others(house: House) -> None:
    call = house.called(date(2025, 2, 1), 1_000_000)
    stand(date(2025, 4, 15))
    pay = {"lp_id": house.partners["a"], "reference": "late", "on": date(2025, 4, 15)}
    # 600,000 at 10 % for 73 days.
    with pytest.raises(Invalid) as refused:
        house.do(service.pay, call.id, amount=yuan(600_000), interest=Money(12_000_01), **pay)
    assert refused.value.errors[0].code == "more_than_due"
    house.do(service.pay, call.id, amount=yuan(600_000), interest=yuan(12_000), **pay)
    accounts = house.ask(lambda f: queries.capital_accounts(f, date(2025, 1, 1), date(2025, 12, 31)))
    found = {a.lp.name: a.columns["interest"].amount for a in accounts.values()}
    assert (found["a"], found["b"]) == (yuan(-12_000), yuan(12_000))


def test_late_interest_alone_is_typed_in_once_and_taken_back(house: House) -> None:
    call = house.called(date(2025, 2, 1), 1_000_000)
    stand(date(2025, 4, 15))
    pay = {"lp_id": house.partners["a"], "on": date(2025, 4, 15)}
    house.do(service.pay, call.id, amount=yuan(600_000), reference="late", **pay)
    with pytest.raises(Invalid) as refused:
        house.do(service.pay, call.id, amount=None, reference="nothing", **pay)
    assert [(e.field, e.code) for e in refused.value.errors] == [("amount", "required")]
    with pytest.raises(Invalid) as refused:
        house.do(service.pay, call.id, amount=None, interest=Money(12_000_01), reference="interest", **pay)
    assert refused.value.errors[0].code == "more_than_due"
    alone = {"amount": None, "interest": yuan(12_000), "reference": "interest", **pay}
    row = house.do(service.pay, call.id, **alone)
    assert house.do(service.pay, call.id, **alone).id == row.id
    assert (row.amount_minor, row.inside_minor, row.interest_minor) == (0, 0, 12_000_00)
    assert house.ask(queries.cash) == yuan(612_000)
    assert house.positions()["a"].contributed.amount == yuan(600_000)
    house.do(service.reverse_payment, row.id, reason="Not ours")
    assert house.ask(queries.cash) == yuan(600_000)
    house.do(service.pay, call.id, **alone)


def test_a_later_partner_pays_in_its_part_with_interest_and_the_others_get_it_back(house: House) -> None:
    house.paid(house.called(date(2025, 2, 1), 1_000_000), date(2025, 2, 1))
    stand(date(2025, 3, 31))
    house.do(
        service.charge,
        kind="expense",
        on=date(2025, 3, 1),
        amount=yuan(100_000),
        reference="audit",
        text="Audit",
    )
    house.close(date(2025, 4, 15), c=10_000_000)
    found = house.positions()
    # Half of the call for 73 days at 6 %: 500,000 and 6,000.
    assert (found["c"].contributed.amount, found["c"].outside.amount) == (yuan(500_000), yuan(6_000))
    assert (found["a"].refunded.amount, found["b"].refunded.amount) == (yuan(300_000), yuan(200_000))
    assert found["a"].unfunded == yuan(5_700_000)
    assert house.ask(queries.cash) == yuan(1_000_000)
    accounts = house.ask(lambda f: queries.capital_accounts(f, date(2025, 1, 1), date(2025, 12, 31)))
    assert {a.lp.name: a.columns["expenses"].amount for a in accounts.values()} == {
        "a": yuan(-30_000), "b": yuan(-20_000), "c": yuan(-50_000), "d": yuan(0),
    }  # fmt: skip
    assert {a.lp.name: a.columns["interest"].amount for a in accounts.values()}["a"] == yuan(3_600)
    # The interest lowers what the others have put in; nothing was distributed.
    assert (found["a"].interest.amount, found["a"].paid_in) == (yuan(3_600), yuan(600_000 - 300_000 - 3_600))
    assert found["a"].distributed.amount == yuan(0)
    assert sum(p.paid_in.amount_minor for p in found.values()) == 1_000_000_00
    columns = {
        a.lp.name: (a.columns["contributions"].amount, a.columns["distributions"].amount)
        for a in accounts.values()
    }
    assert columns["a"] == (yuan(296_400), yuan(0))
    assert (
        sum(flow.amount.amount_minor for flow in house.ask(lambda f: queries.cashflows(f.id)))
        == -1_000_000_00
    )


def test_a_transfer_moves_commitment_and_history_from_its_day_on(house: House) -> None:
    house.paid(house.called(date(2025, 2, 1), 1_000_000), date(2025, 2, 1))
    stand(date(2025, 5, 1))
    move = {"from_lp_id": house.partners["a"], "to_lp_id": house.partners["d"]}
    house.do(service.transfer, amount=yuan(1_500_000), on=date(2025, 5, 1), **move)
    found = house.positions()
    assert (found["d"].commitment, found["d"].contributed.amount) == (yuan(1_500_000), yuan(150_000))
    assert (found["a"].unfunded, found["d"].unfunded) == (yuan(4_050_000), yuan(1_350_000))
    flows = house.ask(lambda f: queries.cashflows(f.id))
    assert {flow.kind for flow in flows if flow.on == date(2025, 5, 1)} == {"transfer"}
    # A later closing gives back to whoever holds the past call now.
    house.close(date(2025, 6, 1), c=10_000_000)
    assert house.positions()["d"].refunded.amount == yuan(75_000)


def test_a_distribution_needs_a_second_person_and_falls_through_the_tiers(house: House) -> None:
    house.paid(house.called(date(2025, 2, 1), 1_000_000), date(2025, 2, 1))
    stand(date(2026, 2, 1))
    house.do(
        service.charge,
        kind="income",
        on=date(2026, 2, 1),
        amount=yuan(1_000_000),
        reference="sale",
        text="Sale",
    )
    row = house.do(service.prepare, on=date(2026, 2, 1), amount=yuan(1_500_000), recallable=yuan(100_000))
    with pytest.raises(Conflict):
        house.do(service.prepare, on=date(2026, 2, 1), amount=yuan(1_500_000))
    with pytest.raises(Forbidden):
        house.do(service.approve, row.id)
    posted = house.do(service.approve, row.id, who=house.second)
    with pytest.raises(InvalidTransition):
        house.do(service.approve, row.id, who=house.second)
    # 1,000,000 back, 8 % of it, a quarter of that to catch up, the rest four to one.
    assert posted.plan["step"] == {
        "roc_minor": 1_000_000_00, "pref_minor": 80_000_00, "catch_up_gp_minor": 20_000_00, "catch_up_lp_minor": 0,
        "split_gp_minor": 80_000_00, "split_lp_minor": 320_000_00,
    }  # fmt: skip
    found = house.positions()
    assert (found["a"].distributed.amount, found["b"].distributed.amount) == (yuan(840_000), yuan(560_000))
    assert found["a"].unfunded == yuan(5_460_000)
    assert found["a"].carry.amount == yuan(60_000)
    assert house.ask(queries.cash) == yuan(500_000)


def test_a_preview_that_no_longer_holds_is_not_posted(house: House) -> None:
    house.paid(house.called(date(2025, 2, 1), 1_000_000), date(2025, 2, 1))
    stand(date(2025, 3, 1))
    row = house.do(service.prepare, on=date(2025, 3, 1), amount=yuan(100_000))
    house.close(date(2025, 3, 1), c=10_000_000)
    with pytest.raises(Conflict) as refused:
        house.do(service.approve, row.id, who=house.second)
    assert refused.value.code == "outdated"
    house.do(service.cancel_distribution, row.id, reason="new partner")
    with pytest.raises(Invalid) as short:
        house.do(service.prepare, on=date(2025, 3, 1), amount=yuan(1_000_001))
    assert short.value.errors[0].code == "not_enough_cash"


def test_a_fee_of_a_period_is_posted_once_and_paid_once(house: House) -> None:
    stand(date(2025, 4, 1))
    fee = house.do(service.accrue_fee, period="2025Q1")
    assert house.do(service.accrue_fee, period="2025Q1").id == fee.id
    # 2 % on 10 million for the 81 days since the closing.
    assert fee.amount_minor == 44_383_56
    with pytest.raises(Invalid):
        house.do(service.accrue_fee, period="2025H1")
    with pytest.raises(Conflict) as poor:
        house.do(service.pay_charge, fee.id, on=date(2025, 4, 1))
    assert poor.value.code == "not_enough_cash"
    house.paid(house.called(date(2025, 4, 1), 50_000, outside=True), date(2025, 4, 1))
    assert house.positions()["a"].unfunded == yuan(6_000_000)
    house.do(service.pay_charge, fee.id, on=date(2025, 4, 1))
    with pytest.raises(Conflict):
        house.do(service.pay_charge, fee.id, on=date(2025, 4, 1))
    assert house.ask(queries.cash) == Money(5_616_44)


def test_money_in_another_currency_keeps_the_days_rate(house: House) -> None:
    call = house.called(date(2025, 2, 1), 1_000_000)
    pay = {"lp_id": house.partners["a"], "on": date(2025, 2, 1), "reference": "usd"}
    with pytest.raises(Invalid) as refused:
        house.do(service.pay, call.id, amount=Money(10_000_00, "USD"), **pay)
    assert refused.value.errors[0].field == "rate"
    row = house.do(service.pay, call.id, amount=Money(10_000_00, "USD"), rate="7.1234", **pay)
    assert (row.amount_minor, row.given_minor, row.given_currency, row.rate) == (
        71_234_00, 10_000_00, "USD", "7.1234",
    )  # fmt: skip
    yen = house.do(
        service.charge,
        kind="expense",
        on=date(2025, 2, 1),
        amount=Money(10_001, "JPY"),
        rate="0.047",
        reference="y",
    )
    assert yen.amount_minor == 470_05


@pytest.mark.parametrize(
    "rate", ["1e1", "+7.1", "7,1", "NaN", "Infinity", "0.0", "-7", "٧", "7.12345678901234567"]
)
def test_a_rate_is_read_by_the_one_rule(house: House, rate: str) -> None:
    call = house.called(date(2025, 2, 1), 1_000_000)
    with pytest.raises(Invalid) as refused:
        house.do(
            service.pay, call.id, amount=Money(10_000_00, "USD"), rate=rate, lp_id=house.partners["a"],
            on=date(2025, 2, 1), reference="usd",
        )  # fmt: skip
    assert refused.value.errors[0].field == "rate"
    house.sign_in()
    sent = {
        "lp_id": house.partners["a"],
        "amount": {"amount_minor": 1_000_00, "currency": "USD"},
        "rate": rate,
        "reference": "usd",
    }
    answer = house.manager.post(f"/funds/{house.fund_id}/calls/{call.id}/payments", sent)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "rate"


def test_without_a_typed_rate_the_tables_rate_of_the_day_is_used_and_kept(house: House) -> None:
    call = house.called(date(2025, 2, 10), 1_000_000)
    actor = house.manager.actor
    with db.edge(actor=actor):
        rate_entry.enter(
            actor, base="USD", quote="CNY", day=date(2025, 2, 7), rate=Decimal("7.1"), source="PBoC"
        )
    pay = {
        "lp_id": house.partners["a"],
        "on": date(2025, 2, 10),
        "reference": "usd",
        "amount": Money(10_000_00, "USD"),
    }
    row = house.do(service.pay, call.id, **pay)
    assert (row.amount_minor, row.given_minor, row.rate) == (71_000_00, 10_000_00, "7.1")
    with db.system_edge(write=False) as session:
        data = session.get_one(Entry, row.entry_id).data
    assert (data["rate"], data["rate_day"], data["rate_source"]) == ("7.1", "2025-02-07", "PBoC")
    page = house.manager.browser("en").get(
        f"/books/{house.ask(queries.book_of_fund).id}/entries/{row.entry_id}"
    )
    assert "PBoC" in page.text
    with db.edge(actor=actor):
        rate_entry.enter(
            actor, base="USD", quote="CNY", day=date(2025, 2, 7), rate=Decimal("7.3"), source="PBoC"
        )
    assert house.do(service.pay, call.id, **pay).id == row.id
    with pytest.raises(Conflict):
        house.do(service.pay, call.id, **pay | {"amount": Money(10_001_00, "USD")})


def test_a_clawback_gives_back_what_the_manager_took_too_much(house: House) -> None:
    house.paid(house.called(date(2025, 2, 1), 1_000_000), date(2025, 2, 1))
    stand(date(2025, 2, 2))
    house.do(service.charge, kind="income", on=date(2025, 2, 2), amount=yuan(1_000_000), reference="sale")
    house.distributed(date(2025, 2, 2), 1_500_000)
    house.paid(house.called(date(2025, 3, 1), 2_000_000), date(2025, 3, 1))
    stand(date(2025, 12, 31))
    row = house.do(service.prepare_clawback, on=date(2025, 12, 31))
    before = house.positions()["a"].carry.amount
    house.do(service.approve, row.id, who=house.second)
    assert row.amount_minor > 0
    assert house.positions()["a"].carry.amount < before
    assert house.ask(queries.cash) == yuan(2_500_000)
    with pytest.raises(Conflict) as over:
        house.do(service.prepare, on=date(2025, 12, 31), amount=yuan(1))
    assert over.value.code == "fund_ended"


def test_deal_by_deal_only_what_a_deal_cost_comes_first(house: House) -> None:
    house.do(service.edit, {"carry_mode": "american"})
    house.paid(house.called(date(2025, 2, 1), 1_000_000, deal="one"), date(2025, 2, 1))
    house.paid(house.called(date(2025, 2, 1), 2_000_000, deal="two"), date(2025, 2, 1))
    stand(date(2025, 2, 1))
    row = house.do(service.prepare, on=date(2025, 2, 1), amount=yuan(1_500_000), deal="one")
    assert (row.plan["step"]["roc_minor"], row.plan["gp_minor"]) == (1_000_000_00, 100_000_00)
    with pytest.raises(Invalid):
        house.do(service.edit, {"carry_ppm": 100_000})


def test_what_was_done_leaves_the_ledger_whole(house: House) -> None:
    house.paid(house.called(date(2025, 2, 1), 1_000_001), date(2025, 2, 1))
    house.close(date(2025, 3, 1), c=3_333_333)
    house.distributed(date(2025, 3, 1), 333_333)
    with db.system_edge(write=False):
        assert list(verification.verify()) == []
