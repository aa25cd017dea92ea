"""Named checks of the audit log."""

from __future__ import annotations

from dealflow.audit import service
from dealflow.core.invariants import invariant


@invariant("audit: every chain is whole")
def chains_are_whole() -> list[str]:
    return list(service.verify())
