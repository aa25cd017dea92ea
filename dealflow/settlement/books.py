"""How money is posted in the book of a project's funding. Debit positive, credit negative; keys post once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from dealflow.accounts.queries import organisation_cards
from dealflow.core.actor import Actor
from dealflow.core.i18n import N_
from dealflow.core.money import Money
from dealflow.ledger import labels, queries
from dealflow.ledger import service as ledger
from dealflow.ledger.queries import Book
from dealflow.ledger.service import Draft, Line, Side
from dealflow.pitches.queries import briefs
from dealflow.settlement.models import Commitment

KIND = "project_funding"
BANK = Side("assets:bank", "asset", N_("Funding account at the bank"))
INTEREST = Side("income:late_interest", "income", N_("Late interest received"))
# What the money is, by the template of the term sheet: owed back, or not.
_CAPITAL = {
    "equity_spv": ("equity", N_("Capital paid in")),
    "revenue_share": ("equity", N_("Contributions against a revenue share")),
    "loan": ("liability", N_("Loans received")),
    "presale": ("liability", N_("Advances on licences")),
}
labels.name_entries(
    {
        "funding_payment": N_("Funding received"),
        "funding_offset": N_("Overpayment used for a call"),
        "funding_refund": N_("Funding paid back"),
    }
)


def open_for(actor: Actor, commitment: Commitment) -> Book:
    """The project's funding book, opened with its first commitment."""
    title = briefs([commitment.project_id])[commitment.project_id]["titles"]
    return ledger.open_book(
        actor, kind=KIND, object_id=commitment.project_id, organisation_id=commitment.project_organisation_id,
        name=title["zh"] or title["en"] or commitment.project_id, currency=commitment.currency,
    )  # fmt: skip


def capital_code(commitment_id: str) -> str:
    """The account on which a commitment's money stands, as a credit."""
    return f"capital:{commitment_id}"


def excess_code(commitment_id: str) -> str:
    """The account of what was paid beyond the calls of a commitment."""
    return f"liabilities:overpaid:{commitment_id}"


def _sides(commitment: Commitment) -> tuple[Side, Side]:
    kind, label = _CAPITAL[commitment.template]
    card = organisation_cards([commitment.investor_organisation_id])[commitment.investor_organisation_id]
    return (
        Side(capital_code(commitment.id), kind, label, card.name_zh),
        Side(excess_code(commitment.id), "liability", N_("Overpaid by investors"), card.name_zh),
    )


def post(
    actor: Actor,
    commitment: Commitment,
    kind: str,
    *,
    key: str,
    on: date,
    principal: int = 0,
    interest: int = 0,
    excess: int = 0,
    text: str = "",
    source: str = "",
) -> str:
    """Post a payment, an offset or a refund of so many minor units; the entry's id.

    Money of a closed period is posted on the first open day: a bank's line has its day, whenever somebody brings it.
    """
    capital, overpaid = _sides(commitment)
    parts: list[tuple[Side, int]]
    if kind == "payment":
        parts = [
            (BANK, principal + interest + excess),
            (capital, -principal),
            (INTEREST, -interest),
            (overpaid, -excess),
        ]
    elif kind == "offset":
        parts = [(overpaid, principal), (capital, -principal)]
    else:
        parts = [(capital, principal), (overpaid, excess), (BANK, -principal - excess)]
    lines = [Line(side, Money(minor, commitment.currency)) for side, minor in parts if minor]
    book = open_for(actor, commitment)
    draft = Draft(queries.open_day(book, on), f"funding_{kind}", key, lines, text=text, source=source)
    return ledger.post(actor, book, draft).id


def reverse(actor: Actor, commitment: Commitment, entry_id: str, *, on: date, key: str, reason: str) -> str:
    """Post the opposite of an entry; its id."""
    book = open_for(actor, commitment)
    day = queries.open_day(book, on)
    return ledger.reverse(actor, queries.entry(book, entry_id), on=day, key=key, reason=reason).id


def balances(commitments: Sequence[Commitment]) -> dict[str, tuple[int, int]]:
    """Commitment id → (capital, overpaid) in minor units of its currency, both as positive figures. For one project."""
    book = queries.book_for(KIND, commitments[0].project_id) if commitments else None
    rows = queries.trial_balance(book) if book else []
    found = {(row.account.code, row.amount.currency): -row.amount.amount_minor for row in rows}
    return {
        c.id: tuple(found.get((code(c.id), c.currency), 0) for code in (capital_code, excess_code))  # type: ignore[misc]
        for c in commitments
    }
