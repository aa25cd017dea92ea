"""The accounts of a fund's book. Codes are stable: figures, statements and the portfolio are read from them.

`equity:<lp>:<what>` and `income|expenses:<what>:<lp>` belong to one partner; their balance with the sign turned is its
capital account, `called` and `called_outside` left out, which only mirror what it still owes.
"""

from __future__ import annotations

from typing import Any

from dealflow.core.i18n import N_
from dealflow.ledger.service import Side

BOOK = "fund"
BANK = Side("assets:bank", "asset", N_("Bank account of the fund"))
FEES_PAYABLE = Side("liabilities:fees_payable", "liability", N_("Management fees owed"))
EXPENSES_PAYABLE = Side("liabilities:expenses_payable", "liability", N_("Expenses owed"))
OVERPAID = "liabilities:overpaid:"
# Assets that are neither money nor owed by others than the partners.
NOT_MONEY = ("assets:investments:", "assets:unrealised:", "assets:receivable:")

# Cash flows of a partner: last part of the code → kind of flow (as in the metrics), label.
FLOWS = {
    "contribution": ("call", N_("Contributions within the commitment")),
    "contribution_outside": ("call_outside", N_("Contributions outside the commitment")),
    "refund": ("call_refund", N_("Contributions given back")),
    "distribution": ("distribution", N_("Distributions")),
    "distribution_recallable": ("distribution_recallable", N_("Recallable distributions")),
    "interest": ("interest", N_("Equalisation interest received")),
}
CALLED = {
    "called": N_("Called and not paid"),
    "called_outside": N_("Called outside the commitment and not paid"),
}
CARRY = {"carry": N_("Carried interest of the manager")}
EXPENSES = {
    "fee": N_("Management fees"),
    "fee_interest": N_("Interest on earlier management fees"),
    "expenses": N_("Fund expenses"),
    "equalisation_interest": N_("Equalisation interest paid"),
    "late_interest": N_("Late interest paid"),
}
INCOME = {
    "other": N_("Other income"),
    "realised": N_("Realised gains"),
    "unrealised": N_("Unrealised gains"),
    "equalisation_interest": N_("Equalisation interest earned"),
    "late_interest": N_("Late interest earned"),
}
_EQUITY = {tail: label for tail, (_kind, label) in FLOWS.items()} | CALLED | CARRY


def receivable(lp: Any) -> Side:
    """What a partner still owes of calls."""
    return Side(f"assets:receivable:{lp.id}", "asset", N_("Owed by partners"), lp.name)


def overpaid(lp: Any) -> Side:
    """What a partner paid beyond its calls: used for a later call, or paid back."""
    return Side(f"{OVERPAID}{lp.id}", "liability", N_("Overpaid by partners"), lp.name)


def equity(lp: Any, what: str) -> Side:
    """An account of a partner's capital: a key of FLOWS, CALLED or CARRY."""
    return Side(f"equity:{lp.id}:{what}", "equity", _EQUITY[what], lp.name)


def expense(lp: Any, what: str) -> Side:
    """A partner's share of a cost: a key of EXPENSES."""
    return Side(f"expenses:{what}:{lp.id}", "expense", EXPENSES[what], lp.name)


def income(lp: Any, what: str) -> Side:
    """A partner's share of a result: a key of INCOME."""
    return Side(f"income:{what}:{lp.id}", "income", INCOME[what], lp.name)


def investment(holding_id: str, name: str) -> Side:
    """A holding at cost."""
    return Side(f"assets:investments:{holding_id}", "asset", N_("Investments at cost"), name)


def revaluation(holding_id: str, name: str) -> Side:
    """What a holding is worth above (debit) or below its cost."""
    return Side(f"assets:unrealised:{holding_id}", "asset", N_("Value above cost"), name)


def owner(code: str) -> tuple[str, str, str] | None:
    """(lp id, family, what) of a partner's account; None for accounts of the fund as a whole."""
    family, _, rest = code.partition(":")
    first, _, second = rest.partition(":")
    if family == "equity":
        return first, family, second
    return (second, family, first) if family in ("income", "expenses") else None


ENTRIES = {
    "fund_call": N_("Capital call"),
    "fund_payment": N_("Payment of a partner"),
    "fund_offset": N_("Overpaid money used for a call"),
    "fund_refund": N_("Overpaid money paid back"),
    "fund_closing": N_("Closing"),
    "fund_transfer": N_("Transfer between partners"),
    "fund_fee": N_("Management fee"),
    "fund_fee_true_up": N_("Management fee of earlier periods"),
    "fund_expense": N_("Expense"),
    "fund_income": N_("Other income of the fund"),
    "fund_charge_paid": N_("Charge paid"),
    "fund_distribution": N_("Distribution"),
    "fund_clawback": N_("Clawback"),
    "fund_purchase": N_("Purchase of a holding"),
    "fund_proceeds": N_("Proceeds of a holding"),
    "fund_valuation": N_("Valuation of a holding"),
}
