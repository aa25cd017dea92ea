"""The states of a term sheet: drafted in private, negotiated in versions, accepted by both sides, signed."""

from __future__ import annotations

from dealflow.core.i18n import N_
from dealflow.core.states import Machine, Move

# What both sides may still change, and what the validity date ends.
NEGOTIATED = ("proposed", "countered", "accepted")
LIVE = (*NEGOTIATED, "signing")
FINAL = frozenset({"executed", "rejected", "withdrawn", "expired"})

TERM_SHEET = Machine(
    "term_sheet",
    initial="draft",
    final=FINAL,
    moves=(
        Move("propose", ("draft",), "proposed"),
        # A counter-proposal to an accepted version opens the negotiation again.
        Move("counter", NEGOTIATED, "countered"),
        Move("agree", ("proposed", "countered"), "accepted"),
        Move("start_signing", ("accepted",), "signing"),
        Move("stop_signing", ("signing",), "accepted"),
        Move("execute", ("signing",), "executed"),
        Move("reject", LIVE, "rejected"),
        Move("withdraw", ("draft", *NEGOTIATED), "withdrawn"),
        # Another term sheet of the same deal was signed.
        Move("supersede", ("draft", *NEGOTIATED), "withdrawn"),
        Move("expire", LIVE, "expired"),
    ),
)

LABELS = {
    "draft": N_("Draft"),
    "proposed": N_("Proposed"),
    "countered": N_("Countered"),
    "accepted": N_("Accepted by both sides"),
    "signing": N_("Being signed"),
    "executed": N_("Signed by both sides"),
    "rejected": N_("Rejected"),
    "withdrawn": N_("Withdrawn"),
    "expired": N_("Expired"),
}
