"""Lines of bank statements with the calls they may pay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from dealflow.accounts.queries import organisation_cards
from dealflow.core.actor import Actor
from dealflow.pitches.queries import briefs
from dealflow.settlement import queries, service
from dealflow.settlement.models import BankLine, PaymentCall
from dealflow.settlement.suggesting import Candidate, Suggestion, suggest


def suggestions(actor: Actor, lines: Iterable[BankLine]) -> dict[str, list[Suggestion]]:
    """Line id → the calls of the actor's projects that a line yet to be matched may pay, the likeliest first."""
    waiting = [line for line in lines if line.state == "new"]
    calls = queries.open_calls(actor, as_payee=True) if waiting else []
    investors = organisation_cards(call.investor_organisation_id for call in calls)
    projects = briefs(call.project_id for call in calls)
    names = {key: [n for n in (card.name_zh, card.name_en) if n] for key, card in investors.items()}
    titles = {key: [t for t in brief["titles"].values() if t] for key, brief in projects.items()}
    paid = queries.principal_paid(call.id for call in calls)
    return {
        line.id: suggest(
            line.amount, line.payer, line.text, line.booked_on, _candidates(line, calls, names, titles, paid)
        )
        for line in waiting
    }


def _candidates(
    line: BankLine,
    calls: Sequence[PaymentCall],
    names: dict[str, list[str]],
    titles: dict[str, list[str]],
    paid: dict[str, list[tuple[date, int]]],
) -> list[Candidate]:
    return [
        Candidate(
            call.id, call.reference, call.outstanding,
            service.owed_interest(call, line.booked_on, paid[call.id]) if call.due_on < line.booked_on else 0, call.due_on,
            names[call.investor_organisation_id], titles[call.project_id],
        )
        for call in calls
        if call.currency == line.currency
    ]  # fmt: skip
