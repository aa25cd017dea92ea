"""Statements of platforms: read by presets, taken once, written row by row once."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from click.testing import CliRunner

from dealflow import cli as command_line
from dealflow.core import db, jobs
from dealflow.core.cli_groups import import_group
from dealflow.core.invariants import run_all
from dealflow.releases import commands, presets, reading, statements
from dealflow.releases.models import AdSpend, Receipt, Statement
from tests.conftest import Person
from tests.factories import pitches, rooms
from tests.factories.releases import cny
from tests.releases.conftest import House

HONGGUO = '结算日期,短剧名称,结算单号,分账金额（元）,投流消耗（元）\n2026-09-01,雨落旧城,H1,"1,234.56",200\n20260902,雨落旧城,H2,0.5,\n2026-09-02,别的剧,H3,9,\n合计,,,1244.06,200\n'
DOUYIN = "支付时间,商品名称,订单号,实付金额（元）,退款金额（元）\n2026/9/1 10:00:01,雨落旧城,D1,9.90,0\n2026/9/3 08:00:00,雨落旧城,D2,19.90,19.90\n"
KUAISHOU = "账单周期,剧目名称,账单编号,分成金额（元）\n2026年9月,雨落旧城,K1,1万\n"
WECHAT = (
    "交易时间,微信订单号,商户订单号,货币种类,应结订单金额,微信退款单号,退款金额,商品名称,手续费\n"
    "`2026-09-01 10:00:01,`4200001,`m1,`CNY,`29.90,`0,`0.00,`雨落旧城,`0.18\n"
    "`2026-09-02 10:00:01,`4200001,`m1,`CNY,`0.00,`5030001,`29.90,`雨落旧城,`-0.18\n"
    "总交易单数,应结订单总金额\n`2,`29.90\n"
)
REELSHORT = 'Date,Title,Territory,Transaction ID,Gross Revenue (USD),UA Spend (USD)\n09/10/2026,Rain over the Old Town,US,T1,"$1,000.00",250\nSep 2026,rain over the old town,GB,T2,(12.5),\n'


def upload(who: Person, project_id: str, text: str | bytes, name: str = "statement.csv") -> Any:
    data = text.encode("gb18030") if isinstance(text, str) else text
    return rooms.send(who, f"/projects/{project_id}/statements", data, name)


def bring(house: House, text: str | bytes, **plan: Any) -> dict[str, Any]:
    """Upload, take a plan, run; the statement at the end."""
    made = upload(house.creator, house.project_id, text)
    assert made.status_code == 201, made.json
    path = f"/statements/{made.json['id']}"
    if plan:
        planned = house.creator.post(f"{path}/plan", plan)
        assert planned.status_code == 200, planned.json
    done = house.creator.post(f"{path}/run")
    assert done.status_code == 200, done.json
    jobs.run_due()
    return dict(house.creator.get(path).json)


def entries(model: Any = Receipt) -> list[tuple[str, str, int, str, str]]:
    with db.system_edge(write=False) as session:
        rows = session.query(model).order_by(model.on, model.external_ref)
        return [
            (r.external_ref, r.on.isoformat(), r.amount_minor, r.amount_currency, r.platform) for r in rows
        ]


@pytest.mark.parametrize(
    ("text", "preset", "receipts", "spends"),
    [
        (HONGGUO, "hongguo", [("H1", "2026-09-01", 123456, "CNY", "hongguo"), ("H2", "2026-09-02", 50, "CNY", "hongguo")], 1),
        (DOUYIN, "douyin", [("D1", "2026-09-01", 990, "CNY", "douyin")], 0),
        (KUAISHOU, "kuaishou", [("K1", "2026-09-30", 1_000_000, "CNY", "kuaishou")], 0),
        (
            WECHAT, "wechat",
            [("4200001", "2026-09-01", 2990, "CNY", "wechat"), ("5030001", "2026-09-02", -2990, "CNY", "wechat")], 0,
        ),
        (REELSHORT, "reelshort", [("T1", "2026-09-10", 100_000, "USD", "reelshort"), ("T2", "2026-09-30", -1250, "USD", "reelshort")], 1),
    ],
)  # fmt: skip
def test_each_platform_has_a_preset(
    house: House, text: str, preset: str, receipts: list[Any], spends: int
) -> None:
    done = bring(house, text)
    assert (done["preset"], done["state"]) == (preset, "done")
    assert done["counts"]["error"] == 0
    assert entries() == receipts
    assert len(entries(AdSpend)) == spends


ADVERTISING = "流量主结算\n日期区间,结算单编号,区间内结算收入\n2026-09-01~2026-09-15,S1,88.80\n"
BILL = "序号,支付时间,商户号,openid,平台订单号,渠道订单号,订单金额,支付方式,支付状态\n1,2026-09-01 10:00:00,m,o,N1,C1,9.90,微信,成功\n"


@pytest.mark.parametrize(
    ("text", "preset", "entry"),
    [
        (ADVERTISING, "wechat", ("S1", "2026-09-15", 8880, "CNY", "wechat")),
        (BILL, "douyin", ("N1", "2026-09-01", 990, "CNY", "douyin")),
    ],
)
def test_fields_that_platforms_document_are_known_also_below_a_title(
    house: House, text: str, preset: str, entry: Any
) -> None:
    assert bring(house, text)["preset"] == preset
    assert entries() == [entry]


def test_the_same_statement_twice_changes_nothing(house: House) -> None:
    first = bring(house, HONGGUO)
    assert first["counts"] == {"create": 2, "same": 0, "other": 1, "error": 0}
    assert first["sums"] == [cny(123506)]
    again = upload(house.creator, house.project_id, HONGGUO)
    assert (again.status_code, again.json["id"]) == (200, first["id"])
    assert house.creator.post(f"/statements/{first['id']}/run").json["version"] == first["version"]
    overlapping = HONGGUO.replace("合计", "2026-09-03,雨落旧城,H4,7,\n合计")
    assert bring(house, overlapping)["counts"] == {"create": 1, "same": 2, "other": 1, "error": 0}
    assert len(entries()) == 3


def test_rows_without_a_reference_are_told_apart_by_content_and_place(house: House) -> None:
    text = "日期,金额\n2026-09-01,5\n2026-09-01,5\n2026-09-02,6\n"
    plan = {"platform": "快手", "mapping": {"日期": "on", "金额": "amount"}}
    assert bring(house, text, **plan)["counts"]["create"] == 3
    assert bring(house, text + "2026-09-03,7\n", **plan)["counts"] == {
        "create": 1,
        "same": 3,
        "other": 0,
        "error": 0,
    }
    assert {platform for *_rest, platform in entries()} == {"kuaishou"}


def test_a_row_that_contradicts_what_is_recorded_is_refused_with_what_differs(house: House) -> None:
    bring(house, HONGGUO)
    done = bring(house, HONGGUO.replace("0.5,", "0.6,"))
    assert done["counts"] == {"create": 0, "same": 1, "other": 1, "error": 1}
    answer = house.creator.get(f"/statements/{done['id']}/errors.csv")
    content = answer.get_data().decode("utf-8-sig")
    assert "recorded already as 2026-09-02 0.50 CNY" in content
    assert content.splitlines()[0].endswith("row,errors")


def test_wrong_rows_are_refused_row_by_row_and_the_rest_is_written(house: House) -> None:
    text = "日期,编号,金额\n2026-09-01,a,5\nnie,b,viel\n2026-09-02,c,1.239\n2026-09-03,a,7\n2026-09-03,d,-\n2026-09-03,e,99亿\n2026-09-03,f,101亿\n"
    done = bring(house, text)
    assert done["counts"] == {"create": 2, "same": 0, "other": 1, "error": 4}
    content = house.creator.get(f"/statements/{done['id']}/errors.csv").get_data().decode()
    for said in (
        "on: This is no day",
        "amount: Enter an amount",
        "fewer decimals",
        "Row 2 has the same reference",
    ):
        assert said in content


def test_own_columns_can_be_mapped_and_mistakes_are_named(house: House) -> None:
    made = upload(house.creator, house.project_id, "Tag,Geld,Nr\n2026-09-01,5,x\n").json
    path = f"/statements/{made['id']}/plan"
    for mapping, code in (
        ({"Tag": "on"}, "no_amount"),
        ({"Geld": "amount"}, "no_day"),
        ({"Tag": "on", "Geld": "on"}, "duplicate"),
        ({"Nichts": "on", "Geld": "amount"}, "unknown_column"),
        ({"Tag": "on", "Geld": "wealth"}, "unknown_field"),
    ):
        answer = house.creator.post(path, {"mapping": mapping})
        assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, code)
    assert house.creator.post(path, {"preset": "x"}).status_code == 422
    assert house.creator.post(path, {"currency": "XXX"}).status_code == 422
    good = {
        "mapping": {"Tag": "on", "Geld": "amount", "Nr": "external_ref"},
        "currency": "USD",
        "territory": "us",
    }
    assert house.creator.post(path, good).json["counts"]["create"] == 1
    assert house.creator.post(f"/statements/{made['id']}/run").json["state"] == "done"
    assert house.creator.post(path, good).status_code == 409
    assert entries() == [("x", "2026-09-01", 500, "USD", "")]


def test_an_open_statement_is_discarded_and_can_come_again(house: House) -> None:
    made = upload(house.creator, house.project_id, HONGGUO).json
    assert house.creator.call("DELETE", f"/statements/{made['id']}").status_code == 204
    again = upload(house.creator, house.project_id, HONGGUO)
    assert again.status_code == 201
    house.creator.post(f"/statements/{again.json['id']}/run")
    assert house.creator.call("DELETE", f"/statements/{again.json['id']}").status_code == 409


def test_statements_are_the_owners_and_their_file_is_read_by_a_party_when_it_is_about_this_project_alone(
    house: House,
) -> None:
    mixed = bring(house, HONGGUO)
    alone = bring(house, DOUYIN.replace("19.90,19.90", "19.90,0"))
    assert house.investor.get(f"/statements/{mixed['id']}").status_code == 404
    assert house.investor.get(f"{house.at}/statements").status_code == 403
    assert house.stranger.get(f"{house.at}/statements").status_code == 404
    assert upload(house.investor, house.project_id, "a,b\n1,2\n").status_code == 403
    for statement, who, status in (
        (mixed, house.creator, 200), (mixed, house.investor, 404), (alone, house.investor, 200), (alone, house.stranger, 404),
    ):  # fmt: skip
        answer = who.browser().get(f"/files/{statement['document_id']}")
        assert answer.status_code == status
        answer.close()


def test_a_large_file_is_checked_and_written_by_jobs_in_blocks(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dealflow.releases.importing.BLOCK", 200)
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["结算日期", "短剧名称", "结算单号", "分账金额（元）"])
        for n in range(700):
            sheet.write_row(n + 1, 0, [f"2026-09-{1 + n % 30:02}", "雨落旧城", f"H{n}", n + 0.5])
        sheet.write_row(701, 1, ["雨落旧城", "bad", 1])
    made = upload(house.creator, house.project_id, stream.getvalue(), "九月.xlsx")
    assert made.json["counts"] is None
    jobs.run_due()
    path = f"/statements/{made.json['id']}"
    counts = {"create": 700, "same": 0, "other": 0, "error": 1}
    assert house.creator.get(path).json["counts"] == counts
    assert not entries()
    running = house.creator.post(f"{path}/run").json
    assert (running["state"], house.creator.post(f"{path}/run").json["state"]) == ("running", "running")
    jobs.run_due()
    done = house.creator.get(path).json
    assert (done["state"], done["counts"]) == ("done", counts)
    job = house.creator.get(f"/jobs/{done['job_id']}").json
    assert (job["state"], job["progress"]) == ("done", 1.0)
    assert len(entries()) == 700
    with db.system_edge(write=False):
        assert not [line for found in run_all().values() for line in found]


def test_an_import_that_was_cut_off_goes_on_and_writes_nothing_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dealflow.releases.importing.BLOCK", 200)
    text = "日期,编号,金额\n" + "".join(f"2026-09-01,r{n},1\n" for n in range(900))
    made = upload(house.creator, house.project_id, text).json
    house.creator.post(f"/statements/{made['id']}/run")
    real, calls = statements.importing.write, []

    def stops(*given: Any) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("the worker is gone")
        real(*given)

    monkeypatch.setattr(statements.importing, "write", stops)
    jobs.run_due()
    assert len(entries()) == 400
    with db.system_edge() as session:
        row = session.get_one(jobs.Job, house.creator.get(f"/statements/{made['id']}").json["job_id"])
        assert row.state == "queued"
        row.run_at = row.created_at
    jobs.run_due()
    done = house.creator.get(f"/statements/{made['id']}").json
    assert (done["state"], done["counts"]["create"], len(entries())) == ("done", 900, 900)
    assert done["sums"] == [cny(90_000)]


def test_ad_spend_of_a_statement_warns_of_its_cap(house: House) -> None:
    from dealflow.core.money import Money
    from dealflow.releases import service

    with db.system_edge():
        service.set_ad_cap(house.project_id, Money(200_00), "ts_1")
    bring(house, HONGGUO)
    assert house.investor.get(f"{house.at}/ad-spend").json["caps"][0]["state"] == "reached"
    assert house.investor.get("/notifications").json["total"] >= 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-09-01", date(2026, 9, 1)), ("2026/9/1", date(2026, 9, 1)), ("20260901", date(2026, 9, 1)),
        ("2026年9月1日", date(2026, 9, 1)), ("2026-09", date(2026, 9, 30)), ("2026年2月", date(2026, 2, 28)), ("202609", date(2026, 9, 30)),
        ("2026-09-01~2026-09-30", date(2026, 9, 30)), ("2026-09-01 23:59:59", date(2026, 9, 1)), ("Sep 5, 2026", date(2026, 9, 5)),
        ("5 September 2026", date(2026, 9, 5)), ("September 2026", date(2026, 9, 30)), ("31/12/2026", date(2026, 12, 31)),
    ],
)  # fmt: skip
def test_days_are_read_as_platforms_write_them(text: str, found: date) -> None:
    assert reading.day(text) == found


@pytest.mark.parametrize("text", ["", "2026-13-01", "2026-02-30", "1/2", "gestern", "0001-01-01", "2026-00"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(reading.Unreadable):
        reading.day(text)


@pytest.mark.parametrize(
    ("text", "currency", "found"),
    [
        ("1,234.50", "CNY", 123450), ("¥-3", "CNY", -300), ("-3.00", "CNY", -300), ("(7.5)", "USD", -750), ("$2", "USD", 200),
        ("", "CNY", 0), ("--", "CNY", 0), ("1.2万", "CNY", 1_200_000), ("3", "JPY", 3), ("3.500", "CNY", 350),
    ],
)  # fmt: skip
def test_amounts_are_read_exactly(text: str, currency: str, found: int) -> None:
    assert reading.minor(text, currency) == found


def test_a_header_that_nothing_knows_has_own_columns() -> None:
    assert presets.guess(["a", "b"]) == presets.OWN
    assert presets.guess(["交易时间", "应结订单金额"]) == "wechat"


@pytest.fixture
def run_cli(house: House, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Call `dealflow import receipts`."""
    monkeypatch.setattr(commands, "settings", lambda: house.creator.app.extensions["dealflow.settings"])
    commands.add_to(command_line.cli)
    return lambda *args: CliRunner().invoke(import_group, ["receipts", *args])


