"""Reads of projects, scoped by the actor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Select, func, select
from sqlalchemy.orm import load_only

from dealflow.accounts.queries import OrganisationCard, organisation_cards
from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Invalid, NotFound
from dealflow.core.i18n import N_, localised
from dealflow.core.money import LIMIT, Money
from dealflow.core.paging import Ordered
from dealflow.core.schema import CurrencyCode, Text
from dealflow.core.search import escape, matches
from dealflow.pitches.models import GenreTerm, Project, ProjectDraft, ProjectInvitation, ProjectVersion
from dealflow.pitches.schemas import Instrument, ProjectIn, Stage, Status
from dealflow.pitches.vocabulary import Genre, carried_genres

Minor = Annotated[int, Field(ge=0, le=LIMIT)]
CONTENT = tuple(name for name in ProjectIn.model_fields if name not in ("status", "external_id"))
_SORTS = {
    "published_at": (Project.published_at,),
    "updated_at": (Project.updated_at,),
    "ask": (Project.ask_currency, Project.ask_minor),
    "budget": (Project.budget_currency, Project.budget_minor),
    "title": (func.coalesce(Project.title_zh, Project.title_en),),
}


class ProjectQuery(Ordered):
    """Filters of the list of projects. Amounts are minor units of `currency`."""

    genre: Text(40) | None = None  # type: ignore[valid-type]
    stage: Stage | None = None
    language: Text(35) | None = None  # type: ignore[valid-type]
    region: Text(6) | None = None  # type: ignore[valid-type]
    instrument: Instrument | None = None
    status: Status | None = None
    mine: Literal["true", "false"] | None = None
    currency: CurrencyCode = "CNY"
    ask_min: Minor | None = None
    ask_max: Minor | None = None
    budget_min: Minor | None = None
    budget_max: Minor | None = None


def get(actor: Actor, project_id: str) -> Project:
    """A project the actor may see; NotFound otherwise."""
    project = session().get(Project, project_id)
    if project is None:
        raise NotFound()
    return project


def own(actor: Actor, project_id: str) -> Project:
    """A project of the actor's organisation; NotFound otherwise."""
    project = get(actor, project_id)
    if project.organisation_id != actor.organisation_id and not actor.is_system:
        raise NotFound()
    return project


def facet(kind: str, value: str) -> str:
    """How a value of a list stands in the facets column."""
    return f"\n{kind}={value}\n"


def _filtered(actor: Actor, query: ProjectQuery) -> Select[Project]:
    wanted = select(Project)
    for kind in ("genre", "language", "region", "instrument"):
        if value := getattr(query, kind):
            wanted = wanted.where(Project.facets.like(f"%{escape(facet(kind, value))}%", escape="\\"))
    for column, value in ((Project.stage, query.stage), (Project.status, query.status)):
        if value:
            wanted = wanted.where(column == value)
    if query.mine:
        mine = Project.organisation_id == actor.organisation_id
        wanted = wanted.where(mine if query.mine == "true" else ~mine)
    for name in ("ask", "budget"):
        minor, currency = getattr(Project, f"{name}_minor"), getattr(Project, f"{name}_currency")
        low, high = getattr(query, f"{name}_min"), getattr(query, f"{name}_max")
        if low is not None:
            wanted = wanted.where(currency == query.currency, minor >= low)
        if high is not None:
            wanted = wanted.where(currency == query.currency, minor <= high)
    if query.q:
        wanted = wanted.where(matches(Project.search_text, query.q))
    return wanted


def check(query: ProjectQuery) -> None:
    """Refuse filters that do not fit together and an unknown order; Invalid names the field."""
    for name in ("ask", "budget"):
        low, high = getattr(query, f"{name}_min"), getattr(query, f"{name}_max")
        if low is not None and high is not None and low > high:
            raise Invalid.field(f"{name}_max", "min_above_max", N_("The upper limit is below the lower one"))
    if query.sort and query.sort.removeprefix("-") not in _SORTS:
        choices = ", ".join(s for name in _SORTS for s in (name, f"-{name}"))
        raise Invalid.field("sort", "not_a_choice", N_("Choose one of: %(expected)s"), expected=choices)
    if query.cursor:
        _ = query.offset


