"""Reads of bank statements and their lines, scoped by the actor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

from sqlalchemy import func, select

from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import NotFound
from dealflow.core.paging import Query
from dealflow.core.schema import Ref
from dealflow.settlement.models import BankLine, BankStatement


class LineQuery(Query):
    """Filters of the list of bank lines. `fund_id`: of the account of that fund."""

    state: Literal["new", "matched", "ignored"] | None = None
    fund_id: Ref("fnd") | None = None  # type: ignore[valid-type]


def line(actor: Actor, line_id: str) -> BankLine:
    """A line of the organisation's statements; NotFound otherwise."""
    found = session().get(BankLine, line_id)
    if found is None:
        raise NotFound()
    return found


def statements(actor: Actor, query: Query) -> tuple[list[BankStatement], int]:
    """A page of the organisation's statements, the latest first, and how many there are."""
    total = session().scalar(select(func.count()).select_from(BankStatement)) or 0
    rows = select(BankStatement).order_by(BankStatement.id.desc()).limit(query.limit).offset(query.offset)
    return list(session().scalars(rows)), total


def statement_by_hash(actor: Actor, sha256: str, fund_id: str | None) -> BankStatement | None:
    """The organisation's statement with these very bytes of an account: a fund's, or its own (None)."""
    query = select(BankStatement).where(
        BankStatement.organisation_id == actor.organisation_id, BankStatement.sha256 == sha256, BankStatement.fund_id == fund_id
    )  # fmt: skip
    return session().scalars(query).first()


def statement_by_columns(actor: Actor, digest: str) -> BankStatement | None:
    """The organisation's latest statement with the same columns."""
    query = select(BankStatement).where(
        BankStatement.organisation_id == actor.organisation_id, BankStatement.columns_digest == digest
    )
    return session().scalars(query.order_by(BankStatement.id.desc()).limit(1)).first()


def known_fingerprints(actor: Actor, fingerprints: Sequence[str]) -> set[str]:
    """Those that an earlier statement of the organisation brought."""
    found: set[str] = set()
    for start in range(0, len(fingerprints), 500):
        query = select(BankLine.fingerprint).where(
            BankLine.organisation_id == actor.organisation_id,
            BankLine.fingerprint.in_(fingerprints[start : start + 500]),
        )
        found |= set(session().scalars(query))
    return found


Serial = tuple[date, int, str, str, str]
"""Day, minor units, currency, payer and the bank's serial number."""


def known_serials(actor: Actor, fund_id: str | None, serials: Iterable[str]) -> Counter[Serial]:
    """How many lines of an account (a fund's, or the house's own) stand under some serial numbers of the bank, by what tells
    them apart whatever else a later export says."""
    wanted, found = sorted({serial for serial in serials if serial}), Counter[Serial]()
    columns = (
        BankLine.booked_on,
        BankLine.amount_minor,
        BankLine.currency,
        BankLine.payer,
        BankLine.serial,
    )
    for start in range(0, len(wanted), 500):
        query = (
            select(*columns)
            .join(BankStatement, BankStatement.id == BankLine.statement_id)
            .where(
                BankLine.organisation_id == actor.organisation_id,
                BankStatement.fund_id == fund_id,
                BankLine.serial.in_(wanted[start : start + 500]),
            )
        )
        found.update(
            (day, minor, code, payer, serial) for day, minor, code, payer, serial in session().execute(query)
        )
    return found


def lines(actor: Actor, query: LineQuery) -> tuple[list[BankLine], int]:
    """A page of the organisation's bank lines, the latest first, and how many there are."""
    wanted = select(BankLine)
    if query.state:
        wanted = wanted.where(BankLine.state == query.state)
    if query.fund_id:
        of_fund = select(BankStatement.id).where(BankStatement.fund_id == query.fund_id)
        wanted = wanted.where(BankLine.statement_id.in_(of_fund))
    total = session().scalar(select(func.count()).select_from(wanted.subquery())) or 0
    rows = wanted.order_by(BankLine.booked_on.desc(), BankLine.id).limit(query.limit).offset(query.offset)
    return list(session().scalars(rows)), total


def accounts(lines: Iterable[BankLine]) -> dict[str, str | None]:
    """Statement id → the fund whose account it is of, None for an account of the house. One statement."""
    query = select(BankStatement.id, BankStatement.fund_id).where(
        BankStatement.id.in_({line.statement_id for line in lines})
    )
    return {key: fund_id for key, fund_id in session().execute(query)}


def account_of_line(actor: Actor, line_id: str) -> str | None:
    """The fund on whose account a line came in; None for an account of the house. NotFound."""
    found = line(actor, line_id)
    return accounts([found])[found.statement_id]


def unmatched(actor: Actor) -> dict[str | None, int]:
    """Fund (None: the house itself) → how many lines of its account wait to be matched."""
    query = (
        select(BankStatement.fund_id, func.count(BankLine.id))
        .join(BankLine, BankLine.statement_id == BankStatement.id)
        .where(BankLine.state == "new")
        .group_by(BankStatement.fund_id)
    )
    return {fund_id: number for fund_id, number in session().execute(query)}
