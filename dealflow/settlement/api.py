"""The JSON API of commitments, tranches, calls and payments."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from dealflow.core import i18n
from dealflow.core.doors import costly
from dealflow.core.http import actor, api_blueprint, download, endpoint, prepared, prepares
from dealflow.core.paging import Query, listing
from dealflow.core.schema import load
from dealflow.files.taking import needed, sent_document
from dealflow.settlement import papers, queries, service, showing, waivers
from dealflow.settlement.policy import Can
from dealflow.settlement.queries import TrancheQuery
from dealflow.settlement.service.proofs import PURPOSE as PROOF
from dealflow.settlement.service.proofs import to_prove
from dealflow.settlement.shapes import (
    CallPaymentIn,
    CallTrancheIn,
    ExtendTrancheIn,
    InterestWaiverOut,
    MilestoneProofIn,
    MilestoneProofOut,
    NoticeQuery,
    OffsetIn,
    PaymentCallOut,
    ProjectCommitmentOut,
    ReleaseTrancheIn,
    SettlementPaymentOut,
    SettlementReasonIn,
    SettlementRefundIn,
    TrancheOut,
    WaiveInterestIn,
)

bp = api_blueprint("settlement")


@bp.get("/tranches")
@endpoint(Can.LIST, query=TrancheQuery, returns=TrancheOut, lists=True)
def tranches(query: TrancheQuery) -> dict[str, Any]:
    """The organisation's tranches over all projects, by long-stop date."""
    rows, total = queries.page(actor(), query)
    return listing(showing.tranche_dicts(actor(), rows), total, query)


@bp.get("/tranches/<tranche_id>")
@endpoint(Can.SEE, returns=TrancheOut)
def tranche(tranche_id: str) -> dict[str, Any]:
    """One tranche."""
    return showing.one_tranche(actor(), queries.tranche(actor(), tranche_id))


@bp.post("/tranches/<tranche_id>/release")
@endpoint(Can.RELEASE, body=ReleaseTrancheIn, returns=TrancheOut)
def release(tranche_id: str, body: ReleaseTrancheIn) -> dict[str, Any]:
    """Approve a tranche early, or lift a hold (the investor)."""
    return showing.one_tranche(actor(), service.release(actor(), tranche_id, reason=body.reason))


@bp.post("/tranches/<tranche_id>/hold")
@endpoint(Can.HOLD, body=SettlementReasonIn, returns=TrancheOut)
def hold(tranche_id: str, body: SettlementReasonIn) -> dict[str, Any]:
    """Put a tranche on hold that is not called yet (the investor)."""
    return showing.one_tranche(actor(), service.hold(actor(), tranche_id, reason=body.reason))


@bp.post("/tranches/<tranche_id>/extend")
@endpoint(Can.DECIDE, body=ExtendTrancheIn, returns=TrancheOut)
def extend(tranche_id: str, body: ExtendTrancheIn) -> dict[str, Any]:
    """Give a missed tranche more time (the investor)."""
    done = service.extend(actor(), tranche_id, until=body.until, reason=body.reason)
    return showing.one_tranche(actor(), done)


@bp.post("/tranches/<tranche_id>/end")
@endpoint(Can.DECIDE, body=SettlementReasonIn, returns=TrancheOut)
def end(tranche_id: str, body: SettlementReasonIn) -> dict[str, Any]:
    """End a missed tranche and all later ones (the investor)."""
    return showing.one_tranche(actor(), service.end(actor(), tranche_id, reason=body.reason))


def _to_prove(tranche_id: str) -> None:
    to_prove(actor(), tranche_id)


@bp.post("/tranches/<tranche_id>/proofs")
@endpoint(Can.PROVE, returns=MilestoneProofOut, status=201, upload=MilestoneProofIn)
@prepares(sent_document(_to_prove, purpose=PROOF))
def submit(tranche_id: str) -> dict[str, Any]:
    """Hand in a file that shows that the milestone is met (multipart: file, note?)."""
    values = load(MilestoneProofIn, dict(request.form.items()))
    proof = service.submit(actor(), tranche_id, needed(prepared()), note=values.note)
    return showing.proof_dict(proof)


