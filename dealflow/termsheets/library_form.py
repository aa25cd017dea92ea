"""One clause of the library as a form: headings, paragraphs as rows, the templates that print it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from dealflow.termsheets.editor import rows_of

COLUMNS = ("zh", "en", "path", "values")
TEMPLATES = ("equity_spv", "revenue_share", "loan", "presale")


def typed(data: Mapping[str, Any], clause: str) -> dict[str, Any]:
    """A clause as the form shows it; empty for a new one."""
    entry = data["clauses"].get(clause, {"heading": {"zh": "", "en": ""}, "paragraphs": []})
    return {
        "id": clause if clause in data["clauses"] else "",
        "heading_zh": entry["heading"]["zh"],
        "heading_en": entry["heading"]["en"],
        "binding": entry.get("binding", False),
        "templates": [key for key in TEMPLATES if clause in data["templates"][key]["clauses"]],
        "paragraphs": [_row(paragraph) for paragraph in entry.get("paragraphs", [])],
        "generated": bool(entry.get("generated") or entry.get("exhibit")),
    }


def _row(paragraph: Mapping[str, Any]) -> dict[str, str]:
    when = paragraph.get("when") or {}
    return {
        "zh": paragraph["zh"], "en": paragraph["en"], "path": when.get("path", ""),
        "values": ", ".join(_text(value) for value in when.get("values", ())),
    }  # fmt: skip


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def sent(form: Any) -> dict[str, Any]:
    """The form as it was sent, in the shape of `typed`."""
    return {
        "id": form.get("id", "").strip(),
        "heading_zh": form.get("heading_zh", "").strip(),
        "heading_en": form.get("heading_en", "").strip(),
        "binding": form.get("binding") == "1",
        "templates": [key for key in TEMPLATES if form.get(f"template-{key}") == "1"],
        "paragraphs": rows_of(form, "paragraphs", COLUMNS, blank=True),
        "generated": False,
    }


def laid_upon(data: Mapping[str, Any], clause: str, shown: Mapping[str, Any]) -> dict[str, Any]:
    """The library with this clause as the form says. A new one stands before the clause on governing law."""
    made = copy.deepcopy(dict(data))
    entry = {k: v for k, v in made["clauses"].get(clause, {}).items() if k in ("generated", "exhibit")}
    made["clauses"][clause] = entry | {
        "id": clause,
        "heading": {"zh": shown["heading_zh"], "en": shown["heading_en"]},
        "binding": shown["binding"],
        "paragraphs": [_paragraph(row) for row in shown["paragraphs"] if any(row.get(c) for c in COLUMNS)],
    }
    for key in TEMPLATES:
        names = made["templates"][key]["clauses"]
        if clause in names and key not in shown["templates"]:
            names.remove(clause)
        elif clause not in names and key in shown["templates"]:
            names.insert(names.index("law") if "law" in names else len(names), clause)
    return made


def _paragraph(row: Mapping[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = {"zh": row.get("zh", ""), "en": row.get("en", "")}
    if row.get("path"):
        values = [
            part.strip() for part in row.get("values", "").replace("，", ",").split(",") if part.strip()
        ]
        made["when"] = {"path": row["path"], "values": [_value(part) for part in values]}
    return made


def _value(text: str) -> bool | int | str:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.removeprefix("-").isdecimal() else text
