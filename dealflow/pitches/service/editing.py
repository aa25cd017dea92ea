"""Creating and changing projects."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import delete, func, select

from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import FieldError, Forbidden, Invalid, InvalidTransition, StaleVersion
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.core.money import Money
from dealflow.core.outbox import emit
from dealflow.core.schema import load
from dealflow.core.search import normalise
from dealflow.pitches import queries
from dealflow.pitches.events import ProjectChanged
from dealflow.pitches.models import Project, ProjectDraft, ProjectVersion
from dealflow.pitches.policy import Can, Tag
from dealflow.pitches.schemas import ProjectIn, missing_for_publication
from dealflow.pitches.vocabulary import Genre

_PLAIN = (
    "logline", "synopsis", "genres", "audience", "languages", "regions", "format", "stage", "instruments", "use_of_funds",
    "team", "track_record", "comparables", "schedule", "scenes_needed", "hooks", "visibility", "sample_episode_url",
)  # fmt: skip


def create(actor: Actor, values: ProjectIn, *, is_sample: bool = False) -> Project:
    """Make a draft and return it. Raises Forbidden, Invalid."""
    policy.require(actor, Can.CREATE)
    if actor.organisation_id is None:
        raise Forbidden()
    check_vocabulary(values.genres, known=())
    if values.status not in (None, "draft"):
        raise _status_is_not_sent()
    _check_external_id(actor, values.external_id, None)
    project = Project(
        id=new("prj"),
        organisation_id=actor.organisation_id,
        is_sample=is_sample,
        genres=[],
        languages=[],
        regions=[],
    )
    _apply(project, values)
    session().add(project)
    session().flush()
    audit.record(actor, Tag.CREATED, project, after=_said(project))
    record_version(actor, project, published=False)
    return project


def update(actor: Actor, project_id: str, changes: dict[str, Any], *, version: int) -> Project:
    """Change fields of a project (plain values by the names of `ProjectIn`) and return it.

    The whole is checked; a published pitch must stay fit for publication, and what it says gets a new version.
    Raises NotFound, Forbidden, StaleVersion, Invalid, InvalidTransition (archived).
    """
    project = editable(actor, project_id, version)
    before = _change(actor, project, changes)
    if before is not None:
        record_version(actor, project, published=project.status == "published")
        _tell(actor, project, before)
    return project


def autosave(actor: Actor, project_id: str, changes: dict[str, Any], *, version: int) -> Project:
    """Like `update`, for a draft while its owner is still typing: leaves no version behind."""
    project = editable(actor, project_id, version)
    if project.status == "published":
        raise InvalidTransition(N_("A published pitch is changed by saving, not while typing"))
    before = _change(actor, project, changes)
    if before is not None:
        session().flush()
        _tell(actor, project, before)
    return project


def editable(actor: Actor, project_id: str, version: int | None) -> Project:
    """A project that the actor may change now, at this version."""
    project = queries.get(actor, project_id)
    policy.require(actor, Can.EDIT, project, see=Can.SEE)
    if project.status == "archived":
        raise InvalidTransition(N_("An archived project cannot be changed"))
    if version is not None and project.version != version:
        raise StaleVersion(project.version)
    return project


def findings(project: Project, values: dict[str, Any]) -> list[FieldError]:
    """What would keep these values from being taken over; writes nothing."""
    try:
        checked = load(ProjectIn, _said(project) | values)
        check_vocabulary(checked.genres, known=project.genres)
    except Invalid as refusal:
        return list(refusal.errors)
    return missing_for_publication(checked.model_dump(mode="json")) if project.status == "published" else []


def _change(actor: Actor, project: Project, changes: dict[str, Any]) -> dict[str, Any] | None:
    """Take the changes over, not yet flushed; what was said before, or None when nothing changes."""
    if changes.get("status", project.status) != project.status:
        raise _status_is_not_sent()
    before = _said(project)
    values = load(ProjectIn, before | {name: value for name, value in changes.items() if name != "status"})
    check_vocabulary(values.genres, known=project.genres)
    _check_external_id(actor, values.external_id, project)
    wanted = values.model_dump(mode="json", exclude={"status"})
    if project.status == "published" and (missing := missing_for_publication(wanted)):
        raise Invalid(N_("A published pitch must stay complete"), errors=missing)
    if wanted == load(ProjectIn, before).model_dump(mode="json", exclude={"status"}):
        return None
    _apply(project, values)
    return before


def _tell(actor: Actor, project: Project, before: dict[str, Any]) -> None:
    after = _said(project)
    changed = [name for name in after if after[name] != before[name]]
    audit.record(
        actor, Tag.CHANGED, project, before={n: before[n] for n in changed}, after={n: after[n] for n in changed},
        organisation_id=project.organisation_id,
    )  # fmt: skip
    if project.status == "published":
        emit(ProjectChanged(project.id))


def _said(project: Project) -> dict[str, Any]:
    return queries.content(project) | {"external_id": project.external_id}


def _apply(project: Project, values: ProjectIn) -> None:
    # Read first: a query between the changes would flush them half done.
    vocabulary = queries.genres()
    plain = values.model_dump(mode="json")
    for name in _PLAIN:
        setattr(project, name, plain[name])
    project.title_zh, project.title_en = plain["title"].get("zh") or None, plain["title"].get("en") or None
    project.external_id = plain["external_id"]
    for name in ("budget", "ask", "min_ticket"):
        setattr(project, name, Money(**plain[name]) if plain[name] else None)
    _describe(project, vocabulary)


def _describe(project: Project, known: Mapping[str, Genre]) -> None:
    """Write the columns that search and filters read."""
    names = [n for term in project.genres if term in known for n in (known[term].zh, known[term].en)]
    project.search_text = normalise(
        project.title_zh, project.title_en, project.logline, project.synopsis, *names, *project.comparables,
        *(member["name"] for member in project.team),
    )  # fmt: skip
    lists = {
        "genre": project.genres, "language": project.languages, "region": project.regions, "instrument": project.instruments,
    }  # fmt: skip
    project.facets = "".join(queries.facet(kind, value) for kind, found in lists.items() for value in found)


def check_vocabulary(terms: list[str], known: Collection[str]) -> None:
    """Refuse genres that are not in the vocabulary; `known`: what the project already carries."""
    if any(term not in known for term in terms) and (
        errors := unknown_genres(terms, known, queries.genres())
    ):
        raise Invalid(errors=errors)


def unknown_genres(terms: list[str], known: Collection[str], vocabulary: Collection[str]) -> list[FieldError]:
    """An error for each genre that neither the project carries already nor the vocabulary has."""
    message = N_("%(term)s is not in the genre vocabulary; choose from its list")
    return [
        FieldError(f"genres.{at}", "not_a_choice", message, {"term": term})
        for at, term in enumerate(terms)
        if term not in known and term not in vocabulary
    ]


def _check_external_id(actor: Actor, external_id: str | None, project: Project | None) -> None:
    if external_id is None or (project is not None and project.external_id == external_id):
        return
    owner = project.organisation_id if project is not None else actor.organisation_id
    taken = session().scalar(
        select(Project.id).where(Project.organisation_id == owner, Project.external_id == external_id)
    )
    if taken is not None:
        raise Invalid.field(
            "external_id", "taken", N_("Another project of yours already has this external id")
        )


def _status_is_not_sent() -> Invalid:
    return Invalid.field(
        "status", "read_only", N_("The status is changed by publish, withdraw and archive; leave it out")
    )


def record_version(actor: Actor, project: Project, *, published: bool) -> ProjectVersion:
    """Append what the project says now to its history; a published one is what others see from now on."""
    # Without a flush in between, so that the project's own version rises once.
    with session().no_autoflush:
        last = session().scalar(
            select(func.max(ProjectVersion.number)).where(ProjectVersion.project_id == project.id)
        )
    row = ProjectVersion(
        id=new("prv"), project_id=project.id, organisation_id=project.organisation_id, number=(last or 0) + 1,
        published=published, data=queries.content(project), user_id=actor.user_id, user_name=actor.user_name,
        created_at=clock.now(),
    )  # fmt: skip
    session().add(row)
    if published:
        project.published_version = row.number
    # The number is taken now: a second writer is refused by the unique key, not at commit.
    session().flush()
    return row


def keep_typed(actor: Actor, project_id: str, step: str, typed: dict[str, list[str]] | None) -> None:
    """Keep a step of the form as it was typed (None: forget it), so that nothing is lost between visits."""
    project = editable(actor, project_id, None)
    if typed is None:
        session().execute(
            delete(ProjectDraft).where(ProjectDraft.project_id == project.id, ProjectDraft.step == step)
        )
        return
    row = queries.draft(actor, project.id, step)
    if row is None:
        row = ProjectDraft(project_id=project.id, organisation_id=project.organisation_id, step=step)
        session().add(row)
    row.typed, row.user_id = typed, actor.user_id
    session().flush()
