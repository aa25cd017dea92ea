"""A run waits as a preview until a second person posts it; a dispute is answered and settled."""

from __future__ import annotations

from dealflow.core.i18n import N_
from dealflow.core.states import Machine, Move

RUN = Machine(
    "distribution_run",
    initial="preview",
    final=frozenset({"posted", "discarded"}),
    moves=(Move("post", ("preview",), "posted"), Move("discard", ("preview",), "discarded")),
)
DISPUTE = Machine(
    "distribution_dispute",
    initial="open",
    final=frozenset({"upheld", "settled", "withdrawn"}),
    moves=(
        Move("answer", ("open", "answered"), "answered"),
        Move("uphold", ("open", "answered"), "upheld"),
        Move("settle", ("open", "answered"), "settled"),
        Move("withdraw", ("open", "answered"), "withdrawn"),
    ),
)
LABELS = {
    "preview": N_("Preview"),
    "posted": N_("Posted run"),
    "discarded": N_("Discarded"),
}
KINDS = {
    "regular": N_("Regular run"),
    "restatement": N_("Restatement"),
}
DISPUTE_LABELS = {
    "open": N_("Dispute open"),
    "answered": N_("Dispute answered"),
    "upheld": N_("Dispute upheld"),
    "settled": N_("Dispute settled"),
    "withdrawn": N_("Dispute withdrawn"),
}
