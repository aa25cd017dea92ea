"""Reads of holdings, scoped by the actor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import func, select

from dealflow.accounts.queries import organisation_cards
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import hold, session
from dealflow.core.errors import NotFound
from dealflow.core.money import Money
from dealflow.core.paging import Searched, listing
from dealflow.funds import queries as funds
from dealflow.portfolio.models import FollowOn, Holding, HoldingFlow, Valuation
from dealflow.portfolio.policy import Can

OWN = "own"
"""How an address names what an organisation holds by itself, without a fund."""

OWN_CURRENCY = "CNY"
"""The currency in which what is held without a fund is added up."""


@dataclass(frozen=True)
class Vehicle:
    """What holds: a fund of the actor's organisation, or the organisation itself (`fund` is None)."""

    id: str
    organisation_id: str
    name: str
    currency: str
    fund: Any = None

    def money(self, minor: int) -> Money:
        """An amount in the vehicle's currency."""
        return Money(minor, self.currency)


class HoldingQuery(Searched):
    """Filters of a list of holdings."""

    status: Literal["active", "exited", "written_off"] | None = None
    watched: Literal["true", "false"] | None = None


def vehicle(actor: Actor, fund_id: str | None) -> Vehicle:
    """The fund of that id as its manager has it (`own` or None: the organisation itself); NotFound for others."""
    if fund_id in (None, OWN):
        if not policy.can(actor, Can.SEE) or actor.organisation_id is None:
            raise NotFound()
        return Vehicle(actor.organisation_id, actor.organisation_id, actor.organisation_name, OWN_CURRENCY)
    fund = funds.get(actor, str(fund_id))
    if not policy.can(actor, Can.SEE, fund):
        raise NotFound()
    return of_fund(fund)


def of_fund(fund: Any) -> Vehicle:
    """A fund as a vehicle."""
    return Vehicle(fund.id, fund.organisation_id, fund.name, fund.currency, fund)


def vehicle_of(row: Holding) -> Vehicle:
    """What holds a holding, for a caller that has judged the actor."""
    if row.fund_id is not None:
        return of_fund(funds.by_id(row.fund_id))
    card = organisation_cards([row.organisation_id])[row.organisation_id]
    return Vehicle(row.organisation_id, row.organisation_id, card.name, OWN_CURRENCY)


def vehicles(actor: Actor) -> list[Vehicle]:
    """The funds that the actor's organisation manages, then the organisation itself."""
    found = [of_fund(fund) for fund in funds.listed(actor)[0] if policy.can(actor, Can.SEE, fund)]
    return [*found, vehicle(actor, None)]


def get(actor: Actor, holding_id: str) -> Holding:
    """A holding of the actor's organisation; NotFound otherwise."""
    row = session().get(Holding, holding_id)
    if row is None or not policy.can(actor, Can.SEE, row):
        raise NotFound()
    return row


def locked(actor: Actor, holding_id: str) -> Holding:
    """The holding, kept from others until the transaction ends."""
    row = hold(Holding, holding_id)
    if not policy.can(actor, Can.SEE, row):
        raise NotFound()
    return row


def holdings(actor: Actor, vehicle_ids: Iterable[str] | None = None) -> list[Holding]:
    """The organisation's holdings, of some vehicles or all, by name."""
    query = select(Holding).where(Holding.organisation_id == actor.organisation_id)
    if vehicle_ids is not None:
        query = query.where(Holding.vehicle_id.in_(list(vehicle_ids)))
    return list(session().scalars(query.order_by(Holding.name, Holding.id)))


