"""What a statement says: plain values, kept word for word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dealflow.core import money
from dealflow.core.money import Money
from dealflow.recoupment.models import DistributionLine, DistributionRun

PPM = 1_000_000


def effective(minor: int, gross: int) -> int | None:
    """An amount as a part of all that was distributed (ppm, rounded down); None before any."""
    return minor * PPM // gross if gross > 0 else None


def distributed_in(run: DistributionRun, own_currency: str = "") -> int:
    """All that was distributed, in the run's currency or as term sheets in another one count it (minor units)."""
    return int(run.position["foreign"][own_currency]) if own_currency else run.distributed_minor


def content(
    run: DistributionRun,
    desk: Any,
    issuer: Any,
    lines: Sequence[DistributionLine],
    place: int,
    *,
    carried: int,
) -> dict[str, Any]:
    """A statement to the payee of `lines`, which are in one currency. `carried`: what it is owed in it by all posted runs,
    this one included (minor units)."""
    due = sum(line.due_minor for line in lines)
    own = lines[0].own_currency
    distributed = distributed_in(run, own)
    return {
        "number": f"{run.number}-{place}",
        "run": {"id": run.id, "number": run.number, "kind": run.kind, "through": run.through.isoformat()},
        "project": {"id": desk.project_id, "titles": desk.titles},
        "issuer": {"id": desk.organisation_id, "zh": issuer.name_zh or issuer.name, "en": issuer.name},
        "payee": {"key": lines[0].payee, "name": lines[0].payee_name, "kind": lines[0].payee_kind},
        "currency": own or run.currency,
        "distributed_minor": distributed,
        "due_minor": due,
        "cumulative_minor": sum(line.cumulative_minor for line in lines),
        "open_before_minor": carried - due,
        "open_minor": carried,
        "sheets": run.sheets,
        "exchange": [row for row in run.exchange if row.get("into", "") == own],
        "lines": [
            {
                "term_sheet_id": line.term_sheet_id, "tier": line.tier, "label": line.tier_label, "basis": line.basis,
                "source_ppm": line.source_ppm, "effective_ppm": effective(line.cumulative_minor, distributed),
                "cumulative_minor": line.cumulative_minor, "due_minor": line.due_minor,
            }
            for line in lines
        ],
    }  # fmt: skip


def plain(found: dict[str, Any]) -> str:
    """What is due by the run, as a text for people of any language: `CNY 1,234.56`."""
    return f"{found['currency']} {money.plain(Money(abs(found['due_minor']), found['currency']))}".replace(
        " ", " -" if found["due_minor"] < 0 else " ", 1
    )
