"""Plays and paying users of a statement become figures of the release's days: once, corrected by rows that follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dealflow.core import db, jobs
from dealflow.releases import reading
from dealflow.releases.models import ReleaseFigure
from tests.conftest import Person
from tests.factories.releases import cny
from tests.releases.conftest import House
from tests.releases.test_statements import bring, upload

HEAD = "结算日期,短剧名称,结算单号,分账金额（元）,投流消耗（元）,播放量,付费用户数\n"
SEPTEMBER = HEAD + (
    '2026-09-01,雨落旧城,P1,"1,000.00",200,"12,000",30\n'
    "2026-09-01,雨落旧城,P2,5.00,,1.2万,1\n"
    "2026-09-02,雨落旧城,,,,700次,\n"
    "2026-09-02,别的剧,P3,9,,99999,9\n"
    "合计,,,1005,200,24700,31\n"
)


def figures(house: House, release: dict[str, Any]) -> list[dict[str, Any]]:
    return list(house.creator.get(f"/releases/{release['id']}/figures").json["items"])


def kept() -> int:
    with db.system_edge(write=False) as session:
        return int(session.query(ReleaseFigure).count())


def test_days_are_summed_checked_first_and_recorded_once(house: House, release: dict[str, Any]) -> None:
    made = upload(house.creator, house.project_id, SEPTEMBER).json
    assert {made["plan"]["mapping"][name] for name in ("播放量", "付费用户数")} == {"plays", "paid_users"}
    assert {name: made["figures"][name] for name in ("create", "same", "unplaced", "rows")} == {
        "create": 2, "same": 0, "unplaced": 0, "rows": 1,
    }  # fmt: skip
    assert made["counts"] == {"create": 2, "same": 0, "other": 1, "error": 0}
    page = house.creator.browser().get(f"/statements/{made['id']}").text
    assert "24,000" in page
    assert kept() == 0
    done = house.creator.post(f"/statements/{made['id']}/run").json
    assert (done["state"], done["figures"]["create"]) == ("done", 2)
    first, second = figures(house, release)
    assert (first["on"], first["plays"], first["paid_users"]) == ("2026-09-01", 24_000, 31)
    assert (first["receipts"], first["ad_spend"]) == (cny(1_005_00), cny(200_00))
    assert (first["evidence_class"], first["source"], first["document_id"]) == (
        "platform_statement", "hongguo", made["document_id"],
    )  # fmt: skip
    assert (second["on"], second["plays"], second["paid_users"], second["receipts"]) == (
        "2026-09-02",
        700,
        None,
        None,
    )
    house.creator.post(f"/statements/{made['id']}/run")
    # The same days in another file are known, and nobody who reads figures is led to a file about others.
    again = bring(house, SEPTEMBER.replace("合计", "总计"))
    assert (again["figures"]["create"], again["figures"]["same"], kept()) == (0, 2, 2)
    shown = house.investor.browser().get(f"/releases/{release['id']}").text
    assert "24,000" in shown
    assert made["document_id"] not in shown


def test_a_statement_that_says_something_else_counts_in_place(house: House, release: dict[str, Any]) -> None:
    bring(house, SEPTEMBER)
    fixed = bring(house, SEPTEMBER.replace("700次", "800"))
    assert (fixed["figures"]["create"], fixed["figures"]["same"]) == (1, 1)
    assert [(row["plays"], row["number"]) for row in figures(house, release)] == [(24_000, 1), (800, 2)]
    assert kept() == 3


def test_days_without_a_release_wait_for_it(house: House) -> None:
    done = bring(house, SEPTEMBER)
    assert (done["figures"]["unplaced"], done["counts"]["create"], kept()) == (2, 2, 0)
    run = f"/statements/{done['id']}/run"
    assert "Record the figures" in house.creator.browser().get(f"/statements/{done['id']}").text
    assert house.creator.post(run).json["version"] == done["version"]
    where = {"platform": "红果", "released_on": "2026-09-01", "territory": "CN"}
    release = house.creator.post(f"{house.at}/releases", where).json
    placed = house.creator.post(run).json
    assert (placed["figures"]["create"], placed["figures"]["unplaced"], placed["counts"]) == (
        2,
        0,
        done["counts"],
    )
    assert [row["plays"] for row in figures(house, release)] == [24_000, 700]
    house.creator.post(run)
    assert kept() == 2


def test_rows_of_countries_belong_to_the_release_there_or_to_the_one_everywhere(house: House) -> None:
    for territory in ("US", "WORLD"):
        body = {"platform": "reelshort", "released_on": "2026-09-01", "territory": territory}
        assert house.creator.post(f"{house.at}/releases", body).status_code == 201
    text = (
        "Date,Title,Territory,Transaction ID,Gross Revenue (USD),Views\n"
        "09/10/2026,Rain over the Old Town,US,T1,10,100\n09/10/2026,Rain over the Old Town,GB,T2,(3),40\n"
        "09/10/2026,Rain over the Old Town,FR,T3,1,viel\n"
    )
    done = bring(house, text)
    assert done["counts"]["error"] == 1
    days = {(day["territory"], day["plays"]): day["receipts"] for day in done["figures"]["days"]}
    # A day whose refunds exceed its receipts has no such figure; the money stands in the receipts.
    assert days == {("US", 100): {"amount_minor": 1000, "currency": "USD"}, ("WORLD", 40): None}


def test_a_large_statement_records_its_figures_by_the_job(
    house: House, release: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dealflow.releases.importing.BLOCK", 200)
    text = HEAD + "".join(f"2026-09-{1 + n % 3:02},雨落旧城,L{n},1,,10,1\n" for n in range(600))
    made = upload(house.creator, house.project_id, text).json
    jobs.run_due()
    assert house.creator.get(f"/statements/{made['id']}").json["figures"]["create"] == 3
    house.creator.post(f"/statements/{made['id']}/run")
    jobs.run_due()
    assert [row["plays"] for row in figures(house, release)] == [2000, 2000, 2000]


def test_a_bound_investor_reads_the_file_of_figures_alone(
    house: House, release: dict[str, Any], person: Callable[..., Person]
) -> None:
    done = bring(house, "日期,短剧名称,播放量\n2026-09-03,雨落旧城,5\n", preset="hongguo")
    assert (done["counts"]["create"], done["figures"]["create"]) == (0, 1)
    for who, status in ((house.investor, 200), (house.stranger, 404)):
        answer = who.browser().get(f"/files/{done['document_id']}")
        assert answer.status_code == status
        answer.close()


@pytest.mark.parametrize(
    ("text", "found"), [("12,345", 12345), ("1.2万", 12000), ("300次", 300), ("7.0", 7), ("0", 0), ("", None), ("--", None)]
)  # fmt: skip
def test_counts_are_read_exactly(text: str, found: int | None) -> None:
    assert reading.count(text) == found


@pytest.mark.parametrize("text", ["-1", "1.5", "viel"])
def test_what_is_no_count_is_refused(text: str) -> None:
    with pytest.raises(reading.Unreadable):
        reading.count(text)
