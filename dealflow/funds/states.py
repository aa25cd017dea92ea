"""The ways of a capital call and of a distribution."""

from __future__ import annotations

from dealflow.core.i18n import N_
from dealflow.core.states import Machine, Move

CALL = Machine(
    "capital call", initial="draft", final=frozenset({"cancelled"}),
    moves=(
        Move("issue", ("draft",), "issued"),
        Move("cancel", ("draft", "issued"), "cancelled"),
    ),
)  # fmt: skip
DISTRIBUTION = Machine(
    "fund distribution", initial="draft", final=frozenset({"posted", "cancelled"}),
    moves=(
        Move("approve", ("draft",), "posted"),
        Move("cancel", ("draft",), "cancelled"),
    ),
)  # fmt: skip
CALL_STATES = ("draft", "issued", "cancelled")
DISTRIBUTION_STATES = ("draft", "posted", "cancelled")
PAYMENTS = ("payment", "offset", "refund", "reversal")
PAYMENT_LABELS = {
    "payment": N_("Payment"),
    "offset": N_("Overpaid money used"),
    "refund": N_("Overpaid money paid back"),
    "reversal": N_("Entry taken back"),
}
LABELS = {
    "draft": N_("Draft"),
    "issued": N_("Issued"),
    "posted": N_("Posted"),
    "cancelled": N_("Cancelled"),
}
