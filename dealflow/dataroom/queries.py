"""Reads of rooms. What a reader may see comes from their seat; these only fetch it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from dealflow.accounts.queries import organisation_cards
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import NotFound
from dealflow.core.i18n import language
from dealflow.dataroom.models import (
    DataDocument,
    DataDocumentVersion,
    DataFolder,
    DataGrant,
    DataNda,
    DataRoom,
    GuestLink,
    NdaAcceptance,
)
from dealflow.dataroom.nda_library import NDA_EN, NDA_ZH
from dealflow.dataroom.policy import Can
from dealflow.dataroom.seats import Seat, lineage


@dataclass(frozen=True)
class Shown:
    """A document of a list with its latest version."""

    document: DataDocument
    version: DataDocumentVersion
    level: str


def documents(seat: Seat) -> list[Shown]:
    """The documents that a seat covers, in order. One statement."""
    query = (
        select(DataDocument, DataDocumentVersion)
        .join(
            DataDocumentVersion,
            (DataDocumentVersion.document_id == DataDocument.id)
            & (DataDocumentVersion.number == DataDocument.current_number),
        )
        .where(DataDocument.room_id == seat.room.id, DataDocument.removed_at.is_(None))
        .order_by(DataDocument.position, DataDocument.id)
    )
    rows = session().execute(query, execution_options=dict(seat.options))
    return [Shown(d, v, seat.levels[d.folder_id]) for d, v in rows if d.folder_id in seat.levels]


@dataclass(frozen=True)
class Branch:
    """A folder of a list: how deep it lies for this reader, and what it holds."""

    folder: DataFolder | None
    depth: int
    documents: list[Shown]


def tree(seat: Seat) -> list[Branch]:
    """What a seat covers, folder by folder from the top; folders above a granted one are not named."""
    by_folder: dict[str | None, list[Shown]] = {}
    for shown in documents(seat):
        by_folder.setdefault(shown.document.folder_id, []).append(shown)
    visible = {f: folder for f, folder in seat.folders.items() if f in seat.levels}
    found: list[Branch] = []
    if None in seat.levels:
        found.append(Branch(None, 0, by_folder.get(None, [])))

    def walk(parent: str | None, depth: int) -> None:
        for folder in visible.values():
            above = folder.parent_id if folder.parent_id in visible else None
            if above == parent:
                found.append(Branch(folder, depth, by_folder.get(folder.id, [])))
                walk(folder.id, depth + 1)

    walk(None, 1 if None in seat.levels else 0)
    return found


def way_to(seat: Seat, folder_id: str | None) -> list[str]:
    """Names of the folders down to one, as far as the seat may know them."""
    if folder_id is None:
        return []
    return [seat.folders[f].name for f in reversed(lineage(folder_id, seat.folders)) if f in seat.levels]


def versions(seat: Seat, document: DataDocument) -> list[DataDocumentVersion]:
    """All versions of a document, latest first."""
    query = select(DataDocumentVersion).where(DataDocumentVersion.document_id == document.id)
    return list(session().scalars(query.order_by(DataDocumentVersion.number.desc())))


def removed(seat: Seat) -> list[DataDocument]:
    """For the owner: documents that were taken out, latest first."""
    query = select(DataDocument).where(
        DataDocument.room_id == seat.room.id, DataDocument.removed_at.is_not(None)
    )
    return list(session().scalars(query.order_by(DataDocument.removed_at.desc()).limit(200)))


def nda(seat: Seat) -> DataNda:
    """The wording that is in force; the library's before anybody wrote one."""
    query = select(DataNda).where(DataNda.room_id == seat.room.id).order_by(DataNda.number.desc()).limit(1)
    found = session().scalars(query, execution_options=dict(seat.options)).first()
    if found is not None:
        return found
    return DataNda(number=1, source="library", text_zh=NDA_ZH, text_en=NDA_EN, asks_again=True, user_name="")


def nda_text(row: DataNda, lang: str | None = None) -> str:
    """The wording in a language, or in the one it has."""
    first, second = (row.text_zh, row.text_en) if (lang or language()) == "zh" else (row.text_en, row.text_zh)
    return first or second


def ndas(seat: Seat) -> list[DataNda]:
    """All wordings, latest first."""
    query = select(DataNda).where(DataNda.room_id == seat.room.id).order_by(DataNda.number.desc())
    return list(session().scalars(query))


def acceptances(seat: Seat) -> list[NdaAcceptance]:
    """For the owner: who accepted, latest first."""
    query = select(NdaAcceptance).where(NdaAcceptance.room_id == seat.room.id)
    return list(session().scalars(query.order_by(NdaAcceptance.at.desc(), NdaAcceptance.id.desc())))


