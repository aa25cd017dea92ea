"""A signed term sheet becomes a commitment with its tranches, once."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.i18n import N_
from dealflow.core.money import Money
from dealflow.core.outbox import emit
from dealflow.releases import service as releases
from dealflow.settlement import books, queries
from dealflow.settlement.events import CommitmentMade
from dealflow.settlement.models import Commitment, Tranche
from dealflow.settlement.policy import Tag
from dealflow.settlement.service import base, tranches
from dealflow.termsheets import queries as sheets
from dealflow.termsheets.library import TERMS, Terms
from dealflow.termsheets.queries import TermSheet


def commit(actor: Actor, term_sheet_id: str, version: int) -> Commitment:
    """Make the commitment of an executed term sheet; the one that is there when it was made before."""
    known = queries.of_term_sheet(term_sheet_id)
    if known is not None:
        return known
    sheet = sheets.get(actor, term_sheet_id)
    terms = TERMS[sheet.template].model_validate(sheets.version(actor, sheet, version).terms)
    try:
        with session().begin_nested():
            commitment = _written(sheet, terms, version)
            session().add(commitment)
            session().flush()
    except IntegrityError:
        return session().scalars(select(Commitment).where(Commitment.term_sheet_id == term_sheet_id)).one()
    made = _tranches(commitment, terms)
    session().add_all(made)
    session().flush()
    books.open_for(actor, commitment)
    cap = terms.ad_spend.cap
    if cap.amount_minor:
        releases.set_ad_cap(
            commitment.project_id, Money(cap.amount_minor, cap.currency), commitment.id, actor=actor
        )
    _tell(actor, commitment, made)
    # Signing is the first milestone, and others may have been reached before the terms were signed.
    for tranche in made:
        if tranche.milestone == "signing":
            tranches.prove(actor, tranche, how="record", on=commitment.executed_on, source=sheet.id)
    for fact in queries.facts(commitment.project_id, commitment.investor_organisation_id):
        tranches.prove_by(actor, fact, only=commitment.id)
    return commitment


def catch_up(actor: Actor) -> int:
    """Make the commitments of all executed term sheets that have none: of a transaction that signed several, or signed
    before this room was there. How many."""
    missing = sheets.executed_but(select(Commitment.term_sheet_id))
    for term_sheet_id, version in missing:
        commit(actor, term_sheet_id, version)
    return len(missing)


def _written(sheet: TermSheet, terms: Terms, version: int) -> Commitment:
    amount = terms.investment.amount
    return Commitment(
        term_sheet_id=sheet.id, terms_number=version, deal_id=sheet.deal_id, project_id=sheet.project_id,
        investor_organisation_id=sheet.investor_organisation_id, project_organisation_id=sheet.project_organisation_id,
        template=sheet.template, amount_minor=amount.amount_minor, currency=amount.currency,
        payment_days=terms.investment.payment_days, late_rate_ppm=terms.remedies.late_rate_ppm, executed_on=sheets.executed_on(sheet),
    )  # fmt: skip


def _tranches(commitment: Commitment, terms: Terms) -> list[Tranche]:
    return [
        Tranche(
            commitment_id=commitment.id, project_id=commitment.project_id,
            investor_organisation_id=commitment.investor_organisation_id,
            project_organisation_id=commitment.project_organisation_id, number=number, code=step.id,
            amount_minor=step.amount.amount_minor, currency=step.amount.currency, milestone=step.milestone, note=step.note,
            long_stop=step.long_stop, on_miss=step.on_miss,
        )
        for number, step in enumerate(terms.tranches, 1)
    ]  # fmt: skip


def _tell(actor: Actor, commitment: Commitment, made: list[Tranche]) -> None:
    for tranche in made:
        base.happened(actor, tranche, "made")
    audit.record(
        actor, Tag.COMMITTED, commitment, organisation_id=commitment.project_organisation_id,
        after={
            "term_sheet_id": commitment.term_sheet_id, "amount_minor": commitment.amount_minor,
            "currency": commitment.currency, "tranches": [t.amount_minor for t in made],
        },
    )  # fmt: skip
    emit(
        CommitmentMade(
            commitment.id, commitment.project_id, commitment.investor_organisation_id, commitment.project_organisation_id
        )
    )  # fmt: skip
    for side in ("investor", "project"):
        base.tell(
            actor, commitment, side, "committed", N_("The signed terms of “%(project)s” are a commitment now"),
            text=N_("%(number)s tranches, each called when its milestone is proven."), number=len(made),
            link=base.commitment_path(commitment.id), key=f"committed:{commitment.id}",
        )  # fmt: skip
