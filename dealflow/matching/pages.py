"""Pages of matches, of investors and advice for owners, and model cards."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from dealflow.accounts.queries import organisation_cards
from dealflow.core import policy
from dealflow.core.doors import costly
from dealflow.core.http import actor, local_target, needs, read_query
from dealflow.core.i18n import gettext as _
from dealflow.core.i18n import language, show_day
from dealflow.core.money import Money, short
from dealflow.core.paging import Query, cursor_for
from dealflow.core.schema import load
from dealflow.mandates import queries as mandates
from dealflow.mandates import vocabulary, wording
from dealflow.matching import advice, live, panels, queries, ranking, reasons, reverse, rows, service
from dealflow.matching.policy import Can
from dealflow.matching.scene import Scene, set_scene
from dealflow.matching.schemas import FeedbackIn, MatchQuery
from dealflow.pitches import queries as pitches
from dealflow.pitches.vocabulary import EVIDENCE

bp = Blueprint("matching", __name__)
MOST_COMPARED, MOST_REASONS = 4, 8


def _asked(model: Any, *more: str) -> Any:
    args = MultiDict((k, v) for k, v in request.args.items(multi=True) if v and k not in ("lang", *more))
    return read_query(model, args)


@bp.get("/mandates/<mandate_id>/matches")
@needs(Can.SEE)
@costly
def matches(mandate_id: str) -> str:
    """The list of a mandate: everything that passes, what was saved, or what was passed on."""
    mandate = mandates.get(actor(), mandate_id)
    tab = request.args.get("tab", "")
    if tab == "passed":
        return _passed(mandate)
    query = _asked(MatchQuery, "tab", "why")
    if tab == "saved":
        query = query.model_copy(update={"saved": "true"})
    may_answer, here = policy.can(actor(), Can.ANSWER, mandate), request.full_path.rstrip("?")
    scene = set_scene(actor(), mandate)
    key = (
        scene.fingerprint(),
        tab,
        query.model_dump_json(),
        here,
        may_answer,
        language(),
        *vocabulary.genres(),
    )
    drawn = rows.kept(actor(), key) or rows.keep(key, _draw(mandate, scene, query, tab, here))
    return render_template(
        "matching/matches.html",
        mandate=mandate,
        tab=tab,
        may_answer=may_answer,
        drawn=drawn,
        fitted="adapted_from" in scene.snapshot.ranker.model.info,
    )


def _draw(mandate: Any, scene: Scene, query: MatchQuery, tab: str, here: str) -> rows.Drawn:
    ranked = ranking.page_of(actor(), scene, query)
    html = render_template(
        "matching/_list.html", mandate=mandate, query=query, tab=tab, ranked=ranked, here=here, t=rows.texts(),
        rows=rows.rows(mandate, ranked.matches, starts=query.offset == 0, ranked=query.sort in (None, "rank")), scale=rows.scale(ranked.matches),
        may_answer=policy.can(actor(), Can.ANSWER, mandate), token=rows.TOKEN, next_url=_next_url(query, ranked),
        trial=bool(scene.snapshot.trial), counted=panels.told(mandate.constraints) if not ranked.matches else None,
        filtered=bool(tab or query.q or any(getattr(query, name) for name in ranking.FILTERS)), **rows.choices(),
    )  # fmt: skip
    versions = {match.card["id"]: match.card["version"] for match in ranked.matches}
    return rows.Drawn(Markup(html), versions)  # noqa: S704 - a template made it


def _next_url(query: MatchQuery, ranked: ranking.Ranked) -> str:
    end = query.offset + len(ranked.matches)
    if not ranked.matches or end >= ranked.total:
        return ""
    args = {k: v for k, v in request.args.items() if k not in ("cursor", "lang")}
    return f"{request.path}?{urlencode(args | {'cursor': cursor_for(end)})}"


def _passed(mandate: Any) -> str:
    passed = [row for row in queries.standings(actor(), mandate.id).values() if row.standing == "passed"][
        :200
    ]
    found = pitches.summaries(actor(), [row.project_id for row in passed])
    return render_template(
        "matching/passed.html", mandate=mandate, rows=[(row, found.get(row.project_id)) for row in passed],
        may_answer=policy.can(actor(), Can.ANSWER, mandate),
    )  # fmt: skip


@bp.post("/mandates/<mandate_id>/matches/<project_id>")
@needs(Can.ANSWER)
def answer(mandate_id: str, project_id: str) -> Any:
    """Save, pass, take back or ask for an introduction; the list keeps its place."""
    rank = request.form.get("rank", "")
    values = {
        "project_id": project_id,
        "action": request.form.get("action", ""),
        "reason": " ".join(filter(None, (request.form.get("reason"), request.form.get("note")))) or None,
        "rank": int(rank) if rank.isdecimal() and 0 < len(rank) < 8 and int(rank) else None,
    }
    service.answer(actor(), mandate_id, load(FeedbackIn, values))
    target = local_target(request.form.get("next"), url_for(".matches", mandate_id=mandate_id))
    if "HX-Request" in request.headers:
        return _answered(mandate_id, project_id, str(values["action"]), target)
    flash(_said(str(values["action"])), "success")
    return redirect(f"{target.partition('#')[0]}#m-{project_id}", 303)


def _answered(mandate_id: str, project_id: str, action: str, here: str) -> str:
    """The row after an answer, to be put in its place: as it stands now, or that it is gone."""
    mandate = mandates.get(actor(), mandate_id)
    found = ranking.one(actor(), mandate, project_id)
    shown = [found.match] if found.match else []
    made = rows.rows(mandate, shown, starts=False)
    return render_template(
        "matching/_answered.html", row=made[0] if made else None, t=rows.texts(), project_id=project_id, action=action, here=here,
        title=pitches.title(found.project), scale=rows.scale(shown),
        url=url_for(".answer", mandate_id=mandate_id, project_id=project_id),
    )  # fmt: skip


def _said(action: str) -> str:
    return {
        "save": _("Saved."),
        "pass": _("You passed on it; take it back under “Passed on”."),
        "undo": _("Taken back."),
        "request_intro": _("The owner was told that you ask for an introduction."),
    }.get(action, "")


@bp.get("/mandates/<mandate_id>/why")
@needs(Can.SEE)
def why(mandate_id: str) -> str:
    """Why a project is, or is not, in the list: search by title, then the constraints that decide."""
    mandate = mandates.get(actor(), mandate_id)
    project_id, asked = request.args.get("project", ""), request.args.get("q", "")[:200]
    found = ranking.one(actor(), mandate, project_id) if project_id else None
    hits: list[Any] = []
    if asked and not found:
        sought = load(pitches.ProjectQuery, {"q": asked, "status": "published", "limit": 10})
        listed, _total = pitches.page(actor(), sought)
        hits = [pitches.summary(row) for row in listed]
    blockers = (
        [reasons.blocker_text(b.constraint, b.project_value, b.mandate_value) for b in found.blockers]
        if found
        else []
    )
    told = (
        [reasons.with_field_names(r) for r in found.match.explanation.reasons]
        if found and found.match
        else []
    )
    total = reasons.add_up(told, found.match.explanation.base) if found and found.match else None
    return render_template(
        "matching/why.html", total=total, mandate=mandate, asked=asked, hits=hits, found=found, blockers=blockers, told=told,
        project=pitches.summary(found.project) if found else None,
    )  # fmt: skip


@bp.get("/mandates/<mandate_id>/compare")
@needs(Can.SEE)
@costly
def compare(mandate_id: str) -> Any:
    """Two to four projects side by side."""
    mandate = mandates.get(actor(), mandate_id)
    ids = list(dict.fromkeys(request.args.getlist("project")))
    if not 2 <= len(ids) <= MOST_COMPARED:
        flash(_("Choose two to four projects to compare."), "warning")
        return redirect(url_for(".matches", mandate_id=mandate_id), 303)
    items = [_compared(mandate, ranking.one(actor(), mandate, project_id)) for project_id in ids]
    return render_template(
        "matching/compare.html", mandate=mandate, items=items, facts=_facts([item["card"] for item in items]),
        scale=rows.scale([item["match"] for item in items if item["match"]], MOST_REASONS),
        may_answer=policy.can(actor(), Can.ANSWER, mandate), here=request.full_path,
    )  # fmt: skip


def _compared(mandate: Any, found: ranking.Found) -> dict[str, Any]:
    told = found.match.explanation.telling(MOST_REASONS) if found.match else ()
    return {
        "card": pitches.summary(found.project) | _more(found.project),
        "match": found.match,
        "row": rows.rows(mandate, [found.match], starts=False)[0] if found.match else None,
        "told": [reasons.as_dict(reason) for reason in told],
        "blockers": [
            reasons.blocker_text(b.constraint, b.project_value, b.mandate_value)[0] for b in found.blockers
        ],
    }


def _more(project: Any) -> dict[str, Any]:
    """What a comparison shows beyond a card."""
    record = [work["evidence_class"] for work in project.track_record]
    return {
        "ad_share": pitches.ad_share(project),
        "min_ticket": project.min_ticket,
        "credits": sum(person.get("credits") or 0 for person in project.team),
        "evidence": next((known for known in EVIDENCE if known in record), None),
        "release": (project.schedule or {}).get("release"),
    }


def _facts(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of key figures, a value for each project."""
    word = vocabulary.words()
    lines: list[tuple[str, Any]] = [
        (_("Ask"), lambda card: short(card["ask"])),
        (_("Smallest ticket"), lambda card: short(card["min_ticket"])),
        (_("Budget"), lambda card: short(card["budget"])),
        (
            _("Ad spend in the ask"),
            lambda card: f"{card['ad_share']:.0%}" if card["ad_share"] is not None else "",
        ),
        (_("Stage"), lambda card: word.label(card["stage"]) if card["stage"] else ""),
        (_("Genres"), lambda card: wording.join(wording.genre_name(term) for term in card["genres"])),
        (_("Ways to invest"), lambda card: wording.join(word.label(code) for code in card["instruments"])),
        (_("Episodes"), lambda card: card["format"].get("episodes")),
        (_("First paywall card"), lambda card: card["paywall"]),
        (
            _("Planned release"),
            lambda card: show_day(date.fromisoformat(card["release"])) if card["release"] else "",
        ),
        (_("Credits of the team"), lambda card: card["credits"]),
        (
            _("Best evidence of earlier works"),
            lambda card: word.label(card["evidence"]) if card["evidence"] else "",
        ),
        (_("Languages"), lambda card: wording.join(word.language_name(tag) for tag in card["languages"])),
    ]
    return [{"label": label, "values": [value(card) for card in found]} for label, value in lines]