@bp.get("/tranches/<tranche_id>/proofs")
@endpoint(Can.SEE, query=Query, returns=MilestoneProofOut, lists=True)
def proofs(tranche_id: str, query: Query) -> dict[str, Any]:
    """The proofs handed in for a tranche, the latest first."""
    found = queries.proofs_of([queries.tranche(actor(), tranche_id).id])[tranche_id]
    shown = found[query.offset : query.offset + query.limit]
    return listing([showing.proof_dict(row) for row in shown], len(found), query)


@bp.post("/proofs/<proof_id>/accept")
@endpoint(Can.ANSWER, returns=MilestoneProofOut)
def accept(proof_id: str) -> dict[str, Any]:
    """Accept a proof: its tranche may be called (the investor)."""
    return showing.proof_dict(service.accept(actor(), proof_id))


@bp.post("/proofs/<proof_id>/reject")
@endpoint(Can.ANSWER, body=SettlementReasonIn, returns=MilestoneProofOut)
def reject(proof_id: str, body: SettlementReasonIn) -> dict[str, Any]:
    """Reject a proof with a reason (the investor)."""
    return showing.proof_dict(service.reject(actor(), proof_id, reason=body.reason))


@bp.post("/tranches/<tranche_id>/calls")
@endpoint(Can.CALL, body=CallTrancheIn, returns=PaymentCallOut, status=201)
def call(tranche_id: str, body: CallTrancheIn) -> dict[str, Any]:
    """Call for the payment of an open tranche (the project)."""
    return showing.call_dict(
        service.call(actor(), tranche_id, due_on=body.due_on, note=body.note, account=body.account)
    )


@bp.post("/tranches/<tranche_id>/refunds")
@endpoint(Can.REFUND, body=SettlementRefundIn, returns=SettlementPaymentOut, status=201)
def refund(tranche_id: str, body: SettlementRefundIn) -> dict[str, Any]:
    """Record that principal of a tranche was paid back (the project)."""
    made = service.refund(
        actor(),
        tranche_id,
        amount=body.amount.money(),
        on=body.on,
        reason=body.reason,
        reference=body.reference,
    )
    return showing.payment_dict(made)


@bp.get("/payment-calls/<payment_call_id>")
@endpoint(Can.SEE, returns=PaymentCallOut)
def show_call(payment_call_id: str) -> dict[str, Any]:
    """One call for payment."""
    return showing.call_dict(queries.call(actor(), payment_call_id))


@bp.get("/payment-calls/<payment_call_id>/notice.pdf")
@costly
@endpoint(Can.SEE, query=NoticeQuery)
def notice(payment_call_id: str, query: NoticeQuery) -> Response:
    """The notice of a call as PDF, kept as it was issued."""
    with i18n.using(query.lang or i18n.language()):
        return download(**papers.notice_file(actor(), payment_call_id))


@bp.post("/payment-calls/<payment_call_id>/withdraw")
@endpoint(Can.CALL, body=SettlementReasonIn, returns=PaymentCallOut)
def withdraw(payment_call_id: str, body: SettlementReasonIn) -> dict[str, Any]:
    """Take back a call nothing was paid on (the project)."""
    return showing.call_dict(service.withdraw(actor(), payment_call_id, reason=body.reason))


@bp.post("/payment-calls/<payment_call_id>/payments")
@endpoint(Can.RECORD, body=CallPaymentIn, returns=SettlementPaymentOut, status=201)
def record(payment_call_id: str, body: CallPaymentIn) -> dict[str, Any]:
    """Record that money came in for a call (the project)."""
    made = service.record(
        actor(), payment_call_id, amount=body.amount.money(), on=body.on, payer=body.payer, reference=body.reference, note=body.note,
        interest=body.interest.money() if body.interest else None, beyond=body.beyond,
    )  # fmt: skip
    return showing.payment_dict(made)


@bp.get("/payment-calls/<payment_call_id>/payments")
@endpoint(Can.SEE, query=Query, returns=SettlementPaymentOut, lists=True)
def payments(payment_call_id: str, query: Query) -> dict[str, Any]:
    """The money that moved for a call, the latest first."""
    found = queries.transfers(call_id=queries.call(actor(), payment_call_id).id)
    shown = found[query.offset : query.offset + query.limit]
    return listing([showing.payment_dict(row) for row in shown], len(found), query)


@bp.get("/payment-calls/<payment_call_id>/waivers")
@endpoint(Can.SEE, query=Query, returns=InterestWaiverOut, lists=True)
def list_waivers(payment_call_id: str, query: Query) -> dict[str, Any]:
    """Late interest of a call that was waived, the latest first."""
    found = waivers.of_call(queries.call(actor(), payment_call_id).id)
    shown = found[query.offset : query.offset + query.limit]
    return listing([showing.waiver_dict(row) for row in shown], len(found), query)


