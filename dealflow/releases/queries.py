"""Reads of releases, figures, receipts and ad spend, scoped by the actor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, func, select

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import NotFound
from dealflow.core.money import Money
from dealflow.core.paging import Query, Searched, listing
from dealflow.core.schema import Date, Text
from dealflow.pitches.vocabulary import EVIDENCE
from dealflow.releases.models import (
    SELF_REPORTED,
    AdCap,
    Confirmation,
    Evidence,
    Receipt,
    Release,
    ReleaseFigure,
    Statement,
)
from dealflow.releases.models import AdSpend as Spend

_FOR_OTHERS = {"unscoped": "the rooms that divide a project's money read all of it"}
# What a platform or its accounts say by themselves; a ranking counts as audited with a document beside it.
OF_PLATFORMS = ("platform_statement", "platform_api")


@dataclass(frozen=True, slots=True)
class PayableReceipt:
    """Money that may be divided: of an evidence class above self-reported. `corrects`: the receipt whose amount this
    signed difference changes."""

    id: str
    project_id: str
    on: date
    amount: Money
    source: str
    platform: str
    territory: str
    external_ref: str
    evidence_class: str
    document_id: str | None
    corrects: str | None


@dataclass(frozen=True, slots=True)
class AdSpend:
    """Money spent on paid traffic; only what is `audited` is recouped."""

    id: str
    on: date
    amount: Money
    evidence_class: str
    audited: bool


def payable(project_id: str, through: date) -> list[PayableReceipt]:
    """The receipts of a project up to a day that may pay somebody, in order of day and entry. One statement."""
    query = (
        select(
            Receipt.id, Receipt.project_id, Receipt.on, Receipt.amount_minor, Receipt.amount_currency, Receipt.source,
            Receipt.platform, Receipt.territory, Receipt.external_ref, Receipt.evidence_class, Receipt.document_id,
            Receipt.corrects_id,
        )
        .where(Receipt.project_id == project_id, Receipt.on <= through, Receipt.evidence_class != SELF_REPORTED)
        .order_by(Receipt.on, Receipt.id)
    )  # fmt: skip
    rows = session().execute(query, execution_options=_FOR_OTHERS)
    return [
        PayableReceipt(one, project, on, Money(minor, currency), *rest)
        for one, project, on, minor, currency, *rest in rows
    ]


def ad_spend(project_id: str, through: date) -> list[AdSpend]:
    """The entries of ad spend of a project up to a day, in order of day and entry. One statement."""
    query = (
        select(Spend).where(Spend.project_id == project_id, Spend.on <= through).order_by(Spend.on, Spend.id)
    )
    rows = session().scalars(query, execution_options=_FOR_OTHERS)
    return [AdSpend(row.id, row.on, row.amount, row.evidence_class, is_audited(row)) for row in rows]


def is_audited(row: Spend) -> bool:
    """Whether an entry of ad spend is proven by the platform, or by somebody else with a document."""
    return row.evidence_class in OF_PLATFORMS or (
        row.evidence_class != SELF_REPORTED and row.document_id is not None
    )


class ReceiptQuery(Searched):
    """Filters of a project's receipts."""

    platform: Text(60) | None = None  # type: ignore[valid-type]
    evidence_class: Literal["platform_statement", "platform_api", "third_party", "self_reported"] | None = (
        None
    )
    since: Date | None = None
    through: Date | None = None
    statement_id: Text(40) | None = None  # type: ignore[valid-type]


class FigureQuery(Query):
    """Days of the figures."""

    since: Date | None = None
    through: Date | None = None


def releases(project_id: str, *, all_of_them: bool = True) -> list[Release]:
    """The releases of a project that the actor of the transaction may know of, the earliest first."""
    query = select(Release).where(Release.project_id == project_id)
    if not all_of_them:
        query = query.where(Release.withdrawn_at.is_(None))
    return list(session().scalars(query.order_by(Release.released_on, Release.id)))


def release(actor: Actor, release_id: str) -> Release:
    """A release the actor may see; NotFound otherwise."""
    row = session().get(Release, release_id)
    if row is None:
        raise NotFound()
    return row


def figures(
    release_ids: Iterable[str], since: date | None = None, through: date | None = None
) -> list[ReleaseFigure]:
    """What counts of the figures of releases: of each day, source and class the latest row; by day. One statement."""
    query = select(ReleaseFigure).where(ReleaseFigure.release_id.in_(set(release_ids)))
    if since:
        query = query.where(ReleaseFigure.on >= since)
    if through:
        query = query.where(ReleaseFigure.on <= through)
    kept: dict[tuple[Any, ...], ReleaseFigure] = {}
    for row in session().scalars(
        query.order_by(ReleaseFigure.on, ReleaseFigure.created_at, ReleaseFigure.number)
    ):
        key = (row.release_id, row.on, row.source, row.evidence_class)
        kept.pop(key, None)
        kept[key] = row
    return list(kept.values())