@bp.get("/projects/<project_id>/investors")
@needs(Can.SEE_INVESTORS)
@costly
def investors(project_id: str) -> str:
    """For the owner: investors that fit and allow to be found, and who asked for an introduction."""
    project = reverse.own_project(actor(), project_id)
    query = _asked(Query)
    return render_template(
        "matching/investors.html", project=project, title=pitches.title(project), query=query,
        found=reverse.investors(actor(), project, query), intros=_intros(project_id), kinds=_kinds(),
        copied=project.id in live.copies_in_force(),
    )  # fmt: skip


def _kinds() -> dict[str, str]:
    return {"investor": _("Investor"), "fund": _("Fund")}


def _intros(project_id: str) -> list[tuple[Any, Any]]:
    asked = queries.intros_of(actor(), project_id)
    known = organisation_cards(row.investor_organisation_id for row in asked)
    return [(row, known.get(row.investor_organisation_id)) for row in asked]


@bp.get("/projects/<project_id>/advice")
@needs(Can.SEE_ADVICE)
@costly
def advise(project_id: str) -> str:
    """For the owner: what would move the project up."""
    project = reverse.own_project(actor(), project_id)
    found = advice.advise(actor(), project)
    return render_template(
        "matching/advice.html", project=project, title=pitches.title(project), group=advice.GROUP,
        lines=[(t, *_change_words(t)) for t in found.tried], since=found.since, copied=found.copied,
    )  # fmt: skip


def _change_words(tried: advice.Tried) -> tuple[str, str, str]:
    """(what to change, from, to) in words."""
    word = vocabulary.words()
    if tried.field in ("ask", "min_ticket"):
        label = (
            _("Lower the ask, and the use of funds with it")
            if tried.field == "ask"
            else _("Lower the smallest ticket")
        )
        return label, short(Money(**tried.before)), short(Money(**tried.after))
    if tried.field == "review_passed":
        return _("Pass content review"), _("not passed yet"), _("passed")
    name = word.label if tried.field == "instruments" else word.language_name
    label = _("Offer one more way to invest") if tried.field == "instruments" else _("Add subtitles")
    return label, wording.join(map(name, tried.before)), wording.join(map(name, tried.after))
