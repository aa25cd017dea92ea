"""Who may do what in a data room. The thing is a `Seat` (somebody's place in a room) or a `Sight` (of a document)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from dealflow.core.actor import Actor
from dealflow.core.policy import Rows, is_owner, logged_in, may_write


class Can(StrEnum):
    """Permissions of the room."""

    SEE = "dataroom:room:see"
    FILE = "dataroom:document:file"
    READ = "dataroom:document:read"
    NOTE_READING = "dataroom:document:note"
    DOWNLOAD = "dataroom:document:download"
    SEE_NDA = "dataroom:nda:see"
    WRITE_NDA = "dataroom:nda:write"
    ACCEPT_NDA = "dataroom:nda:accept"
    SEE_GRANTS = "dataroom:grant:list"
    GRANT = "dataroom:grant:write"
    SEE_VIEWS = "dataroom:view:list"
    SEE_QUESTIONS = "dataroom:question:see"
    ASK = "dataroom:question:ask"
    ANSWER = "dataroom:question:answer"
    PUBLISH = "dataroom:question:publish"
    CLOSE = "dataroom:room:close"
    TAKE_ARCHIVE = "dataroom:archive:take"


class Tag(StrEnum):
    """Audit tags of the room."""

    MADE = "dataroom:room:made"
    CLOSED = "dataroom:room:closed"
    ARCHIVED = "dataroom:room:archived"
    FOLDER_MADE = "dataroom:folder:made"
    FOLDER_CHANGED = "dataroom:folder:changed"
    FOLDER_REMOVED = "dataroom:folder:removed"
    ADDED = "dataroom:document:added"
    REVISED = "dataroom:document:revised"
    CHANGED = "dataroom:document:changed"
    REMOVED = "dataroom:document:removed"
    VIEWED = "dataroom:document:viewed"
    DOWNLOADED = "dataroom:document:downloaded"
    NDA_WRITTEN = "dataroom:nda:written"
    NDA_ACCEPTED = "dataroom:nda:accepted"
    GRANTED = "dataroom:grant:given"
    REVOKED = "dataroom:grant:revoked"
    INVITED = "dataroom:guest:invited"
    GUEST_VERIFIED = "dataroom:guest:verified"
    UNINVITED = "dataroom:guest:revoked"
    ASKED = "dataroom:question:asked"
    ANSWERED = "dataroom:question:answered"
    PUBLISHED = "dataroom:question:published"


def owns(actor: Actor, thing: Any) -> bool:
    """The room is of the actor's organisation."""
    return thing is not None and thing.side == "owner" and thing.organisation_id == actor.organisation_id


def sits(actor: Actor, thing: Any) -> bool:
    """Let in by a grant that holds now, or by a link whose address was proven."""
    return thing is not None and thing.side in ("grantee", "guest")


def covered(actor: Actor, thing: Any) -> bool:
    """The grant covers the folder that the document lies in."""
    return sits(actor, thing) and thing.level is not None


def covered_for_download(actor: Actor, thing: Any) -> bool:
    """The grant covers it and says download."""
    return sits(actor, thing) and thing.level == "download"


def accepted(actor: Actor, thing: Any) -> bool:
    """The NDA that is in force was accepted by this very reader, or none is asked for."""
    return not thing.nda_due


def of_write_scope(actor: Actor, thing: Any) -> bool:
    """A browser, or a token that may write: a viewer accepts an NDA for themselves."""
    return "write" in actor.scopes


def asked_it(actor: Actor, thing: Any) -> bool:
    """The question is of the actor's organisation."""
    return thing is not None and getattr(thing, "asker_id", None) == actor.organisation_id


def owns_question(actor: Actor, thing: Any) -> bool:
    """The question was put to the actor's organisation."""
    return thing is not None and thing.organisation_id == actor.organisation_id


_MANAGES: Rows = [[owns, may_write]]
POLICY: Mapping[StrEnum, Rows] = {
    Can.SEE: [[logged_in, owns], [sits]],
    Can.FILE: list(_MANAGES),
    Can.READ: [[logged_in, owns], [covered, accepted]],
    Can.NOTE_READING: [[logged_in, owns], [covered, accepted]],
    Can.DOWNLOAD: [[logged_in, owns], [covered_for_download, accepted]],
    Can.SEE_NDA: [[logged_in, owns], [sits]],
    Can.WRITE_NDA: list(_MANAGES),
    Can.ACCEPT_NDA: [[sits, of_write_scope]],
    Can.SEE_GRANTS: [[logged_in, owns]],
    Can.GRANT: list(_MANAGES),
    Can.SEE_VIEWS: [[logged_in, owns]],
    Can.SEE_QUESTIONS: [[logged_in, owns], [covered, accepted]],
    Can.ASK: [[covered, accepted, may_write]],
    Can.ANSWER: [[owns_question, may_write], [asked_it, may_write]],
    Can.PUBLISH: [[owns_question, may_write]],
    Can.CLOSE: [[owns, is_owner]],
    Can.TAKE_ARCHIVE: [[logged_in, owns]],
}
