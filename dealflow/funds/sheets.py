"""A capital account statement as a workbook: the figures are formulas over the movements, with checks beside them."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from dealflow.core import printed
from dealflow.core.i18n import gettext as _
from dealflow.core.money import CURRENCIES
from dealflow.core.tabular import escape
from dealflow.funds import rates, words

_SPANS = ("period", "year", "inception")
# A day's number in a workbook is counted from here.
_ZERO = date(1899, 12, 30).toordinal()
# The columns of a capital account that are money between the partner and the fund.
_CASH = ("contributions", "distributions")


class _Book:
    """The workbook while it is written."""

    def __init__(self, data: dict[str, Any]) -> None:
        printed.keep_nobody_waiting()
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
        self.times = self._style(num_format='0.00"×"')
        self.percent = self._style(num_format="0.0%")

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


def _differs(formula: str, issued: str, digits: int) -> str:
    """A formula that reads OK while another gives what was issued."""
    return f'=IF(ROUND({formula}-({issued}),{digits})=0,"OK","{_("differs")}")'


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
    if "revision" in data:
        told = data["revision"]
        before = _(
            "It replaces issue %(number)s of %(day)s.",
            number=told["replaces"]["number"],
            day=told["replaces"]["issued_on"],
        )
        sheet.write_string(0, 2, _("Issue %(number)s", number=told["number"]), made.bold)
        sheet.write_string(1, 2, escape(f"{before} {_('Reason')}{_(': ')}{told['reason']}"))
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
    row, places = _position(made, sheet, last + 2)
    # Statements from before partners read what their commitment brought do not say it.
    if data.get("performance"):
        _performance(made, sheet, row + 2, closing=last + 1, places=places)


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


def _position(made: _Book, sheet: Worksheet, row: int) -> tuple[int, dict[str, int]]:
    """The commitment, and what of it is still to be called: the last row, and the line of each figure as formulas name it."""
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
    sheet.write_formula(
        row, 4, _differs(f"B{row + 1}", f"{made.major(minor['unfunded'])}", made.digits), None, "OK"
    )
    # Statements from before interest stood by itself count it as distributed.
    rest = [name for name in ("contributed", "outside", "interest", "due", "distributed") if name in minor]
    for name in rest:
        row += 1
        places[name] = row + 1
        sheet.write_string(row, 0, words.position(name))
        sheet.write_number(row, 1, made.major(minor[name]), made.money)
    return row, places


def _performance(made: _Book, sheet: Worksheet, row: int, *, closing: int, places: dict[str, int]) -> None:
    """What the commitment brought, out of the figures above and the cash flows. `closing`: the line of the closing balance."""
    found = made.data["performance"]
    sheet.write_string(row, 0, _("What this commitment brought"), made.head)
    cell = {name: f"B{line}" for name, line in places.items()}
    sums = (
        ("paid_in", _("Paid in"), f"{cell['contributed']}+{cell['outside']}-{cell['refunded']}-{cell.get('interest', '0')}"),
        ("distributed", _("Distributed"), cell["distributed"]),
        ("carry_accrued", _("Carried interest accrued"), None),
        ("nav", _("Net asset value"), f"D{closing}-B{row + 4}"),
    )  # fmt: skip
    for name, label, formula in sums:
        row += 1
        cell[name] = f"B{row + 1}"
        sheet.write_string(row, 0, label)
        value = made.major(found[name]["amount_minor"])
        if formula is None:
            sheet.write_number(row, 1, value, made.money)
            continue
        sheet.write_formula(row, 1, f"={formula}", made.money, value)
        sheet.write_formula(row, 4, _differs(cell[name], f"{value}", made.digits), None, "OK")
    row = _rate(made, sheet, row + 1, nav=cell["nav"])
    multiples = (("tvpi", f"({cell['distributed']}+{cell['nav']})"), ("dpi", cell["distributed"]))
    for name, over in multiples:
        row += 1
        sheet.write_string(row, 0, name.upper())
        if found[name] is None:
            sheet.write_string(row, 1, rates.times(None))
            continue
        sheet.write_formula(row, 1, f"={over}/{cell['paid_in']}", made.times, float(found[name]))
        sheet.write_formula(row, 4, _differs(f"B{row + 1}", found[name], 6), None, "OK")


def _rate(made: _Book, sheet: Worksheet, row: int, *, nav: str) -> int:
    """The net rate as formulas over a sheet of its cash flows; in words why there is none. The last row."""
    irr = made.data["performance"]["irr"]
    shown, why = rates.shown_rate(irr), rates.rate_why(irr)
    sheet.write_string(row, 0, _("Net IRR"))
    if shown is None:
        sheet.write_string(row, 1, rates.rate_short(irr))
    elif irr["rate"] is None:
        # A gain of few days: its yearly rate is beyond what any function looks for.
        sheet.write_number(row, 1, shown, made.percent)
    else:
        count = _flows(made, nav)
        place = f"'{_('Cash flows')}'!"
        formula = f"XIRR({place}$C$2:$C${count},{place}$A$2:$A${count},{irr['rate']})"
        if irr.get("period_return") is not None:
            formula = f"(1+{formula})^({irr['days']}/365)-1"
        sheet.write_formula(row, 1, f"={formula}", made.percent, shown)
        sheet.write_formula(row, 4, _differs(f"B{row + 1}", repr(shown), 5), None, "OK")
    if why:
        sheet.write_string(row, 2, why)
    return row


def _flows(made: _Book, nav: str) -> int:
    """The partner's cash flows on a sheet of their own, signed from its side, and what it would get at the end; the last line."""
    sheet = made.book.add_worksheet(_("Cash flows"))
    for place, head in enumerate((_("Date"), _("What"), _("Amount"))):
        sheet.write_string(0, place, head, made.head)
    flows = [
        (item["on"], line, item)
        for line, item in enumerate(made.data["movements"], 2)
        if item["column"] in _CASH
    ]
    row, moved = 0, f"'{_('Movements')}'!"
    # By day: a corrected entry may be of an earlier one, and the function wants the first day first.
    for row, (on, line, item) in enumerate(sorted(flows, key=lambda flow: flow[:2]), 1):
        sheet.write_formula(row, 0, f"={moved}A{line}", made.day, date.fromisoformat(on).toordinal() - _ZERO)
        sheet.write_string(row, 1, words.column(item["column"]))
        sheet.write_formula(row, 2, f"=-{moved}D{line}", made.money, -made.major(item["amount_minor"]))
    row += 1
    account = f"='{_('Capital account')}'!"
    through = date.fromisoformat(made.data["through"]).toordinal() - _ZERO
    sheet.write_formula(row, 0, f"{account}B6", made.day, through)
    sheet.write_string(row, 1, _("Net asset value"))
    value = made.major(made.data["performance"]["nav"]["amount_minor"])
    sheet.write_formula(row, 2, f"{account}{nav}", made.sum, value)
    sheet.set_column(0, 2, 20)
    sheet.freeze_panes(1, 0)
    return row + 1
