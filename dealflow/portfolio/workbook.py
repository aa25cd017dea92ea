"""A quarterly report as a workbook: live formulas, checks against the figures as computed, charts.

Every total, multiple and rate is a formula over the rows above it; the sheet of checks compares each with the report.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import xlsxwriter

from dealflow.core import printed
from dealflow.core.i18n import gettext as _
from dealflow.core.i18n import localised
from dealflow.core.money import CURRENCIES
from dealflow.funds.rates import rate_why, shown_rate
from dealflow.portfolio import reporting
from dealflow.portfolio.reporting import (
    COMMITMENT_ENDING,
    COMMITMENT_LINES,
    ENDING,
    LINES,
    SPAN_LABELS,
    SPANS,
)
from dealflow.portfolio.states import METHOD_LABELS

_FORMULA = ("=", "+", "-", "@")


class Book:
    """The workbook while it is written: sheets, formats, and the checks so far."""

    def __init__(self, report: dict[str, Any]) -> None:
        printed.keep_nobody_waiting()
        self.report = report
        self.stream = io.BytesIO()
        self.file = xlsxwriter.Workbook(self.stream, {"in_memory": True, "strings_to_formulas": False})
        # The same report gives the same bytes.
        self.file.set_properties(
            {"title": f"{report['fund']} {report['quarter']}", "created": datetime(2000, 1, 1)}  # noqa: DTZ001
        )
        digits = CURRENCIES[report["currency"]]
        number = "#,##0" + ("." + "0" * digits if digits else "")
        self.scale = 10**digits
        self.money = self.file.add_format({"num_format": f"{number};[Red]-{number}"})
        self.total = self.file.add_format({"num_format": f"{number};[Red]-{number}", "bold": True, "top": 1})
        self.head = self.file.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.bold = self.file.add_format({"bold": True, "top": 1})
        self.ratio = self.file.add_format({"num_format": "0.00x"})
        self.rate = self.file.add_format({"num_format": "0.0%"})
        self.day = self.file.add_format({"num_format": "yyyy-mm-dd"})
        self.title = self.file.add_format({"bold": True, "font_size": 14})
        self.genres = {row["name"]: localised(row["names"]) for row in report["exposure"]}
        self.checks: list[tuple[str, str, float, float]] = []

    def sheet(self, name: str, widths: Sequence[int]) -> Any:
        """A sheet with its title."""
        sheet = self.file.add_worksheet(name[:31])
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.write_string(
            0, 0, f"{self.report['fund']} · {self.report['quarter']} · {name}"[:200], self.title
        )
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        # Headings of two lines.
        sheet.set_row(2, 32)
        return sheet

    def major(self, minor: int) -> float:
        """An amount as the cell holds it."""
        return minor / self.scale

    def check(self, label: str, cell: str, expected: float, tolerance: float) -> None:
        """Compare a cell with the figure of the report."""
        self.checks.append((label, cell, expected, tolerance))


def build(report: dict[str, Any]) -> bytes:
    """The workbook in the current language."""
    book = Book(report)
    _account(book)
    _commitment(book)
    schedule = _portfolio(book)
    flows = _flows(book)
    _metrics(book, schedule, flows)
    _partners(book)
    _charts(book)
    _checks(book)
    book.file.close()
    return book.stream.getvalue()


def _spans(book: Book, sheet: Any) -> None:
    sheet.write_row(2, 0, [_("Amounts in %(currency)s", currency=book.report["currency"])], book.head)
    for column, span in enumerate(SPANS, 1):
        sheet.write_string(2, column, f"{_(SPAN_LABELS[span])}\n{book.report['spans'][span]}", book.head)


def _account(book: Book) -> None:
    name = _("Capital account")
    sheet = book.sheet(name, (52, 20, 20, 20))
    _spans(book, sheet)
    for row, (line, label) in enumerate(LINES.items(), 3):
        sheet.write_string(row, 0, _(label))
        for column, span in enumerate(SPANS, 1):
            sheet.write_number(row, column, book.major(book.report["account"][span][line]), book.money)
    last = 3 + len(LINES)
    for row, (line, label) in enumerate(ENDING.items(), last):
        sheet.write_string(row, 0, _(label), book.bold)
        for column, span in enumerate(SPANS, 1):
            letter = "ABCD"[column]
            values = book.report["account"][span]
            if line == "carry_accrued":
                sheet.write_number(row, column, book.major(values[line]), book.money)
                continue
            formula = (
                f"=SUM({letter}4:{letter}{last})"
                if line == "closing"
                else f"={letter}{last + 1}+{letter}{last + 2}"
            )
            sheet.write_formula(row, column, formula, book.total, book.major(values[line]))
            label_of = f"{_(label)} · {_(SPAN_LABELS[span])}"
            book.check(label_of, f"'{name}'!{letter}{row + 1}", book.major(values[line]), 0.5 / book.scale)


def _commitment(book: Book) -> None:
    name = _("Commitment")
    sheet = book.sheet(name, (52, 20, 20, 20))
    _spans(book, sheet)
    for row, (line, label) in enumerate(COMMITMENT_LINES.items(), 3):
        sheet.write_string(row, 0, _(label))
        for column, span in enumerate(SPANS, 1):
            sheet.write_number(row, column, book.major(book.report["commitment"][span][line]), book.money)
    last = 3 + len(COMMITMENT_LINES)
    sheet.write_string(last, 0, _(COMMITMENT_ENDING), book.bold)
    for column, span in enumerate(SPANS, 1):
        letter, value = "ABCD"[column], book.major(book.report["commitment"][span]["closing"])
        sheet.write_formula(last, column, f"=SUM({letter}4:{letter}{last})", book.total, value)
        book.check(
            f"{_(COMMITMENT_ENDING)} · {_(SPAN_LABELS[span])}",
            f"'{name}'!{letter}{last + 1}",
            value,
            0.5 / book.scale,
        )


_AMOUNTS = ("cost", "proceeds", "book", "value")


def _portfolio(book: Book) -> dict[str, str]:
    """The schedule of investments; where its totals stand."""
    name = _("Investments")
    sheet = book.sheet(name, (30, 12, 16, 16, 16, 16, 16, 16, 16, 10, 10, 28, 24, 12))
    heads = (
        _("Holding"), _("Since"), _("Genre"), _("Cost"), _("Proceeds"), _("Cost not recovered"), _("Fair value"), _("Realised"),
        _("Unrealised"), _("MOIC"), _("IRR"), _("About the IRR"), _("Method"), _("Valued on"),
    )  # fmt: skip
    sheet.write_row(2, 0, heads, book.head)
    rows = book.report["portfolio"]
    for place, row in enumerate(rows):
        _holding(book, sheet, place + 3, row)
    last, end = 3 + len(rows), 3 + max(len(rows), 1)
    sheet.write_string(end, 0, _("Total"), book.bold)
    found = {}
    for column, letter in enumerate("DEFGHI", 3):
        key = (*_AMOUNTS, "realised", "unrealised")[column - 3]
        total = book.major(sum(row[f"{key}_minor"] for row in rows))
        sheet.write_formula(end, column, f"=SUM({letter}4:{letter}{max(last, 4)})", book.total, total)
        found[key] = f"'{name}'!{letter}{end + 1}"
        book.check(f"{name} · {heads[column]}", found[key], total, 0.5 / book.scale)
    return found


def _holding(book: Book, sheet: Any, at: int, row: dict[str, Any]) -> None:
    line = at + 1
    sheet.write_string(at, 0, row["name"])
    if row["since"]:
        sheet.write_datetime(at, 1, date.fromisoformat(row["since"]), book.day)
    sheet.write_string(at, 2, book.genres.get(row["genre"], row["genre"]))
    for column, key in enumerate(_AMOUNTS, 3):
        sheet.write_number(at, column, book.major(row[f"{key}_minor"]), book.money)
    # Nothing of a holding that ended is left on the books: what was not recovered is its realised loss.
    sheet.write_formula(at, 7, f"=E{line}-D{line}+F{line}", book.money, book.major(row["realised_minor"]))
    sheet.write_formula(at, 8, f"=G{line}-F{line}", book.money, book.major(row["unrealised_minor"]))
    moic = float(row["moic"]) if row["moic"] else 0
    sheet.write_formula(at, 9, f"=IF(D{line}=0,0,(E{line}+G{line})/D{line})", book.ratio, moic)
    rate = shown_rate(row["irr"])
    if rate is not None:
        sheet.write_number(at, 10, rate, book.rate)
    sheet.write_string(at, 11, rate_why(row["irr"]))
    method = METHOD_LABELS[row["method"]]
    sheet.write_string(at, 12, _(method))
    if row["valued_on"]:
        sheet.write_datetime(at, 13, date.fromisoformat(row["valued_on"]), book.day)


def _flows(book: Book) -> tuple[str, str, int]:
    """The partners' flows and the closing value; the ranges of amounts and days, and how many rows."""
    from dealflow.portfolio.behind import PARTNER_LABELS

    name = _("Flows of the partners")
    sheet = book.sheet(name, (14, 36, 20))
    sheet.write_row(2, 0, (_("Date"), _("What"), _("Amount")), book.head)
    rows = [(on, _(PARTNER_LABELS[kind]), minor) for on, kind, minor in book.report["flows"]]
    rows.append((book.report["through"], _("Net asset value"), book.report["metrics"]["nav_minor"]))
    for at, (on, label, minor) in enumerate(rows, 3):
        sheet.write_datetime(at, 0, date.fromisoformat(on), book.day)
        sheet.write_string(at, 1, label)
        sheet.write_number(at, 2, book.major(minor), book.money)
    end = 3 + len(rows)
    return f"'{name}'!C4:C{end}", f"'{name}'!A4:A{end}", len(rows)