def page(actor: Actor, vehicle_id: str, query: HoldingQuery) -> dict[str, Any]:
    """A page of a vehicle's holdings, by name."""
    wanted = select(Holding).where(Holding.vehicle_id == vehicle_id)
    if query.status:
        wanted = wanted.where(Holding.status == query.status)
    if query.watched:
        wanted = wanted.where(Holding.watched == (query.watched == "true"))
    if query.q:
        wanted = wanted.where(Holding.name.contains(query.q, autoescape=True))
    total = session().scalar(select(func.count()).select_from(wanted.subquery())) or 0
    rows = session().scalars(
        wanted.order_by(Holding.name, Holding.id).limit(query.limit).offset(query.offset)
    )
    return listing(list(rows), total, query)


def flows(holding_id: str) -> list[HoldingFlow]:
    """All flows of a holding, the earliest first."""
    query = select(HoldingFlow).where(HoldingFlow.holding_id == holding_id)
    return list(session().scalars(query.order_by(HoldingFlow.happened_on, HoldingFlow.id)))


def flows_of(holding_ids: Iterable[str], through: date) -> list[HoldingFlow]:
    """Flows of several holdings up to a day, the earliest first."""
    query = select(HoldingFlow).where(
        HoldingFlow.holding_id.in_(list(holding_ids)), HoldingFlow.happened_on <= through
    )
    return list(session().scalars(query.order_by(HoldingFlow.happened_on, HoldingFlow.id)))


def valuations_of(holding_ids: Iterable[str], through: date) -> list[Valuation]:
    """Valuations of several holdings up to a day, the earliest first."""
    query = select(Valuation).where(
        Valuation.holding_id.in_(list(holding_ids)), Valuation.valued_on <= through
    )
    return list(session().scalars(query.order_by(Valuation.valued_on, Valuation.id)))


def flow(holding: Holding, flow_id: str) -> HoldingFlow:
    """A flow of this holding; NotFound otherwise."""
    row = session().get(HoldingFlow, flow_id)
    if row is None or row.holding_id != holding.id:
        raise NotFound()
    return row


def flow_by_source(holding_id: str, source: str, source_id: str) -> HoldingFlow | None:
    """What was entered under a source and its reference."""
    query = select(HoldingFlow).where(
        HoldingFlow.holding_id == holding_id, HoldingFlow.source == source, HoldingFlow.source_id == source_id
    )
    return session().scalars(query).first()


def reversal_of(flow: HoldingFlow) -> HoldingFlow | None:
    """The row that takes a flow back."""
    return session().scalars(select(HoldingFlow).where(HoldingFlow.reverses_id == flow.id)).first()


def known_sources(holding_id: str) -> set[tuple[str, str]]:
    """(source, source id) of all that was entered for a holding."""
    query = select(HoldingFlow.source, HoldingFlow.source_id).where(HoldingFlow.holding_id == holding_id)
    return {(row[0], row[1]) for row in session().execute(query)}


def valuations(holding_id: str) -> list[Valuation]:
    """All valuations of a holding, the earliest first; of one day in the order they were entered."""
    query = select(Valuation).where(Valuation.holding_id == holding_id)
    return list(session().scalars(query.order_by(Valuation.valued_on, Valuation.id)))


def valuation_by_reference(holding_id: str, reference: str) -> Valuation | None:
    """The valuation entered under a reference."""
    query = select(Valuation).where(Valuation.holding_id == holding_id, Valuation.reference == reference)
    return session().scalars(query).first()


def rights(actor: Actor, *, until: date | None = None, holding_id: str | None = None) -> list[FollowOn]:
    """Follow-on rights: open ones due until a day, or all of one holding."""
    query = select(FollowOn).where(FollowOn.organisation_id == actor.organisation_id)
    if holding_id is not None:
        query = query.where(FollowOn.holding_id == holding_id)
    if until is not None:
        query = query.where(FollowOn.due_on <= until, FollowOn.state == "open")
    return list(session().scalars(query.order_by(FollowOn.due_on, FollowOn.id)))


def right(actor: Actor, right_id: str) -> FollowOn:
    """A follow-on right; NotFound for others."""
    row = session().get(FollowOn, right_id)
    if row is None:
        raise NotFound()
    return row