@bp.post("/payment-calls/<payment_call_id>/waivers")
@endpoint(Can.WAIVE, body=WaiveInterestIn, returns=InterestWaiverOut, status=201)
def waive(payment_call_id: str, body: WaiveInterestIn) -> dict[str, Any]:
    """Give up late interest that is owed on a call (the project)."""
    amount = body.amount.money() if body.amount else None
    return showing.waiver_dict(service.waive(actor(), payment_call_id, amount=amount, reason=body.reason))


@bp.post("/interest-waivers/<waiver_id>/reverse")
@endpoint(Can.WAIVE, body=SettlementReasonIn, returns=InterestWaiverOut, status=201)
def take_back_waiver(waiver_id: str, body: SettlementReasonIn) -> dict[str, Any]:
    """Take back a waiver that was a mistake: the interest is owed again (the project)."""
    return showing.waiver_dict(service.take_back(actor(), waiver_id, reason=body.reason))


@bp.post("/payment-calls/<payment_call_id>/offset")
@endpoint(Can.RECORD, body=OffsetIn, returns=SettlementPaymentOut, status=201)
def offset(payment_call_id: str, body: OffsetIn) -> dict[str, Any]:
    """Use what was overpaid for a call (the project)."""
    wanted = body.amount.money() if body.amount else None
    return showing.payment_dict(service.offset(actor(), payment_call_id, amount=wanted))


@bp.get("/commitments")
@endpoint(Can.LIST, query=Query, returns=ProjectCommitmentOut, lists=True)
def commitments(query: Query) -> dict[str, Any]:
    """The organisation's commitments, the latest first."""
    rows, total = queries.commitment_page(actor(), query)
    return listing(showing.commitment_dicts(actor(), rows), total, query)


@bp.get("/commitments/<commitment_id>")
@endpoint(Can.SEE, returns=ProjectCommitmentOut)
def commitment(commitment_id: str) -> dict[str, Any]:
    """One commitment with its tranches."""
    return showing.commitment_dicts(actor(), [queries.get(actor(), commitment_id)])[0]


@bp.get("/projects/<project_id>/commitments")
@endpoint(Can.LIST, query=Query, returns=ProjectCommitmentOut, lists=True)
def of_project(project_id: str, query: Query) -> dict[str, Any]:
    """The organisation's commitments about a project."""
    rows, total = queries.commitment_page(actor(), query, project_id)
    return listing(showing.commitment_dicts(actor(), rows), total, query)


@bp.get("/commitments/<commitment_id>/payments")
@endpoint(Can.SEE, query=Query, returns=SettlementPaymentOut, lists=True)
def commitment_payments(commitment_id: str, query: Query) -> dict[str, Any]:
    """The money that moved for a commitment, the latest first."""
    found = queries.transfers(commitment_id=queries.get(actor(), commitment_id).id)
    shown = found[query.offset : query.offset + query.limit]
    return listing([showing.payment_dict(row) for row in shown], len(found), query)


@bp.post("/commitments/<commitment_id>/refunds")
@endpoint(Can.REFUND, body=SettlementRefundIn, returns=SettlementPaymentOut, status=201)
def refund_excess(commitment_id: str, body: SettlementRefundIn) -> dict[str, Any]:
    """Record that what was overpaid was paid back (the project)."""
    made = service.refund_excess(
        actor(),
        commitment_id,
        amount=body.amount.money(),
        on=body.on,
        reason=body.reason,
        reference=body.reference,
    )
    return showing.payment_dict(made)


@bp.get("/payments/<payment_id>")
@endpoint(Can.SEE, returns=SettlementPaymentOut)
def payment(payment_id: str) -> dict[str, Any]:
    """Money that moved."""
    return showing.payment_dict(queries.transfer(actor(), payment_id))


@bp.post("/payments/<payment_id>/reverse")
@endpoint(Can.REVERSE, body=SettlementReasonIn, returns=SettlementPaymentOut, status=201)
def reverse(payment_id: str, body: SettlementReasonIn) -> dict[str, Any]:
    """Take back an entry that was wrong (the project)."""
    return showing.payment_dict(service.reverse(actor(), payment_id, reason=body.reason))
