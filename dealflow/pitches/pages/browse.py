"""Lists: a creator's own projects with what is missing, an investor's view of what is published."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import render_template, request, url_for
from werkzeug.datastructures import MultiDict

from dealflow.core import policy
from dealflow.core.errors import FieldError, Invalid
from dealflow.core.http import actor, needs, read_query
from dealflow.core.i18n import N_, gettext
from dealflow.core.money import CURRENCIES, MoneyError
from dealflow.core.paging import cursor_for
from dealflow.pitches import queries
from dealflow.pitches import vocabulary as words
from dealflow.pitches.diff import field_label
from dealflow.pitches.models import Project
from dealflow.pitches.pages.base import bp, link_to
from dealflow.pitches.policy import Can
from dealflow.pitches.queries import ProjectQuery
from dealflow.pitches.schemas import missing_for_publication
from dealflow.pitches.typed import amount

AMOUNTS = ("ask_min", "ask_max", "budget_min", "budget_max")
# The state is shown by the tab.
_SHOWN = ("genre", "stage", "language", "region", "instrument", *AMOUNTS)
_PER_PAGE = 24
_ORDERS = {
    "-published_at": N_("Newest first"), "-updated_at": N_("Changed last"), "ask": N_("Smallest ask first"),
    "-ask": N_("Largest ask first"), "budget": N_("Smallest budget first"), "-budget": N_("Largest budget first"), "title": N_("By title"),
}  # fmt: skip


@bp.get("/projects")
@needs(Can.SEE)
def index() -> str:
    """The projects this person works with."""
    owns = policy.can(actor(), Can.SEE_DRAFTS) and actor().kind in ("creator", "studio")
    args = MultiDict((k, v) for k, v in request.args.items() if v.strip() and k not in ("view", "lang"))
    if owns:
        args.setdefault("mine", "true")
    args.setdefault("limit", str(_PER_PAGE))
    query, errors = _query(args)
    rows, total = queries.page(actor(), query)
    names = queries.organisations_of(rows)
    vocabulary = queries.genres()
    view = request.args.get("view", "cards")
    more = query.offset + len(rows) < total
    counts = queries.counts(actor()) if owns else {}
    together = queries.asked_together(actor(), query) if total else []
    items = [_item(p, names, vocabulary) for p in rows]
    return render_template(
        "pitches/index.html",
        items=items, total=total, start=query.offset + 1, errors=errors, owns=owns, asked=request.args, view=view,
        sort=query.sort or "", next_cursor=cursor_for(query.offset + len(rows)) if more else None,
        active=_active(args, vocabulary), counts=counts, together=together, state_tabs=_state_tabs(counts) if owns else [],
        first_open=next((i for i in items if i["status"] == "draft"), None) if owns else None, **_choices(vocabulary),
    )  # fmt: skip


def _state_tabs(counts: dict[str, int]) -> list[dict[str, Any]]:
    here = request.args.get("status")
    names = {
        "draft": N_("Draft"),
        "published": N_("Published"),
        "withdrawn": N_("Withdrawn"),
        "archived": N_("Archived"),
    }
    return [
        {
            "label": gettext(name),
            "href": url_for(".index", status=status),
            "active": here == status,
            "count": counts.get(status, 0),
        }
        for status, name in names.items()
    ]


def _choices(vocabulary: Any) -> dict[str, list[tuple[str, str]]]:
    places = (words.COMMON_COUNTRIES[0], *words.PROVINCES, *words.COMMON_COUNTRIES[1:])
    return {
        "genre_choices": [(g.term, g.name) for g in vocabulary.values()],
        "stage_choices": [(code, words.label(code)) for code in words.STAGES],
        "language_choices": [(tag, words.language_name(tag)) for tag in words.COMMON_LANGUAGES],
        "region_choices": [(code, words.region_name(code)) for code in places],
        "instrument_choices": [(code, words.label(code)) for code in words.INSTRUMENTS],
        "currency_choices": [(code, code) for code in CURRENCIES],
        "sort_choices": [(code, gettext(name)) for code, name in _ORDERS.items()],
    }


def _query(args: MultiDict[str, str]) -> tuple[ProjectQuery, list[FieldError]]:
    """The filters; one that cannot be read is left out and said, the rest of the page stands."""
    errors: list[FieldError] = []
    wanted = MultiDict(args)
    chosen = wanted.get("currency", "CNY")
    for name in AMOUNTS:
        if name not in wanted:
            continue
        try:
            money = amount(wanted[name], chosen if chosen in CURRENCIES else "CNY")
            if money and money["currency"] != chosen:
                raise MoneyError("currency_mismatch", N_("Choose the currency of the amounts beside them"))
            wanted[name] = str(money["amount_minor"]) if money else ""
        except MoneyError as error:
            errors.append(FieldError(name, error.code, error.message))
            wanted.poplist(name)
    while True:
        try:
            query: ProjectQuery = read_query(ProjectQuery, wanted)
            # What the fields allow one by one may still not fit together; the query says so when it is built.
            queries.check(query)
            return query, errors
        except Invalid as refusal:
            errors += refusal.errors
            for found in refusal.errors:
                wanted.poplist(found.field)


def _item(project: Project, names: Any, vocabulary: Any) -> dict[str, Any]:
    missing = missing_for_publication(project) if project.status in ("draft", "withdrawn") else []
    owner = names.get(project.organisation_id)
    return queries.summary(project) | {
        "genre_names": [vocabulary[term].name if term in vocabulary else term for term in project.genres],
        "owner": owner.name if owner else "",
        "mine": project.organisation_id == actor().organisation_id,
        "missing": missing,
        "first_missing": link_to(project.id, missing[0].field) if missing else "",
        "updated_at": project.updated_at,
        "published_at": project.published_at,
        "ad_share": queries.ad_share(project),
    }


def _active(args: MultiDict[str, str], vocabulary: Any) -> list[dict[str, Any]]:
    """The filters in force, each with the address without it."""
    found = []
    for name in _SHOWN:
        value = args.get(name)
        if not value:
            continue
        shown = {
            "genre": lambda v: vocabulary[v].name if v in vocabulary else v,
            "language": words.language_name,
            "region": words.region_name,
        }.get(name, words.label)(value)
        if name in AMOUNTS:
            shown = f"{args.get('currency', 'CNY')} {value}"
        rest = {k: v for k, v in request.args.items() if k not in (name, "cursor", "lang")}
        found.append(
            {
                "label": _filter_label(name),
                "value": shown,
                "remove_href": f"{url_for('.index')}?{urlencode(rest)}",
            }
        )
    return found


def _filter_label(name: str) -> str:
    field, _, bound = name.partition("_")
    plural = {"genre": "genres", "language": "languages", "region": "regions", "instrument": "instruments"}
    sign = {"min": " ≥", "max": " ≤"}.get(bound, "")
    return field_label(plural.get(field, field)) + sign
