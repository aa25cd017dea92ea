"""What term sheets add to the page of a deal."""

from __future__ import annotations

from typing import Any

from dealflow.core import policy, slots
from dealflow.core.actor import Actor
from dealflow.core.i18n import N_, language
from dealflow.deals.queries import Deal
from dealflow.termsheets import library, queries
from dealflow.termsheets.models import TermSheet
from dealflow.termsheets.policy import Can
from dealflow.termsheets.states import LABELS


@slots.fill("deal.main", order=20)
def of_deal(actor: Actor, deal: Deal) -> tuple[str, dict[str, Any]] | None:
    """The deal's term sheets and the button to draft one."""
    sheets = queries.of_deal(actor, deal.id)
    may_draft = deal.is_open and policy.can(actor, Can.DRAFT, deal)
    if not sheets and not may_draft:
        return None
    return "termsheets/_of_deal.html", {
        "sheets": sheets, "deal": deal, "may_draft": may_draft, "templates": library.TEMPLATES, "labels": LABELS,
        "lang_key": language(), "next": next(((s, label) for s in sheets if (label := _next(actor, s))), None),
    }  # fmt: skip


def _next(actor: Actor, sheet: TermSheet) -> str | None:
    """What the actor is to do with a term sheet; None when it is the other side's turn, or nobody's."""
    if sheet.state in ("proposed", "countered"):
        waits = policy.can(actor, Can.ANSWER, sheet) and sheet.side_of(actor) not in queries.accepted_by(
            sheet
        )
        return N_("Answer version %(number)s") if waits else None
    label = {
        "draft": N_("Check the draft"),
        "accepted": N_("To the signatures"),
        "signing": N_("To the signatures"),
    }
    return label.get(sheet.state) if policy.can(actor, Can.SEE, sheet) and actor.may_write else None
