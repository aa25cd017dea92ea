"""Bank statements: five banks' columns, own columns, the same lines once, suggestions with reasons, confirmation."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
import xlsxwriter

from dealflow.core import clock, tabular
from dealflow.core.money import Money
from dealflow.settlement import presets
from dealflow.settlement.suggesting import Candidate, suggest
from tests.conftest import Person
from tests.factories.commitments import upload
from tests.settlement.conftest import called, pay
from tests.settlement.test_tranches import sound, state

TODAY = clock.today().isoformat()
PAYER = "远山资本有限公司"
# Header and the cells of one payment that came in, and one that went out, as each bank writes them.
BANKS: dict[str, tuple[list[str], list[list[str]]]] = {
    "icbc": (
        ["凭证号", "本方账号", "对方账号", "交易时间", "借/贷", "借方发生额", "贷方发生额", "对方行号", "摘要", "用途", "对方单位名称", "余额", "附加信息"],
        [
            ["1001", "6222", "9558", f"{TODAY} 10:11:12", "贷", "", "{amount}", "102", "转账", "{text}", PAYER, "9,999.00", ""],
            ["1002", "6222", "9558", f"{TODAY} 11:11:12", "借", "12.00", "", "102", "手续费", "", "银行", "9,987.00", ""],
        ],
    ),
    "ccb": (
        ["账号", "账户名称", "交易时间", "借方发生额（支取）", "贷方发生额（收入）", "余额", "币种", "对方户名", "对方账号", "对方开户机构",
         "记账日期", "摘要", "备注", "账户明细编号-交易流水号", "企业流水号", "凭证种类", "凭证号"],
        [
            ["4367", "星火", f"{TODAY} 09:00:00", "0.00", "{amount}", "1.00", "人民币元", PAYER, "9558", "某支行",
             TODAY.replace("-", ""), "转账", "{text}", "77-1", "", "", ""],
            ["4367", "星火", f"{TODAY} 09:00:00", "5.00", "0.00", "1.00", "人民币元", "银行", "", "", TODAY.replace("-", ""), "费", "", "77-2", "", "", ""],
        ],
    ),
    "abc": (
        ["交易时间", "收入金额", "支出金额", "账户余额", "交易行名", "对方省市", "对方账号", "对方户名", "交易用途"],
        [
            [f"{TODAY} 08:00:00", "{amount}", "", "1.00", "某行", "北京", "9558", PAYER, "{text}"],
            [f"{TODAY} 08:00:00", "", "3.00", "1.00", "某行", "北京", "", "银行", "费"],
        ],
    ),
    "boc": (
        ["交易类型[ Transaction Type ]", "业务类型[ Business type ]", "付款人账号[ Debit Account No. ]", "付款人名称[ Payer's Name ]",
         "收款人账号[ Payee's Account Number ]", "收款人名称[ Payee's Name ]", "交易日期[ Transaction Date ]", "交易时间[ Transaction time ]",
         "交易货币[ Trade Currency ]", "交易金额[ Trade Amount ]", "交易流水号[ Transaction reference number ]", "摘要[ Reference ]",
         "用途[ Purpose ]", "交易附言[ Remark ]", "备注[ Remarks ]"],
        [
            ["来账", "汇款", "9558", PAYER, "6217", "星火", TODAY.replace("-", ""), "10:00:00", "CNY", "{amount}", "R1", "", "", "{text}", ""],
            ["往账", "汇款", "6217", "星火", "9558", "某人", TODAY.replace("-", ""), "10:00:00", "CNY", "-8.00", "R2", "", "", "", ""],
        ],
    ),
    "cmb": (
        ["账号", "账号名称", "币种", "交易日", "交易时间", "起息日", "交易类型", "借方金额", "贷方金额", "余额", "摘要", "流水号", "业务名称", "用途",
         "业务参考号", "业务摘要", "其它摘要", "收(付)方分行名", "收(付)方名称", "收(付)方账号"],
        [
            ["1109", "星火", "人民币", TODAY.replace("-", ""), "101112", TODAY, "汇入", "", "{amount}", "1.00", "{text}", "C1", "", "", "",
             "", "", "上海", PAYER, "9558"],
            ["1109", "星火", "人民币", TODAY.replace("-", ""), "101112", TODAY, "汇出", "2.00", "", "1.00", "费", "C2", "", "", "", "", "", "", "银行", ""],
        ],
    ),
}  # fmt: skip


def csv_of(bank: str, minor: int, text: str = "", *, title: bool = True, encoding: str = "gb18030") -> bytes:
    """A statement of a bank with one payment in and one out."""
    header, rows = BANKS[bank]
    cells = [[c.format(amount=f"{minor / 100:,.2f}", text=text) for c in row] for row in rows]
    lines = [["历史明细查询"], ["账户", "6222"]] if title else []
    lines += [header, *cells]
    return "\n".join(",".join(f'"{cell}"' for cell in line) for line in lines).encode(encoding)


def xlsx_of(bank: str, minor: int, text: str = "") -> bytes:
    header, rows = BANKS[bank]
    lines = [
        ["交易明细"],
        header,
        *[[c.format(amount=f"{minor / 100:.2f}", text=text) for c in row] for row in rows],
    ]
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet()
        for number, line in enumerate(lines):
            sheet.write_row(number, 0, line)
    return stream.getvalue()


@pytest.fixture
def call(commitment: dict[str, Any], creator: Person) -> dict[str, Any]:
    return called(creator, commitment["tranches"][0])


@pytest.mark.parametrize("bank", sorted(BANKS))
def test_each_banks_columns_are_known(bank: str) -> None:
    header, rows = BANKS[bank]
    found = presets.detect(header)
    assert found is not None
    assert found.key == bank
    at = presets.places(found, header)
    cells = [cell.format(amount="1,234.56", text="用途 X") for cell in rows[0]]
    incoming = presets.read_row(cells, at, "CNY")
    assert incoming is not None
    assert (incoming.amount, incoming.payer, incoming.day) == (Money(123_456), PAYER, clock.today())
    assert "用途 X" in incoming.text
    assert presets.read_row([cell.format() for cell in rows[1]], at, "CNY") is None


# Headers and rows as public examples of these banks' files have them; {day}: today without dashes.
VARIANTS = {
    "icbc for persons": ("icbc", (
        "明细查询文件下载\n\n卡号: 1234****9876,\"卡别名: 别名\"\n\n"
        "交易日期,摘要,交易场所,交易国家或地区简称,钞/汇,交易金额(收入),交易金额(支出),交易币种,记账金额(收入),记账金额(支出),记账币种,余额,对方户名\n"
        '{today}     \t,"他行汇入  \t","  \t","CHN \t",钞 \t,"-  \t","-  \t",-  \t,"1,234.56  \t","  \t",人民币  \t,"9,999.00 \t","李四 \t",\n'
        '{today}     \t,"消费 \t","  \t","CHN \t",钞 \t,"-  \t","-  \t",-  \t,"  \t","13.40  \t",人民币  \t,"9,000.00 \t","店 \t",\n'
        '\n人民币合计,,,,,,,,"1,234.56  \t","13.40  \t",\n')),
    "icbc with a flag": ("icbc", (
        "对方账号\t交易时间\t借贷标志\t对方单位\t对方行号\t用途\t摘要\t附言\t发生额\t余额\t币种\n"
        "9558\t{today}\t贷\t李四\t102\t\t转账\t\t1,234.56\t1.00\t人民币\n6222\t{today}\t借\t店\t102\t\t费\t\t13.40\t1.00\t人民币\n")),
    "ccb for persons": ("ccb", (
        "开户网点：测试\n记账日,交易日期,交易时间,支出,收入,账户余额,币种,摘要,对方账号,对方户名,交易地点\n"
        "{day},{day},08:06:45,,1234.56,100,人民币,转账存入,9558,李四,地点\n{day},{day},09:00:00,13.4,,85,人民币,支取,9876,店,地点\n")),
    "abc for persons": ("abc", (
        "交易日期,交易时间,交易摘要,交易金额,本次余额,对手信息,日 志 号,交易渠道,交易附言\n"
        "{day},123456,转存,+1234.56,11000.00,李四,369396693,超级网银,转账\n{day},,财付通,-13.40,11000.00,店,369333999,电子商务,x\n")),
    "boc for persons": ("boc", (
        "中国银行交易流水明细单\n记账日期,记账时间,币别,金额,余额,交易名称,渠道,网点名称,附言,对方账户名,对方卡号/账号,对方开户行,借记卡号\n"
        '{today},12:23:04,人民币,"1,234.56","3,638.17",转账,银企对接,-------------------,----------,李四,8000,-------------------,3167\n'
        "{today},12:22:50,人民币,-13.40,1.00,支付,银企对接,-------------------,----------,店,Z200,-------------------,3167\n")),
    "boc split by bars": ("boc", (
        "查询账号[ Inquirer account number ]|7448\n"
        "交易类型[ Transaction Type ]|付款人账号[ Debit Account No. ]|付款人名称[ Payer's Name ]|交易日期[ Transaction Date ]|交易货币[ Trade Currency ]|交易金额[ Trade Amount ]\n"
        "来账|9558|李四|{day}|CNY|1,234.56\n往账|7448|我|{day}|CNY|-13.40\n")),
    "cmb for persons": ("cmb", (
        '"# 招商银行交易记录"\n\n交易日期,交易时间,收入,支出,余额,交易类型,交易备注\n'
        '"\t{day}","\t13:44:45","1234.56","","73.64","\t转入","\t李四"\n"\t{day}","\t12:56:16","","13.40","22.46","\t支付","\t店"\n')),
    "cmb for companies": ("cmb", (
        "交易日期,借方(出账),贷方(入账),余额,摘要,收(付)方名称,收(付)方账号,交易类型\n"
        "{today},,1234.56,1.00,款,李四,9558,汇入\n{today},13.40,,1.00,费,店,9559,汇出\n")),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_files_as_public_examples_have_them_are_read(name: str) -> None:
    bank, content = VARIANTS[name]
    content = content.replace("{today}", TODAY).replace("{day}", TODAY.replace("-", ""))
    table = tabular.read(io.BytesIO(content.encode("gb18030")), is_header=presets.is_header)
    found = presets.detect(table.header)
    assert found is not None
    assert found.key == bank
    at = presets.places(found, table.header)
    rows = [presets.read_row(row, at, "CNY") for row in table.rows]
    (came,) = [row for row in rows if row is not None]
    assert (came.amount, came.payer, came.day) == (Money(123_456), "李四", clock.today())
    assert "----" not in came.text


def test_a_statement_is_imported_once_whoever_brings_it(call: dict[str, Any], creator: Person) -> None:
    content = csv_of("icbc", 12_345, "x")
    first = upload(creator, "/bank-statements", content, "明细.csv")
    assert first.status_code == 201, first.json
    assert (first.json["fresh"], first.json["outgoing"], first.json["preset"]) == (1, 1, "icbc")
    again = upload(creator, "/bank-statements", content, "again.csv")
    assert (again.status_code, again.json["again"], again.json["id"]) == (200, True, first.json["id"])
    # Another file with the same rows brings nothing new.
    overlap = upload(
        creator, "/bank-statements", csv_of("icbc", 12_345, "x", title=False, encoding="utf-8"), "b.csv"
    )
    assert (overlap.status_code, overlap.json["fresh"], overlap.json["known"]) == (201, 0, 1)
    assert creator.get("/bank-lines").json["total"] == 1


def test_a_later_export_that_words_a_line_otherwise_brings_nothing_new(
    call: dict[str, Any], creator: Person
) -> None:
    first = upload(creator, "/bank-statements", csv_of("cmb", 12_345, "投资款"), "a.csv")
    assert first.json["fresh"] == 1, first.json
    worded = upload(creator, "/bank-statements", csv_of("cmb", 12_345, "投资款 首期"), "b.csv")
    assert (worded.status_code, worded.json["fresh"], worded.json["known"]) == (201, 0, 1)
    # Twice under one number and alike in all that counts: the second is another payment.
    row = csv_of("cmb", 12_345, "投资款 首期", title=False, encoding="utf-8").decode().splitlines()
    twice = upload(creator, "/bank-statements", "\n".join([*row, row[1]]).encode(), "c.csv")
    assert (twice.json["fresh"], twice.json["known"]) == (1, 1)
    # Another amount under the number is another line, for a person to look at.
    other = upload(creator, "/bank-statements", csv_of("cmb", 12_346, "投资款"), "d.csv")
    assert other.json["fresh"] == 1


@pytest.mark.parametrize("reference", ["", "C1"])
def test_what_was_typed_in_is_not_recorded_again_from_the_statement(
    call: dict[str, Any], creator: Person, reference: str
) -> None:
    typed = pay(creator, call, 300, reference=reference).json
    upload(creator, "/bank-statements", csv_of("cmb", 300, call["reference"]), "a.csv")
    (line,) = creator.get("/bank-lines?state=new").json["items"]
    confirm = f"/bank-lines/{line['id']}/confirm"
    refused = creator.post(confirm, {"call_id": call["id"]})
    assert (refused.status_code, refused.json["code"]) == (409, "recorded_before")
    assert creator.post(f"/payments/{typed['id']}/reverse", {"reason": "按对账单"}).status_code == 201
    assert creator.post(confirm, {"call_id": call["id"]}).status_code == 201
    # Nor the other way round, unless it is said to be another one.
    assert pay(creator, call, 300, reference=reference).json["code"] == "recorded_before"
    assert pay(creator, call, 300, reference="C9").status_code == 201
    paid = creator.get(f"/payment-calls/{call['id']}").json
    assert paid["amount"]["amount_minor"] - paid["outstanding"]["amount_minor"] == 600
    sound()


@pytest.mark.parametrize("bank", ["cmb", "boc"])
def test_a_line_is_suggested_with_reasons_and_paid_when_confirmed(
    made: dict[str, Any], call: dict[str, Any], creator: Person, investor: Person, bank: str
) -> None:
    whole = call["amount"]["amount_minor"]
    sent = upload(creator, "/bank-statements", xlsx_of(bank, whole, f"投资款 {call['reference']}"), "s.xlsx")
    assert sent.status_code == 201, sent.json
    (line,) = creator.get("/bank-lines?state=new").json["items"]
    (found,) = line["suggestions"]
    assert found["call_id"] == call["id"]
    assert [r["code"] for r in found["reasons"]][:3] == ["reference", "amount", "payer"]
    assert investor.get("/bank-lines").status_code == 403
    assert investor.post(f"/bank-lines/{line['id']}/confirm", {"call_id": call["id"]}).status_code == 404
    done = creator.post(f"/bank-lines/{line['id']}/confirm", {"call_id": call["id"]})
    assert (done.status_code, done.json["bank_line_id"]) == (201, line["id"])
    assert creator.post(f"/bank-lines/{line['id']}/confirm", {"call_id": call["id"]}).status_code == 409
    assert state(investor, made["commitment"]["tranches"][0]) == "paid"
    undone = creator.post(f"/payments/{done.json['id']}/reverse", {"reason": "对错了"})
    assert undone.status_code == 201
    assert creator.get(f"/bank-lines/{line['id']}").json["state"] == "new"
    assert creator.post(f"/bank-lines/{line['id']}/confirm", {"call_id": call["id"]}).status_code == 201
    sound()


def test_money_on_a_statement_for_a_paid_call_is_held_as_overpaid(
    made: dict[str, Any], call: dict[str, Any], creator: Person
) -> None:
    whole = call["amount"]["amount_minor"]
    pay(creator, call, whole, reference="B1")
    upload(creator, "/bank-statements", csv_of("abc", whole))
    (line,) = creator.get("/bank-lines").json["items"]
    assert line["suggestions"] == []
    done = creator.post(f"/bank-lines/{line['id']}/confirm", {"call_id": call["id"]})
    assert done.json["excess"]["amount_minor"] == whole
    sound()


def test_own_columns_are_named_once_and_known_for_the_next_file(creator: Person) -> None:
    def content(amount: str) -> bytes:
        return f"日子,谁付的,多少\n{TODAY},远山,{amount}\n".encode()

    unknown = upload(creator, "/bank-statements", content("5.00"))
    assert unknown.json["errors"][0]["code"] == "unknown_columns"
    wrong = upload(
        creator,
        "/bank-statements",
        content("5.00"),
        mapping='{"day": "没有", "payer": "谁付的", "amount": "多少"}',
    )
    assert wrong.json["errors"][0]["field"] == "mapping"
    mapping = '{"day": "日子", "payer": "谁付的", "amount": "多少"}'
    assert upload(creator, "/bank-statements", content("5.00"), mapping=mapping).json["fresh"] == 1
    assert upload(creator, "/bank-statements", content("6.00")).json["fresh"] == 1


def test_rows_that_cannot_be_read_are_named(creator: Person) -> None:
    broken = (
        csv_of("cmb", 100).decode("gb18030").replace(TODAY.replace("-", ""), "20261345").encode("gb18030")
    )
    refused = upload(creator, "/bank-statements", broken)
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, "unreadable")
    assert "4" in refused.json["errors"][0]["message"]
    assert creator.get("/bank-statements").json["total"] == 0


def test_the_page_imports_sets_aside_and_takes_back(creator: Person, call: dict[str, Any]) -> None:
    page = creator.browser()
    unknown = page.post(
        "/bank",
        data={
            "file": (io.BytesIO(f"日子,谁付的,多少\n{TODAY},远山,5\n".encode()), "a.csv"),
            "currency": "CNY",
        },
    )
    assert unknown.status_code == 422
    assert 'name="column-day"' in unknown.text
    done = page.post(
        "/bank",
        data={
            "file": (io.BytesIO(f"日子,谁付的,多少\n{TODAY},远山,5\n".encode()), "a.csv"), "currency": "CNY",
            "column-day": "日子", "column-payer": "谁付的", "column-amount": "多少",
        },
    )  # fmt: skip
    assert done.status_code == 303
    (line,) = creator.get("/bank-lines").json["items"]
    assert page.post(f"/bank/lines/{line['id']}/ignore", data={"reason": "利息"}).status_code == 303
    assert creator.get("/bank-lines?state=ignored").json["total"] == 1
    assert page.post(f"/bank/lines/{line['id']}/restore").status_code == 303
    confirmed = page.post(f"/bank/lines/{line['id']}/confirm", data={"call_id": call["id"]})
    assert confirmed.headers["Location"].endswith(call["id"])
    for lang in ("zh", "en"):
        assert creator.browser(lang).get("/bank").status_code == 200


def test_suggestions_come_by_what_tells_most() -> None:
    def candidate(key: str, minor: int, name: str) -> Candidate:
        return Candidate(key, f"DF{key}", Money(minor), 50, date(2026, 5, 1), [name], ["剧名"])

    calls = [
        candidate("AAAA", 1000, "远山资本有限公司"),
        candidate("BBBB", 2000, "别家"),
        candidate("CCCC", 1000, "第三家"),
    ]
    found = suggest(Money(1000), "远山资本", "款", date(2026, 5, 2), calls)
    assert [(s.call_id, s.reasons) for s in found] == [
        ("AAAA", ("amount", "payer_alike", "day")),
        ("CCCC", ("amount", "day")),
    ]
    by_reference = suggest(Money(3), "某某", "备注 df bbbb", date(2026, 1, 1), calls)
    assert [(s.call_id, s.reasons) for s in by_reference] == [("BBBB", ("reference", "part"))]
    assert [s.reasons[0] for s in suggest(Money(1050), "x", "", date(2025, 1, 1), calls)] == [
        "with_interest",
        "with_interest",
    ]
    assert suggest(Money(7), "无关", "", date(2026, 5, 1), calls) == []
    assert suggest(Money(1000, "USD"), "远山资本有限公司", "DFAAAA", date(2026, 5, 1), calls) == []
