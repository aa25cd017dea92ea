"""Tables of data rooms: what is shown (`rooms`) and what is kept of its reading (`reading`)."""

from __future__ import annotations

from dealflow.dataroom.models.reading import DataAccess, DataAnswer, DataPageView, DataQuestion
from dealflow.dataroom.models.rooms import (
    KINDS,
    LEVELS,
    NOBODY,
    DataDocument,
    DataDocumentVersion,
    DataFolder,
    DataGrant,
    DataNda,
    DataRoom,
    GuestLink,
    NdaAcceptance,
)

__all__ = [
    "KINDS", "LEVELS", "NOBODY", "DataAccess", "DataAnswer", "DataDocument", "DataDocumentVersion", "DataFolder", "DataGrant",
    "DataNda", "DataPageView", "DataQuestion", "DataRoom", "GuestLink", "NdaAcceptance",
]  # fmt: skip
