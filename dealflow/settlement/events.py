"""What settlement tells higher rooms, and by webhook the two parties."""

from __future__ import annotations

from dataclasses import dataclass

from dealflow.core.i18n import N_
from dealflow.core.outbox import Event, parties, publish


@dataclass(frozen=True)
class CommitmentMade(Event):
    """A signed term sheet became a commitment with its tranches."""

    commitment_id: str
    project_id: str
    investor_organisation_id: str
    project_organisation_id: str


@dataclass(frozen=True)
class TrancheOpened(Event):
    """A tranche may be called: its milestone is proven, or the investor approved it early."""

    tranche_id: str
    commitment_id: str
    project_id: str
    investor_organisation_id: str
    project_organisation_id: str


@dataclass(frozen=True)
class TrancheCalled(Event):
    """The project calls for the payment of a tranche."""

    call_id: str
    tranche_id: str
    commitment_id: str
    project_id: str
    investor_organisation_id: str
    project_organisation_id: str


@dataclass(frozen=True)
class TranchePaid(Event):
    """A tranche is paid in full."""

    tranche_id: str
    commitment_id: str
    project_id: str
    payment_id: str
    investor_organisation_id: str
    project_organisation_id: str


_parties = parties("investor_organisation_id", "project_organisation_id")
publish(
    CommitmentMade, "commitment.made", label=N_("A commitment was made"), thing="commitment_id",
    values=("commitment_id", "project_id", "investor_organisation_id"), known_to=_parties,
)  # fmt: skip
publish(
    TrancheOpened, "tranche.opened", label=N_("A tranche may be called"), thing="tranche_id",
    values=("tranche_id", "commitment_id", "project_id"), known_to=_parties,
)  # fmt: skip
publish(
    TrancheCalled, "tranche.called", label=N_("A tranche was called"), thing="tranche_id",
    values=("call_id", "tranche_id", "commitment_id", "project_id"), known_to=_parties,
)  # fmt: skip
publish(
    TranchePaid, "tranche.paid", label=N_("A tranche was paid"), thing="tranche_id",
    values=("tranche_id", "commitment_id", "project_id", "payment_id"), known_to=_parties,
)  # fmt: skip
