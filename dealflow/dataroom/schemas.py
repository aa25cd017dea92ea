"""Shapes of the API."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from dealflow.core.paging import Query
from dealflow.core.schema import Moment, Ref, Schema, Text, Version

Level = Literal["view", "download"]
Name = Text(200, least=1)


class NdaIn(Schema):
    """Acceptance of the NDA. `number` is the wording that was read; without it the one in force."""

    number: Version | None = None
    language: Literal["zh", "en"] | None = None


class NdaText(Schema):
    """Another wording: the library's or one's own, in Chinese, English or both."""

    source: Literal["library", "own"]
    text_zh: Text(30_000) = ""  # type: ignore[valid-type]
    text_en: Text(30_000) = ""  # type: ignore[valid-type]
    asks_again: bool = True
    required: bool = True


class NdaOut(Schema):
    """The NDA in force; `accepted` is null for the owner."""

    required: bool
    number: int
    source: str
    text: dict[str, str | None]
    accepted: bool | None


class AcceptanceOut(Schema):
    """An acceptance of the NDA."""

    id: str
    number: int
    user: str
    organisation: str
    at: str


class GrantIn(Schema):
    """Whom to let in, where, for how long, and to do what."""

    organisation_id: Ref("org")  # type: ignore[valid-type]
    folder_id: Ref("fld") | None = None  # type: ignore[valid-type]
    level: Level = "view"
    starts_at: Moment | None = None
    ends_at: Moment | None = None


class GrantEnd(Schema):
    """What to take back: one grant, or all of an organisation."""

    grant_id: Ref("grt") | None = None  # type: ignore[valid-type]
    organisation_id: Ref("org") | None = None  # type: ignore[valid-type]


class GrantOut(Schema):
    """A grant as the owner sees it."""

    id: str
    version: int
    created_at: str
    updated_at: str
    organisation_id: str
    folder_id: str | None
    level: Level
    starts_at: str
    ends_at: str | None
    state: str
    revoked_at: str | None


class FolderIn(Schema):
    """A new folder."""

    name: Name  # type: ignore[valid-type]
    parent_id: Ref("fld") | None = None  # type: ignore[valid-type]


class FolderPatch(Schema):
    """Another name or place of a folder."""

    name: Name | None = None  # type: ignore[valid-type]
    parent_id: Ref("fld") | None = None  # type: ignore[valid-type]


class FolderOut(Schema):
    """A folder."""

    id: str
    version: int
    created_at: str
    updated_at: str
    parent_id: str | None
    name: str
    position: int


class DocumentPatch(Schema):
    """Another name or place of a document; `before` names the document that it goes before."""

    name: Name | None = None  # type: ignore[valid-type]
    folder_id: Ref("fld") | None = None  # type: ignore[valid-type]
    before: Ref("doc") | None = None  # type: ignore[valid-type]


class UploadIn(Schema):
    """The fields beside the `file` of a multipart upload."""

    folder_id: Ref("fld") | None = None  # type: ignore[valid-type]
    name: Text(200) = ""  # type: ignore[valid-type]


class DocumentOut(Schema):
    """A document with its latest version; `access` is what you may do with it."""

    id: str
    version: int
    created_at: str
    updated_at: str
    project_id: str
    folder_id: str | None
    name: str
    position: int
    kind: str
    content_type: str
    size: int
    pages: int | None
    sha256: str
    number: int
    access: Level | None
    content_url: str


class RoomOut(Schema):
    """A data room as its reader sees it."""

    id: str | None
    version: int
    created_at: str | None
    updated_at: str | None
    project_id: str
    state: str
    role: str
    nda: NdaOut
    folders: list[FolderOut]
    documents: list[DocumentOut]
    closed_at: str | None


class ContentQuery(Schema):
    """How a document is wanted: to view (as it is by default) or to keep."""

    download: bool = False


class ViewsQuery(Query):
    """Whose openings."""

    document_id: Ref("doc") | None = None  # type: ignore[valid-type]


class ViewOut(Schema):
    """An opening or download with the pages that were handed out."""

    id: str
    document_id: str
    document: str
    number: int
    kind: str
    organisation_id: str | None
    organisation: str
    user: str
    email: str
    address: str
    at: str
    seconds: int
    pages: list[dict[str, Any]]


class QuestionIn(Schema):
    """A question about a document, or about one of its pages."""

    text: Text(4000, least=1)  # type: ignore[valid-type]
    page: Annotated[int, Field(ge=1, le=100_000)] | None = None


class AnswerIn(Schema):
    """Something said to a question; `publish` shows both to all readers of the document (the owner's right)."""

    text: Text(4000, least=1)  # type: ignore[valid-type]
    publish: bool = False


class AnswerOut(Schema):
    """An answer."""

    id: str
    side: str
    by: str
    text: str
    at: str


class QuestionOut(Schema):
    """A question with its answers; `organisation` is told to owner and asker alone."""

    id: str
    version: int
    created_at: str
    updated_at: str
    document_id: str
    page: int | None
    text: str
    organisation: str | None
    mine: bool
    published: bool
    answers: list[AnswerOut]
