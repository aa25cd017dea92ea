"""A statement as a workbook: its lines and receipts, totals as formulas, and checks of them."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import xlsxwriter

from dealflow.core import printed
from dealflow.core.money import CURRENCIES
from dealflow.recoupment import labels
from dealflow.recoupment.sources import EXCHANGE

_TIERS = ("顺位 Tier", "约定比例 At source", "实际比例 Effective", "累计 In all", "本期应付 Due by this run")
_RECEIPTS = (
    "日期 Date",
    "计入日 Counted on",
    "来源 Source",
    "平台 Platform",
    "证据 Evidence",
    "编号 Reference",
    "金额 Amount",
)
_ORIGINAL = (
    "原币种 Currency",
    "原金额 As received",
    "汇率 Rate",
    "汇率日 Rate of",
    "汇率来源 Source of the rate",
)


def statement_xlsx(plan: Any) -> bytes:
    """The workbook; amounts in major units, totals as formulas. The same statement gives the same bytes."""
    printed.keep_nobody_waiting()
    content, stream = plan.content, io.BytesIO()
    digits = CURRENCIES[content["currency"]]
    book = xlsxwriter.Workbook(
        stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    day = date.fromisoformat(plan.issued_on)
    book.set_properties(
        {
            "title": content["number"],
            "created": datetime(day.year, day.month, day.day, tzinfo=UTC).replace(tzinfo=None),
        }
    )
    form = {
        "bold": book.add_format({"bold": True}),
        "money": book.add_format({"num_format": f"#,##0.{'0' * digits}" if digits else "#,##0"}),
        "total": book.add_format(
            {"bold": True, "top": 1, "num_format": f"#,##0.{'0' * digits}" if digits else "#,##0"}
        ),
        "percent": book.add_format({"num_format": "0.0000%"}),
    }
    receipts = [row for row in plan.inputs if row["kind"] == "receipt"]
    _lines(book.add_worksheet("结算单 Statement"), plan, form, digits)
    _receipts(book.add_worksheet("收入 Receipts"), receipts, form, digits)
    if content.get("exchange"):
        _exchange(book.add_worksheet("汇率 Exchange"), content["exchange"], form, digits)
    book.close()
    return stream.getvalue()


def _major(minor: int, digits: int) -> float:
    # A cell holds a binary number whatever is written; 15 digits of it are exact.
    return minor / int(10**digits)


def _lines(sheet: Any, plan: Any, form: dict[str, Any], digits: int) -> None:
    content = plan.content
    facts = [
        ("编号 Number", content["number"]), ("项目 Project", content["project"]["titles"].get("zh") or content["project"]["titles"].get("en")),
        ("收款方 Payee", content["payee"]["name"]), ("截至 Through", content["run"]["through"]),
        ("币种 Currency", content["currency"]), ("可异议至 Disputable through", plan.dispute_until), ("SHA-256", plan.sha256),
    ]  # fmt: skip
    for row, (name, value) in enumerate(facts):
        sheet.write_string(row, 0, name, form["bold"])
        sheet.write_string(row, 1, str(value or ""))
    top = len(facts) + 1
    for column, name in enumerate(_TIERS):
        sheet.write_string(top, column, name, form["bold"])
    first = top + 1
    gross = f"$B${first + len(content['lines']) + 3}"
    for row, line in enumerate(content["lines"], first):
        sheet.write_string(row, 0, f"{line['label']['zh']} {line['label']['en']}")
        if line["source_ppm"] is not None:
            sheet.write_number(row, 1, line["source_ppm"] / 1_000_000, form["percent"])
        effective = (line["effective_ppm"] or 0) / 1_000_000
        sheet.write_formula(row, 2, f"=IF({gross}=0,0,D{row + 1}/{gross})", form["percent"], effective)
        sheet.write_number(row, 3, _major(line["cumulative_minor"], digits), form["money"])
        sheet.write_number(row, 4, _major(line["due_minor"], digits), form["money"])
    last = first + len(content["lines"])
    sheet.write_string(last, 0, "合计 Total", form["bold"])
    for column, key in ((3, "cumulative_minor"), (4, "due_minor")):
        letter = "ABCDE"[column]
        sheet.write_formula(
            last,
            column,
            f"=SUM({letter}{first + 1}:{letter}{last})",
            form["total"],
            _major(content[key], digits),
        )
    tail = [
        ("项目累计分配 Distributed in all", "distributed_minor"), ("此前未付 Open before", "open_before_minor"),
        ("现未付 Open now", "open_minor"),
    ]  # fmt: skip
    for row, (name, key) in enumerate(tail, last + 2):
        sheet.write_string(row, 0, name)
        sheet.write_number(row, 1, _major(content[key], digits), form["money"])
    row = last + 2 + len(tail)
    sheet.write_string(row, 0, "核对 Check", form["bold"])
    sheet.write_formula(
        row, 1, f'=IF(ROUND(B{row - 1}+E{last + 1}-B{row},{digits})=0,"OK","?")', form["bold"], "OK"
    )
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 4, 20)


def _receipts(sheet: Any, receipts: list[dict[str, Any]], form: dict[str, Any], digits: int) -> None:
    names = _RECEIPTS + (_ORIGINAL if any(EXCHANGE in item for item in receipts) else ())
    for column, name in enumerate(names):
        sheet.write_string(0, column, name, form["bold"])
    for row, item in enumerate(receipts, 1):
        words = (
            item["on"], item["counted_on"], item["source"], item["platform"], labels.VOCABULARY.get(item["evidence_class"], ""),
            item["external_ref"],
        )  # fmt: skip
        for column, text in enumerate(words):
            sheet.write_string(row, column, str(text or ""))
        sheet.write_number(row, 6, _major(item["amount_minor"], digits), form["money"])
        if was := item.get(EXCHANGE):
            sheet.write_string(row, 7, was["currency"])
            sheet.write_number(row, 8, _major(was["amount_minor"], CURRENCIES[was["currency"]]))
            sheet.write_number(row, 9, float(was["rate"]))
            sheet.write_string(row, 10, was["rate_day"])
            sheet.write_string(row, 11, was["rate_source"])
    last = len(receipts) + 1
    sheet.write_string(last, 0, "合计 Total", form["bold"])
    total = _major(sum(item["amount_minor"] for item in receipts), digits)
    sheet.write_formula(last, 6, f"=SUM(G2:G{last})" if receipts else "=0", form["total"], total)
    sheet.set_column(0, len(names) - 1, 20)


_EXCHANGE = (
    "日期 Date", "类别 Kind", "笔数 Entries", "原币种 Currency", "原金额 As received", "汇率 Rate", "汇率日 Rate of",
    "汇率来源 Source of the rate", "折算 Converted", "核对 Check",
)  # fmt: skip


def _exchange(sheet: Any, rows: list[dict[str, Any]], form: dict[str, Any], digits: int) -> None:
    """What came in another currency. The check allows each entry the half unit that it was rounded by."""
    for column, name in enumerate(_EXCHANGE):
        sheet.write_string(0, column, name, form["bold"])
    for row, item in enumerate(rows, 1):
        kind = "投流 Ad spend" if item["kind"] == "ad_spend" else "收入 Receipts"
        for column, text in (
            (0, item["on"]),
            (1, kind),
            (3, item["currency"]),
            (6, item["rate_day"]),
            (7, item["rate_source"]),
        ):
            sheet.write_string(row, column, text)
        sheet.write_number(row, 2, item["count"])
        sheet.write_number(row, 4, _major(item["before_minor"], CURRENCIES[item["currency"]]))
        sheet.write_number(row, 5, float(item["rate"]))
        sheet.write_number(row, 8, _major(item["after_minor"], digits), form["money"])
        line = row + 1
        allowed = f"C{line}*{_major(1, digits)}"
        sheet.write_formula(
            row, 9, f'=IF(ABS(E{line}*F{line}-I{line})<={allowed},"OK","?")', form["bold"], "OK"
        )
    last = len(rows) + 1
    sheet.write_string(last, 0, "合计 Total", form["bold"])
    total = _major(sum(item["after_minor"] for item in rows), digits)
    sheet.write_formula(last, 8, f"=SUM(I2:I{last})", form["total"], total)
    sheet.set_column(0, 9, 18)
