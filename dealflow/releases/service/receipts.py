"""Recording money that came in, once for each reference, and correcting it by entries of their own."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core import policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid
from dealflow.core.i18n import N_
from dealflow.core.money import Money, total
from dealflow.core.outbox import emit
from dealflow.releases import desks, queries
from dealflow.releases.events import ReceiptRecorded
from dealflow.releases.models import SELF_REPORTED, Receipt
from dealflow.releases.policy import Can, Tag
from dealflow.releases.service.base import check_total, insert_once, refuse_other_content
from dealflow.releases.service.evidence import check_document, check_proof
from dealflow.releases.shapes import CorrectionIn, ReceiptIn, plain


def record(actor: Actor, project_id: str, values: ReceiptIn) -> tuple[Receipt, bool]:
    """Record a receipt: (the entry, whether it is new). The same reference and content again change nothing.

    Raises Conflict naming what differs, Invalid, Forbidden, NotFound.
    """
    desk = desks.to_write(actor, project_id)
    check_document(desk, values.document_id)
    if values.amount.amount_minor == 0:
        raise Invalid.field("amount", "zero", N_("Enter an amount above zero"))
    if queries.by_reference(desk.project_id, values.external_ref) is None:
        _check_proof(values.evidence_class, values.document_id)
        check_total(Receipt, desk.project_id, {values.amount.currency: values.amount.amount_minor})
    row = Receipt(
        project_id=desk.project_id, organisation_id=desk.organisation_id, on=values.on, source=values.source,
        platform=values.platform or "", territory=values.territory or "", external_ref=values.external_ref,
        evidence_class=values.evidence_class, document_id=values.document_id, user_id=actor.user_id, user_name=actor.user_name,
    )  # fmt: skip
    row.amount = values.amount.money()
    found, fresh = insert_once(row, lambda: queries.by_reference(desk.project_id, values.external_ref))
    if not fresh:
        refuse_other_content(values.external_ref, _content(found), _content(row))
        return found, False
    audit.record(actor, Tag.RECEIVED, found, after=plain(values), organisation_id=desk.organisation_id)
    emit(ReceiptRecorded(found.id, found.project_id))
    return found, True


def _check_proof(evidence_class: str, document_id: str | None) -> None:
    if evidence_class != SELF_REPORTED:
        message = N_(
            "Attach the settlement, export or bank slip that shows it; without one it is self-reported and pays nobody"
        )
        check_proof(document_id, message)


def _content(row: Receipt) -> dict[str, object]:
    return {
        "amount": row.amount, "on": row.on, "source": row.source, "platform": row.platform, "territory": row.territory,
        "evidence_class": row.evidence_class, "document_id": row.document_id, "corrects": row.corrects_id,
    }  # fmt: skip


def correct(actor: Actor, receipt_id: str, values: CorrectionIn) -> tuple[Receipt, bool]:
    """Say what a receipt should be: (the entry of the signed difference, whether it is new).

    It stands on the receipt's day and has its evidence class; more than was proven needs a document of its own. Raises
    Invalid when nothing differs or the currency is another, Conflict when somebody corrected the same receipt at the same moment or the reference has other content.
    """
    first = queries.receipt(actor, receipt_id)
    desk = desks.of_actor(actor, first.project_id)
    policy.require(actor, Can.WRITE, desk, see=Can.SEE)
    check_document(desk, values.document_id)
    if first.corrects_id is not None:
        raise Invalid.field(
            "amount", "is_correction", N_("This is a correction; correct the receipt itself again")
        )
    wanted = values.amount.money()
    if wanted.currency != first.amount_currency:
        raise Invalid.field(
            "amount",
            "currency_mismatch",
            N_("The receipt is in %(currency)s"),
            currency=first.amount_currency,
        )
    before = queries.corrections(first)
    known = queries.by_reference(first.project_id, values.external_ref)
    if known is not None:
        _same_correction(first, before, known, values, wanted)
        return known, False
    difference = wanted - net(first, before)
    if difference.amount_minor == 0:
        raise Invalid.field("amount", "unchanged", N_("The receipt says this already"))
    if difference.amount_minor > 0:
        _check_proof(first.evidence_class, values.document_id)
    check_total(Receipt, first.project_id, {wanted.currency: difference.amount_minor})
    row = Receipt(
        project_id=first.project_id, organisation_id=first.organisation_id, on=first.on, source=first.source,
        platform=first.platform, territory=first.territory, external_ref=values.external_ref,
        evidence_class=first.evidence_class, document_id=values.document_id, corrects_id=first.id, number=len(before) + 1,
        reason=values.reason, user_id=actor.user_id, user_name=actor.user_name,
    )  # fmt: skip
    row.amount = difference
    try:
        with session().begin_nested():
            session().add(row)
            session().flush()
    except IntegrityError:
        raise Conflict(N_("Somebody corrected this receipt at the same moment; look at it again")) from None
    audit.record(
        actor, Tag.CORRECTED, first, before={"amount": net(first, before).json()}, after={"amount": wanted.json()},
        reason=values.reason, organisation_id=desk.organisation_id,
    )  # fmt: skip
    emit(ReceiptRecorded(row.id, row.project_id))
    return row, True


def net(first: Receipt, corrected: list[Receipt]) -> Money:
    """What a receipt says after its corrections."""
    return total([first.amount, *(row.amount for row in corrected)], first.amount_currency)


def _same_correction(
    first: Receipt, before: list[Receipt], known: Receipt, values: CorrectionIn, wanted: Money
) -> None:
    upto = [row for row in before if row.number <= known.number]
    recorded = {
        "corrects": known.corrects_id,
        "amount": None,
        "reason": known.reason,
        "document_id": known.document_id,
    }
    if known.corrects_id == first.id:
        recorded["amount"] = net(first, upto)  # type: ignore[assignment]
    given = {
        "corrects": first.id,
        "amount": wanted,
        "reason": values.reason,
        "document_id": values.document_id,
    }
    refuse_other_content(values.external_ref, recorded, given)
