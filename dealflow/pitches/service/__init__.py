"""What can be done with projects. The only way to write them."""

from dealflow.pitches.service.editing import autosave, create, editable, findings, keep_typed, update
from dealflow.pitches.service.genres import add_genre
from dealflow.pitches.service.media import (
    add_still,
    remove_media,
    set_carried_poster,
    set_poster,
    set_sample_episode,
)
from dealflow.pitches.service.media import receive as receive_media
from dealflow.pitches.service.publishing import archive, publish, withdraw
from dealflow.pitches.service.sharing import invite, uninvite

__all__ = [
    "add_genre",
    "add_still",
    "archive",
    "autosave",
    "create",
    "editable",
    "findings",
    "invite",
    "keep_typed",
    "publish",
    "receive_media",
    "remove_media",
    "set_carried_poster",
    "set_poster",
    "set_sample_episode",
    "uninvite",
    "update",
    "withdraw",
]