def grants(actor: Actor, seat: Seat) -> list[DataGrant]:
    """For the owner: all grants ever given, those that hold first, then latest first."""
    policy.require(actor, Can.SEE_GRANTS, seat)
    query = select(DataGrant).where(DataGrant.room_id == seat.room.id)
    order = (DataGrant.revoked_at.is_not(None), DataGrant.id.desc())
    return list(session().scalars(query.order_by(*order)))


def grant_of(seat: Seat, grant_id: str) -> DataGrant:
    """One grant of the room; NotFound otherwise."""
    found = session().get(DataGrant, grant_id)
    if found is None or found.room_id != seat.room.id:
        raise NotFound()
    return found


def links(seat: Seat) -> list[GuestLink]:
    """For the owner: links for guests, latest first."""
    query = select(GuestLink).where(GuestLink.room_id == seat.room.id).order_by(GuestLink.id.desc())
    return list(session().scalars(query))


def folder_of(seat: Seat, folder_id: str) -> DataFolder:
    """One folder of the room; NotFound otherwise."""
    found = seat.folders.get(folder_id)
    if found is None:
        raise NotFound()
    return found


def counts(room: DataRoom) -> dict[str, int]:
    """How many documents the room shows and how many organisations it is open to."""
    shown = select(func.count(DataDocument.id)).where(
        DataDocument.room_id == room.id, DataDocument.removed_at.is_(None)
    )
    moment = clock.now()
    let_in = select(func.count(func.distinct(DataGrant.grantee_id))).where(
        DataGrant.room_id == room.id,
        DataGrant.revoked_at.is_(None),
        DataGrant.ends_at.is_(None) | (DataGrant.ends_at > moment),
    )
    return {"documents": session().scalar(shown) or 0, "organisations": session().scalar(let_in) or 0}


def names(ids: Iterable[str]) -> dict[str, str]:
    """Names of organisations in the current language, by id."""
    return {card.id: card.name for card in organisation_cards(ids).values()}


# --- the interface's forms --------------------------------------------------------------------------------------


def _stamp(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "version": row.version,
        "created_at": clock.rfc3339(row.created_at),
        "updated_at": clock.rfc3339(row.updated_at),
    }


def document_dict(document: DataDocument, version: DataDocumentVersion, level: str | None) -> dict[str, Any]:
    """A document; `access` is what the asker may do with it."""
    return _stamp(document) | {
        "project_id": document.project_id,
        "folder_id": document.folder_id,
        "name": document.name,
        "position": document.position,
        "kind": version.kind,
        "content_type": version.content_type,
        "size": version.size,
        "pages": version.pages,
        "sha256": version.sha256,
        "number": version.number,
        "access": level,
        "content_url": f"/api/v1/documents/{document.id}/content",
    }


def folder_dict(folder: DataFolder, seat: Seat) -> dict[str, Any]:
    """A folder; its parent is named only to those who may see that too."""
    return _stamp(folder) | {
        "parent_id": folder.parent_id if folder.parent_id in seat.levels else None,
        "name": folder.name,
        "position": folder.position,
    }


def grant_dict(grant: DataGrant) -> dict[str, Any]:
    """A grant as the owner sees it."""
    return _stamp(grant) | {
        "organisation_id": grant.grantee_id,
        "folder_id": grant.folder_id,
        "level": grant.level,
        "starts_at": clock.rfc3339(grant.starts_at),
        "ends_at": clock.rfc3339(grant.ends_at) if grant.ends_at else None,
        "state": grant.state(),
        "revoked_at": clock.rfc3339(grant.revoked_at) if grant.revoked_at else None,
    }


def nda_dict(row: DataNda, seat: Seat) -> dict[str, Any]:
    """The NDA in force and whether the asker has to accept it."""
    return {
        "required": seat.room.nda_required,
        "number": row.number,
        "source": row.source,
        "text": {"zh": row.text_zh or None, "en": row.text_en or None},
        "accepted": None if seat.is_owner else not seat.nda_due,
    }


def room_dict(seat: Seat) -> dict[str, Any]:
    """The room as its reader sees it: what their grant covers and nothing more."""
    room = seat.room
    made = room.created_at is not None
    return {
        "id": room.id or None,
        "version": room.version,
        "created_at": clock.rfc3339(room.created_at) if made else None,
        "updated_at": clock.rfc3339(room.updated_at) if made else None,
        "project_id": room.project_id,
        "state": room.state,
        "role": seat.side,
        "nda": nda_dict(nda(seat), seat),
        "folders": [folder_dict(f, seat) for f in seat.folders.values() if f.id in seat.levels],
        "documents": [document_dict(s.document, s.version, s.level) for s in documents(seat)],
        "closed_at": clock.rfc3339(room.closed_at) if room.closed_at else None,
    }
