"""A round of signatures: open until everybody has signed, somebody declines, it is stopped, or its last day passes."""

from __future__ import annotations

from dealflow.core.i18n import N_
from dealflow.core.states import Machine, Move

ROUND = Machine(
    "signing_round",
    initial="open",
    final=frozenset({"completed", "declined", "stopped", "expired"}),
    moves=(
        Move("complete", ("open",), "completed"),
        Move("decline", ("open",), "declined"),
        Move("stop", ("open",), "stopped"),
        Move("expire", ("open",), "expired"),
    ),
)
STEP = Machine(
    "signing_step",
    initial="waiting",
    final=frozenset({"signed", "declined"}),
    moves=(Move("sign", ("waiting",), "signed"), Move("decline", ("waiting",), "declined")),
)
LABELS = {
    "open": N_("Being signed"),
    "completed": N_("Signed by all"),
    "declined": N_("Declined"),
    "stopped": N_("Stopped"),
    "expired": N_("Expired"),
    "waiting": N_("Waiting"),
    "signed": N_("Signed"),
}
