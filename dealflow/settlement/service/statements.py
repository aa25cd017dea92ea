"""Bank statements: imported once whoever imports them, lines matched to calls by a person, or set aside."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError

from dealflow.accounts import limits
from dealflow.audit import service as audit
from dealflow.core import policy, tabular
from dealflow.core.actor import Actor
from dealflow.core.db import hold, session
from dealflow.core.errors import FieldError, Invalid
from dealflow.core.i18n import N_, gettext
from dealflow.core.tabular import Table
from dealflow.funds import queries as funds
from dealflow.settlement import bank_queries, presets
from dealflow.settlement.models import BankLine, BankStatement
from dealflow.settlement.policy import Can, Tag
from dealflow.settlement.presets import Incoming, Preset, Unreadable
from dealflow.settlement.service import base, claims
from dealflow.settlement.service.claims import Paid
from dealflow.settlement.states import LINE

ROW_LIMIT = 5000
SHOWN_ERRORS = 10


@dataclass(frozen=True)
class Imported:
    """What came of an import; `again` when the same file was there already."""

    statement: BankStatement
    again: bool


def read(content: bytes) -> Table:
    """The table in a statement's file, its header found below the bank's title lines."""
    return tabular.read(io.BytesIO(content), row_limit=ROW_LIMIT, is_header=presets.is_header)


def preset_for(
    actor: Actor, table: Table, key: str = "", mapping: Mapping[str, str] | None = None
) -> Preset | None:
    """How a table is read: by own mapping (field → heading), the named preset, the one that fits, or the mapping that the
    organisation used for the same columns before. None when nothing fits. Raises Invalid (`mapping`, `preset`)."""
    if mapping:
        return _own(mapping, table.header)
    if key:
        chosen = presets.BY_KEY.get(key)
        if chosen is None or not presets.fits(chosen, table.header):
            message = N_(
                "The file does not have the columns of this bank; choose another, or name the columns yourself"
            )
            raise Invalid.field("preset", "does_not_fit", message)
        return chosen
    fitting = presets.detect(table.header)
    if fitting is not None:
        return fitting
    before = bank_queries.statement_by_columns(actor, digest_of(table.header))
    return _own(before.mapping, table.header) if before is not None and before.mapping else None


def _own(mapping: Mapping[str, str], header: Sequence[str]) -> Preset:
    errors = [
        FieldError("mapping", "unknown_field", N_("There is no field %(field)s"), {"field": field})
        for field in mapping if field not in presets.FIELDS
    ] + [
        FieldError("mapping", "unknown_column", N_("The file has no column %(column)s"), {"column": column})
        for column in mapping.values() if column not in header
    ]  # fmt: skip
    if errors:
        raise Invalid(errors=errors)
    made = Preset(presets.OWN, "", {field: (column,) for field, column in mapping.items()})
    if not presets.fits(made, header):
        message = N_("Name the columns of the day, of the other party, and of the money that came in")
        raise Invalid.field("mapping", "incomplete", message)
    return made


def digest_of(header: Sequence[str]) -> str:
    """Which columns a file has, as a digest."""
    return hashlib.sha256(json.dumps([presets.heading(name) for name in header]).encode()).hexdigest()


def bring_in(
    actor: Actor,
    content: bytes,
    name: str,
    *,
    preset: str = "",
    mapping: Mapping[str, str] | None = None,
    currency: str | None = None,
    fund_id: str | None = None,
    table: Table | None = None,
) -> Imported:
    """Import a statement: what came in and is not known yet becomes lines to match. The same file of an account changes nothing;
    one that was imported for the wrong account is imported once more for the right one, and the wrong lines are set aside.

    `fund_id`: the fund whose account it is of; a manager of one fund may leave it out. `currency`: where the file names
    none; CNY, or the fund's. `table`: what was read of the content before. Raises Forbidden, TooLarge, Invalid (`file` with the rows that cannot be read, `preset`,
    `mapping`, `fund_id`; `file` `unknown_columns` when nothing fits).
    """
    policy.require(actor, Can.IMPORT)
    fund = account_of(actor, fund_id)
    sha256, of = hashlib.sha256(content).hexdigest(), fund.id if fund else None
    limits.take_turns(f"bank:{actor.organisation_id}")
    known = bank_queries.statement_by_hash(actor, sha256, of)
    if known is not None:
        return Imported(known, again=True)
    table = table or read(content)
    chosen = preset_for(actor, table, preset, mapping)
    if chosen is None:
        message = N_("No bank's columns were recognised; name the columns yourself")
        raise Invalid.field("file", "unknown_columns", message)
    rows = _rows(table, chosen, currency or (fund.currency if fund else "CNY"))
    statement = BankStatement(
        organisation_id=str(actor.organisation_id), fund_id=of, sha256=sha256, name=name[:200], preset=chosen.key, rows=len(table.rows),
        mapping={f: c[0] for f, c in chosen.columns.items()} if chosen.key == presets.OWN else {},
        columns_digest=digest_of(table.header), outgoing=len(table.rows) - len(rows), fresh=0, known=0,
        user_id=actor.user_id, user_name=actor.user_name,
    )  # fmt: skip
    try:
        with session().begin_nested():
            session().add(statement)
            session().flush()
            _lines(actor, statement, rows)
    except IntegrityError:
        there = bank_queries.statement_by_hash(actor, sha256, of)
        if there is None:
            raise
        return Imported(there, again=True)
    audit.record(
        actor, Tag.IMPORTED, statement,
        after={"name": statement.name, "sha256": sha256, "fund_id": statement.fund_id, "fresh": statement.fresh, "known": statement.known},
    )  # fmt: skip
    return Imported(statement, again=False)


def accounts(actor: Actor) -> list[Any]:
    """The funds on whose accounts the actor's organisation gets money: those it manages."""
    rows, _total = funds.listed(actor)
    return [row for row in rows if row.organisation_id == actor.organisation_id]


