"""The deal's states. Stages up to negotiation may be passed over; closing is final."""

from __future__ import annotations

from dealflow.core.i18n import N_
from dealflow.core.states import Machine, Move

CLOSED = frozenset({"closed_won", "closed_lost"})
STAGES = ("interest", "intro", "data_room", "negotiation", "signed", "funded", "closed_won", "closed_lost")

DEAL = Machine(
    "deal",
    initial="interest",
    final=CLOSED,
    moves=(
        Move("introduce", ("interest",), "intro"),
        Move("open_data_room", ("interest", "intro"), "data_room"),
        Move("negotiate", ("interest", "intro", "data_room"), "negotiation"),
        Move("sign", ("negotiation",), "signed"),
        Move("fund", ("signed",), "funded"),
        Move("win", ("funded",), "closed_won"),
        Move("lose", ("interest", "intro", "data_room", "negotiation", "signed"), "closed_lost"),
    ),
)
# What is done outside the platform needs a word on what was seen.
NEEDS_REASON = frozenset({"signed", "funded", "closed_won", "closed_lost"})

LABELS = {
    "interest": N_("Interest"),
    "intro": N_("Introduction"),
    "data_room": N_("Data room"),
    "negotiation": N_("Negotiation"),
    "signed": N_("Signed"),
    "funded": N_("Funded"),
    "closed_won": N_("Closed: won"),
    "closed_lost": N_("Closed: lost"),
}