def _metrics(book: Book, schedule: dict[str, str], flows: tuple[str, str, int]) -> None:
    name, figures = _("Figures"), book.report["metrics"]
    sheet = book.sheet(name, (44, 20, 30))
    inputs = (
        ("commitment_minor", _("Committed")), ("paid_in_minor", _("Paid in")), ("distributed_minor", _("Distributed")),
        ("nav_minor", _("Net asset value")),
    )  # fmt: skip
    for at, (key, label) in enumerate(inputs, 3):
        sheet.write_string(at, 0, label)
        sheet.write_number(at, 1, book.major(figures[key]), book.money)
    cost, gain = schedule["cost"], f"({schedule['proceeds']}+{schedule['value']})"
    formulas = (
        ("tvpi", "=IF(B5=0,0,(B6+B7)/B5)"), ("dpi", "=IF(B5=0,0,B6/B5)"), ("rvpi", "=IF(B5=0,0,B7/B5)"),
        ("pic", "=IF(B4=0,0,B5/B4)"), ("moic", f"=IF({cost}=0,0,{gain}/{cost})"),
    )  # fmt: skip
    for at, (key, formula) in enumerate(formulas, 7):
        value = float(figures[key] or 0)
        sheet.write_string(at, 0, _(reporting.METRIC_LABELS[key]))
        sheet.write_formula(at, 1, formula, book.ratio, value)
        book.check(_(reporting.METRIC_LABELS[key]), f"'{name}'!B{at + 1}", value, 1e-6)
    sheet.write_string(12, 0, _("Net IRR"))
    net = figures["irr"]
    brought = shown_rate(net)
    if net["rate"] is None and brought is not None and not net["ambiguous"]:
        # A spreadsheet looks for a yearly rate, of which there is none for so much in so few days.
        sheet.write_number(12, 1, brought, book.rate)
        sheet.write_string(12, 2, rate_why(net))
        return
    if net["rate"] is None or net["ambiguous"]:
        # A spreadsheet would give an error, or one of several rates, as if it were the only one.
        sheet.write_string(12, 1, _("No single rate"))
        return
    guess = f"{float(net['rate']):.4f}"
    formula, shown = f"XIRR({flows[0]},{flows[1]},{guess})", float(net["rate"])
    short = net.get("period_return")
    if short is not None:
        formula, shown = f"(1+{formula})^({net['days']}/365)-1", float(short)
        sheet.write_string(12, 2, rate_why(net))
    sheet.write_formula(12, 1, f"={formula}", book.rate, shown)
    book.check(_("Net IRR"), f"'{name}'!B13", shown, 1e-6)


