"""Which organisations may be told of releases and money: those whose scope holds the row at that moment."""

from __future__ import annotations

from collections.abc import Iterable

from dealflow.accounts.directory import who_see
from dealflow.core.i18n import N_
from dealflow.core.outbox import publish
from dealflow.releases.events import AdSpendNearCap, ReceiptRecorded, ReleasePublished
from dealflow.releases.models import AdCap, Receipt, Release


def _release(event: ReleasePublished, candidates: frozenset[str]) -> Iterable[str]:
    told = {event.investor_organisation_id, event.project_organisation_id}
    return who_see(candidates & told, Release, event.release_id)


def _receipt(event: ReceiptRecorded, candidates: frozenset[str]) -> Iterable[str]:
    return who_see(candidates, Receipt, event.receipt_id)


def _cap(event: AdSpendNearCap, candidates: frozenset[str]) -> Iterable[str]:
    return who_see(candidates, AdCap, event.ad_cap_id)


publish(
    ReleasePublished, "release.published", label=N_("A project is out on a platform"), thing="release_id",
    values=("release_id", "project_id", "on"), known_to=_release,
)  # fmt: skip
publish(
    ReceiptRecorded, "receipt.recorded", label=N_("Receipts were recorded"), thing="receipt_id",
    values=("receipt_id", "project_id"), known_to=_receipt,
)  # fmt: skip
publish(
    AdSpendNearCap, "ad_spend.near_cap", label=N_("Ad spend came near its cap, or reached it"), thing="project_id",
    values=("project_id", "spent_minor", "cap_minor", "currency", "reached"), known_to=_cap,
)  # fmt: skip
