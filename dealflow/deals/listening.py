"""What deals do when lower rooms tell of something."""

from __future__ import annotations

from dealflow.core.actor import SYSTEM
from dealflow.core.outbox import subscribe
from dealflow.dataroom.events import DataRoomOpened
from dealflow.deals import queries, service


@subscribe(DataRoomOpened, "deals.data_room")
def move_into_data_room(event: DataRoomOpened) -> None:
    """The investor was let into the data room: their open deal goes on to that stage, if it stands before it."""
    deal = queries.open_pair(event.organisation_id, event.project_id)
    if deal is not None:
        service.advance(SYSTEM, deal, to="data_room")
