"""Named checks of data rooms."""

from __future__ import annotations

from sqlalchemy import func, select

from dealflow.core.db import session
from dealflow.core.invariants import invariant
from dealflow.dataroom.models import (
    NOBODY,
    DataAccess,
    DataDocument,
    DataDocumentVersion,
    DataGrant,
    DataNda,
    DataRoom,
    NdaAcceptance,
)


@invariant("dataroom: a document's latest version is its current one, numbered without gaps")
def versions_are_numbered() -> list[str]:
    query = (
        select(
            DataDocument.id,
            DataDocument.current_number,
            func.count(DataDocumentVersion.id),
            func.max(DataDocumentVersion.number),
        )
        .join(DataDocumentVersion, DataDocumentVersion.document_id == DataDocument.id)
        .group_by(DataDocument.id, DataDocument.current_number)
    )
    return [
        f"{document}: current {current}, {count} versions, last {last}"
        for document, current, count, last in session().execute(query)
        if not current == count == last
    ]


@invariant("dataroom: nobody read before they had accepted the NDA that was asked for")
def reading_follows_the_nda() -> list[str]:
    accepted = (
        select(NdaAcceptance.id)
        .where(
            NdaAcceptance.room_id == DataAccess.room_id,
            NdaAcceptance.reader == DataAccess.reader,
            (NdaAcceptance.reader_organisation_id == DataAccess.reader_organisation_id)
            | (
                DataAccess.reader_organisation_id.is_(None) & (NdaAcceptance.reader_organisation_id == NOBODY)
            ),
            NdaAcceptance.at <= DataAccess.at,
        )
        .exists()
    )
    query = (
        select(DataAccess.id)
        .join(DataRoom, DataRoom.id == DataAccess.room_id)
        .where(DataRoom.nda_required, ~accepted)
    )
    return [f"{access}: opened before the NDA was accepted" for access in session().scalars(query)]


@invariant("dataroom: an organisation reads only while a grant holds")
def reading_follows_a_grant() -> list[str]:
    held = (
        select(DataGrant.id)
        .where(
            DataGrant.room_id == DataAccess.room_id,
            DataGrant.grantee_id == DataAccess.reader_organisation_id,
            DataGrant.starts_at <= DataAccess.at,
            DataGrant.revoked_at.is_(None) | (DataGrant.revoked_at >= DataAccess.at),
            DataGrant.ends_at.is_(None) | (DataGrant.ends_at >= DataAccess.at),
        )
        .exists()
    )
    query = select(DataAccess.id).where(DataAccess.reader_organisation_id.is_not(None), ~held)
    return [f"{access}: opened without a grant" for access in session().scalars(query)]


@invariant("dataroom: NDA wordings are numbered without gaps")
def ndas_are_numbered() -> list[str]:
    query = select(DataNda.room_id, func.count(), func.max(DataNda.number)).group_by(DataNda.room_id)
    return [
        f"{room}: {count} wordings, last {last}"
        for room, count, last in session().execute(query)
        if count != last
    ]


@invariant("dataroom: a room is of the organisation whose project it shows")
def rooms_are_their_projects() -> list[str]:
    from dealflow.pitches.queries import briefs

    rooms = session().execute(select(DataRoom.id, DataRoom.project_id, DataRoom.organisation_id)).all()
    owners = briefs(project for _id, project, _owner in rooms)
    return [f"{r}: is not its project's owner's" for r, p, o in rooms if owners[p]["organisation_id"] != o]
