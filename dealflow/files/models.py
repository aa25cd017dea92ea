"""What is known of a stored file. Its bytes lie in the storage under their hash."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core.db import Base, Timestamps
from dealflow.core.ids import Id, new
from dealflow.core.scope import OwnedByOrganisation

KINDS = ("image", "video", "document")


class StoredFile(Base, Timestamps, OwnedByOrganisation):
    """A file that somebody uploaded.

    `purpose` names the use ("pitches.poster"); the room of that use decides who may read it. `variants` of an
    image: name → {sha256, size, content_type, width, height}.
    """

    __tablename__ = "stored_file"
    __table_args__ = (CheckConstraint(f"kind IN {KINDS}", name="kind"),)
    id: Mapped[str] = mapped_column(Id("fil"), primary_key=True, default=lambda: new("fil"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), index=True)
    created_by_id: Mapped[str | None] = mapped_column(Id("usr"))
    kind: Mapped[str] = mapped_column(String(10))
    purpose: Mapped[str] = mapped_column(String(60), index=True)
    name: Mapped[str] = mapped_column(String(200))
    content_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    variants: Mapped[dict[str, dict[str, Any]]] = mapped_column(JSON, default=dict)
