"""A term sheet's document arranged for the page."""

from __future__ import annotations

from typing import Any

from dealflow.core import clock, i18n, money
from dealflow.termsheets.clauses import Standing
from dealflow.termsheets.library import ClauseChange, Document
from dealflow.termsheets.library.formats import figures
from dealflow.termsheets.library.model import Text
from dealflow.termsheets.models import ClauseComment, TermSheet, TermSheetVersion

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


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def comment_dict(row: ClauseComment) -> dict[str, Any]:
    """The API's form of a comment."""
    return {
        "id": row.id,
        "parent_id": row.parent_id,
        "clause": row.clause,
        "version_number": row.number,
        "text": row.text,
        "by": row.user_name,
        "by_side": row.side,
        "at": clock.rfc3339(row.at),
        "resolved_at": clock.rfc3339(row.resolved_at) if row.resolved_at else None,
    }


def clause_dict(sheet: TermSheet, standing: Standing) -> dict[str, Any]:
    """The API's form of a clause and where both sides stand on it."""
    passage, since = standing.passage, standing.since
    return {
        "clause": passage.key,
        "number": passage.number,
        "heading": _both(passage.heading),
        "lines": [_both(line) for line in passage.lines],
        "binding": passage.binding,
        "in_version": since.number,
        "by": since.user_name,
        "by_side": sheet.side(since.author_organisation_id),
        "agreed": sorted(standing.agreed),
        "open": standing.is_open,
        "comments": [comment_dict(row) for head, answers in standing.threads for row in (head, *answers)],
    }


def change_dict(sheet: TermSheet, change: ClauseChange, wrote: TermSheetVersion) -> dict[str, Any]:
    """The API's form of a clause that differs."""
    return {
        "clause": change.key,
        "number": change.number,
        "old_number": change.old_number,
        "state": change.state,
        "heading": {
            lang: "".join(s.text for s in segments if s.kind != "del" or change.state == "removed")
            for lang, segments in change.heading.items()
        },
        "lines": [
            {"state": line.state}
            | {lang: [vars(segment) for segment in segments] for lang, segments in line.segments.items()}
            for line in change.lines
        ],
        "parameters": [
            {
                "field": p.path,
                "label": _both(p.label),
                "before": _both(p.before) if p.before else None,
                "after": _both(p.after) if p.after else None,
            }
            for p in change.parameters
        ],
        "by": wrote.user_name,
        "by_side": sheet.side(wrote.author_organisation_id),
        "in_version": wrote.number,
    }
