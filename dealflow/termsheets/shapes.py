"""The API's forms of clauses, comments and differences."""

from __future__ import annotations

from typing import Any

from dealflow.core import clock
from dealflow.termsheets.clauses import Standing
from dealflow.termsheets.library import ClauseChange, Figures
from dealflow.termsheets.library.model import Text
from dealflow.termsheets.models import ClauseComment, TermSheet, TermSheetVersion


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


def figures_dict(number: int, found: Figures) -> dict[str, Any]:
    """The API's form of a version's figures."""
    return {
        "version_number": number,
        "currency": found.currency,
        "gross_minor": found.assumed.gross_minor,
        "by_payee": dict(found.at),
        "grid": [{"gross_minor": row["gross_minor"], "by_payee": row["by_payee"]} for row in found.grid],
        "recoveries": [
            vars(r)
            | {
                "paid_first": r.paid_first.isoformat() if r.paid_first else None,
                "recovered": r.recovered.isoformat() if r.recovered else None,
            }
            for r in found.recoveries
        ],
        "bands": [vars(band) for band in found.bands],
        "parts": [vars(part) for part in found.parts],
        "timeline": [dict(row) for row in found.timeline],
        "sensitivity": [
            {"spend_ppm": ppm, "by_payee": dict(paid), "break_even_minor": even}
            for ppm, paid, even in found.sensitivity
        ],
    }
