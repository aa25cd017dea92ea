"""What surrounds the holdings: the subscription line, indices to compare with, reports as issued, visits."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock
from dealflow.core.db import Base, Versioned
from dealflow.core.ddl import append_only
from dealflow.core.ids import Id, new
from dealflow.core.scope import OwnedByOrganisation
from dealflow.portfolio.states import LINE_KINDS, one_of


class LineFlow(Base, OwnedByOrganisation):
    """Money of a fund's subscription line: drawn, repaid, or interest paid. Append only; `reference` enters once."""

    __tablename__ = "fund_line_flow"
    __table_args__ = (
        UniqueConstraint("fund_id", "reference"),
        CheckConstraint(one_of("kind", LINE_KINDS), name="kind"),
        CheckConstraint("amount_minor > 0", name="amount"),
    )
    id: Mapped[str] = mapped_column(Id("flf"), primary_key=True, default=lambda: new("flf"))
    fund_id: Mapped[str] = mapped_column(Id("fnd"), ForeignKey("fund.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    happened_on: Mapped[date]
    kind: Mapped[str] = mapped_column(String(10))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    reference: Mapped[str] = mapped_column(String(100))
    entry_id: Mapped[str] = mapped_column(Id("ent"), ForeignKey("ledger_entry.id"))
    created_by_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Benchmark(Base, Versioned, OwnedByOrganisation):
    """An index that the organisation imported: `levels` is {day: level as a decimal string}."""

    __tablename__ = "portfolio_benchmark"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)
    id: Mapped[str] = mapped_column(Id("bmk"), primary_key=True, default=lambda: new("bmk"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    levels: Mapped[dict[str, Any]] = mapped_column(JSON)

    __mapper_args__ = {"version_id_col": Versioned.version}


class Concentration(Base, Versioned, OwnedByOrganisation):
    """The most that one holding, genre, … of a vehicle may be of its whole cost, in parts per million."""

    __tablename__ = "portfolio_limit"
    __table_args__ = (
        UniqueConstraint("vehicle_id", "dimension"),
        CheckConstraint("most_ppm BETWEEN 1 AND 1000000", name="most"),
    )
    id: Mapped[str] = mapped_column(Id("plm"), primary_key=True, default=lambda: new("plm"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"), index=True)
    vehicle_id: Mapped[str] = mapped_column(String(60))
    dimension: Mapped[str] = mapped_column(String(12))
    most_ppm: Mapped[int]

    __mapper_args__ = {"version_id_col": Versioned.version}


class IssuedReport(Base, OwnedByOrganisation):
    """A quarterly report as issued: its figures, and the files made of them. Append only."""

    __tablename__ = "portfolio_report"
    __table_args__ = (UniqueConstraint("fund_id", "quarter"),)
    id: Mapped[str] = mapped_column(Id("prp"), primary_key=True, default=lambda: new("prp"))
    fund_id: Mapped[str] = mapped_column(Id("fnd"), ForeignKey("fund.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    quarter: Mapped[str] = mapped_column(String(6))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime] = mapped_column(default=clock.now)
    issued_by_id: Mapped[str | None] = mapped_column(Id("usr"), ForeignKey("user.id"))
    issued_by_name: Mapped[str] = mapped_column(String(200), default="")


class ReportFile(Base, OwnedByOrganisation):
    """A file of an issued report, kept as it was first made. Append only."""

    __tablename__ = "portfolio_report_file"
    __table_args__ = (UniqueConstraint("report_id", "form", "lang"),)
    id: Mapped[str] = mapped_column(Id("prf"), primary_key=True, default=lambda: new("prf"))
    report_id: Mapped[str] = mapped_column(Id("prp"), ForeignKey("portfolio_report.id"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    form: Mapped[str] = mapped_column(String(4))
    lang: Mapped[str] = mapped_column(String(2))
    file_id: Mapped[str] = mapped_column(Id("fil"), ForeignKey("stored_file.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Visit(Base, OwnedByOrganisation):
    """When a person last looked at the portfolio of an organisation, and the visit before (None during the first one)."""

    __tablename__ = "portfolio_visit"
    __table_args__ = (UniqueConstraint("organisation_id", "user_id"),)
    id: Mapped[str] = mapped_column(Id("pvs"), primary_key=True, default=lambda: new("pvs"))
    organisation_id: Mapped[str] = mapped_column(Id("org"), ForeignKey("organisation.id"))
    user_id: Mapped[str] = mapped_column(Id("usr"), ForeignKey("user.id"))
    seen_at: Mapped[datetime]
    seen_before: Mapped[datetime | None]


for _table in (LineFlow, IssuedReport, ReportFile):
    append_only(_table.__table__)
