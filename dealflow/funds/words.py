"""Names of columns, figures, kinds and states in the current language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dealflow.core.i18n import N_, gettext
from dealflow.core.money import Money, short, show
from dealflow.funds import periods, rates, states
from dealflow.funds.queries import COLUMNS

_ENDS = {"opening": N_("Opening balance"), "closing": N_("Closing balance")}
_POSITION = {
    "commitment": N_("Commitment"),
    "called": N_("Called within the commitment"),
    "contributed": N_("Paid within the commitment"),
    "outside": N_("Paid outside the commitment"),
    "refunded": N_("Contributions given back"),
    "interest": N_("Equalisation interest received"),
    "due": N_("Called and not paid"),
    "distributed": N_("Distributed"),
    "recallable": N_("Recallable distributions"),
    "carry": N_("Carried interest of the manager"),
    "unfunded": N_("Still to be called"),
}
_FLOWS = {
    "call": N_("Contribution"),
    "call_outside": N_("Contribution outside the commitment"),
    "call_refund": N_("Contribution given back"),
    "distribution": N_("Distribution"),
    "distribution_recallable": N_("Recallable distribution"),
    "interest": N_("Equalisation interest received"),
    "transfer": N_("Transfer between partners"),
}
_PURPOSES = {
    "investment": N_("Investment"),
    "fee": N_("Management fee"),
    "expenses": N_("Expenses of the fund"),
}
_CHARGES = {"fee": N_("Management fee"), "expense": N_("Expense"), "income": N_("Other income")}
_LINES = {"due": N_("Due"), "overdue": N_("Overdue"), "paid": N_("Paid")}
_MOVED = {
    "contribution": N_("For earlier calls, within the commitment"),
    "contribution_outside": N_("For earlier calls, beside the commitment"),
    "interest_paid": N_("Interest on it"),
    "fee_interest": N_("Interest on earlier management fees"),
    "refund": N_("Of earlier calls, given back"),
    "interest_received": N_("Interest received"),
}
_TIERS = {
    "roc_minor": N_("Return of capital"),
    "pref_minor": N_("Preferred return"),
    "catch_up_gp_minor": N_("Catch-up of the manager"),
    "catch_up_lp_minor": N_("Partners' part of the catch-up"),
    "split_gp_minor": N_("Carried interest"),
    "split_lp_minor": N_("Partners' part of the profit"),
}

# How the text of a fee is kept: `2026Q1`, or `2: 2026Q1, 2026Q2` with the number of the closing.
_FEE = re.compile(rf"(?:(?P<number>[0-9]+): )?(?P<periods>{periods.FORM}(?:, {periods.FORM})*)")


def performance(found: Mapping[str, Any], *, compact: bool = False) -> list[tuple[str, str, str]]:
    """(What, figure, why) of what a commitment brought, as `Performance.json` gives it; `compact` for tiles."""
    nav = Money(found["nav"]["amount_minor"], found["nav"]["currency"])
    carry = Money(found["carry_accrued"]["amount_minor"], nav.currency)
    less = gettext("after %(amount)s of accrued carried interest", amount=show(carry))
    return [
        (gettext("Net IRR"), rates.rate_short(found["irr"]), rates.rate_why(found["irr"])),
        (gettext("TVPI"), rates.times(found["tvpi"]), ""),
        (gettext("DPI"), rates.times(found["dpi"]), ""),
        (gettext("Net asset value"), (short if compact else show)(nav), less if carry.amount_minor else ""),
    ]


def column(key: str) -> str:
    """A column of the capital account."""
    return gettext(_ENDS.get(key) or COLUMNS[key])


def position(key: str) -> str:
    """A figure of a partner's position."""
    return gettext(_POSITION[key])


def flow(kind: str) -> str:
    """A kind of cash flow."""
    return gettext(_FLOWS[kind])


def purpose(kind: str) -> str:
    """What called money is for."""
    return gettext(_PURPOSES[kind])


def charge(kind: str) -> str:
    """A kind of charge."""
    return gettext(_CHARGES[kind])


def period(text: str) -> str:
    """A period in words."""
    return periods.label(text)


def fee_note(text: str) -> str:
    """The text of a fee for people: the period it is for, or the closing that charged it and the earlier periods; any other
    text as it is."""
    found = _FEE.fullmatch(text)
    if found is None:
        return text
    told = gettext(", ").join(period(part) for part in found["periods"].split(", "))
    return f"{gettext('Closing %(number)s', number=found['number'])} · {told}" if found["number"] else told


def charge_note(kind: str, text: str, reference: str) -> str:
    """What stands below a charge: of a fee its periods, of others what it is for, else its reference."""
    return fee_note(text) if kind == "fee" else text or reference


def moved(key: str) -> str:
    """Something that a closing moves between a partner and the fund."""
    return gettext(_MOVED[key])


def distribution(kind: str, number: int) -> str:
    """What a distribution, or the clawback, is called."""
    return gettext("Clawback") if kind == "clawback" else gettext("Distribution %(number)s", number=number)


def tier(key: str) -> str:
    """A tier of the waterfall."""
    return gettext(_TIERS[key])


def state(key: str) -> str:
    """A state of a call, a call's line or a distribution."""
    return gettext(states.LABELS.get(key) or _LINES[key])


def payment(kind: str) -> str:
    """What an entry about a call is."""
    return gettext(states.PAYMENT_LABELS[kind])
