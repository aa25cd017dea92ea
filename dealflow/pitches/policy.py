"""Who may do what to projects."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.policy import Rows, logged_in, may_write, of_kind, own_organisation


class Can(StrEnum):
    """Permissions of this room."""

    SEE = "pitches:project:see"
    CREATE = "pitches:project:create"
    EDIT = "pitches:project:edit"
    PUBLISH = "pitches:project:publish"
    INVITE = "pitches:invitation:write"
    SEE_DRAFTS = "pitches:draft:see"
    IMPORT = "pitches:import:run"
    SEE_GENRES = "pitches:genre:see"
    ADD_GENRE = "pitches:genre:add"


class Tag(StrEnum):
    """Audit tags of this room."""

    CREATED = "pitches:project:created"
    CHANGED = "pitches:project:changed"
    PUBLISHED = "pitches:project:published"
    WITHDRAWN = "pitches:project:withdrawn"
    ARCHIVED = "pitches:project:archived"
    INVITED = "pitches:invitation:added"
    UNINVITED = "pitches:invitation:removed"
    MEDIA_ADDED = "pitches:media:added"
    MEDIA_REMOVED = "pitches:media:removed"
    GENRE_ADDED = "pitches:genre:added"
    IMPORTED = "pitches:import:finished"


def is_shown(actor: Actor, thing: Any) -> bool:
    """Published and not private. That it is shown to this very actor is the scope's doing."""
    return thing is None or (thing.status == "published" and thing.visibility != "private")


makes_projects = of_kind("creator", "studio")

POLICY: Mapping[StrEnum, Rows] = {
    Can.SEE: [[logged_in, own_organisation], [logged_in, is_shown]],
    Can.CREATE: [[makes_projects, may_write]],
    Can.EDIT: [[own_organisation, may_write]],
    Can.PUBLISH: [[own_organisation, may_write]],
    Can.INVITE: [[own_organisation, may_write]],
    Can.SEE_DRAFTS: [[logged_in, own_organisation]],
    Can.IMPORT: [[makes_projects, may_write]],
    Can.SEE_GENRES: [[logged_in]],
    Can.ADD_GENRE: [[of_kind("park"), may_write]],
}