def test_the_command_finds_the_projects_of_the_rows(
    house: House, run_cli: Callable[..., Any], tmp_path: Path
) -> None:
    other = pitches.published(house.creator, title={"zh": "别的剧"}, external_id="P-2")
    file = tmp_path / "s.csv"
    file.write_text(HONGGUO, "utf-8")
    owner = ("--organisation", house.creator.organisation_id)
    dry = run_cli(str(file), "--dry-run", *owner)
    assert dry.exit_code == 0, dry.output
    assert "Rain over the Old Town: create: 2, same: 0, other: 1, error: 0" in dry.output
    assert "receipts: 1235.06 CNY" in dry.output
    assert not entries()
    assert run_cli(str(file), *owner).exit_code == 0
    assert house.creator.get(f"/projects/{other['id']}/receipts").json["total"] == 1
    assert house.creator.get(f"{house.at}/receipts").json["total"] == 2
    again = run_cli(str(file), *owner)
    assert (again.exit_code, "create: 0, same: 2" in again.output) == (0, True)
    file.write_text("project,date,amount\nP-2,2026-09-01,5\nP-9,2026-09-01,5\n", "utf-8")
    mistaken = run_cli(str(file), *owner, "--errors", str(tmp_path / "e.csv"))
    assert mistaken.exit_code == 1
    assert "row 3: project: There is no project P-9" in mistaken.output
    assert "P-9" in (tmp_path / "e.csv").read_text("utf-8-sig")


def test_the_command_takes_a_mapping_for_one_project(
    house: House, run_cli: Callable[..., Any], tmp_path: Path
) -> None:
    file, mapping = tmp_path / "s.csv", tmp_path / "m.json"
    file.write_text("Tag,Geld\n2026-09-01,5\n", "utf-8")
    mapping.write_text('{"Tag": "on", "Geld": "amount"}')
    assert run_cli(str(file), "--project", house.project_id).exit_code == 1
    done = run_cli(str(file), "--mapping", str(mapping), "--project", house.project_id)
    assert done.exit_code == 0, done.output
    with db.system_edge(write=False) as session:
        assert session.query(Statement).one().state == "done"
    assert len(entries()) == 1