def _partners(book: Book) -> None:
    name = _("Partners")
    sheet = book.sheet(name, (36, 20, 20, 20, 20))
    heads = (
        _("Partner"),
        _("Committed"),
        _("Contributions"),
        _("Distributions"),
        _("Capital before accrued carry"),
    )
    sheet.write_row(2, 0, heads, book.head)
    rows = book.report["partners"]
    for at, row in enumerate(rows, 3):
        sheet.write_string(at, 0, row["name"])
        for column, key in enumerate(("commitment", "contributions", "distributions", "closing"), 1):
            sheet.write_number(at, column, book.major(row[f"{key}_minor"]), book.money)
    end = 3 + max(len(rows), 1)
    sheet.write_string(end, 0, _("Total"), book.bold)
    for column, key in enumerate(("commitment", "contributions", "distributions", "closing"), 1):
        letter, total = "ABCDE"[column], book.major(sum(row[f"{key}_minor"] for row in rows))
        sheet.write_formula(end, column, f"=SUM({letter}4:{letter}{end})", book.total, total)
    whole = book.major(book.report["account"]["inception"]["closing_gross"])
    book.check(f"{name} · {heads[4]}", f"'{name}'!E{end + 1}", whole, 0.5 / book.scale)


def _charts(book: Book) -> None:
    name = _("Charts")
    sheet = book.sheet(name, (14, 20, 20, 4, 24, 20, 20))
    curve, exposure = book.report["curve"], book.report["exposure"]
    sheet.write_row(2, 0, (_("Date"), _("Net cash of the partners"), _("With the value held")), book.head)
    for at, (label, cash, total) in enumerate(
        zip(curve["labels"], curve["cash"], curve["total"], strict=True), 3
    ):
        sheet.write_string(at, 0, label)
        sheet.write_number(at, 1, book.major(cash), book.money)
        sheet.write_number(at, 2, book.major(total), book.money)
    sheet.write_row(2, 4, (_("Genre"), _("Cost"), _("Fair value")), book.head)
    for at, row in enumerate(exposure, 3):
        sheet.write_string(at, 4, localised(row["names"]))
        sheet.write_number(at, 5, book.major(row["cost_minor"]), book.money)
        sheet.write_number(at, 6, book.major(row["value_minor"]), book.money)
    _chart(book, sheet, name, "line", _("J-curve"), (0, (1, 2)), len(curve["labels"]), "I3")
    _chart(book, sheet, name, "column", _("Exposure by genre"), (4, (5, 6)), len(exposure), "I20")


