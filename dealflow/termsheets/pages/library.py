"""The clause library: reading it, changing a clause, what changed between its versions."""

from __future__ import annotations

import re
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from dealflow.core import i18n, policy
from dealflow.core.errors import Conflict, Invalid, NotFound
from dealflow.core.http import actor, needs
from dealflow.core.i18n import gettext as _
from dealflow.pitches.typed import move_rows
from dealflow.termsheets import libraries, library, library_form, parameter_form, service
from dealflow.termsheets.library.parameters import label
from dealflow.termsheets.library.stored import compare, compare_parameters, preview, printable
from dealflow.termsheets.pages.base import bp, number_of
from dealflow.termsheets.policy import Can

NEW = "new"


@bp.get("/clause-library")
@needs(Can.READ_LIBRARY)
def clause_library() -> str:
    """The clauses of a template in both languages, side by side, as they stand in a version."""
    current = libraries.current_number()
    number = number_of(request.args.get("version")) or current
    template = request.args.get("template", library_form.TEMPLATES[0])
    found = libraries.get(number)
    if template not in found.templates:
        raise NotFound()
    return render_template(
        "termsheets/library/index.html", library=found, number=number, current=current, template=template,
        saved=libraries.saved(), may_edit=policy.can(actor(), Can.EDIT_LIBRARY) and number == current,
        lang_key=i18n.language(), templates=library.TEMPLATES, kinds=dict(parameter_form.choices()["kind"]),
        asked={name: [k for k in found.templates if name in found.asked(k)] for name in found.parameters},
    )  # fmt: skip


def _fields(template: str, known: library.Library) -> list[tuple[str, str]]:
    """Merge fields that a template knows, with what they are called; those the library declares last."""
    lang = i18n.language()
    found = [(name, "") for name in sorted(library.NAMES)]
    for section, shape in library.schema(template)["properties"].items():
        definition = library.schema(template)["$defs"].get(shape.get("$ref", "").rpartition("/")[2], {})
        for name in definition.get("properties", {}):
            path = f"{section}.{name}"
            if printable(template, path):
                found.append((path, label(template, path).get(lang)))
    return found + [(f"declared.{name}", entry.label.get(lang)) for name, entry in known.parameters.items()]


def _edit_page(clause: str, shown: dict[str, Any], **more: Any) -> str:
    base = more.pop("base", None) or libraries.current_number()
    template = (shown["templates"] or [library_form.TEMPLATES[0]])[0]
    return render_template(
        "termsheets/library/edit.html", clause=clause, shown=shown, base=base, fields=_fields(template, libraries.get(base)),
        templates=library.TEMPLATES, lang_key=i18n.language(), comment=request.form.get("comment", ""),
        errors=more.get("errors") or {}, passage=more.get("passage"),
    )  # fmt: skip


@bp.get("/clause-library/clauses/<clause>")
@needs(Can.EDIT_LIBRARY)
def edit_clause(clause: str) -> str:
    """Change a clause, or write a new one."""
    policy.require(actor(), Can.EDIT_LIBRARY)
    data = libraries.data(libraries.current_number())
    if clause != NEW and clause not in data["clauses"]:
        raise NotFound()
    return _edit_page(clause, library_form.typed(data, clause))


@bp.post("/clause-library/clauses/<clause>")
@needs(Can.EDIT_LIBRARY)
def save_clause(clause: str) -> Any:
    """Save the library with this clause as a new version, or show how it would read."""
    policy.require(actor(), Can.EDIT_LIBRARY)
    form = request.form
    shown, base = library_form.sent(form), number_of(form.get("base_version")) or libraries.current_number()
    if command := form.get("rows"):
        moved = move_rows(form, command, {"paragraphs": library_form.COLUMNS})
        return _edit_page(clause, library_form.sent(moved), base=base)
    name = shown["id"] if clause == NEW else clause
    data = libraries.data(base)
    if clause == NEW and (not re.fullmatch(r"[a-z_]{2,40}", name) or name in data["clauses"]):
        errors = {"id": _("Use small letters and underscores, and a name no other clause has")}
        return _edit_page(clause, shown, base=base, errors=errors), 422
    made = library_form.laid_upon(data, name, shown)
    try:
        if form.get("preview"):
            checked = service.checked(actor(), made, base + 1)
            template = (shown["templates"] or [library_form.TEMPLATES[0]])[0]
            return _edit_page(clause, shown, base=base, passage=preview(checked, template, name))
        service.save_library(actor(), made, base_version=base, comment=form.get("comment", "").strip()[:2000])
    except Invalid as refusal:
        errors = {e.field.removeprefix("library."): e.text() for e in refusal.errors}
        return _edit_page(clause, shown, base=base, errors=errors), 422
    except Conflict as refusal:
        return _edit_page(clause, shown, base=base, errors={"": refusal.text()}), 409
    flash(_("Saved. Term sheets drafted from now on use this version; others keep theirs."), "success")
    return redirect(url_for("termsheets.clause_library") + f"#clause-{name}", 303)


@bp.get("/clause-library/diff")
@needs(Can.READ_LIBRARY)
def library_diff() -> str:
    """What changed between two versions of the library."""
    older, newer = number_of(request.args.get("from")), number_of(request.args.get("to"))
    if older is None or newer is None:
        raise NotFound()
    before, after = libraries.get(older), libraries.get(newer)
    return render_template(
        "termsheets/library/diff.html", older=older, newer=newer, changes=compare(before, after), lang_key=i18n.language(),
        templates=library.TEMPLATES, parameters=_parameter_changes(before, after),
    )  # fmt: skip


def _parameter_changes(before: library.Library, after: library.Library) -> list[dict[str, Any]]:
    """The declared parameters that differ, each with its lines as they were and are."""
    fields = ("label_zh", "label_en", "kind", "unit", "required", "default", "minimum", "maximum", "choices")
    found = []
    for change in compare_parameters(before, after):
        name = change["parameter"]
        old, new = (
            parameter_form.typed({"parameters": {name: change[side]} if change[side] else {}}, name)
            if change[side]
            else {}
            for side in ("before", "after")
        )
        rows = [(f, old.get(f, ""), new.get(f, "")) for f in fields if old.get(f, "") != new.get(f, "")]
        found.append(change | {"rows": [(f, _said(f, a), _said(f, b)) for f, a, b in rows]})
    return found


def _said(field: str, value: Any) -> str:
    if field == "choices":
        return ", ".join(row[i18n.language()] for row in value or ())
    if field == "required":
        return "" if value == "" else _("Yes") if value else _("No")
    return (
        dict(parameter_form.choices()[field]).get(value, value) if field in ("kind", "unit") else str(value)
    )
