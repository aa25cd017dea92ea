"""What the pages of this room share."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for

from dealflow.core.errors import FieldError
from dealflow.core.i18n import N_, gettext
from dealflow.pitches.diff import field_label
from dealflow.pitches.forms import STEP_OF, STEPS
from dealflow.pitches.models import Project
from dealflow.pitches.queries import drafted_steps
from dealflow.pitches.schemas import missing_for_publication
from dealflow.pitches.vocabulary import METRICS, label, language_name, region_name

bp = Blueprint("pitches", __name__)
# The box of a field of the pitch, where its id differs from the field's name.
_ANCHORS = {"title": "title_zh", "audience": "gender", "format": "episodes", "schedule": "prep"}
KIND_NAMES = {
    "creator": N_("Creator"), "investor": N_("Investor"), "fund": N_("Fund"), "studio": N_("Studio"), "venue": N_("Venue"),
    "review_board": N_("Review board"), "park": N_("Park"), "platform": N_("Platform"),
}  # fmt: skip
# Where a field of the pitch is kept under other names. Who sees it is told by more than being said.
_COLUMNS = {"title": ("title_zh", "title_en"), "visibility": ("poster_id",)}
_NEEDED = ("title", "logline", "genres", "stage", "budget", "ask", "instruments", "use_of_funds")


@bp.app_template_filter("code_name")
def code_name(code: str | None) -> str:
    """The name of a stage, instrument, kind, visibility… in the current language."""
    return label(code)


@bp.app_template_filter("metric_name")
def metric_name(code: str) -> str:
    """How a published figure of the catalogue was measured, in the current language."""
    return gettext(METRICS[code])


bp.add_app_template_filter(language_name, "language_name")
bp.add_app_template_filter(region_name, "region_name")


def link_to(project_id: str, field: str) -> str:
    """The address of the box of a field."""
    head = field.split(".")[0]
    return url_for(
        "pitches.edit_step",
        project_id=project_id,
        step=STEP_OF.get(head, "basics"),
        _anchor=_ANCHORS.get(head, head),
    )


def checklist(project: Project) -> list[dict[str, Any]]:
    """What publishing needs, done or missing, each with the way to its box."""
    missing: dict[str, FieldError] = {}
    for error in missing_for_publication(project):
        missing.setdefault(error.field.split(".")[0], error)
    return [
        {
            "label": missing[name].text() if name in missing else field_label(name),
            "done": name not in missing,
            "href": link_to(project.id, name),
            "field": name,
        }
        for name in _NEEDED
    ]


def stepper(project: Project, current: str) -> list[dict[str, Any]]:
    """The steps of the form with what is missing in each; one is done when something is in it and nothing is missing."""
    open_items = [item for item in checklist(project) if not item["done"]]
    drafted = drafted_steps_of(project)
    found = []
    for step, (name, _form) in STEPS.items():
        lacking = sum(STEP_OF[item["field"]] == step for item in open_items)
        done = not lacking and _is_begun(project, step)
        state = "current" if step == current else "error" if step in drafted else "done" if done else ""
        note = gettext("%(n)s missing", n=lacking) if lacking else ""
        if step in drafted:
            note = gettext("not taken over yet")
        found.append(
            {
                "label": gettext(name),
                "href": url_for("pitches.edit_step", project_id=project.id, step=step),
                "state": state,
                "note": note,
            }
        )
    return found


def _is_begun(project: Project, step: str) -> bool:
    """Whether somebody put something into a step; what a new pitch begins with does not count."""
    return any(
        _says(getattr(project, name))
        for field, home in STEP_OF.items()
        if home == step
        for name in _COLUMNS.get(field, (field,))
    ) or (step == "visibility" and project.visibility != "private")


def _says(value: Any) -> bool:
    return any(map(_says, value.values())) if isinstance(value, dict) else bool(value)


def drafted_steps_of(project: Project) -> set[str]:
    """The steps with something typed that is not taken over yet."""
    from dealflow.core.http import actor

    return drafted_steps(actor(), project.id)