def strongest(rows: Iterable[ReleaseFigure]) -> list[ReleaseFigure]:
    """One row of each release and day: the one with the strongest evidence, of equals the last one given."""
    best: dict[tuple[str, date], ReleaseFigure] = {}
    for row in rows:
        known = best.get((row.release_id, row.on))
        rank = EVIDENCE.index(row.evidence_class)
        if known is None or rank <= EVIDENCE.index(known.evidence_class):
            best[row.release_id, row.on] = row
    return sorted(best.values(), key=lambda row: (row.on, row.id))


def receipt(actor: Actor, receipt_id: str) -> Receipt:
    """A receipt the actor may see; NotFound otherwise."""
    row = session().get(Receipt, receipt_id)
    if row is None:
        raise NotFound()
    return row


def by_reference(project_id: str, external_ref: str) -> Receipt | None:
    """The entry of a project with a reference."""
    query = select(Receipt).where(Receipt.project_id == project_id, Receipt.external_ref == external_ref)
    return session().scalars(query).one_or_none()


def corrections(row: Receipt) -> list[Receipt]:
    """The corrections of a receipt in order."""
    query = select(Receipt).where(Receipt.corrects_id == row.id).order_by(Receipt.number)
    return list(session().scalars(query))


def receipts(project_id: str, query: ReceiptQuery) -> tuple[list[Receipt], int]:
    """A page of a project's receipts, the latest day first, and how many there are."""
    wanted = select(Receipt).where(Receipt.project_id == project_id)
    for column, value in (
        (Receipt.platform, query.platform), (Receipt.evidence_class, query.evidence_class),
        (Receipt.statement_id, query.statement_id),
    ):  # fmt: skip
        if value:
            wanted = wanted.where(column == value)
    if query.since:
        wanted = wanted.where(Receipt.on >= query.since)
    if query.through:
        wanted = wanted.where(Receipt.on <= query.through)
    if query.q:
        wanted = wanted.where(Receipt.external_ref == query.q)
    total = session().scalar(select(func.count()).select_from(wanted.subquery())) or 0
    rows = session().scalars(
        wanted.order_by(Receipt.on.desc(), Receipt.id.desc()).limit(query.limit).offset(query.offset)
    )
    return list(rows), total


def receipt_page(project_id: str, query: ReceiptQuery) -> dict[str, Any]:
    """The same in the API's form."""
    rows, total = receipts(project_id, query)
    return listing([receipt_dict(row) for row in rows], total, query)


@dataclass(frozen=True)
class DaySum:
    """Receipts of a day, platform and class."""

    on: date
    platform: str
    evidence_class: str
    amount: Money


def receipts_by_day(project_id: str, *, platforms: bool = True) -> list[DaySum]:
    """Sums of a project's receipts by day, platform, class and currency. One statement, grouped by the database."""
    keys = (Receipt.on, Receipt.platform, Receipt.evidence_class, Receipt.amount_currency)
    query = (
        select(*keys, func.sum(Receipt.amount_minor))
        .where(Receipt.project_id == project_id)
        .group_by(*keys)
        .order_by(*keys)
    )
    return [
        DaySum(on, platform, evidence, Money(int(minor), currency))
        for on, platform, evidence, currency, minor in session().execute(query)
    ]


def spends(project_id: str) -> list[Spend]:
    """A project's entries of ad spend, the latest day first."""
    query = select(Spend).where(Spend.project_id == project_id).order_by(Spend.on.desc(), Spend.id.desc())
    return list(session().scalars(query))


def spend_by_reference(project_id: str, external_ref: str) -> Spend | None:
    """The entry of ad spend with a reference."""
    query = select(Spend).where(Spend.project_id == project_id, Spend.external_ref == external_ref)
    return session().scalars(query).one_or_none()


def caps(project_id: str) -> list[AdCap]:
    """The caps that contracts set, the oldest first."""
    return list(session().scalars(select(AdCap).where(AdCap.project_id == project_id).order_by(AdCap.id)))


def evidence_of(project_id: str) -> list[Evidence]:
    """The documents kept as evidence, the latest first."""
    query = select(Evidence).where(Evidence.project_id == project_id).order_by(Evidence.id.desc())
    return list(session().scalars(query))


def statements(project_id: str) -> list[Statement]:
    """The statements that were uploaded for a project, the latest first."""
    query = select(Statement).where(Statement.project_id == project_id).order_by(Statement.id.desc())
    return list(session().scalars(query))


def closed_files(rows: Iterable[Receipt | Spend]) -> set[str]:
    """Files of statements behind these rows that tell of other projects too: only their owner opens them."""
    return _closed(Statement.id.in_({row.statement_id for row in rows if row.statement_id}))


