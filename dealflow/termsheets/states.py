"""The states of a term sheet that drafting knows."""

from __future__ import annotations

from dealflow.core.i18n import N_
from dealflow.core.states import Machine, Move

TERM_SHEET = Machine(
    "term_sheet",
    initial="draft",
    final=frozenset({"withdrawn"}),
    moves=(Move("withdraw", ("draft",), "withdrawn"),),
)

LABELS = {"draft": N_("Draft"), "withdrawn": N_("Withdrawn")}
