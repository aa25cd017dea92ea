"""A term sheet's document arranged for the page."""

from __future__ import annotations

from datetime import date
from typing import Any

from dealflow.core import i18n, money
from dealflow.termsheets import library
from dealflow.termsheets.library import Assumptions, Document, Figures
from dealflow.termsheets.library.formats import percent
from dealflow.termsheets.library.order import Order

_TEMPLATES = {"equity": "equity_spv", "minimum_guarantee": "presale"}


def template_for(instrument: str) -> str:
    """The template that serves an instrument."""
    return _TEMPLATES.get(instrument, instrument)


def summary(document: Document) -> list[tuple[str, str]]:
    """The cover's lines in the current language."""
    lang = i18n.language()
    return [(fact.label.get(lang), fact.value.get(lang)) for fact in document.facts]


def figures_view(
    template: str,
    terms: dict[str, Any],
    assumed: Assumptions | None = None,
    *,
    known: library.Library = library.LIBRARY,
) -> dict[str, Any] | None:
    """The simulator's figures in the current language; None while the terms do not make sense."""
    if library.validate(template, terms, known):
        return None
    return view_of(terms, library.figures(terms, assumed or library.usual(terms)))


def view_of(terms: dict[str, Any], found: Figures) -> dict[str, Any]:
    """Figures arranged for the page."""
    lang, order = i18n.language(), Order(terms["waterfall"])
    tiers = {tier["id"]: order.label(tier, lang) for tier in order.tiers}
    payees = [payee["id"] for payee in terms["waterfall"]["payees"]]
    names = {payee: _capital(order.payee(payee, lang)) for payee in payees}

    def amount(minor: int | None) -> money.Money | None:
        return None if minor is None else money.Money(minor, found.currency)

    def whole(minor: int | None) -> money.Money | None:
        """Without the fen: a tier begins to be paid with the first one."""
        unit = 10 ** money.CURRENCIES[found.currency]
        return None if minor is None else money.Money(minor // unit * unit, found.currency)

    return {
        "columns": [{"label": names[p], "num": True} for p in payees], "payees": payees, "currency": found.currency, "assumed": found.assumed,
        "gross": amount(found.assumed.gross_minor), "divide": 10 ** money.CURRENCIES[found.currency],
        "labels": [money.short(money.Money(row["gross_minor"], found.currency)) for row in found.grid],
        "series": [
            {"name": names[p], "payee": p, "values": [row["by_payee"][p] for row in found.grid]} for p in payees
        ],
        "levels": _levels(found, payees, amount),
        "recoveries": [
            {"name": names[r.payee], "principal": amount(r.principal_minor), "even": amount(r.break_even_minor),
             "first": r.paid_first, "recovered": r.recovered, "had": amount(found.at[r.payee]),
             "multiple": f"{found.at[r.payee] / r.principal_minor:.2f}×"}
            for r in found.recoveries
        ],
        "bands": [
            {"tier": tiers[b.tier], "begins": whole(b.begins_minor), "full": whole(b.full_minor)} for b in found.bands
        ],
        "parts": [
            {"tier": tiers[p.tier], "name": names[p.payee], "amount": amount(p.amount_minor), "basis": p.basis,
             "source": None if p.source_ppm is None else percent(p.source_ppm),
             "effective": percent(p.effective_ppm // 1000 * 1000)}
            for p in found.parts
        ],
        "at": [
            {"name": names[p], "amount": amount(found.at[p]), "effective": _part(found.at[p], found.assumed.gross_minor)}
            for p in payees
        ],
        "timeline": [
            {"on": date.fromisoformat(row["on"]), "gross": amount(row["distributed_minor"]),
             "payouts": [amount(row["by_payee"][p]) for p in payees]}
            for row in found.timeline
        ],
        "sensitivity": [
            {"spend": percent(ppm), "payouts": [amount(paid[p]) for p in payees], "even": amount(even)}
            for ppm, paid, even in found.sensitivity
        ],
    }  # fmt: skip


def _levels(found: Figures, payees: list[str], amount: Any) -> list[dict[str, Any]]:
    """A few of the levels asked, for the table."""
    step = max(1, len(found.grid) // 8)
    rows = [row for row in found.grid[1:] if row["gross_minor"]]
    picked = [
        row
        for place, row in enumerate(rows, 1)
        if place % step == 0 or row["gross_minor"] == found.assumed.gross_minor
    ]
    return [
        {"gross": amount(row["gross_minor"]), "assumed": row["gross_minor"] == found.assumed.gross_minor,
         "payouts": [amount(row["by_payee"][p]) for p in payees]}
        for row in picked
    ]  # fmt: skip


def _part(paid: int, gross: int) -> str:
    return percent(paid * 1000 // gross * 1000) if gross else "—"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
