"""Use cases of releases. Doors for higher rooms: `set_ad_cap`."""

from __future__ import annotations

from dealflow.releases.service.evidence import add_evidence
from dealflow.releases.service.receipts import correct, record
from dealflow.releases.service.releases import (
    add_figures,
    add_release,
    announce_due,
    change_release,
    confirm_release,
    withdraw_release,
)
from dealflow.releases.service.spending import set_ad_cap, spend, watch_caps

__all__ = [
    "add_evidence", "add_figures", "add_release", "announce_due", "change_release", "confirm_release", "correct", "record", "set_ad_cap", "spend",
    "watch_caps", "withdraw_release",
]  # fmt: skip
