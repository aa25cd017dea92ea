"""Releases and the figures of their days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from dealflow.core import clock, db
from dealflow.core.outbox import OutboxEvent
from dealflow.releases import jobs, platforms, queries
from tests.conftest import Person
from tests.factories.releases import cny
from tests.releases.conftest import House


def told(name: str) -> list[dict[str, Any]]:
    with db.system_edge(write=False) as session:
        return [event.payload for event in session.query(OutboxEvent).filter_by(name=name)]


def test_a_release_stands_with_its_platform_and_clean_filing_number(
    house: House, release: dict[str, Any]
) -> None:
    assert release["platform"] == "hongguo"
    assert release["filing_number"] == "(浙)网微剧审字(2026)第001号"
    assert release["title"]
    for who, status in ((house.creator, 200), (house.investor, 200), (house.stranger, 404)):
        assert who.get(f"/releases/{release['id']}").status_code == status


def asked(who: Person) -> list[str]:
    """What a person is told of releases."""
    found = who.get("/notifications").json["items"]
    return [row["code"] for row in found if row["code"].startswith("release_")]


def test_only_an_investor_that_is_bound_proves_a_release(house: House, release: dict[str, Any]) -> None:
    path = f"/releases/{release['id']}"
    assert asked(house.investor) == ["release_to_confirm"]
    assert not told("ReleasePublished")
    assert house.creator.post(f"{path}/confirm").status_code == 403
    assert house.stranger.post(f"{path}/confirm").status_code == 404
    done = house.investor.post(f"{path}/confirm")
    assert done.status_code == 200, done.json
    assert [seen["organisation_id"] for seen in done.json["confirmations"]] == [
        house.investor.organisation_id
    ]
    assert house.investor.post(f"{path}/confirm").json["confirmations"] == done.json["confirmations"]
    assert told("ReleasePublished") == [
        {
            "release_id": release["id"], "project_id": house.project_id, "on": "2026-09-01",
            "investor_organisation_id": house.investor.organisation_id,
            "project_organisation_id": house.creator.organisation_id,
        }
    ]  # fmt: skip
    assert asked(house.creator) == ["release_confirmed"]
    moved = house.creator.patch(path, {"released_on": "2026-08-01"}, done.json["version"])
    assert moved.json["errors"][0]["field"] == "released_on"
    assert house.creator.patch(path, {"title": "别名"}, done.json["version"]).status_code == 200
    assert house.creator.post(f"{path}/withdraw", {"reason": "x"}).status_code == 200
    assert house.investor.post(f"{path}/confirm").status_code == 409


@pytest.mark.parametrize(
    "number",
    ["（粤）网微剧审字（2024）第 001 号", "网微剧备字〔2026〕第12号", "V33002612601", "zpp20261234567", "（京）网络剧审字（2026）第013号"],
)  # fmt: skip
def test_filing_numbers_of_known_forms_are_taken(number: str) -> None:
    assert platforms.filing_number(number)


@pytest.mark.parametrize("number", ["123", "备案中", "ABC", "浙ICP备12345678号-1", "https://x.cn", "V12"])
def test_other_filing_numbers_are_not(number: str) -> None:
    assert platforms.filing_number(number) is None


def test_a_release_names_what_is_wrong(house: House) -> None:
    for field, value in (
        ("filing_number", "123"), ("territory", "ZZ"), ("link", "javascript:alert(1)"), ("platform", ""), ("released_on", "soon"),
    ):  # fmt: skip
        values = {"platform": "douyin", "released_on": "2026-09-01"} | {field: value}
        answer = house.creator.post(f"{house.at}/releases", values)
        assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)


def test_one_release_per_platform_and_territory_until_it_is_withdrawn(
    house: House, release: dict[str, Any]
) -> None:
    values = {"platform": "hongguo", "released_on": "2026-10-01"}
    assert house.creator.post(f"{house.at}/releases", values).status_code == 409
    assert house.creator.post(f"{house.at}/releases", values | {"territory": "US"}).status_code == 201
    gone = house.creator.post(f"/releases/{release['id']}/withdraw", {"reason": "wrong platform"})
    assert gone.json["withdraw_reason"] == "wrong platform"
    assert house.creator.post(f"/releases/{release['id']}/withdraw", {"reason": "again"}).status_code == 409
    assert house.creator.post(f"{house.at}/releases", values).status_code == 201
    assert house.investor.get(f"{house.at}/releases").json["total"] == 3


def test_a_release_is_changed_by_its_version(house: House, release: dict[str, Any]) -> None:
    path = f"/releases/{release['id']}"
    changed = house.creator.patch(path, {"link": "https://example.com/a"}, release["version"])
    assert changed.json["link"] == "https://example.com/a"
    assert changed.json["filing_number"] == release["filing_number"]
    assert house.creator.patch(path, {"link": None}, release["version"]).status_code == 412


def test_a_release_of_the_future_is_confirmed_from_its_day_on(house: House) -> None:
    day = clock.today() + timedelta(days=2)
    values = {"platform": "douyin", "released_on": day.isoformat()}
    made = house.creator.post(f"{house.at}/releases", values).json
    assert house.investor.post(f"/releases/{made['id']}/confirm").status_code == 409
    assert not asked(house.investor)
    clock.set_base(clock.now() + timedelta(days=3))
    for _twice in range(2):
        with db.system_edge():
            jobs.announce()
    assert asked(house.investor) == ["release_to_confirm"]
    assert house.investor.post(f"/releases/{made['id']}/confirm").status_code == 200
    assert [event["on"] for event in told("ReleasePublished")] == [day.isoformat()]


def figures(house: House, release: dict[str, Any], **values: Any) -> Any:
    given = {"on": "2026-09-02", "evidence_class": "self_reported", "source": "后台"} | values
    return house.creator.post(f"/releases/{release['id']}/figures", given)


def test_the_same_source_corrects_its_figures_by_a_row_that_counts(
    house: House, release: dict[str, Any]
) -> None:
    first = figures(house, release, plays=100, receipts=cny(5))
    assert (first.status_code, first.json["number"]) == (201, 1)
    assert figures(house, release, plays=100, receipts=cny(5)).status_code == 200
    second = figures(house, release, plays=120)
    assert second.json["number"] == 2
    shown = house.investor.get(f"/releases/{release['id']}/figures").json
    assert [row["plays"] for row in shown["items"]] == [120]
    with db.system_edge(write=False) as session:
        assert session.query(queries.ReleaseFigure).count() == 2


def test_the_strongest_evidence_of_a_day_counts(house: House, release: dict[str, Any]) -> None:
    figures(house, release, plays=900)
    figures(house, release, plays=500, evidence_class="platform_api")
    figures(house, release, plays=700, evidence_class="third_party")
    with db.system_edge(write=False):
        (row,) = queries.strongest(queries.figures([release["id"]]))
    assert (row.plays, row.evidence_class, row.on) == (500, "platform_api", date(2026, 9, 2))


def test_figures_need_a_number_and_a_release_that_stands(house: House, release: dict[str, Any]) -> None:
    assert figures(house, release).status_code == 422
    assert figures(house, release, plays=-1).status_code == 422
    assert house.investor.post(f"/releases/{release['id']}/figures", {}).status_code in (403, 422)
    house.creator.post(f"/releases/{release['id']}/withdraw", {"reason": "x"})
    assert figures(house, release, plays=1).status_code == 409