def _order(query: ProjectQuery) -> list[Any]:
    asked = query.sort or ("-updated_at" if query.mine == "true" else "-published_at")
    columns = _SORTS[asked.removeprefix("-")]
    if asked.startswith("-"):
        # A missing value stands last either way, on both databases.
        return [*(c.desc().nulls_last() for c in columns), Project.id.desc()]
    return [*(c.asc().nulls_last() for c in columns), Project.id]


def page(actor: Actor, query: ProjectQuery) -> tuple[list[Project], int]:
    """One page of the projects the actor may see, and how many there are in all. Two statements."""
    check(query)
    wanted = _filtered(actor, query)
    total = session().scalar(select(func.count()).select_from(wanted.subquery())) or 0
    rows = session().scalars(wanted.order_by(*_order(query)).limit(query.limit).offset(query.offset))
    return list(rows), total


def asked_together(actor: Actor, query: ProjectQuery) -> list[Money]:
    """What a list's projects ask for together, by currency. Summed in two parts, as one may overflow in the database."""
    minor, currency, part = Project.ask_minor, Project.ask_currency, 1_000_000
    wanted = _filtered(actor, query).with_only_columns(
        currency, func.sum(minor // part), func.sum(minor % part)
    )  # fmt: skip
    found = session().execute(wanted.group_by(currency).order_by(func.count().desc(), currency))
    sums = [(int(high or 0) * part + int(low or 0), code) for code, high, low in found if code]
    return [Money(total, code) for total, code in sums if total <= LIMIT]


def counts(actor: Actor) -> dict[str, int]:
    """The number of the own organisation's projects by status."""
    query = (
        select(Project.status, func.count())
        .where(Project.organisation_id == actor.organisation_id)
        .group_by(Project.status)
    )
    return {status: count for status, count in session().execute(query)}


def content(project: Project) -> dict[str, Any]:
    """What the pitch says, in the interface's form: exactly the fields that versions compare."""
    return {
        "title": {"zh": project.title_zh, "en": project.title_en},
        "logline": project.logline,
        "synopsis": project.synopsis,
        "genres": list(project.genres),
        "audience": project.audience,
        "languages": list(project.languages),
        "regions": list(project.regions),
        "format": project.format,
        "stage": project.stage,
        "budget": _money(project.budget),
        "ask": _money(project.ask),
        "min_ticket": _money(project.min_ticket),
        "instruments": list(project.instruments),
        "use_of_funds": list(project.use_of_funds),
        "team": list(project.team),
        "track_record": list(project.track_record),
        "comparables": list(project.comparables),
        "schedule": project.schedule,
        "scenes_needed": list(project.scenes_needed),
        "hooks": list(project.hooks),
        "visibility": project.visibility,
        "sample_episode_url": project.sample_episode_url,
    }


def as_dict(project: Project, organisation_name: str = "") -> dict[str, Any]:
    """The interface's form of a project: content, state and bookkeeping."""
    return {
        "id": project.id,
        "version": project.version,
        "created_at": clock.rfc3339(project.created_at),
        "updated_at": clock.rfc3339(project.updated_at),
        "organisation_id": project.organisation_id,
        "organisation_name": organisation_name,
        "external_id": project.external_id,
        "status": project.status,
        "published_at": clock.rfc3339(project.published_at) if project.published_at else None,
        "published_version": project.published_version,
        **content(project),
        "poster_url": file_url(project.poster_id, "large"),
        "is_sample": project.is_sample,
    }


def _money(money: Money | None) -> dict[str, Any] | None:
    return None if money is None else money.json()


def published_rows(
    ids: Iterable[str] | None = None,
) -> Iterator[tuple[str, str, datetime, dict[str, Any]]]:
    """Every project published for all investors (or those among `ids`), oldest id first: (id, organisation id,
    updated_at, content with id and published_at). For the ranker, whoever asks; one statement, streamed.
    """
    query = select(Project).where(Project.status == "published", Project.visibility == "investors")
    if ids is not None:
        query = query.where(Project.id.in_(set(ids)))
    query = query.order_by(Project.id).execution_options(
        yield_per=500, unscoped="the ranker scores all that is published for all investors"
    )
    for project in session().scalars(query):
        at = clock.rfc3339(project.published_at) if project.published_at else None
        yield (
            project.id,
            project.organisation_id,
            project.updated_at,
            content(project) | {"id": project.id, "published_at": at},
        )


def owners_of(ids: Iterable[str]) -> dict[str, str]:
    """Project id → id of the organisation that owns it, whoever asks."""
    query = select(Project.id, Project.organisation_id).where(Project.id.in_(set(ids)))
    rows = session().execute(query, execution_options={"unscoped": "to judge who answered"})
    return {project_id: owner for project_id, owner in rows}


_CARD = (
    Project.id, Project.organisation_id, Project.status, Project.visibility, Project.title_zh, Project.title_en, Project.logline,
    Project.genres, Project.stage, Project.format, Project.instruments, Project.budget_minor, Project.budget_currency,
    Project.ask_minor, Project.ask_currency, Project.poster_id, Project.is_sample, Project.languages, Project.version,
    Project.hooks,
)  # fmt: skip


def summaries(actor: Actor, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Cards of the projects among `ids` that the actor may see, by id. One statement."""
    wanted = set(ids)
    if not wanted:
        return {}
    query = select(Project).options(load_only(*_CARD)).where(Project.id.in_(wanted))
    return {project.id: summary(project) for project in session().scalars(query)}


def versions_of(actor: Actor, ids: Iterable[str]) -> dict[str, int]:
    """Version of each of these projects that the actor may see. One statement."""
    # Nothing else is asked for: with a status beside them SQLite would walk all published projects instead of the ids.
    query = select(Project.id, Project.version).where(Project.id.in_(set(ids)))
    return {row.id: row.version for row in session().execute(query)}


def summary(project: Project) -> dict[str, Any]:
    """What a card or row of a list shows: plain values, `title` in the current language, Money for amounts."""
    return {
        "id": project.id,
        "organisation_id": project.organisation_id,
        "status": project.status,
        "visibility": project.visibility,
        "title": title(project),
        "titles": {"zh": project.title_zh, "en": project.title_en},
        "logline": project.logline,
        "genres": list(project.genres),
        "stage": project.stage,
        "format": project.format or {},
        "languages": list(project.languages),
        "paywall": min((h["episode"] for h in project.hooks if h["kind"] == "paywall_card"), default=None),
        "instruments": list(project.instruments),
        "budget": project.budget,
        "ask": project.ask,
        "poster_url": file_url(project.poster_id, "small"),
        "is_sample": project.is_sample,
        "version": project.version,
    }


def briefs(ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Titles, owner and status by id, whoever asks: for rooms whose own object (a deal, a term sheet) names the project.

    They go on naming it after it was withdrawn; nothing else of it is told. One statement.
    """
    named = {}
    for key, zh, en, owner, status in _named(ids, Project.organisation_id, Project.status):
        both = {"zh": zh, "en": en}
        about = {"id": key, "organisation_id": owner, "status": status}
        named[key] = {**about, "title": localised(both), "titles": both}
    return named


def titles(ids: Iterable[str]) -> dict[str, str]:
    """What briefs() tells, the title in the current language alone: for lists of thousands. One statement."""
    return {key: localised({"zh": zh, "en": en}) for key, zh, en in _named(ids)}


def _named(ids: Iterable[str], *more: Any) -> Iterable[Any]:
    if not (wanted := set(ids)):
        return ()
    query = select(Project.id, Project.title_zh, Project.title_en, *more).where(Project.id.in_(wanted))
    options = {"unscoped": "a deal names its project to both parties"}
    return session().execute(query, execution_options=options)


def title(project: Project) -> str:
    """The title in the current language, else the other one; empty for a draft without."""
    return localised({"zh": project.title_zh or "", "en": project.title_en or ""})


def ad_share(project: Project) -> float | None:
    """The part of the use of funds that pays for traffic; None when its lines cannot be added up."""
    lines = project.use_of_funds
    whole = sum(line["amount"]["amount_minor"] for line in lines)
    if not whole or len({line["amount"]["currency"] for line in lines}) > 1:
        return None
    return float(sum(line["amount"]["amount_minor"] for line in lines if line["kind"] == "ad_spend") / whole)


def organisations_of(projects: Iterable[Project]) -> dict[str, OrganisationCard]:
    """The owners of projects by organisation id. One statement."""
    return organisation_cards(project.organisation_id for project in projects)


def versions(actor: Actor, project_id: str) -> list[ProjectVersion]:
    """The versions the actor may see, newest first; NotFound when the project is not theirs to see."""
    get(actor, project_id)
    query = (
        select(ProjectVersion)
        .where(ProjectVersion.project_id == project_id)
        .order_by(ProjectVersion.number.desc())
    )
    return list(session().scalars(query))


def version(actor: Actor, project_id: str, number: int) -> ProjectVersion:
    """One version; NotFound when there is none the actor may see."""
    get(actor, project_id)
    query = select(ProjectVersion).where(
        ProjectVersion.project_id == project_id, ProjectVersion.number == number
    )
    found = session().scalars(query).first()
    if found is None:
        raise NotFound()
    return found


def invitations(actor: Actor, project: Project) -> list[OrganisationCard]:
    """The organisations invited to see a project, by name. Two statements."""
    query = select(ProjectInvitation.organisation_id).where(ProjectInvitation.project_id == project.id)
    return sorted(organisation_cards(session().scalars(query)).values(), key=lambda card: card.name)


def draft(actor: Actor, project_id: str, step: str) -> ProjectDraft | None:
    """What was typed in a step of the form and could not be taken over yet."""
    query = select(ProjectDraft).where(ProjectDraft.project_id == project_id, ProjectDraft.step == step)
    return session().scalars(query).first()


def drafted_steps(actor: Actor, project_id: str) -> set[str]:
    """The steps with something typed that is not taken over."""
    query = select(ProjectDraft.step).where(ProjectDraft.project_id == project_id)
    return set(session().scalars(query))


def genres() -> Mapping[str, Genre]:
    """The whole vocabulary, what the park added last: term → Genre. One statement."""
    rows = session().scalars(select(GenreTerm).order_by(GenreTerm.created_at, GenreTerm.term))
    return {**carried_genres(), **{g.term: Genre(g.term, g.zh, g.en, g.facet, g.review_note) for g in rows}}


def by_external_ids(actor: Actor, external_ids: Iterable[str]) -> dict[str, Project]:
    """The own organisation's projects by external id; in blocks, so that a large file fits any database."""
    wanted = sorted(set(external_ids))
    found: dict[str, Project] = {}
    for start in range(0, len(wanted), 500):
        query = select(Project).where(
            Project.organisation_id == actor.organisation_id,
            Project.external_id.in_(wanted[start : start + 500]),
        )
        found |= {p.external_id: p for p in session().scalars(query) if p.external_id}
    return found


def pair(
    actor: Actor, project_id: str, since: int | None, to: int | None
) -> tuple[ProjectVersion | None, ProjectVersion]:
    """Two versions to compare: `to` (default: the newest) and `since` (default: the one before, None for the first)."""
    rows = {row.number: row for row in versions(actor, project_id)}
    new = rows.get(to) if to is not None else next(iter(rows.values()), None)
    old = rows.get(since) if since is not None else None
    if new is None or (since is not None and old is None):
        raise NotFound()
    if since is None:
        old = next((row for number, row in rows.items() if number < new.number), None)
    return old, new


def file_url(file_id: str | None, variant: str = "") -> str | None:
    """The address of a stored file, or of a smaller form of it."""
    return None if file_id is None else f"/files/{file_id}{'/' if variant else ''}{variant}"
