"""Limits, the subscription line, indices and visits."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core import clock, policy, tabular
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Forbidden, Invalid, NotFound
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.core.money import Money
from dealflow.funds.policy import Can as FundCan
from dealflow.funds.service import base as funds
from dealflow.portfolio import planning, posting, queries
from dealflow.portfolio.models import Benchmark, Concentration, LineFlow, Visit
from dealflow.portfolio.policy import Can, Tag
from dealflow.portfolio.queries import Vehicle

MOST_LEVELS = 20_000
PAUSE = timedelta(minutes=30)
"""Of looks further apart than this the later one is another visit."""
R = TypeVar("R")


def _vehicle(actor: Actor, fund_id: str | None, permission: Can) -> Vehicle:
    vehicle = queries.vehicle(actor, fund_id)
    policy.require(actor, permission, vehicle, see=Can.SEE)
    return vehicle


def _one_row(known: Select[Any], made: R | None) -> tuple[R | None, bool]:
    """The row that a query finds, held for this transaction, else `made`; whether it is new.

    Of two that enter the same one the later waits and takes the other's.
    """
    held = known.with_for_update()
    row = session().scalars(held, execution_options={"populate_existing": True}).first()
    if row is not None or made is None:
        return row, False
    try:
        with session().begin_nested():
            session().add(made)
    except IntegrityError:
        return session().scalars(held, execution_options={"populate_existing": True}).one(), False
    return made, True


def limit(actor: Actor, fund_id: str | None, *, dimension: str, most_ppm: int | None) -> None:
    """Set, change or lift (None) a limit of concentration. Raises NotFound, Forbidden, Invalid (`in_terms`)."""
    vehicle = _vehicle(actor, fund_id, Can.LIMIT)
    if vehicle.fund is not None and dimension != "vintage":
        message = N_("This limit stands in the terms of the fund; change it there")
        raise Invalid.field("dimension", "in_terms", message)
    known = select(Concentration).where(
        Concentration.vehicle_id == vehicle.id, Concentration.dimension == dimension
    )
    made = Concentration(
        id=new("plm"), organisation_id=vehicle.organisation_id, vehicle_id=vehicle.id, dimension=dimension,
        most_ppm=most_ppm or 1,
    )  # fmt: skip
    row, is_new = _one_row(known, made if most_ppm is not None else None)
    before = None if row is None or is_new else row.most_ppm
    if before == most_ppm or row is None:
        return
    if most_ppm is None:
        session().delete(row)
    else:
        row.most_ppm = most_ppm
    session().flush()
    audit.record(
        actor, Tag.LIMITED, vehicle.id, before={dimension: before}, after={dimension: most_ppm},
        organisation_id=vehicle.organisation_id,
    )  # fmt: skip


def book_line(actor: Actor, fund_id: str, *, on: date, kind: str, amount: Money, reference: str) -> LineFlow:
    """Enter money of the subscription line, once per reference.

    Raises NotFound, Forbidden, Invalid (`repays_too_much`, …), Conflict for a reference that stands for something else.
    """
    vehicle = _vehicle(actor, fund_id, Can.BOOK)
    if vehicle.fund is None:
        raise NotFound()
    # Two hands on one line take turns.
    funds.hold(actor, vehicle.id, FundCan.SEE)
    posting.open_book(actor, vehicle)
    if amount.currency != vehicle.currency:
        message = N_("Enter the amount in the fund's currency, %(currency)s")
        raise Invalid.field("amount", "wrong_currency", message, currency=vehicle.currency)
    if not amount.amount_minor:
        raise Invalid.field("amount", "too_small", N_("Enter an amount above zero"))
    if on > clock.today():
        raise Invalid.field("on", "in_the_future", N_("Use a day that is not in the future"))
    rows = planning.line_flows(fund_id)
    known = next((row for row in rows if row.reference == reference), None)
    if known is not None:
        if (known.happened_on, known.kind, known.amount_minor) == (on, kind, amount.amount_minor):
            return known
        raise Conflict(N_("Another booking of the line carries this reference"), code="reference_taken")
    drawn = sum(row.amount_minor * {"draw": 1, "repay": -1}.get(row.kind, 0) for row in rows)
    if kind == "repay" and amount.amount_minor > drawn:
        raise Invalid.field("amount", "repays_too_much", N_("No more than what is drawn can be repaid"))
    row = LineFlow(
        id=new("flf"), fund_id=fund_id, organisation_id=vehicle.organisation_id, happened_on=on, kind=kind,
        amount_minor=amount.amount_minor, reference=reference, created_by_id=actor.user_id,
    )  # fmt: skip
    row.entry_id = posting.post_line(
        actor, vehicle, row_id=row.id, on=on, kind=kind, minor=amount.amount_minor
    )
    session().add(row)
    session().flush()
    audit.record(
        actor, Tag.LINE, row, after={"on": on.isoformat(), "kind": kind, "amount_minor": amount.amount_minor},
        organisation_id=vehicle.organisation_id,
    )  # fmt: skip
    return row


def to_compare(actor: Actor) -> None:
    """Return for who may bring in an index. Raises NotFound, Forbidden."""
    if not policy.can(actor, Can.COMPARE):
        raise Forbidden() if policy.can(actor, Can.SEE) else NotFound()


def import_benchmark(actor: Actor, table: tabular.Table, *, name: str) -> Benchmark:
    """Take an index out of a table of two columns, day and level; a name that is known is replaced.

    Raises NotFound, Forbidden, Invalid on `file` that names the row, or on `name`.
    """
    to_compare(actor)
    name = name.strip()
    if not 1 <= len(name) <= 120:
        raise Invalid.field("name", "required", N_("Name the index in up to 120 characters"))
    levels = _levels(table)
    mine = select(Benchmark).where(Benchmark.organisation_id == actor.organisation_id, Benchmark.name == name)
    row, is_new = _one_row(mine, Benchmark(organisation_id=actor.organisation_id, name=name, levels=levels))
    if row is None:
        raise AssertionError("a row was offered")
    before = None if is_new else {"levels": len(row.levels)}
    row.levels = levels
    session().flush()
    after = {
        "levels": len(levels),
        "first": min(levels),
        "last": max(levels),
        "at": clock.rfc3339(clock.now()),
    }
    audit.record(actor, Tag.INDEX, row, before=before, after=after)
    return row


def _levels(table: tabular.Table) -> dict[str, str]:
    if len(table.header) < 2:
        raise tabular.refuse("two_columns", N_("The table needs two columns: the day and the index level"))
    found: dict[str, str] = {}
    # A file without a heading begins with a day.
    rows = list(zip(table.numbers, table.rows, strict=True))
    if _day(table.header[0]) is not None:
        rows.insert(0, (1, table.header))
    for number, row in rows:
        day, level = _day(row[0]), _level(row[1])
        if day is None:
            raise tabular.refuse("bad_day", N_("Row %(row)s: enter a day such as 2026-11-24"), row=number)
        if level is None:
            raise tabular.refuse(
                "bad_level", N_("Row %(row)s: the level must be a number above zero"), row=number
            )
        found[day.isoformat()] = format(level, "f")
    if not found:
        raise tabular.refuse("empty", N_("The file is empty"))
    return found


def _day(text: str) -> date | None:
    clean = text.strip()[:10].replace("/", "-").replace(".", "-")
    for form in ("%Y-%m-%d", "%Y%m%d"):
        try:
            return datetime.strptime(clean, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def _level(text: str) -> Decimal | None:
    try:
        level = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        return None
    return level if level.is_finite() and 0 < level < 10**12 and len(text) < 40 else None


def visit(actor: Actor) -> datetime | None:
    """Note that the actor looks at the portfolio now; when the visit before ended, None during the first one.

    Looks less than PAUSE apart are one visit, so that what changed still stands there on the way back from a holding.
    """
    if actor.user_id is None or actor.organisation_id is None:
        return None
    now = clock.now()
    made = Visit(organisation_id=actor.organisation_id, user_id=actor.user_id, seen_at=now)
    row, is_new = _one_row(planning.visits(actor), made)
    if row is None or is_new:
        return None
    if now - row.seen_at > PAUSE:
        row.seen_before = row.seen_at
    row.seen_at = now
    session().flush()
    return row.seen_before
