"""Marking what was paid out: one bank transfer pays all that a payee is owed."""

from __future__ import annotations

from datetime import date

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid, InvalidTransition
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.core.money import Money
from dealflow.core.outbox import emit
from dealflow.ledger import queries as books
from dealflow.ledger import service as ledger
from dealflow.ledger.service import Draft, Line
from dealflow.notify import service as notify
from dealflow.recoupment import queries
from dealflow.recoupment.events import PayoutChanged
from dealflow.recoupment.models import DistributionLine, Payout, PayoutLine, PayoutReturn
from dealflow.recoupment.policy import Can, Tag
from dealflow.recoupment.service.posting import COLLECTION, book_of, payable_to


def mark_paid(
    actor: Actor, run_id: str, *, payee: str, on: date, bank_reference: str, currency: str | None = None
) -> Payout:
    """Record the transfer that paid everything a payee is owed in a currency by the runs up to this one, and post it.
    `currency` may be left out where it is owed in one.

    Raises NotFound, Forbidden, InvalidTransition (not posted), Invalid (`on`, `payee`, `currency`), Conflict (`nothing_due`,
    `paid_already`).
    """
    run = queries.run(actor, run_id)
    policy.require(actor, Can.PAY, run, see=Can.SEE)
    if run.state != "posted":
        raise InvalidTransition(N_("Only posted runs are paid out"))
    if on > clock.today():
        raise Invalid.field("on", "in_the_future", N_("Mark a transfer once the bank has made it"))
    found = _in_one_currency(run, queries.open_lines(run, payee), currency)
    total = sum(line.due_minor for line, _turn in found)
    if total <= 0:
        if not queries.lines(run.id, payee):
            raise Invalid.field("payee", "unknown_payee", N_("This run does not name that payee"))
        raise Conflict(
            N_("Nothing is due to this payee; what it had too much is set off against later runs"), code="nothing_due"
        )  # fmt: skip
    payout = _kept(actor, run, found, on, bank_reference, total)
    desk = queries.desk(actor, run.project_id)
    book, amount = book_of(actor, desk, run.currency), Money(total, payout.currency)
    ledger.post(
        actor, book,
        Draft(
            books.open_day(book, on), "payout", f"payout:{payout.id}",
            (Line(payable_to(payee, found[-1][0].payee_name), amount), Line(COLLECTION, -amount)),
            text=bank_reference, source=payout.id, data={"run_id": run.id},
        ),
    )  # fmt: skip
    audit.record(
        actor, Tag.PAID, payout, organisation_id=run.organisation_id,
        after={"payee": payee, "amount_minor": total, "currency": payout.currency, "on": on, "bank_reference": bank_reference},
    )  # fmt: skip
    emit(PayoutChanged(payout.id, payout.project_id))
    text = N_("%(project)s: transfer of %(day)s, reference %(reference)s.")
    _tell(actor, payout, desk, N_("A distribution was paid to you"), text)
    return payout


def _in_one_currency(
    run: queries.DistributionRun, found: list[tuple[DistributionLine, int]], currency: str | None
) -> list[tuple[DistributionLine, int]]:
    """The lines in a currency; in the only one that is owed in when none is given."""
    by_currency: dict[str, list[tuple[DistributionLine, int]]] = {}
    for line, turn in found:
        by_currency.setdefault(line.own_currency or run.currency, []).append((line, turn))
    if currency is not None:
        return by_currency.get(currency, [])
    owed = {c: rows for c, rows in by_currency.items() if sum(line.due_minor for line, _turn in rows) > 0}
    if len(owed) > 1:
        raise Invalid.field(
            "currency", "several_currencies",
            N_("This payee is owed in several currencies (%(found)s); each is paid by a transfer of its own, so name one"),
            found=", ".join(sorted(owed)),
        )  # fmt: skip
    return next(iter(owed.values()), [])


def _kept(
    actor: Actor,
    run: queries.DistributionRun,
    found: list[tuple[DistributionLine, int]],
    on: date,
    reference: str,
    total: int,
) -> Payout:
    organisation = found[-1][0].payee_organisation_id
    payout = Payout(
        id=new("pyo"), run_id=run.id, project_id=run.project_id, organisation_id=run.organisation_id, payee=found[-1][0].payee,
        payee_organisation_id=organisation, on=on, bank_reference=reference, amount_minor=total,
        currency=found[-1][0].own_currency or run.currency,
        user_id=actor.user_id, user_name=actor.user_name,
    )  # fmt: skip
    rows = [
        {
            "id": new("pyl"), "payout_id": payout.id, "line_id": line.id, "organisation_id": run.organisation_id,
            "payee_organisation_id": organisation, "amount_minor": line.due_minor, "turn": turn,
        }
        for line, turn in found
    ]  # fmt: skip
    try:
        with session().begin_nested():
            session().add(payout)
            session().flush()
            session().execute(insert(PayoutLine), rows)
    except IntegrityError:
        raise Conflict(
            N_("This was marked as paid already, or the bank reference stands for another transfer to this payee"),
            code="paid_already",
        ) from None  # fmt: skip
    return payout


def take_back(actor: Actor, payout_id: str, *, reason: str) -> Payout:
    """Take back a transfer that was marked by mistake or that the bank returned: what it paid is owed again.

    Raises NotFound, Forbidden, Conflict (`taken_back`).
    """
    payout = queries.payout(actor, payout_id)
    policy.require(actor, Can.PAY, payout, see=Can.SEE_STATEMENT)
    row = PayoutReturn(
        id=new("pyr"), payout_id=payout.id, organisation_id=payout.organisation_id, reason=reason,
        payee_organisation_id=payout.payee_organisation_id, user_id=actor.user_id, user_name=actor.user_name,
    )  # fmt: skip
    try:
        with session().begin_nested():
            session().add(row)
            session().flush()
    except IntegrityError:
        raise Conflict(N_("This transfer was taken back already"), code="taken_back") from None
    desk = queries.desk(actor, payout.project_id)
    book = book_of(actor, desk, payout.currency)
    entry = books.entry_by_key(book, f"payout:{payout.id}")
    if entry is not None:
        ledger.reverse(
            actor,
            entry,
            on=books.open_day(book, clock.today()),
            key=f"payout-back:{payout.id}",
            reason=reason,
        )
    audit.record(
        actor, Tag.TAKEN_BACK, payout, before={"amount_minor": payout.amount_minor}, after={"amount_minor": 0}, reason=reason,
        organisation_id=payout.organisation_id,
    )  # fmt: skip
    emit(PayoutChanged(payout.id, payout.project_id))
    _tell(
        actor,
        payout,
        desk,
        N_("A transfer to you was taken back"),
        N_("%(project)s: %(reference)s. %(reason)s"),
        reason,
    )
    return payout


def _tell(actor: Actor, payout: Payout, desk: queries.Desk, title: str, text: str, reason: str = "") -> None:
    organisation = payout.payee_organisation_id
    if organisation is None or organisation == payout.organisation_id:
        return
    statement = queries.statement_about(payout)
    params = {
        "project": desk.titles,
        "day": payout.on.isoformat(),
        "reference": payout.bank_reference,
        "reason": reason,
    }
    notify.tell(
        code="recoupment.paid", title=title, text=text, organisation_id=organisation, by_mail=True,
        link=f"/distribution-statements/{statement.id}", params=params,
    )  # fmt: skip
