"""What a run is made from: executed term sheets, receipts and ad spend, read from the rooms that keep them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from dealflow.recoupment import order
from dealflow.recoupment.models import DistributionConversion, DistributionInput
from dealflow.recoupment.order import Sheet
from dealflow.releases import queries as releases
from dealflow.termsheets import queries as termsheets

INVESTOR, PRODUCER = "investor", "producer"
EXCHANGE = "exchange"
"""Under which name the facts of an input tell what it was before it was converted."""
ONE_ALL = ("platform", "ad_spend")
"""Kinds of payees of which a project has one under an id, however its term sheets spell the name."""


@dataclass(frozen=True)
class Payee:
    """Somebody who is paid, as the project knows it."""

    key: str
    name: str
    kind: str
    organisation_id: str | None


@dataclass(frozen=True)
class Terms:
    """The term sheets a project pays by, in the order of their execution, and everybody they name."""

    sheets: tuple[Sheet, ...]
    payees: Mapping[str, Payee]
    dispute_days: Mapping[str, int]
    titles: Mapping[str, dict[str, Any]]

    @property
    def currencies(self) -> list[str]:
        """What the sheets pay in; first that of the money, which is the first sheet's."""
        return order.currencies(self.sheets)


@dataclass(frozen=True)
class Input:
    """A receipt or an audited entry of ad spend. `counted_on`: for a correction, the day of what it corrects; `also`: what
    it is in the other currencies of the terms."""

    kind: str
    source_id: str
    on: date
    counted_on: date
    amount_minor: int
    currency: str
    facts: dict[str, Any]
    also: Mapping[str, Input] = field(default_factory=dict)

    def within(self, currency: str) -> Input:
        """It in one of the currencies of the terms."""
        return self if currency == self.currency else self.also[currency]

    @property
    def exchanged(self) -> dict[str, Any] | None:
        """What it was before it was converted: `amount_minor`, `currency`, `rate`, `rate_day`, `rate_source`, `rate_rows`."""
        return self.facts.get(EXCHANGE)

    @property
    def chain(self) -> tuple[str, str]:
        """The receipt that it is or corrects."""
        return self.kind, self.facts.get("corrects") or self.source_id


def terms(
    project_id: str, joins: Mapping[str, date | None] | None = None, *, new: date | None = None
) -> Terms:
    """The executed term sheets. `joins` says after which day those of earlier runs joined; any other joins after `new`."""
    known = joins or {}
    roll = _Roll()
    sheets, days, titles = [], {}, {}
    for sheet, version in termsheets.executed_of_project(project_id):
        content = version.terms
        payees = roll.enter(sheet, version)
        sheets.append(
            Sheet(
                sheet.id, sheet.investor_organisation_id, sheet.project_organisation_id,
                content["investment"]["amount"]["amount_minor"], content["waterfall"], payees,
                known.get(sheet.id, new),
            )
        )  # fmt: skip
        days[sheet.investor_organisation_id] = content["collection"]["dispute_days"]
        titles[sheet.id] = {
            "version": version.number, "template": sheet.template, "code": version.code,
            "currency": content["waterfall"]["currency"],
        }  # fmt: skip
    return Terms(tuple(sheets), roll.payees, days, titles)


class _Roll:
    """Everybody whom the term sheets name, each once."""

    def __init__(self) -> None:
        self.payees: dict[str, Payee] = {}

    def enter(self, sheet: Any, version: Any) -> dict[str, str]:
        """The sheet's payee ids → the project's keys."""
        own = {INVESTOR: sheet.investor_organisation_id, PRODUCER: sheet.project_organisation_id}
        found = {}
        for payee in version.terms["waterfall"]["payees"]:
            organisation = own.get(payee["id"])
            key = organisation or self._key(payee)
            self.payees.setdefault(key, Payee(key, payee["name"], payee["kind"], organisation))
            found[payee["id"]] = key
        return found

    def _key(self, payee: dict[str, Any]) -> str:
        """Its id, unless that stands for somebody else already."""
        key, number = payee["id"], 1
        while (known := self.payees.get(key)) is not None:
            same = known.kind == payee["kind"] and (payee["kind"] in ONE_ALL or known.name == payee["name"])
            if same:
                return str(key)
            number += 1
            key = f"{payee['id']}~{number}"
        return str(key)


def inputs(project_id: str, through: date) -> list[Input]:
    """All receipts that may pay and all audited ad spend of a project through a day, by the day as which they count; each in
    the currency it came in."""
    found = [
        *_receipts(releases.payable(project_id, through)),
        *_spend(releases.ad_spend(project_id, through)),
    ]
    return sorted(found, key=lambda item: (item.counted_on, item.kind, item.source_id))


def _receipts(rows: Iterable[releases.PayableReceipt]) -> Iterable[Input]:
    rows = list(rows)
    days = {row.id: row.on for row in rows}
    for row in rows:
        facts = {
            name: getattr(row, name)
            for name in (
                "source",
                "platform",
                "territory",
                "external_ref",
                "evidence_class",
                "document_id",
                "corrects",
            )
        }
        yield Input(
            "receipt", row.id, row.on, days.get(row.corrects or "", row.on), row.amount.amount_minor, row.amount.currency, facts
        )  # fmt: skip


def _spend(rows: Iterable[releases.AdSpend]) -> Iterable[Input]:
    for row in rows:
        if row.audited:
            facts = {"evidence_class": row.evidence_class}
            yield Input(
                "ad_spend", row.id, row.on, row.on, row.amount.amount_minor, row.amount.currency, facts
            )


def as_posted(row: DistributionInput) -> Input:
    """What a posted run covered, as it was read then."""
    return Input(row.kind, row.source_id, row.on, row.counted_on, row.amount_minor, row.currency, row.facts)


def as_converted(item: Input, row: DistributionConversion) -> Input:
    """An input in another currency of the terms, as a posted run has kept it."""
    facts = {name: value for name, value in item.facts.items() if name != EXCHANGE}
    if row.exchange:
        facts[EXCHANGE] = row.exchange
    return replace(item, amount_minor=row.amount_minor, currency=row.currency, facts=facts, also={})


def shown_as(covered: tuple[DistributionInput, DistributionConversion | None]) -> Input:
    """What a run covered, in the currency that it was asked for in."""
    row, kept = covered
    return as_posted(row) if kept is None else as_converted(as_posted(row), kept)


def all_as_posted(rows: Iterable[DistributionInput], kept: Iterable[DistributionConversion]) -> list[Input]:
    """What posted runs covered, as it was read then, in all currencies of the terms."""
    also: dict[tuple[str, str], list[DistributionConversion]] = {}
    for row in kept:
        also.setdefault((row.kind, row.source_id), []).append(row)
    found = [as_posted(row) for row in rows]
    return [
        replace(i, also={row.currency: as_converted(i, row) for row in also.get((i.kind, i.source_id), ())})
        for i in found
    ]


def not_counted(project_id: str, through: date) -> dict[str, Any]:
    """What was only self-reported through a day: `{"count", "amounts": {currency: minor}}`. It pays nobody."""
    asked = releases.ReceiptQuery(evidence_class="self_reported", through=through, limit=1)
    _first, count = releases.receipts(project_id, asked)
    amounts: dict[str, int] = {}
    for day in releases.receipts_by_day(project_id):
        if day.evidence_class == "self_reported" and day.on <= through:
            amounts[day.amount.currency] = amounts.get(day.amount.currency, 0) + day.amount.amount_minor
    return {"count": count, "amounts": amounts}
