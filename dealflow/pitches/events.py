"""What other rooms may listen for."""

from __future__ import annotations

from dataclasses import dataclass

from dealflow.core.outbox import Event


@dataclass(frozen=True)
class ProjectPublished(Event):
    """A pitch became visible to the investors its owner chose."""

    project_id: str


@dataclass(frozen=True)
class ProjectChanged(Event):
    """A published pitch says something else now, or is shown to others than before."""

    project_id: str


@dataclass(frozen=True)
class ProjectWithdrawn(Event):
    """A published pitch is shown to nobody any more (withdrawn or archived)."""

    project_id: str
