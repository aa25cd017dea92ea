"""Ad spend against the caps of contracts, and who is told when."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from dealflow.core import db
from dealflow.core.errors import Invalid
from dealflow.core.money import Money
from dealflow.core.outbox import OutboxEvent
from dealflow.notify.models import Notification
from dealflow.releases import queries, service, spending
from tests.factories.releases import cny, evidence
from tests.releases.conftest import House


def spend(house: House, ref: str, amount: int, **more: Any) -> Any:
    values = {
        "amount": cny(amount), "on": "2026-09-10", "platform": "douyin", "source": "巨量", "external_ref": ref,
        "evidence_class": "platform_statement",
    } | more  # fmt: skip
    if values["evidence_class"] == "platform_statement":
        values["document_id"] = evidence(house.creator, house.project_id)
    answer = house.creator.post(f"{house.at}/ad-spend", values)
    assert answer.status_code == 201, answer.json
    return answer.json


def cap(house: House, amount: int, source: str = "ts_1") -> None:
    with db.system_edge():
        service.set_ad_cap(house.project_id, Money(amount), source)


def told(house: House) -> list[tuple[str, str]]:
    names = {house.creator.user_id: "creator", house.investor.user_id: "investor"}
    with db.system_edge(write=False) as session:
        rows = (
            session.query(Notification).filter(Notification.code.like("ad_cap_%")).order_by(Notification.id)
        )
        return sorted((row.code.removeprefix("ad_cap_"), names[row.user_id]) for row in rows)


def test_both_parties_are_told_once_before_the_cap_and_once_when_it_is_reached(house: House) -> None:
    cap(house, 1000)
    spend(house, "a", 799)
    assert not told(house)
    spend(house, "b", 1)
    assert told(house) == [("near", "creator"), ("near", "investor")]
    spend(house, "c", 100)
    assert len(told(house)) == 2
    spend(house, "d", 100)
    spend(house, "e", 100)
    assert told(house) == [
        ("near", "creator"), ("near", "investor"), ("reached", "creator"), ("reached", "investor"),
    ]  # fmt: skip
    with db.system_edge(write=False) as session:
        events = [e.payload for e in session.query(OutboxEvent).filter_by(name="AdSpendNearCap")]
    assert [(e["spent_minor"], e["reached"]) for e in events] == [(800, False), (1000, True)]


def test_a_cap_that_comes_late_tells_at_once_and_a_new_amount_tells_again(house: House) -> None:
    spend(house, "a", 900)
    cap(house, 1000)
    cap(house, 1000)
    assert told(house) == [("near", "creator"), ("near", "investor")]
    cap(house, 900)
    assert len(told(house)) == 4
    shown = house.investor.get(f"{house.at}/ad-spend").json["caps"]
    assert [(c["cap"]["amount_minor"], c["percent"], c["state"]) for c in shown] == [(900, 100, "reached")]


def test_each_contract_has_its_own_cap(house: House) -> None:
    cap(house, 1000, "ts_1")
    cap(house, 5000, "ts_2")
    spend(house, "a", 1200)
    shown = house.creator.get(f"{house.at}/ad-spend").json["caps"]
    assert [(c["source"], c["percent"], c["state"]) for c in shown] == [
        ("ts_1", 120, "reached"), ("ts_2", 24, "within"),
    ]  # fmt: skip


def test_reported_spend_counts_until_the_platform_proves_the_day(
    house: House, release: dict[str, Any]
) -> None:
    cap(house, 10_000)
    path = f"/releases/{release['id']}/figures"
    daily = {"evidence_class": "self_reported", "source": "后台"}
    for day in (1, 2, 3):
        house.creator.post(path, daily | {"on": f"2026-09-0{day}", "ad_spend": cny(100)})

    def now() -> tuple[int, int]:
        with db.system_edge(write=False):
            found = spending.spent(house.project_id)["CNY"]
        return found.proven.amount_minor, found.reported.amount_minor

    assert now() == (0, 300)
    spend(house, "a", 190, on="2026-09-02", platform="hongguo")
    assert now() == (190, 100)
    spend(house, "b", 40, evidence_class="self_reported", platform="hongguo", on="2026-09-03")
    assert now() == (190, 40)
    with db.system_edge(write=False):
        rows = queries.ad_spend(house.project_id, date(2100, 1, 1))
    assert [row.audited for row in rows] == [True, False]


def test_reported_figures_warn_too(house: House, release: dict[str, Any]) -> None:
    cap(house, 100)
    values = {"on": "2026-09-01", "ad_spend": cny(85), "evidence_class": "self_reported", "source": "后台"}
    assert house.creator.post(f"/releases/{release['id']}/figures", values).status_code == 201
    assert told(house) == [("near", "creator"), ("near", "investor")]


def test_a_cap_is_above_zero(house: House) -> None:
    with pytest.raises(Invalid), db.system_edge():
        service.set_ad_cap(house.project_id, Money(0), "ts_1")