def of_project(actor: Actor, project_id: str) -> list[Holding]:
    """The organisation's holdings in a project."""
    query = select(Holding).where(
        Holding.project_id == project_id, Holding.organisation_id == actor.organisation_id
    )
    return list(session().scalars(query))


_PLATFORM = {
    "unscoped": "the platform lets holdings follow what other rooms booked for their own organisation"
}


def all_of_project(organisation_id: str, project_id: str) -> list[Holding]:
    """An organisation's holdings in a project, for a caller that has judged the actor."""
    query = select(Holding).where(
        Holding.project_id == project_id, Holding.organisation_id == organisation_id
    )
    return list(session().scalars(query, execution_options=_PLATFORM))


def active_of_projects(project_ids: Iterable[str] | None) -> list[Holding]:
    """Everybody's active holdings in these projects (None: in any), for the platform."""
    query = select(Holding).where(Holding.status == "active", Holding.project_id.is_not(None))
    if project_ids is not None:
        query = query.where(Holding.project_id.in_(list(project_ids)))
    return list(session().scalars(query.order_by(Holding.id), execution_options=_PLATFORM))


def as_dict(row: Holding) -> dict[str, Any]:
    """A holding as the API gives it."""
    return {
        "id": row.id, "version": row.version, "created_at": clock.rfc3339(row.created_at),
        "updated_at": clock.rfc3339(row.updated_at), "fund_id": row.fund_id, "project_id": row.project_id,
        "name": row.name, "currency": row.currency, "instrument": row.instrument, "genre": row.genre,
        "stage": row.stage, "platform": row.platform, "status": row.status,
        "closed_on": row.closed_on.isoformat() if row.closed_on else None, "watched": row.watched,
        "watch_note": row.watch_note,
    }  # fmt: skip


def flow_dict(row: HoldingFlow, currency: str) -> dict[str, Any]:
    """A cash flow as the API gives it; a correction carries the opposite amount of what it takes back."""
    given = {"amount_minor": row.given_minor, "currency": row.given_currency} if row.given_currency else None
    return {
        "id": row.id, "holding_id": row.holding_id, "on": row.happened_on.isoformat(), "kind": row.kind,
        "amount_minor": row.amount_minor, "currency": currency, "given": given, "rate": row.rate,
        "source": row.source, "source_id": row.source_id, "text": row.text, "entry_id": row.entry_id,
        "reverses_id": row.reverses_id, "created_at": clock.rfc3339(row.created_at),
    }  # fmt: skip


def valuation_dict(row: Valuation, currency: str) -> dict[str, Any]:
    """A valuation as the API gives it."""
    return {
        "id": row.id, "holding_id": row.holding_id, "on": row.valued_on.isoformat(),
        "value": Money(row.value_minor, currency).json(), "method": row.method,
        "evidence_class": row.evidence_class, "evidence": row.evidence, "reference": row.reference,
        "document": document_dict(row.file_id, row.file_name, row.file_sha256),
        "entry_id": row.entry_id, "user_name": row.user_name, "created_at": clock.rfc3339(row.created_at),
    }  # fmt: skip


def document_dict(file_id: str | None, name: str, sha256: str | None) -> dict[str, Any] | None:
    """A document of a valuation as the API gives it; it is fetched at `/files/{document_id}`."""
    return {"document_id": file_id, "name": name, "sha256": sha256} if file_id else None


def right_dict(row: FollowOn, currency: str) -> dict[str, Any]:
    """A follow-on right as the API gives it."""
    return {
        "id": row.id, "version": row.version, "created_at": clock.rfc3339(row.created_at),
        "updated_at": clock.rfc3339(row.updated_at), "holding_id": row.holding_id,
        "due_on": row.due_on.isoformat(), "amount": Money(row.amount_minor, currency).json(),
        "text": row.text, "state": row.state,
    }  # fmt: skip