def closed_files_of_figures(rows: Iterable[ReleaseFigure]) -> set[str]:
    """The same for statements behind figures."""
    return _closed(Statement.file_id.in_({row.document_id for row in rows if row.document_id}))


def _closed(which: ColumnElement[bool]) -> set[str]:
    query = select(Statement.file_id, Statement.result).where(which)
    found = session().execute(query, execution_options=_FOR_OTHERS)
    return {file_id for file_id, result in found if not result or result["counts"]["other"]}


def confirmations(release_ids: Iterable[str]) -> dict[str, list[Confirmation]]:
    """Release id → the confirmations the actor may know of: the owner all, an investor its own. One statement."""
    found: dict[str, list[Confirmation]] = {key: [] for key in release_ids}
    query = select(Confirmation).where(Confirmation.release_id.in_(found)).order_by(Confirmation.id)
    for row in session().scalars(query) if found else ():
        found[row.release_id].append(row)
    return found


def is_confirmed(release_id: str) -> bool:
    """Whether any investor confirmed a release, whoever asks."""
    query = select(Confirmation.id).where(Confirmation.release_id == release_id).limit(1)
    return session().scalar(query, execution_options=_FOR_OTHERS) is not None


def to_confirm(actor: Actor, project_id: str | None = None, *, most: int = 20) -> list[Release]:
    """Releases that are said to be out and that the actor, bound to their projects, has not confirmed yet."""
    mine = select(Confirmation.release_id).where(
        Confirmation.investor_organisation_id == actor.organisation_id
    )
    query = select(Release).where(
        Release.organisation_id != actor.organisation_id, Release.withdrawn_at.is_(None),
        Release.released_on <= clock.today(), Release.id.not_in(mine),
    )  # fmt: skip
    if project_id is not None:
        query = query.where(Release.project_id == project_id)
    return list(session().scalars(query.order_by(Release.id.desc()).limit(most)))


def release_dicts(rows: Sequence[Release]) -> list[dict[str, Any]]:
    """The interface's form of releases."""
    known = confirmations(row.id for row in rows)
    return [_release_dict(row, known[row.id]) for row in rows]


def release_dict(row: Release) -> dict[str, Any]:
    """The interface's form of a release."""
    return release_dicts([row])[0]


def _release_dict(row: Release, known: Sequence[Confirmation]) -> dict[str, Any]:
    return {
        "id": row.id, "version": row.version, "created_at": clock.rfc3339(row.created_at),
        "updated_at": clock.rfc3339(row.updated_at), "project_id": row.project_id, "platform": row.platform, "title": row.title,
        "territory": row.territory, "released_on": row.released_on.isoformat(), "filing_number": row.filing_number,
        "link": row.link,
        "confirmations": [
            {"organisation_id": one.investor_organisation_id, "name": one.investor_name, "at": clock.rfc3339(one.at)}
            for one in known
        ],
        "withdrawn_at": clock.rfc3339(row.withdrawn_at) if row.withdrawn_at else None,
        "withdraw_reason": row.withdraw_reason,
    }  # fmt: skip


def figure_dict(row: ReleaseFigure) -> dict[str, Any]:
    """The interface's form of a day's figures."""
    return {
        "id": row.id, "release_id": row.release_id, "on": row.on.isoformat(), "plays": row.plays, "paid_users": row.paid_users,
        "receipts": row.receipts.json() if row.receipts else None, "ad_spend": row.ad_spend.json() if row.ad_spend else None,
        "evidence_class": row.evidence_class, "source": row.source, "number": row.number, "document_id": row.document_id,
        "created_at": clock.rfc3339(row.created_at), "user_name": row.user_name,
    }  # fmt: skip


def receipt_dict(row: Receipt) -> dict[str, Any]:
    """The interface's form of a receipt."""
    return {
        "id": row.id, "project_id": row.project_id, "on": row.on.isoformat(), "amount": row.amount.json(), "source": row.source,
        "platform": row.platform or None, "territory": row.territory or None, "external_ref": row.external_ref,
        "evidence_class": row.evidence_class, "pays": row.evidence_class != SELF_REPORTED, "document_id": row.document_id,
        "statement_id": row.statement_id, "corrects": row.corrects_id, "reason": row.reason or None,
        "created_at": clock.rfc3339(row.created_at), "user_name": row.user_name,
    }  # fmt: skip


def spend_dict(row: Spend) -> dict[str, Any]:
    """The interface's form of an entry of ad spend."""
    return {
        "id": row.id, "project_id": row.project_id, "on": row.on.isoformat(), "amount": row.amount.json(),
        "platform": row.platform or None, "source": row.source, "external_ref": row.external_ref,
        "evidence_class": row.evidence_class, "audited": is_audited(row), "document_id": row.document_id,
        "statement_id": row.statement_id, "created_at": clock.rfc3339(row.created_at), "user_name": row.user_name,
    }  # fmt: skip
