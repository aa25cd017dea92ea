"""Papers that were issued anew because a correction changed what they say."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock
from dealflow.core.db import Base
from dealflow.core.ddl import append_only
from dealflow.core.ids import Id, new
from dealflow.funds.models.fund import OfLp

KINDS = ("statement", "call", "distribution", "closing")


class FundRevision(Base, OfLp):
    """A later issue of a statement, or of the notice of a call, a distribution or a closing. Append only.

    `about` is the id of what was issued first, which is number 1: of the statement, of the partner's line, or of the closing and the partner (`FundClosing.paper`). `data` is the
    content as that keeps it, with `revision`: {number, reason, replaces: {number, issued_on, sha256}}.
    """

    __tablename__ = "fund_revision"
    __table_args__ = (
        UniqueConstraint("about", "number"),
        CheckConstraint(f"kind IN ({', '.join(repr(kind) for kind in KINDS)})", name="kind"),
        CheckConstraint("number > 1", name="number"),
    )
    id: Mapped[str] = mapped_column(Id("frv"), primary_key=True, default=lambda: new("frv"))
    kind: Mapped[str] = mapped_column(String(12))
    about: Mapped[str] = mapped_column(String(60))
    number: Mapped[int]
    fund_id: Mapped[str] = mapped_column(Id("fnd"), ForeignKey("fund.id"), index=True)
    lp_id: Mapped[str] = mapped_column(Id("lpt"), ForeignKey("fund_lp.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    reason: Mapped[str] = mapped_column(String(500))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime] = mapped_column(default=clock.now)
    issued_by_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    issued_by_name: Mapped[str] = mapped_column(String(200), default="")


append_only(FundRevision.__table__)
