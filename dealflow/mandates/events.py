"""What an investor's side tells other rooms."""

from __future__ import annotations

from dataclasses import dataclass

from dealflow.core.outbox import Event


@dataclass(frozen=True)
class IntroRequested(Event):
    """An investor asks to be introduced to the owner of a project that its mandate found."""

    mandate_id: str
    project_id: str
    investor_organisation_id: str
    user_id: str | None
    note: str
