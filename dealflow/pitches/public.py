"""Which organisations may be told of what happens to projects: those whose scope holds it at that moment."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from dealflow.accounts.queries import OrganisationCard, organisation_cards
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.i18n import N_
from dealflow.core.outbox import publish
from dealflow.pitches.events import ProjectChanged, ProjectPublished, ProjectWithdrawn
from dealflow.pitches.models import Project


def _known_to(
    event: ProjectPublished | ProjectChanged | ProjectWithdrawn, candidates: frozenset[str]
) -> Iterable[str]:
    cards = organisation_cards(candidates)
    return [each for each in candidates if each in cards and _sees(cards[each], event.project_id)]


def _sees(card: OrganisationCard, project_id: str) -> bool:
    scope = Project.scope(Actor(organisation_id=card.id, kind=card.kind))
    query = select(Project.id).where(Project.id == project_id, scope)
    return (
        session().scalar(query, execution_options={"unscoped": "asked for another organisation"}) is not None
    )


publish(
    ProjectPublished, "project.published", label=N_("A project was published"), thing="project_id", values=("project_id",),
    known_to=_known_to,
)  # fmt: skip
publish(
    ProjectChanged, "project.changed", label=N_("A published project changed"), thing="project_id", values=("project_id",),
    known_to=_known_to,
)  # fmt: skip
publish(
    ProjectWithdrawn, "project.withdrawn", label=N_("A project of ours is no longer shown"), thing="project_id",
    values=("project_id",), known_to=_known_to,
)  # fmt: skip
