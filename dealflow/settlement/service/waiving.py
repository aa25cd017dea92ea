"""Late interest that the project gives up: some or all of what has run up, with a reason the payer reads.

Nothing is posted, since late interest is income only when it comes in; what is waived is a row of its own, and one that was
waived by mistake is taken back by another row.
"""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid, InvalidTransition, NotFound
from dealflow.core.i18n import N_
from dealflow.core.money import Money
from dealflow.settlement import waivers
from dealflow.settlement.models import InterestWaiver, PaymentCall, Tranche
from dealflow.settlement.policy import Can, Tag
from dealflow.settlement.service import base, calling, paying


def waive(actor: Actor, call_id: str, *, reason: str, amount: Money | None = None) -> InterestWaiver:
    """Give up late interest that is owed today: `amount`, or all of it. NotFound, Forbidden, InvalidTransition (withdrawn),
    Conflict (`nothing_owed`, `recorded_before`), Invalid that names the field."""
    _commitment, tranche, call = calling.held(actor, call_id, Can.WAIVE)
    if call.state == "withdrawn":
        raise InvalidTransition(N_("This call was taken back"))
    why = base.reason_given(reason)
    owed = paying.owed_interest(call, clock.today())
    if not owed:
        raise Conflict(N_("No late interest is owed on this call"), code="nothing_owed")
    minor = _part(call, amount, owed)
    undone = sum(1 for row in waivers.of_call(call.id) if row.reverses_id)
    row = _row(actor, call, minor, why, key=f"waiver:{call.id}:{clock.today()}:{minor}:{undone}")
    try:
        with session().begin_nested():
            session().add(row)
            session().flush()
    except IntegrityError:
        message = N_("The same was waived today already; name another amount if more is meant")
        raise Conflict(message, code="recorded_before") from None
    call.interest_waived_minor += minor
    _tell(actor, tranche, call, row, "waive", N_("Late interest of %(amount)s for “%(project)s” was waived"))
    audit.record(
        actor, Tag.WAIVED, row, before={"owed_minor": owed}, after={"owed_minor": owed - minor}, reason=why
    )
    return row


def _part(call: PaymentCall, amount: Money | None, owed: int) -> int:
    if amount is None:
        return owed
    if amount.currency != call.currency:
        message = N_("This commitment is in %(currency)s; enter the amount in it")
        raise Invalid.field("amount", "currency_mismatch", message, currency=call.currency)
    if not 0 < amount.amount_minor <= owed:
        most = f"{Money(owed, call.currency).major:,f}"
        raise Invalid.field("amount", "too_large", N_("At most %(most)s of late interest is owed"), most=most)
    return amount.amount_minor


def take_back(actor: Actor, waiver_id: str, *, reason: str) -> InterestWaiver:
    """Take back what was waived by mistake: it is owed again. NotFound, Forbidden, Conflict, Invalid (`reason`)."""
    known = session().get(InterestWaiver, waiver_id)
    if known is None:
        raise NotFound()
    policy.require(actor, Can.WAIVE, known, see=Can.SEE)
    why = base.reason_given(reason)
    _commitment, tranche, call = calling.held(actor, known.call_id, Can.WAIVE)
    if known.reverses_id or waivers.is_reversed(known.id):
        raise Conflict(N_("This entry was taken back already"), code="already_reversed")
    row = _row(actor, call, known.amount_minor, why, key=f"reversal:{known.id}", reverses_id=known.id)
    session().add(row)
    call.interest_waived_minor -= known.amount_minor
    session().flush()
    _tell(
        actor,
        tranche,
        call,
        row,
        "unwaive",
        N_("Late interest of %(amount)s for “%(project)s” is owed again"),
    )
    audit.record(
        actor,
        Tag.WAIVER_REVERSED,
        row,
        after={"of": known.id, "amount_minor": known.amount_minor},
        reason=why,
    )
    return row


def _row(
    actor: Actor, call: PaymentCall, minor: int, why: str, *, key: str, reverses_id: str | None = None
) -> InterestWaiver:
    return InterestWaiver(
        call_id=call.id, investor_organisation_id=call.investor_organisation_id,
        project_organisation_id=call.project_organisation_id, amount_minor=minor, currency=call.currency, reason=why,
        reverses_id=reverses_id, key=key, user_id=actor.user_id, user_name=actor.user_name,
    )  # fmt: skip


def _tell(
    actor: Actor, tranche: Tranche, call: PaymentCall, row: InterestWaiver, kind: str, title: str
) -> None:
    base.happened(actor, tranche, kind, text=row.reason, call=call.reference, amount_minor=row.amount_minor)
    base.tell(
        actor, call, "investor", kind, title, text=N_("Reason: %(reason)s"), reason=row.reason,
        amount=f"{row.currency} {row.amount.major:,f}", link=calling.path(call), key=f"{kind}:{row.id}",
    )  # fmt: skip
