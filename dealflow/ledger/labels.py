"""Names of kinds of entries for people; the posting rooms add theirs."""

from __future__ import annotations

from collections.abc import Callable

from dealflow.core import i18n
from dealflow.core.i18n import N_
from dealflow.ledger.models import Account

KINDS = {
    "asset": N_("Assets"),
    "liability": N_("Liabilities"),
    "equity": N_("Equity accounts"),
    "income": N_("Income"),
    "expense": N_("Expenses"),
}
_entries: dict[str, str] = {}
_texts: dict[str, Callable[[str], str]] = {}


def name_entries(labels: dict[str, str]) -> None:
    """Add names (message ids) of kinds of entries."""
    _entries.update(labels)


def entry_kind(kind: str) -> str:
    """The name of a kind of entry in the current language."""
    return i18n.gettext(_entries[kind]) if kind in _entries else kind


def tell_texts(told: dict[str, Callable[[str], str]]) -> None:
    """Say what the texts of kinds of entries mean to people, where they are kept in a form of their own."""
    _texts.update(told)


def entry_text(kind: str, text: str) -> str:
    """What an entry says of itself, in the current language."""
    return _texts[kind](text) if kind in _texts else text


def account(found: Account) -> str:
    """An account's name in the current language."""
    label = i18n.gettext(found.label)
    return f"{label} · {found.party}" if found.party else label
