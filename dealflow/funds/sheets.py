"""A capital account statement as a workbook: the figures are formulas over the movements, with checks beside them."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from dealflow.core.i18n import gettext as _
from dealflow.core.money import CURRENCIES
from dealflow.core.tabular import escape
from dealflow.funds import words

_SPANS = ("period", "year", "inception")


class _Book:
    """The workbook while it is written."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data, self.stream = data, io.BytesIO()
        self.digits = CURRENCIES[data["currency"]]
        self.book = xlsxwriter.Workbook(self.stream, {"in_memory": True, "strings_to_formulas": False})
        # A fixed moment, so that the same statement gives the same bytes.
        self.book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC), "title": data["fund"]["name"]})
        zeros = f".{'0' * self.digits}" if self.digits else ""
        self.money = self._style(num_format=f"#,##0{zeros};[Red]-#,##0{zeros};-")
        self.bold = self._style(bold=True)
        self.head = self._style(bold=True, bg_color="#E8ECF8", text_wrap=True, valign="top")
        self.sum = self._style(bold=True, top=1, num_format=f"#,##0{zeros};[Red]-#,##0{zeros};-")
        self.day = self._style(num_format="yyyy-mm-dd", align="left")

    def _style(self, **properties: Any) -> Format:
        made: Format = self.book.add_format({"font_name": "Noto Sans SC", **properties})
        return made

    def major(self, minor: int) -> float:
        """An amount as a cell holds it."""
        return float(Decimal(minor).scaleb(-self.digits))

    def done(self) -> bytes:
        self.book.close()
        return self.stream.getvalue()


def statement(data: dict[str, Any]) -> bytes:
    """The workbook of a statement in the current language."""
    made = _Book(data)
    sheet, moves = (made.book.add_worksheet(name) for name in (_("Capital account"), _("Movements")))
    for each in (sheet, moves):
        each.set_landscape()
        each.set_paper(9)
        each.fit_to_pages(1, 0)
    _movements(made, moves)
    _statement(made, sheet)
    return made.done()


def _movements(made: _Book, sheet: Worksheet) -> None:
    heads = (_("Date"), _("Entry"), _("Column"), _("Amount"), _("Id of the entry"))
    for place, head in enumerate(heads):
        sheet.write_string(0, place, head, made.head)
    for row, item in enumerate(made.data["movements"], 1):
        sheet.write_datetime(row, 0, date.fromisoformat(item["on"]), made.day)
        sheet.write_number(row, 1, item["number"])
        sheet.write_string(row, 2, words.column(item["column"]))
        sheet.write_number(row, 3, made.major(item["amount_minor"]), made.money)
        sheet.write_string(row, 4, item["entry_id"])
    sheet.set_column(0, 3, 18)
    sheet.set_column(4, 4, 34)
    sheet.freeze_panes(1, 0)


def _statement(made: _Book, sheet: Worksheet) -> None:
    data = made.data
    sheet.set_column(0, 0, 38)
    sheet.set_column(1, 4, 20)
    sheet.write_string(0, 0, escape(data["fund"]["name"]), made.bold)
    sheet.write_string(1, 0, escape(data["lp"]["name"]), made.bold)
    facts = ((_("Period"), data["period"]), (_("Currency"), data["currency"]))
    for row, (label, value) in enumerate(facts, 2):
        sheet.write_string(row, 0, label)
        sheet.write_string(row, 1, value)
    began = min([data["since"], *(item["on"] for item in data["movements"])])
    starts = (data["since"], f"{data['through'][:4]}-01-01", began)
    for row, (label, days) in enumerate(((_("From"), starts), (_("Through"), (data["through"],) * 3)), 4):
        sheet.write_string(row, 0, label)
        for place, day in enumerate(days, 1):
            sheet.write_datetime(row, place, date.fromisoformat(day), made.day)
    heads = ("", _("This period"), _("Year to date"), _("Since the start"), _("Check"))
    for place, head in enumerate(heads):
        sheet.write_string(7, place, head, made.head)
    last = _capital(made, sheet)
    _position(made, sheet, last + 2)


def _capital(made: _Book, sheet: Worksheet) -> int:
    """The lines of the capital account from row 9; the row of the closing."""
    columns, moves = made.data["columns"], f"'{_('Movements')}'!"
    top, row = 8, 8
    for row, line in enumerate(columns, top):
        key = line["key"]
        style = made.sum if key in ("opening", "closing") else made.money
        sheet.write_string(row, 0, words.column(key), made.bold if style is made.sum else None)
        for place, name in enumerate(_SPANS, 1):
            letter = "ABCD"[place]
            first, through = f"{letter}$5", f"{letter}$6"
            if key == "opening":
                formula = f'=SUMIFS({moves}$D:$D,{moves}$A:$A,"<"&{first})'
            elif key == "closing":
                formula = f"=SUM({letter}{top + 1}:{letter}{row})"
            else:
                formula = f'=SUMIFS({moves}$D:$D,{moves}$C:$C,"{words.column(key)}",{moves}$A:$A,">="&{first},{moves}$A:$A,"<="&{through})'
            sheet.write_formula(row, place, formula, style, made.major(line[name]["amount_minor"]))
    # As issued, beside what the formulas say: a row whose figures were changed no longer reads OK.
    for row, line in enumerate(columns, top):
        wanted = "+".join(
            f"ABS({'ABCD'[p]}{row + 1}-({made.major(line[n]['amount_minor'])}))"
            for p, n in enumerate(_SPANS, 1)
        )
        sheet.write_formula(row, 4, f'=IF(ROUND({wanted},{made.digits})=0,"OK","{_("differs")}")', None, "OK")
    return row


def _position(made: _Book, sheet: Worksheet, row: int) -> None:
    """The commitment, and what of it is still to be called."""
    found = made.data["position"]
    sheet.write_string(row, 0, _("Commitment and what is called"), made.head)
    minor = {name: value["amount_minor"] for name, value in found.items()}
    places: dict[str, int] = {}
    for name in ("commitment", "called", "refunded", "recallable"):
        row += 1
        places[name] = row + 1
        sheet.write_string(row, 0, words.position(name))
        sheet.write_number(row, 1, made.major(minor[name]), made.money)
    row += 1
    sheet.write_string(row, 0, words.position("unfunded"), made.bold)
    formula = f"=B{places['commitment']}-B{places['called']}+B{places['refunded']}+B{places['recallable']}"
    sheet.write_formula(row, 1, formula, made.sum, made.major(minor["unfunded"]))
    check = f'=IF(ROUND(B{row + 1}-({made.major(minor["unfunded"])}),{made.digits})=0,"OK","{_("differs")}")'
    sheet.write_formula(row, 4, check, None, "OK")
    # Statements from before interest stood by itself count it as distributed.
    rest = [name for name in ("contributed", "outside", "interest", "due", "distributed") if name in minor]
    for name in rest:
        row += 1
        sheet.write_string(row, 0, words.position(name))
        sheet.write_number(row, 1, made.major(minor[name]), made.money)
