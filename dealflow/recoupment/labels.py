"""Names for people."""

from __future__ import annotations

from decimal import Decimal

from dealflow.accounts import queries as accounts
from dealflow.core import i18n
from dealflow.core.i18n import N_
from dealflow.ledger import labels as ledger
from dealflow.pitches.vocabulary import LABELS as VOCABULARY
from dealflow.recoupment.states import DISPUTE_LABELS, KINDS, LABELS
from dealflow.termsheets.library.waterfalls import PAYEE_NAMES

ENTRIES = {
    "recoupment_receipt": N_("Receipt collected"),
    "distribution": N_("Distribution"),
    "payout": N_("Payout to a payee"),
}
ledger.name_entries(ENTRIES)


def percent(ppm: int | None) -> str:
    """A share as people read it: `12.5%`; empty for none."""
    if ppm is None:
        return ""
    text = f"{Decimal(ppm) / 10_000:f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}%"


def payee(name: str, organisation_id: str | None = None) -> str:
    """A payee in the reader's language, where its term sheet gives it in both as the templates do; else as it stands there."""
    pairs = list(PAYEE_NAMES.values())
    card = accounts.organisation_cards([organisation_id]).get(organisation_id) if organisation_id else None
    if card is not None:
        pairs.append({"zh": card.name_zh, "en": card.name_en or card.name_zh})
    return next((i18n.localised(pair) for pair in pairs if name == f"{pair['zh']} {pair['en']}"), name)


def run_kind(kind: str) -> str:
    """A kind of run in the current language."""
    return i18n.gettext(KINDS[kind])


def run_state(state: str) -> str:
    """A run's state in the current language."""
    return i18n.gettext(LABELS[state])


def dispute_state(state: str) -> str:
    """A dispute's state in the current language."""
    return i18n.gettext(DISPUTE_LABELS[state])


def evidence(name: str) -> str:
    """An evidence class in the current language."""
    return i18n.gettext(VOCABULARY[name]) if name in VOCABULARY else name
