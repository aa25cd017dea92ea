"""States as data: the deal's own, of an introduction, and the words and limits that go with them."""

from __future__ import annotations

from datetime import timedelta

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
        Move("unfund", ("funded",), "signed"),
    ),
)
# What follows from money that was taken back or paid back, and is never done by hand.
FROM_MONEY = frozenset({"unfund"})


def by_hand(stage: str) -> frozenset[str]:
    """The stages into which people may bring a deal from a stage."""
    return frozenset(m.target for m in DEAL.moves if stage in m.sources and m.event not in FROM_MONEY)


# What is done outside the platform needs a word on what was seen.
NEEDS_REASON = frozenset({"signed", "funded", "closed_won", "closed_lost"})
# A slip of the hand is taken back by the side that made it, while nothing came after it. What was signed or paid stays.
UNDOABLE = frozenset({"intro", "data_room", "negotiation", "closed_lost"})
UNDO_WITHIN = timedelta(minutes=30)

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

# Rules of a stage: what can be asked to be filled, and who may bring a deal there.
REQUIRED = {
    "amount": N_("Amount"),
    "assignee": N_("Looked after by"),
    "next_step": N_("Next step"),
    "note": N_("A private note"),
    "mandate": N_("Mandate"),
}
MOVERS = ("members", "assignee", "owners")
APPROVALS = ("waiting", "approved", "refused", "overtaken")
MOST_REMIND_DAYS = 30

# Reasons that every organisation begins with; it keeps, removes and adds to them.
OUTCOMES = ("won", "lost")
REASONS = {
    "won": {
        "terms": N_("Good terms"),
        "story": N_("Convinced by the story"),
        "team": N_("Convinced by the team"),
        "relation": N_("Worked together before"),
    },
    "lost": {
        "price": N_("Valuation or price"),
        "fit": N_("Does not fit the strategy"),
        "timing": N_("Wrong time"),
        "risk": N_("Too much risk"),
        "other_party": N_("Went with somebody else"),
        "silence": N_("No answer"),
    },
}
REASON_LABELS = {
    (outcome, code): label for outcome, codes in REASONS.items() for code, label in codes.items()
}

INTRODUCTION = Machine(
    "introduction",
    initial="waiting",
    final=frozenset({"accepted", "declined", "withdrawn", "expired"}),
    moves=(
        Move("accept", ("waiting",), "accepted"),
        Move("decline", ("waiting",), "declined"),
        Move("withdraw", ("waiting",), "withdrawn"),
        Move("expire", ("waiting",), "expired"),
    ),
)
INTRODUCTION_LABELS = {
    "waiting": N_("Waits for an answer"),
    "accepted": N_("Accepted"),
    "declined": N_("Declined"),
    "withdrawn": N_("Withdrawn"),
    "expired": N_("Expired"),
}
# Against spam: places a day for one organisation, and how long one pair is left in peace.
MOST_A_DAY = 10
EXPIRES_AFTER = timedelta(days=14)
COOL_DOWN = {"declined": timedelta(days=90), "expired": timedelta(days=14), "withdrawn": timedelta(days=7)}
