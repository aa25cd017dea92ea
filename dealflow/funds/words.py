"""Names of columns, figures, kinds and states in the current language."""

from __future__ import annotations

from dealflow.core.i18n import N_, gettext
from dealflow.funds import states
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


def charge_note(text: str, reference: str) -> str:
    """What stands below a charge: what it is for, else its reference; of a fee of earlier periods the closing and they."""
    number, _colon, periods = text.partition(": ")
    if reference.startswith("fcl_") and periods:
        return f"{gettext('Closing %(number)s', number=number)} · {periods}"
    return text or reference


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
