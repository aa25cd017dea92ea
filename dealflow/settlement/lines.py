"""Lines of bank statements with the claims they may pay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dealflow.core.actor import Actor
from dealflow.settlement import bank_queries, service
from dealflow.settlement.models import BankLine
from dealflow.settlement.service import Claim, Paid
from dealflow.settlement.suggesting import Candidate, SplitSuggestion, Suggestion, suggest, suggest_split


@dataclass(frozen=True)
class Matches:
    """By line id: the likeliest claims of a line yet to be matched, several that it may be for together, all that it may be
    for, and what stands on it."""

    suggestions: dict[str, list[Suggestion]] = field(default_factory=dict)
    splits: dict[str, SplitSuggestion] = field(default_factory=dict)
    choices: dict[str, list[Claim]] = field(default_factory=dict)
    paid: dict[str, list[Paid]] = field(default_factory=dict)


def matches(actor: Actor, lines: Iterable[BankLine]) -> Matches:
    """What the lines are for, or may be for."""
    rows = list(lines)
    waiting = [line for line in rows if line.state == "new"]
    claims = service.open_claims(actor) if waiting else []
    accounts = bank_queries.accounts(waiting)
    found = Matches(paid=service.paid_by(rows))
    for line in waiting:
        choices = [claim for claim in claims if claim.may_be_paid_by(line, accounts[line.statement_id])]
        found.choices[line.id] = choices
        candidates = _candidates(line, choices)
        found.suggestions[line.id] = suggest(line.amount, line.payer, line.text, line.booked_on, candidates)
        together = suggest_split(line.amount, line.payer, line.text, line.booked_on, candidates)
        if together is not None:
            found.splits[line.id] = together
    return found


def _candidates(line: BankLine, claims: Sequence[Claim]) -> list[Candidate]:
    return [
        Candidate(
            claim.id, claim.reference, claim.outstanding, claim.owed(line.booked_on) if claim.due_on < line.booked_on else 0,
            claim.due_on, claim.payers, claim.subjects, claim.payer_id,
        )
        for claim in claims
        if claim.outstanding.currency == line.currency
    ]  # fmt: skip
