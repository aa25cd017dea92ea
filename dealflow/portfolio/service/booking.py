"""Cash flows, valuations and the end of a holding: each a row, its entries in the book, and an audit event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid, InvalidTransition, StaleVersion
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.core.money import LIMIT, Money
from dealflow.ledger.rates import in_quote, rate_on
from dealflow.portfolio import posting, queries
from dealflow.portfolio.incoming import Arrival
from dealflow.portfolio.models import Holding, HoldingFlow, Valuation
from dealflow.portfolio.policy import Can, Tag
from dealflow.portfolio.posting import Deed
from dealflow.portfolio.queries import Vehicle
from dealflow.portfolio.service import evidence as documents
from dealflow.portfolio.worth import Appraisal, History, Movement, changes


def history(row: Holding, flows: Sequence[HoldingFlow], valuations: Sequence[Valuation]) -> History:
    """A holding's rows as `worth` reads them."""
    entered = sorted(valuations, key=lambda valuation: valuation.id)
    return History(
        [Movement(flow.happened_on, flow.kind, flow.amount_minor) for flow in flows],
        [Appraisal(valuation.valued_on, valuation.value_minor) for valuation in entered],
        row.closed_on,
    )


def _history(row: Holding) -> History:
    return history(row, queries.flows(row.id), queries.valuations(row.id))


def open_to_book(actor: Actor, holding_id: str, permission: Can = Can.BOOK) -> tuple[Holding, Vehicle]:
    """A holding, locked, with what holds it. Raises NotFound, Forbidden, InvalidTransition once it has ended."""
    row = queries.locked(actor, holding_id)
    policy.require(actor, permission, row, see=Can.SEE)
    if row.status != "active":
        raise InvalidTransition(N_("This holding has ended; nothing more is booked on it"))
    return row, queries.vehicle_of(row)


def converted(
    row: Holding, given: Money, on: date, rate: str | None
) -> tuple[int, str | None, dict[str, Any]]:
    """The amount in minor units of the holding's currency, the rate, and what an entry keeps of it.

    Without a rate that of the day out of the house's table. Raises Invalid on `rate`: of no use, in no table, out of range.
    """
    currency = row.currency
    if given.currency == currency:
        if rate is not None:
            raise Invalid.field("rate", "not_needed", N_("Leave the rate out: the currency is the same"))
        return given.amount_minor, None, {}
    kept: dict[str, Any] = {"rate": rate}
    if rate is None:
        found = rate_on(session(), row.organisation_id, given.currency, currency, on)
        rate, kept = found.text, found.kept()
    minor = in_quote(given.amount_minor, given.currency, currency, rate)
    if not 0 < minor <= LIMIT:
        raise Invalid.field("rate", "too_large", N_("At this rate the amount is too small or too large"))
    return minor, rate, kept


def _repeats(known: HoldingFlow, on: date, kind: str, amount: Money, rate: str | None, currency: str) -> bool:
    """Whether a booking says again what a row holds; a rate out of the table may have been corrected since."""
    if (known.happened_on, known.kind) != (on, kind) or (rate is not None and rate != known.rate):
        return False
    there = (
        (known.given_minor, known.given_currency) if known.given_currency else (known.amount_minor, currency)
    )
    return there == (amount.amount_minor, amount.currency)


def book_flow(
    actor: Actor,
    holding_id: str,
    *,
    on: date,
    kind: str,
    amount: Money,
    reference: str,
    rate: str | None = None,
    text: str = "",
    source: str = "own",
) -> HoldingFlow:
    """Enter money into (`cost`) or out of (`proceeds`) a holding, once per source and reference.

    Raises NotFound, Forbidden, InvalidTransition, Invalid (also `period_closed`), Conflict for a reference that stands
    for something else.
    """  # fmt: skip
    row, vehicle = open_to_book(actor, holding_id, Can.BOOK)
    _not_ahead(on)
    if not amount.amount_minor:
        raise Invalid.field("amount", "too_small", N_("Enter an amount above zero"))
    known = queries.flow_by_source(row.id, source, reference)
    if known is not None:
        if _repeats(known, on, kind, amount, rate, row.currency):
            return known
        raise Conflict(N_("Another booking of this holding carries this reference"), code="reference_taken")
    minor, rate, kept = converted(row, amount, on, rate)
    foreign = amount.currency != row.currency
    flow = HoldingFlow(
        id=new("hfl"), holding_id=row.id, organisation_id=row.organisation_id, happened_on=on, kind=kind,
        amount_minor=minor, given_minor=amount.amount_minor if foreign else None,
        given_currency=amount.currency if foreign else None, rate=rate, source=source, source_id=reference, text=text,
        created_by_id=actor.user_id,
    )  # fmt: skip
    return _enter(actor, row, vehicle, flow, Tag.BOOKED, kept)


