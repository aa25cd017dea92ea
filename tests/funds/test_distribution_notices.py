"""Notices of distributions: each partner's part of the tiers, carry, what may be recalled, and totals, for its own eyes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pypdfium2
import pytest
from alembic import command
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from dealflow.audit.models import AuditEvent
from dealflow.core import db
from dealflow.finance.allocation import largest_remainder
from dealflow.funds import queries, service, waterfall
from dealflow.funds.models import Fund
from dealflow.funds.service import notices
from dealflow.ledger import queries as books
from dealflow.web import migrate
from tests.funds.conftest import House, Web, stand, yuan

ACCOUNT = "户名：甲投资\n账号：0000 0000 0000 0077"


@pytest.fixture
def paid(house: House) -> House:
    """A million called and paid, two million distributed a year later, 300,000 of it recallable."""
    house.do(service.pay_to, house.partners["a"], payment_details=ACCOUNT)
    house.paid(house.called(date(2025, 2, 1), 1_000_000), date(2025, 2, 1))
    stand(date(2026, 2, 1))
    house.do(service.charge, kind="income", on=date(2026, 2, 1), amount=yuan(1_500_000), reference="sale")
    house.distributed(date(2026, 2, 1), 2_000_000, recallable=yuan(300_000), text="首笔回款")
    house.sign_in()
    return house


def row_of(house: House) -> Any:
    return house.ask(lambda fund: queries.distributions(fund.id)[0])


def path_of(house: House, name: str) -> str:
    return f"/funds/{house.fund_id}/distributions/{row_of(house).id}/notices/{house.partners[name]}.pdf"


def words(content: bytes) -> str:
    with pypdfium2.PdfDocument(content) as opened:
        return "\n".join(page.get_textpage().get_text_bounded() for page in opened)


def test_it_says_the_part_of_each_tier_what_is_withheld_and_the_totals(paid: House) -> None:
    text = words(paid.lp.get(path_of(paid, "a"), query_string={"lang": "en"}).data)
    # a holds six tenths: of a million back, 80,000 of hurdle and 720,000 of profit; carry takes 20,000 and 180,000 of all.
    for shown in ("CN¥600,000.00", "CN¥48,000.00", "CN¥432,000.00", "−CN¥12,000.00", "−CN¥108,000.00",
                  "CN¥1,200,000.00", "CN¥1,080,000.00", "CN¥180,000.00", "CN¥6,000,000.00", "CN¥5,580,000.00"):  # fmt: skip
        assert shown in text, shown
    assert "0000 0000 0000 0077" in text
    chinese = words(paid.lp.get(path_of(paid, "a"), query_string={"lang": "zh"}).data)
    for shown in ("首笔回款", "返还本金", "¥1,080,000.00", "一号基金"):
        assert shown in chinese, shown


def test_it_stays_as_it_was_posted_whatever_is_changed_before_it_is_drawn(paid: House) -> None:
    paid.do(service.pay_to, paid.partners["a"], payment_details="elsewhere")
    paid.do(service.edit, {"name": "改名基金"})
    paid.distributed(date(2026, 2, 1), 1_000)
    first = paid.ask(lambda fund: queries.distributions(fund.id)[-1])
    path = f"/funds/{paid.fund_id}/distributions/{first.id}/notices/{paid.partners['a']}.pdf"
    drawn = paid.manager.get(path, query_string={"lang": "zh"}).data
    text = words(drawn)
    assert "一号基金" in text
    assert "0077" in text
    assert "elsewhere" not in text
    assert paid.lp.get(path, query_string={"lang": "zh"}).data == drawn


def test_a_partner_reads_its_own_from_its_place_and_no_others(paid: House) -> None:
    own, other = path_of(paid, "a"), path_of(paid, "b")
    place = Web(paid.lp).get(f"/funds/{paid.fund_id}/lps/{paid.partners['a']}").text
    assert place.count(own) == 1
    assert other not in place
    assert Web(paid.lp).get(own).data.startswith(b"%PDF")
    page = Web(paid.manager).get(f"/funds/{paid.fund_id}/distributions/{row_of(paid).id}").text
    assert own in page
    assert other in page
    for who, path in ((paid.lp, other), (paid.stranger, own)):
        assert who.get(path).status_code == 404
        assert Web(who).get(path).status_code == 404


def test_there_is_none_before_the_second_person_approves(paid: House) -> None:
    stand(date(2026, 2, 1))
    paid.do(service.prepare, on=date(2026, 2, 1), amount=yuan(1_000))
    assert row_of(paid).state == "draft"
    assert paid.manager.get(path_of(paid, "a")).status_code == 404
    page = Web(paid.manager).get(f"/funds/{paid.fund_id}/distributions/{row_of(paid).id}").text
    assert "/notices/" not in page


def test_a_clawback_has_one_too(house: House) -> None:
    house.paid(house.called(date(2025, 2, 1), 1_000_000), date(2025, 2, 1))
    stand(date(2025, 2, 2))
    house.do(service.charge, kind="income", on=date(2025, 2, 2), amount=yuan(1_000_000), reference="sale")
    house.distributed(date(2025, 2, 2), 1_500_000)
    house.paid(house.called(date(2025, 3, 1), 2_000_000), date(2025, 3, 1))
    stand(date(2025, 12, 31))
    row = house.do(service.prepare_clawback, on=date(2025, 12, 31))
    house.do(service.approve, row.id, who=house.second)
    house.sign_in()
    text = words(house.lp.get(path_of(house, "a"), query_string={"lang": "en"}).data)
    assert "Carried interest that the manager gives back" in text
    assert f"{row.plan['lps'][house.partners['a']]['amount_minor'] / 100:,.2f}" in text


def test_the_partner_is_told_when_its_account_changes_and_the_change_is_on_record(paid: House) -> None:
    place = f"/funds/{paid.fund_id}/lps/{paid.partners['a']}"
    answer = Web(paid.manager).post(f"{place}/account", {"payment_details": "新账号 0000 0088"})
    assert answer.status_code == 303
    page = Web(paid.lp).get(place).text
    assert "新账号 0000 0088" in page
    assert f"{place}/account" not in page
    told = [
        item for item in paid.lp.get("/notifications").json["items"] if item["code"] == "fund_partner_account"
    ]
    assert {item["link"] for item in told} == {place}
    known = paid.manager.post(f"{place}/account", json={"payment_details": "新账号 0000 0099"}).json
    assert known["payment_details"] == "新账号 0000 0099"
    with db.system_edge() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.tag == "funds:lp:account_changed")).all()
        assert [row.after["payment_details"][-4:] for row in rows] == ["0077", "0088", "0099"]
    # A manager may find out that the account is not known after all.
    assert Web(paid.manager).post(f"{place}/account", {"payment_details": ""}).status_code == 303
    assert "0000 0099" not in Web(paid.lp).get(place).text
    assert Web(paid.lp).post(f"{place}/account", {"payment_details": "mine"}).status_code in (403, 404)


@given(
    st.lists(st.integers(1, 10**9), min_size=1, max_size=8),
    st.lists(st.integers(0, 10**9), min_size=6, max_size=6).filter(any),
)
def test_parts_of_tiers_sum_to_each_partner_and_to_each_tier(weights: list[int], steps: list[int]) -> None:
    step = dict(zip(waterfall.TIERS, steps, strict=True))
    lp, gp = (sum(step[tier] for tier in own) for own in (waterfall.OF_PARTNERS, waterfall.OF_MANAGER))
    amounts, carries = (largest_remainder(minor, weights) for minor in (lp, gp))
    lps = {
        str(at): {"amount_minor": a, "carry_minor": c}
        for at, (a, c) in enumerate(zip(amounts, carries, strict=True))
    }
    found = waterfall.shares({"step": step, "lps": lps})
    for tier, minor in step.items():
        assert sum(parts[tier] for parts in found.values()) == minor
    for lp_id, parts in found.items():
        assert min(parts.values()) >= 0
        assert sum(parts[tier] for tier in waterfall.OF_PARTNERS) == lps[lp_id]["amount_minor"]
        assert sum(parts[tier] for tier in waterfall.OF_MANAGER) == lps[lp_id]["carry_minor"]


@pytest.fixture
def before(paid: House) -> House:
    """The house after another call, as the release before notices left it, brought forward to this one."""
    paid.paid(paid.called(date(2026, 3, 1), 500_000), date(2026, 3, 1))
    config = migrate.config(db.database().url)
    command.stamp(config, "head")
    command.downgrade(config, "0029")
    command.upgrade(config, "head")
    stand(date(2026, 3, 5))
    paid.sign_in()
    return paid


def test_one_posted_before_there_were_notices_gets_them_afterwards(before: House) -> None:
    page = f"/funds/{before.fund_id}/distributions/{row_of(before).id}"
    assert before.lp.get(path_of(before, "a")).status_code == 404
    shown = before.manager.get(page).json
    assert [part["notice"] for part in shown["shares"]] == [False, False]
    assert "Issue the notices" in Web(before.manager).get(page).text
    assert before.lp.post(f"{page}/notices").status_code in (403, 404)
    assert Web(before.manager).post(f"{page}/notices", {}).status_code == 303
    after = Web(before.manager).get(page).text
    assert path_of(before, "a") in after
    assert "Mar 5, 2026" in after
    assert "Issue the notices" not in after
    known = before.manager.get(page).json
    assert (known["notices_issued_on"], [part["notice"] for part in known["shares"]]) == (
        "2026-03-05", [True, True],
    )  # fmt: skip
    text = words(before.lp.get(path_of(before, "a"), query_string={"lang": "en"}).data)
    # The figures of that day: what was called since is not in them.
    for figure in ("CN¥600,000.00", "CN¥432,000.00", "CN¥1,080,000.00", "CN¥5,580,000.00", "CN¥180,000.00"):
        assert figure in text, figure
    assert "issued on 2026-03-05" in text
    assert "Paid to this account" not in text
    assert (
        path_of(before, "a") in Web(before.lp).get(f"/funds/{before.fund_id}/lps/{before.partners['a']}").text
    )
    told = [
        i for i in before.lp.get("/notifications").json["items"] if i["code"] == "fund_distribution_notice"
    ]
    assert len(told) == 1
    with db.system_edge() as session:
        row = session.scalars(
            select(AuditEvent).where(AuditEvent.tag == "funds:distribution:notices_issued")
        ).one()
        assert row.after == {"partners": 2, "issued_on": "2026-03-05"}


def test_late_notices_are_issued_once_and_stay_as_they_were(before: House) -> None:
    path = f"/funds/{before.fund_id}/distributions/{row_of(before).id}/notices"
    assert before.manager.post(path).status_code == 200
    again = before.manager.post(path)
    assert (again.status_code, again.json["code"]) == (409, "issued_already")
    before.do(service.edit, {"name": "改名基金"})
    drawn = before.manager.get(path_of(before, "a"), query_string={"lang": "zh"}).data
    assert "一号基金" in words(drawn)
    assert "2026-03-05" in words(drawn)
    assert before.lp.get(path_of(before, "b")).status_code == 404


def test_late_notices_say_what_those_of_the_day_said(paid: House) -> None:
    """The same figures, whether kept on posting or read from the book afterwards."""
    paid.paid(paid.called(date(2026, 3, 1), 500_000), date(2026, 3, 1))
    row = row_of(paid)

    def read(fund: Fund) -> None:
        book = queries.book_of_fund(fund)
        assert book is not None
        found = notices.of_distribution(fund, row, books.entry(book, row.entry_id))
        for line in queries.distribution_lines(fund.id, distribution_id=row.id):
            assert found[line.lp_id] == line.facts

    paid.ask(read)


def test_what_is_not_posted_has_no_notices_to_issue(paid: House) -> None:
    stand(date(2026, 2, 1))
    paid.do(service.prepare, on=date(2026, 2, 1), amount=yuan(1_000))
    answer = paid.manager.post(f"/funds/{paid.fund_id}/distributions/{row_of(paid).id}/notices")
    assert (answer.status_code, answer.json["code"]) == (409, "invalid_transition")
