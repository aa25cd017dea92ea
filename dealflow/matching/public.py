"""Which organisations may be told of an introduction that is asked for: who asks, and who owns the project."""

from __future__ import annotations

from collections.abc import Iterable

from dealflow.core.i18n import N_
from dealflow.core.outbox import publish
from dealflow.mandates.events import IntroRequested
from dealflow.pitches import queries as pitches


def _known_to(event: IntroRequested, candidates: frozenset[str]) -> Iterable[str]:
    project = pitches.briefs([event.project_id]).get(event.project_id)
    return candidates & {event.investor_organisation_id, project["organisation_id"] if project else ""}


publish(
    IntroRequested, "intro.requested", label=N_("An investor asked for an introduction"), thing="project_id",
    values=("project_id", "investor_organisation_id"), known_to=_known_to,
)  # fmt: skip
