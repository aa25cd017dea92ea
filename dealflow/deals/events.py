"""What deals tell higher rooms."""

from __future__ import annotations

from dataclasses import dataclass

from dealflow.core.outbox import Event


@dataclass(frozen=True)
class DealOpened(Event):
    """A deal began."""

    deal_id: str
    project_id: str
    investor_organisation_id: str
    project_organisation_id: str


@dataclass(frozen=True)
class DealMoved(Event):
    """A deal moved to another stage."""

    deal_id: str
    project_id: str
    before: str
    after: str