def account_of(actor: Actor, fund_id: str | None) -> Any | None:
    """The fund whose account a statement is of; None for a house that manages none. Invalid (`fund_id`)."""
    managed = accounts(actor) if actor.kind == "fund" else []
    if fund_id is None and len(managed) == 1:
        return managed[0]
    found = next((row for row in managed if row.id == fund_id), None)
    if found is None and fund_id is not None:
        raise Invalid.field("fund_id", "unknown_fund", N_("You manage no such fund"))
    if found is None and actor.kind == "fund":
        raise Invalid.field("fund_id", "required", N_("Say which fund's bank account this is"))
    return found


def _rows(table: Table, chosen: Preset, currency: str) -> list[tuple[int, Incoming]]:
    at, found, errors = presets.places(chosen, table.header), [], []
    for number, cells in zip(table.numbers, table.rows, strict=True):
        try:
            row = presets.read_row(cells, at, currency)
        except Unreadable as error:
            message = N_("Row %(row)s, %(column)s: %(problem)s")
            column = table.header[at[error.field][0]]
            params = {"row": number, "column": column, "problem": gettext(error.message)}
            errors.append(FieldError("file", "unreadable", message, params))
            continue
        if row is not None:
            found.append((number, row))
    if errors:
        raise Invalid(errors=errors[:SHOWN_ERRORS])
    return found


def _lines(actor: Actor, statement: BankStatement, rows: list[tuple[int, Incoming]]) -> None:
    """Add the lines that no earlier statement brought."""
    seen: Counter[str] = Counter()
    made = []
    for number, row in rows:
        content = json.dumps(
            [row.day.isoformat(), row.amount.amount_minor, row.amount.currency, row.payer, row.payer_account, row.text, row.serial]
            + ([statement.fund_id] if statement.fund_id else [])
        )  # fmt: skip
        # Two payments that look alike in every column are two; the second time round they are the same two.
        seen[content] += 1
        made.append((number, row, hashlib.sha256(f"{content}#{seen[content]}".encode()).hexdigest()))
    known = bank_queries.known_fingerprints(actor, [fingerprint for _n, _row, fingerprint in made])
    # A later export may word a line otherwise; the bank's number, day, amount and payer say that it is the same.
    there = bank_queries.known_serials(actor, statement.fund_id, (row.serial for _n, row, _f in made))
    fresh = []
    for entry in made:
        row = entry[1]
        key = (row.day, row.amount.amount_minor, row.amount.currency, row.payer, row.serial)
        if there[key]:
            there[key] -= 1
        elif entry[2] not in known:
            fresh.append(entry)
    for number, row, fingerprint in fresh:
        session().add(
            BankLine(
                organisation_id=statement.organisation_id, statement_id=statement.id, place=number, fingerprint=fingerprint,
                booked_on=row.day, amount_minor=row.amount.amount_minor, currency=row.amount.currency, payer=row.payer,
                payer_account=row.payer_account, text=row.text, serial=row.serial,
            )
        )  # fmt: skip
    statement.fresh, statement.known = len(fresh), len(made) - len(fresh)
    session().flush()


def held(actor: Actor, line_id: str) -> BankLine:
    """A line as it is now, kept from others until the transaction ends. NotFound, Forbidden."""
    known = bank_queries.line(actor, line_id)
    policy.require(actor, Can.IMPORT, known, see=Can.SEE_BANK)
    return hold(BankLine, known.id)


def confirm(actor: Actor, line_id: str, call_id: str, *, rate: str | None = None) -> Paid:
    """A person says which call a line pays (`call_id` of any of `claims.KINDS`); it is recorded. `rate`: for a call that may
    be paid in another currency, when the table of rates has none. Raises NotFound, Forbidden, InvalidTransition, Invalid
    (`call_id`), and what the recording of the call's kind raises."""
    line = held(actor, line_id)
    state = LINE.fire(line.state, "match", line)
    account = bank_queries.accounts([line])[line.statement_id]
    made = claims.pay(actor, call_id, line, account=account, rate=rate)
    line.state = state
    session().flush()
    audit.record(
        actor,
        Tag.MATCHED,
        line,
        before={"state": "new"},
        after={"state": "matched", "kind": made.kind, "payment": made.id},
    )
    return made


def free(line_id: str) -> None:
    """Let a line wait for a call again, since all that it paid was taken back."""
    line = base.fresh(BankLine, line_id)
    line.state = LINE.fire(line.state, "unmatch", line)
    session().flush()


def ignore(actor: Actor, line_id: str, *, reason: str = "") -> BankLine:
    """Set a line aside that pays no call."""
    line = held(actor, line_id)
    line.state, line.reason = LINE.fire(line.state, "ignore", line), reason.strip()[:500]
    session().flush()
    audit.record(
        actor, Tag.IGNORED, line, before={"state": "new"}, after={"state": line.state}, reason=reason
    )
    return line


def restore(actor: Actor, line_id: str) -> BankLine:
    """Take a line back that was set aside."""
    line = held(actor, line_id)
    line.state, line.reason = LINE.fire(line.state, "restore", line), ""
    session().flush()
    audit.record(actor, Tag.RESTORED, line, before={"state": "ignored"}, after={"state": line.state})
    return line
