"""The simulator: what each side gets from a version, at each gross and over time, beside another version."""

from __future__ import annotations

from typing import Any

from flask import render_template, request

from dealflow.core import i18n, policy
from dealflow.core.doors import costly
from dealflow.core.errors import Invalid
from dealflow.core.http import actor, needs, read_query
from dealflow.core.i18n import gettext as _
from dealflow.core.money import MoneyError, parse
from dealflow.termsheets import library, present, queries
from dealflow.termsheets.forms import SimulatorQuery
from dealflow.termsheets.library import Assumptions
from dealflow.termsheets.models import TermSheet, TermSheetVersion
from dealflow.termsheets.pages.base import bp
from dealflow.termsheets.policy import Can


@bp.get("/term-sheets/<term_sheet_id>/simulator")
@needs(Can.SEE)
@costly
def simulator(term_sheet_id: str) -> str:
    """Payouts, break-even, who is paid when, ad-spend sensitivity; a second version or the pari passu order beside it."""
    args = request.args.copy()
    args.pop("lang", None)
    query = read_query(SimulatorQuery, args)
    sheet = queries.get(actor(), term_sheet_id)
    version = queries.version(actor(), sheet, query.version)
    assumed = _assumed(version.terms, query)
    view = present.view_of(version.terms, library.figures(version.terms, assumed))
    other, name = _beside(sheet, version, query, assumed)
    names, versions = queries.parties(sheet), queries.versions(actor(), sheet)
    template = (
        "termsheets/_simulated.html"
        if request.headers.get("HX-Request") == "true"
        else "termsheets/simulator.html"
    )
    return render_template(
        template, sheet=sheet, version=version, versions=versions, figures=view, other=other, other_name=name, query=query,
        chart=_chart(view, other, version, name), lang_key=i18n.language(), parties=names,
        options=[(str(v.number), f"{_('version %(number)s', number=v.number)} · {names[sheet.side(v.author_organisation_id) or '']}") for v in versions],
        may_edit=policy.can(actor(), Can.EDIT, sheet), investors=_investors(version.terms),
    )  # fmt: skip


def _assumed(terms: dict[str, Any], query: SimulatorQuery) -> Assumptions:
    usual = library.usual(terms)
    gross = usual.gross_minor
    if query.gross:
        try:
            gross = parse(query.gross, terms["waterfall"]["currency"]).amount_minor
        except MoneyError as error:
            raise Invalid.field("gross", "bad_amount", error.message) from None
    return Assumptions(max(1, gross), query.months, query.spend * 10_000)


def _investors(terms: dict[str, Any]) -> int:
    return sum(1 for payee in terms["waterfall"]["payees"] if payee["kind"] in ("investor", "lender"))


def _beside(
    sheet: TermSheet, version: TermSheetVersion, query: SimulatorQuery, assumed: Assumptions
) -> tuple[dict[str, Any] | None, str]:
    """What it is compared with, and its name."""
    if query.pari_passu:
        terms = version.terms | {"waterfall": library.pari_passu(version.terms["waterfall"])}
        return present.view_of(terms, library.figures(terms, assumed)), _("pari passu, pro rata")
    if query.compare and query.compare != version.number:
        found = queries.version(actor(), sheet, query.compare)
        name = _("version %(number)s", number=found.number)
        return present.view_of(found.terms, library.figures(found.terms, assumed)), name
    return None, ""


def _chart(
    view: dict[str, Any], other: dict[str, Any] | None, version: TermSheetVersion, name: str
) -> list[dict[str, Any]]:
    """The lines drawn: every payee of one version; of two, those whom both pay, one line a version."""
    if other is None:
        return list(view["series"])
    here = _("version %(number)s", number=version.number)
    known = {line["payee"]: line for line in other["series"]}
    lines = []
    for line in view["series"]:
        against = known.get(line["payee"])
        if against is not None and against["values"] != line["values"]:
            lines.append(line | {"name": f"{line['name']} · {here}"})
            lines.append(against | {"name": f"{line['name']} · {name}"})
    return lines
