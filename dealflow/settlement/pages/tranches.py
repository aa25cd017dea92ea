"""Pages of tranches over all projects, of a commitment, and of one tranche with what can be done there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from dealflow.core import clock, policy
from dealflow.core.errors import Invalid
from dealflow.core.forms import Form
from dealflow.core.http import actor, needs, prepared, prepares, read_query
from dealflow.core.i18n import N_
from dealflow.core.i18n import gettext as _
from dealflow.core.paging import listing
from dealflow.core.schema import Schema
from dealflow.files.taking import needed, sent_document
from dealflow.pitches.queries import briefs
from dealflow.releases import queries as releases
from dealflow.settlement import milestones, papers, queries, service, showing
from dealflow.settlement.forms import CallForm, ExtendForm, ProofForm, RefundForm, WhyForm, WordForm
from dealflow.settlement.models import Tranche
from dealflow.settlement.pages.base import WORDS, arguments, bp, named, own_book
from dealflow.settlement.policy import Can
from dealflow.settlement.queries import TrancheQuery
from dealflow.settlement.service import proofs
from dealflow.settlement.shapes import (
    CallTrancheIn,
    ExtendTrancheIn,
    MilestoneProofIn,
    ReleaseTrancheIn,
    SettlementReasonIn,
    SettlementRefundIn,
)
from dealflow.settlement.states import LABELS


@bp.get("/tranches")
@needs(Can.LIST)
def index() -> str:
    """The organisation's tranches over all projects."""
    query = read_query(TrancheQuery, arguments())
    rows, total = queries.page(actor(), query)
    return render_template(
        "settlement/index.html", rows=rows, found=listing(rows, total, query), query=query, counts=queries.counts(actor()),
        calls=queries.live_calls(row.id for row in rows), today=clock.today(), states=list(LABELS),
        may_bank=policy.can(actor(), Can.SEE_BANK), **named(rows), **WORDS,
    )  # fmt: skip


@bp.get("/projects/<project_id>/commitments")
@needs(Can.LIST)
def of_project(project_id: str) -> str:
    """The commitments to a project of which the organisation is a party."""
    rows = queries.commitments(actor(), project_id=project_id)
    brief = briefs([project_id]).get(project_id) if rows else None
    return render_template(
        "settlement/project.html", rows=rows, project_id=project_id, title=brief["title"] if brief else _("Commitments"),
        tranches=queries.tranches_of(row.id for row in rows), book=own_book(project_id), **named(rows), **WORDS,
    )  # fmt: skip


@bp.get("/commitments/<commitment_id>")
@needs(Can.SEE)
def show(commitment_id: str) -> str:
    """One commitment: its tranches and the money that moved."""
    return _commitment(commitment_id)


def _commitment(commitment_id: str, refund_form: RefundForm | None = None) -> str:
    found = queries.get(actor(), commitment_id)
    rows = queries.tranches_of([found.id])[found.id]
    return render_template(
        "settlement/commitment.html", commitment=found, rows=rows, calls=queries.live_calls(r.id for r in rows),
        moved=queries.transfers(commitment_id=found.id), side=found.side_of(actor()), today=clock.today(),
        book=own_book(found.project_id), may_refund=found.excess_minor and policy.can(actor(), Can.REFUND, found),
        refund_form=refund_form or RefundForm(), closing=service.due_at_closing(rows), **named([found]), **WORDS,
    )  # fmt: skip


@bp.post("/commitments/<commitment_id>/refunds")
@needs(Can.REFUND)
def refund_excess(commitment_id: str) -> Any:
    """Record that what was overpaid was paid back."""
    form = RefundForm(request.form)
    values = form.load(SettlementRefundIn)
    if values is None:
        return _commitment(commitment_id, form), 422
    try:
        service.refund_excess(
            actor(), commitment_id, amount=values.amount.money(), on=values.on, reason=values.reason, reference=values.reference
        )  # fmt: skip
    except Invalid as refusal:
        form.show(refusal.errors)
        return _commitment(commitment_id, form), 422
    flash(_("The refund is recorded."), "success")
    return redirect(url_for("settlement.show", commitment_id=commitment_id), 303)


_FORMS: dict[str, type[Form]] = {
    "release": WordForm, "hold": WhyForm, "extend": ExtendForm, "end": WhyForm, "prove": ProofForm, "call": CallForm,
    "refund": RefundForm, "reject": WhyForm,
}  # fmt: skip


@bp.get("/tranches/<tranche_id>")
@needs(Can.SEE)
def tranche(tranche_id: str) -> str:
    """One tranche: where it stands, what can be done, what happened."""
    return _page(queries.tranche(actor(), tranche_id))


def _page(found: Tranche, **typed: Form) -> str:
    commitment = queries.get(actor(), found.commitment_id)
    proofs = queries.proofs_of([found.id])[found.id]
    forms = {name: typed.get(name) or made() for name, made in _FORMS.items()}
    if "call" not in typed:
        forms["call"] = CallForm(account=papers.last_account(found.project_id))
    return render_template(
        "settlement/tranche.html", tranche=found, commitment=commitment, call=queries.live_calls([found.id]).get(found.id),
        proofs=proofs, waiting=next((p for p in proofs if p.state == "waiting" and found.state != "cancelled"), None), events=queries.events_of([found.id]),
        may=showing.may(actor(), found), may_answer=policy.can(actor(), Can.ANSWER, found), forms=forms, typed=set(typed),
        side=found.side_of(actor()), earliest=service.earliest_due(commitment), recorded=milestones.recorded(),
        today=clock.today(), to_confirm=_to_confirm(found), **named([found]), **WORDS,
    )  # fmt: skip