def reverse_flow(actor: Actor, holding_id: str, flow_id: str, *, reason: str) -> HoldingFlow:
    """Take a booking back by its opposite on the same day, once. Raises as `book_flow`, Conflict when it was done."""
    row, vehicle = open_to_book(actor, holding_id, Can.BOOK)
    wrong = queries.flow(row, flow_id)
    if wrong.reverses_id is not None:
        raise Conflict(N_("A reversal is not reversed; post the entry again"), code="is_reversal")
    if queries.reversal_of(wrong) is not None:
        raise Conflict(N_("This entry was reversed already"), code="already_reversed")
    if wrong.source != "own":
        raise InvalidTransition(N_("This came from another room; it is corrected there"))
    return enter_reversal(actor, row, vehicle, wrong, reason)


def enter_reversal(
    actor: Actor, row: Holding, vehicle: Vehicle, wrong: HoldingFlow, reason: str
) -> HoldingFlow:
    """Enter the opposite of a flow of a holding that is held open."""
    flow = HoldingFlow(
        id=new("hfl"), holding_id=row.id, organisation_id=row.organisation_id, happened_on=wrong.happened_on,
        kind=wrong.kind, amount_minor=-wrong.amount_minor, source=wrong.source, source_id=f"reversal:{wrong.id}",
        text=reason, reverses_id=wrong.id, created_by_id=actor.user_id,
    )  # fmt: skip
    return _enter(actor, row, vehicle, flow, Tag.REVERSED)


def enter_arrival(actor: Actor, row: Holding, vehicle: Vehicle, arrival: Arrival) -> HoldingFlow:
    """Enter what another room booked, on a holding that is held open. A correction over there counts the other way."""
    minor, kind = arrival.amount.amount_minor, arrival.kind
    if minor < 0:
        minor, kind = -minor, "cost" if kind == "proceeds" else "proceeds"
    flow = HoldingFlow(
        id=new("hfl"), holding_id=row.id, organisation_id=row.organisation_id, happened_on=arrival.on, kind=kind,
        amount_minor=minor, source=arrival.source, source_id=arrival.source_id, created_by_id=actor.user_id,
    )  # fmt: skip
    return _enter(actor, row, vehicle, flow, Tag.BOOKED)


def _enter(
    actor: Actor,
    row: Holding,
    vehicle: Vehicle,
    flow: HoldingFlow,
    tag: Tag,
    kept: dict[str, Any] | None = None,
) -> HoldingFlow:
    before = _history(row)
    more = Movement(flow.happened_on, flow.kind, flow.amount_minor)
    after = History([*before.movements, more], before.appraisals, before.closed_on)
    cash = -flow.amount_minor if flow.kind == "cost" else flow.amount_minor
    deed = Deed(flow.id, flow.kind, cash, flow.text or row.name, source=row.id, kept=kept or {})
    entry = posting.post(actor, vehicle, row, deed, changes(before, after, flow.happened_on))
    if entry is None:
        raise AssertionError("a flow moves money")
    flow.entry_id = entry
    session().add(flow)
    session().flush()
    after_values = {
        "on": flow.happened_on.isoformat(), "kind": flow.kind, "amount_minor": flow.amount_minor,
        "reference": flow.source_id, "entry_id": entry,
    }  # fmt: skip
    reason = flow.text if tag == Tag.REVERSED else ""
    audit.record(actor, tag, row, after=after_values, reason=reason, organisation_id=row.organisation_id)
    return flow