def _chart(
    book: Book,
    sheet: Any,
    name: str,
    kind: str,
    title: str,
    columns: tuple[int, tuple[int, ...]],
    count: int,
    at: str,
) -> None:
    if not count:
        return
    chart = book.file.add_chart({"type": kind})
    for column in columns[1]:
        chart.add_series(
            {
                "name": [name, 2, column],
                "categories": [name, 3, columns[0], 2 + count, columns[0]],
                "values": [name, 3, column, 2 + count, column],
            }
        )
    chart.set_title({"name": title})
    chart.set_legend({"position": "bottom"})
    sheet.insert_chart(at, chart, {"description": title})


def _checks(book: Book) -> None:
    sheet = book.sheet(_("Checks"), (60, 22, 22, 12))
    sheet.write_row(2, 0, (_("What"), _("In this workbook"), _("As reported"), _("Agrees")), book.head)
    for at, (label, cell, expected, tolerance) in enumerate(book.checks, 3):
        sheet.write_string(at, 0, label)
        sheet.write_formula(at, 1, f"={cell}", None, expected)
        sheet.write_number(at, 2, expected)
        sheet.write_formula(at, 3, f"=IF(ABS(B{at + 1}-C{at + 1})<={tolerance!r},1,0)", None, 1)
    end = 3 + len(book.checks)
    sheet.write_string(end, 0, _("All agree"), book.bold)
    sheet.write_formula(end, 3, f"=IF(SUM(D4:D{end})={len(book.checks)},1,0)", book.bold, 1)
