"""What deals tell higher rooms."""

from __future__ import annotations

from dataclasses import dataclass

from dealflow.core.i18n import N_
from dealflow.core.outbox import Event, parties, publish


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
    investor_organisation_id: str
    project_organisation_id: str


_parties = parties("investor_organisation_id", "project_organisation_id")
publish(
    DealOpened, "deal.opened", label=N_("A deal was opened"), thing="deal_id",
    values=("deal_id", "project_id", "investor_organisation_id", "project_organisation_id"), known_to=_parties,
)  # fmt: skip
publish(
    DealMoved, "deal.moved", label=N_("A deal moved to another stage"), thing="deal_id",
    values=("deal_id", "project_id", "before", "after"), known_to=_parties,
)  # fmt: skip