def value(
    actor: Actor,
    holding_id: str,
    *,
    on: date,
    value: Money,
    method: str,
    evidence_class: str,
    evidence: str,
    reference: str,
    document_id: str | None = None,
) -> Valuation:
    """Enter what a holding was worth on a day, once per reference; `document_id` is a file that `evidence.keep` took in.

    Raises as `book_flow` does, Invalid on `document_id`.
    """
    row, vehicle = open_to_book(actor, holding_id, Can.VALUE)
    _not_ahead(on)
    if value.currency != row.currency:
        message = N_("Value the holding in its own currency, %(currency)s")
        raise Invalid.field("value", "wrong_currency", message, currency=row.currency)
    known = queries.valuation_by_reference(row.id, reference)
    if known is not None:
        if (known.valued_on, known.value_minor, known.method) == (on, value.amount_minor, method):
            return known
        raise Conflict(N_("Another valuation of this holding carries this reference"), code="reference_taken")
    document = documents.named(actor, document_id)
    return _appraise(
        actor, row, vehicle,
        Valuation(
            id=new("hvl"), holding_id=row.id, organisation_id=row.organisation_id, valued_on=on,
            value_minor=value.amount_minor, method=method, evidence_class=evidence_class, evidence=evidence,
            reference=reference, user_id=actor.user_id, user_name=actor.user_name,
            file_id=document.id if document else None, file_name=document.name if document else "",
            file_sha256=document.sha256 if document else None,
        ),
    )  # fmt: skip


def _appraise(actor: Actor, row: Holding, vehicle: Vehicle, made: Valuation) -> Valuation:
    before = _history(row)
    more = Appraisal(made.valued_on, made.value_minor)
    after = History(before.movements, [*before.appraisals, more], before.closed_on)
    deed = Deed(made.id, "value", 0, made.evidence[:300], source=row.id)
    made.entry_id = posting.post(actor, vehicle, row, deed, changes(before, after, made.valued_on))
    session().add(made)
    session().flush()
    audit.record(
        actor, Tag.VALUED, row,
        after={
            "on": made.valued_on.isoformat(), "value_minor": made.value_minor, "method": made.method,
            "evidence_class": made.evidence_class, "file_sha256": made.file_sha256,
        },
    )  # fmt: skip
    return made


def close(actor: Actor, holding_id: str, *, status: str, on: date, version: int | None = None) -> Holding:
    """End a holding: nothing of it is left, and what was not recovered is a loss. Raises as `book_flow`, StaleVersion."""
    row, vehicle = open_to_book(actor, holding_id, Can.EDIT)
    if version is not None and version != row.version:
        raise StaleVersion(row.version)
    _not_ahead(on)
    before = _history(row)
    later = [day for day in before.days(on) if day > on]
    if later:
        message = N_("Something was booked on %(day)s; end the holding on that day or later")
        raise Invalid.field("on", "booked_later", message, day=later[-1].isoformat())
    after = History(before.movements, before.appraisals, on)
    deed = Deed(f"{row.id}:closed", "value", 0, row.name, source=row.id)
    posting.post(actor, vehicle, row, deed, changes(before, after, on))
    row.status, row.closed_on = status, on
    session().flush()
    audit.record(
        actor, Tag.CLOSED, row, before={"status": "active"}, after={"status": status, "on": on.isoformat()}
    )
    return row


def _not_ahead(on: date) -> None:
    if on > clock.today():
        raise Invalid.field("on", "in_the_future", N_("Use a day that is not in the future"))


def standing_dict(row: Holding, on: date) -> dict[str, Any]:
    """Where a holding stands at a day, in minor units."""
    found = _history(row).at(on)
    return {
        "cost_minor": found.cost, "proceeds_minor": found.proceeds, "book_minor": found.book,
        "value_minor": found.value, "realised_minor": found.realised, "unrealised_minor": found.unrealised,
    }  # fmt: skip
