"""A term sheet's document arranged for the page."""

from __future__ import annotations

from typing import Any

from dealflow.core import i18n, money
from dealflow.termsheets.library import Document
from dealflow.termsheets.library.formats import figures

_TEMPLATES = {"equity": "equity_spv", "minimum_guarantee": "presale"}


def template_for(instrument: str) -> str:
    """The template that serves an instrument."""
    return _TEMPLATES.get(instrument, instrument)


def summary(document: Document) -> list[tuple[str, str]]:
    """The cover's lines in the current language."""
    lang = i18n.language()
    return [(fact.label.get(lang), fact.value.get(lang)) for fact in document.facts]


def payout_view(document: Document) -> dict[str, Any]:
    """The payout table and its lines for the chart, in the current language."""
    lang = i18n.language()
    rows: list[dict[str, Any]] = [
        {
            "gross": money.Money(row.gross_minor, document.currency),
            "gross_text": figures(row.gross_minor, document.currency),
            "payouts": [
                figures(row.by_payee.get(payee, 0), document.currency) for payee, _name in document.payees
            ],
            "multiple": f"{row.multiple_ppm / 1_000_000:.2f}×",
            "break_even": row.break_even,
        }
        for row in document.payouts.rows
    ]
    series = [
        {"name": name.get(lang), "values": [row.by_payee.get(payee, 0) for row in document.payouts.rows]}
        for payee, name in document.payees
    ]
    even = document.payouts.break_even_minor
    return {
        "columns": [{"label": name.get(lang), "num": True} for _payee, name in document.payees],
        "names": [name.get(lang) for _payee, name in document.payees],
        "rows": rows,
        "series": series,
        "labels": [money.short(row["gross"]) for row in rows],
        "break_even": money.Money(even, document.currency) if even is not None else None,
        "divide": 10 ** money.CURRENCIES[document.currency],
    }
