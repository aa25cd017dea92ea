"""States as data: of a tranche, a call, a proof and a line of a bank statement, with their names."""

from __future__ import annotations

from dealflow.core.i18n import N_
from dealflow.core.states import Machine, Move

TRANCHE = Machine(
    "tranche",
    initial="waiting",
    final=frozenset({"cancelled"}),
    moves=(
        Move("prove", ("waiting", "missed"), "open"),
        Move("release", ("waiting", "missed"), "open"),
        Move("hold", ("waiting", "open"), "held"),
        Move("resume_waiting", ("held",), "waiting"),
        Move("resume_open", ("held",), "open"),
        Move("miss", ("waiting",), "missed"),
        Move("extend", ("missed",), "waiting"),
        Move("cancel", ("waiting", "open", "held", "missed"), "cancelled"),
        Move("call", ("open",), "called"),
        Move("withdraw_call", ("called",), "open"),
        Move("pay_part", ("called", "part_paid"), "part_paid"),
        Move("pay_all", ("called", "part_paid"), "paid"),
        # A payment that was recorded by mistake is taken back.
        Move("unpay_part", ("paid", "part_paid"), "part_paid"),
        Move("unpay_all", ("paid", "part_paid"), "called"),
        Move("refund_all", ("paid", "part_paid"), "refunded"),
        Move("unrefund", ("refunded",), "paid"),
        Move("unrefund_part", ("refunded",), "part_paid"),
    ),
)
HELD_FROM = ("waiting", "open")
LABELS = {
    "waiting": N_("Waits for its milestone"),
    "open": N_("Ready to be called"),
    "held": N_("On hold by the investor"),
    "missed": N_("Long-stop date missed"),
    "called": N_("Called for payment"),
    "part_paid": N_("Part paid"),
    "paid": N_("Fully paid"),
    "refunded": N_("Paid back"),
    "cancelled": N_("Lapsed"),
}
TONES = {
    "open": "accent", "held": "warning", "missed": "danger", "called": "accent", "part_paid": "accent", "paid": "success",
}  # fmt: skip

CALL = Machine(
    "payment_call",
    initial="open",
    moves=(
        Move("pay", ("open",), "paid"),
        Move("unpay", ("paid",), "open"),
        Move("withdraw", ("open",), "withdrawn"),
        # A refund in full of a part payment ended the call, and was recorded by mistake.
        Move("reopen", ("withdrawn",), "open"),
    ),
)
CALL_LABELS = {
    "open": N_("Awaits payment"),
    "paid": N_("Paid in full"),
    "withdrawn": N_("Call withdrawn"),
}

PROOF = Machine(
    "milestone_proof",
    initial="waiting",
    final=frozenset({"accepted", "rejected"}),
    moves=(Move("accept", ("waiting",), "accepted"), Move("reject", ("waiting",), "rejected")),
)
PROOF_LABELS = {
    "waiting": N_("Waits for the investor"),
    "accepted": N_("Proof accepted"),
    "rejected": N_("Proof rejected"),
}

LINE = Machine(
    "bank_line",
    initial="new",
    moves=(
        Move("match", ("new",), "matched"),
        Move("unmatch", ("matched",), "new"),
        Move("ignore", ("new",), "ignored"),
        Move("restore", ("ignored",), "new"),
    ),
)
LINE_LABELS = {"new": N_("To be matched"), "matched": N_("Matched"), "ignored": N_("Set aside")}

TRANSFERS = ("payment", "offset", "refund", "reversal")
TRANSFER_LABELS = {
    "payment": N_("Payment received"),
    "offset": N_("Set off against an overpayment"),
    "refund": N_("Money paid back"),
    "reversal": N_("Entry taken back"),
}
# What happens when a long-stop date is missed, as term sheets say it; how far an extension reaches.
ON_MISS = ("cancel", "extend", "investor_option")
EXTENSION_DAYS = 30
ON_MISS_LABELS = {
    "cancel": N_("This and all later tranches lapse"),
    "extend": N_("Extended once by 30 days, then it lapses with all later ones"),
    "investor_option": N_("The investor chooses: extend, or end this and all later tranches"),
}
MILESTONE_LABELS = {
    "signing": N_("Term sheet signed by all"),
    "script_locked": N_("Scripts locked"),
    "review_approved": N_("Content review passed"),
    "photography_started": N_("Principal photography started"),
    "photography_wrapped": N_("Principal photography wrapped"),
    "delivered": N_("Delivery accepted"),
    "released": N_("Released on the first platform"),
    "custom": N_("As agreed in the note"),
}
OPENED_LABELS = {
    "record": N_("Proven by the platform's own record"),
    "proof": N_("Proof accepted by the investor"),
    "release": N_("Approved early by the investor"),
}
EVENT_LABELS = {
    "made": N_("Made from the signed terms"),
    "prove": N_("Milestone proven"),
    "release": N_("Approved early"),
    "hold": N_("Put on hold"),
    "resume": N_("Hold lifted"),
    "miss": N_("Long-stop date passed"),
    "extend": N_("Long-stop date moved"),
    "cancel": N_("Tranche lapsed"),
    "call": N_("Payment called"),
    "withdraw_call": N_("Call taken back"),
    "pay": N_("Money received"),
    "refund": N_("Money returned to the investor"),
    "reverse": N_("Entry corrected"),
    "waive": N_("Late interest waived"),
    "unwaive": N_("Waiver taken back"),
    "submit": N_("Proof handed in"),
    "accept": N_("Proof was accepted"),
    "reject": N_("Proof was rejected"),
}
