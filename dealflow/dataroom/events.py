"""What data rooms tell higher rooms."""

from __future__ import annotations

from dataclasses import dataclass

from dealflow.core.outbox import Event


@dataclass(frozen=True)
class DataRoomOpened(Event):
    """The owner of a project let an organisation into its data room."""

    project_id: str
    organisation_id: str
    grant_id: str