def _to_confirm(found: Tranche) -> list[Any]:
    """Releases that the investor could confirm, and so open the tranche."""
    waits = found.milestone == "released" and "waiting" in (found.state, found.held_from)
    return (
        releases.to_confirm(actor(), found.project_id)
        if waits and found.side_of(actor()) == "investor"
        else []
    )


def _act(tranche_id: str, name: str, schema: type[Schema], run: Callable[[Any], object], done: str) -> Any:
    """Judge the form of an action, do it, and go back to the tranche; what was refused keeps what was typed."""
    form = _FORMS[name](request.form)
    values = form.load(schema)
    try:
        if values is not None:
            run(values)
            flash(_(done), "success")
            return redirect(url_for("settlement.tranche", tranche_id=tranche_id), 303)
    except Invalid as refusal:
        form.show(refusal.errors)
    return _page(queries.tranche(actor(), tranche_id), **{name: form}), 422


@bp.post("/tranches/<tranche_id>/release")
@needs(Can.RELEASE)
def release(tranche_id: str) -> Any:
    """Approve a tranche early, or lift its hold."""
    return _act(
        tranche_id, "release", ReleaseTrancheIn, lambda v: service.release(actor(), tranche_id, reason=v.reason),
        N_("The tranche is released."),
    )  # fmt: skip


@bp.post("/tranches/<tranche_id>/hold")
@needs(Can.HOLD)
def hold(tranche_id: str) -> Any:
    """Put a tranche on hold."""
    return _act(
        tranche_id, "hold", SettlementReasonIn, lambda v: service.hold(actor(), tranche_id, reason=v.reason),
        N_("The tranche is on hold."),
    )  # fmt: skip


@bp.post("/tranches/<tranche_id>/extend")
@needs(Can.DECIDE)
def extend(tranche_id: str) -> Any:
    """Give a missed tranche more time."""
    return _act(
        tranche_id, "extend", ExtendTrancheIn,
        lambda v: service.extend(actor(), tranche_id, until=v.until, reason=v.reason), N_("The long-stop date is moved."),
    )  # fmt: skip


@bp.post("/tranches/<tranche_id>/end")
@needs(Can.DECIDE)
def end(tranche_id: str) -> Any:
    """End a missed tranche and all later ones."""
    return _act(
        tranche_id, "end", SettlementReasonIn, lambda v: service.end(actor(), tranche_id, reason=v.reason),
        N_("The tranche and those after it have lapsed."),
    )  # fmt: skip


@bp.post("/tranches/<tranche_id>/calls")
@needs(Can.CALL)
def call(tranche_id: str) -> Any:
    """Call for payment."""
    return _act(
        tranche_id, "call", CallTrancheIn,
        lambda v: service.call(actor(), tranche_id, due_on=v.due_on, note=v.note, account=v.account), N_("The payment is called; the investor was told."),
    )  # fmt: skip


@bp.post("/tranches/<tranche_id>/refunds")
@needs(Can.REFUND)
def refund(tranche_id: str) -> Any:
    """Record that principal was paid back."""
    return _act(
        tranche_id, "refund", SettlementRefundIn,
        lambda v: service.refund(
            actor(), tranche_id, amount=v.amount.money(), on=v.on, reason=v.reason, reference=v.reference
        ),
        N_("The refund is recorded."),
    )  # fmt: skip


def _to_prove(tranche_id: str) -> None:
    proofs.to_prove(actor(), tranche_id)


@bp.post("/tranches/<tranche_id>/proofs")
@needs(Can.PROVE)
@prepares(sent_document(_to_prove, purpose=proofs.PURPOSE))
def submit(tranche_id: str) -> Any:
    """Hand in a proof."""
    return _act(
        tranche_id, "prove", MilestoneProofIn,
        lambda v: service.submit(actor(), tranche_id, needed(prepared()), note=v.note),
        N_("The proof is handed in; the investor was told."),
    )  # fmt: skip


@bp.post("/proofs/<proof_id>/accept")
@needs(Can.ANSWER)
def accept(proof_id: str) -> Any:
    """Accept a proof."""
    proof = service.accept(actor(), proof_id)
    flash(_("The proof is accepted. The project may call for the payment now."), "success")
    return redirect(url_for("settlement.tranche", tranche_id=proof.tranche_id), 303)


@bp.post("/proofs/<proof_id>/reject")
@needs(Can.ANSWER)
def reject(proof_id: str) -> Any:
    """Reject a proof."""
    proof = queries.proof(actor(), proof_id)
    return _act(
        proof.tranche_id, "reject", SettlementReasonIn, lambda v: service.reject(actor(), proof_id, reason=v.reason),
        N_("The proof is rejected; the project was told why."),
    )  # fmt: skip
