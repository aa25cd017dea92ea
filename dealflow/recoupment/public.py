"""Which organisations may be told of a posted run: the one that runs it."""

from __future__ import annotations

from collections.abc import Iterable

from dealflow.accounts.directory import who_see
from dealflow.core.i18n import N_
from dealflow.core.outbox import publish
from dealflow.recoupment.events import DistributionPosted
from dealflow.recoupment.models import DistributionRun


def _known_to(event: DistributionPosted, candidates: frozenset[str]) -> Iterable[str]:
    return who_see(candidates, DistributionRun, event.run_id)


publish(
    DistributionPosted, "distribution.posted", label=N_("A distribution was posted"), thing="run_id",
    values=("run_id", "project_id"), known_to=_known_to,
)  # fmt: skip
