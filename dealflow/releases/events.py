"""What releases tell higher rooms."""

from __future__ import annotations

from dataclasses import dataclass

from dealflow.core.outbox import Event


@dataclass(frozen=True)
class ReleasePublished(Event):
    """A project is out on a platform, as one investor bound to it confirmed: a fact for that investor and for nobody
    else. `on` is an ISO date."""

    release_id: str
    project_id: str
    on: str
    investor_organisation_id: str
    project_organisation_id: str


@dataclass(frozen=True)
class ReceiptRecorded(Event):
    """Money came in, or a correction of it. An import tells of each batch of rows once, with its last receipt."""

    receipt_id: str
    project_id: str


@dataclass(frozen=True)
class AdSpendNearCap(Event):
    """Ad spend came near its cap (`reached` false, at 80 %) or reached it; once each for a cap of this amount."""

    project_id: str
    ad_cap_id: str
    source: str
    spent_minor: int
    cap_minor: int
    currency: str
    reached: bool
