"""Which call a payment on a bank statement is for: candidates in order, each with the reasons. Pure; a person confirms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from dealflow.core.i18n import N_
from dealflow.core.money import Money

REASONS = {
    "reference": (60, N_("Its reference stands in the remarks")),
    "amount": (30, N_("The amount is what is outstanding")),
    "with_interest": (30, N_("The amount is what is outstanding with late interest")),
    "part": (5, N_("The amount is a part of what is outstanding")),
    "payer": (25, N_("The payer has the investor's name")),
    "payer_alike": (12, N_("The payer's name is like the investor's")),
    "project": (10, N_("The remarks name the project or fund")),
    "day": (5, N_("It came within ten days of the due date")),
}
# One of these must hold: a day or a part alone says nothing.
_TELLING = frozenset({"reference", "amount", "with_interest", "payer", "payer_alike"})
_FORMS = re.compile(
    r"(股份)?(有限)?(责任)?公司|合伙企业|(有限合伙)|co|ltd|limited|inc|llc|lp|[^0-9a-z\u3400-\u9fff]",
    re.IGNORECASE,
)
NEAR_DAYS = 10


@dataclass(frozen=True)
class Candidate:
    """An open call: what it needs, from whom (all names that are known of it), for what project or fund."""

    call_id: str
    reference: str
    outstanding: Money
    interest_minor: int
    due_on: date
    investors: Sequence[str]
    projects: Sequence[str]


@dataclass(frozen=True)
class Suggestion:
    """A call that a payment may be for; `reasons` are keys of REASONS."""

    call_id: str
    score: int
    reasons: tuple[str, ...]


def plain(text: str) -> str:
    """A name as it is compared: one width, no case, no signs."""
    return re.sub(r"[^0-9a-z\u3400-\u9fff]", "", unicodedata.normalize("NFKC", text).casefold())


def core(name: str) -> str:
    """A company's name without its legal form."""
    return _FORMS.sub("", unicodedata.normalize("NFKC", name).casefold())


def suggest(
    amount: Money, payer: str, remarks: str, day: date, candidates: Iterable[Candidate], *, most: int = 3
) -> list[Suggestion]:
    """The likeliest calls, the best first; none when nothing telling fits."""
    found = []
    for candidate in candidates:
        if candidate.outstanding.currency != amount.currency:
            continue
        reasons = tuple(_reasons(amount, payer, remarks, day, candidate))
        if _TELLING & set(reasons):
            found.append(Suggestion(candidate.call_id, sum(REASONS[r][0] for r in reasons), reasons))
    return sorted(found, key=lambda s: (-s.score, s.call_id))[:most]


def _reasons(amount: Money, payer: str, remarks: str, day: date, candidate: Candidate) -> Iterable[str]:
    said = plain(remarks)
    if plain(candidate.reference) in said:
        yield "reference"
    needed = candidate.outstanding.amount_minor
    if amount.amount_minor == needed:
        yield "amount"
    elif candidate.interest_minor and amount.amount_minor == needed + candidate.interest_minor:
        yield "with_interest"
    elif amount.amount_minor < needed:
        yield "part"
    name, short = plain(payer), core(payer)
    if name and any(plain(investor) == name for investor in candidate.investors):
        yield "payer"
    elif len(short) >= 2 and any(_alike(short, core(investor)) for investor in candidate.investors):
        yield "payer_alike"
    if any(len(plain(title)) >= 2 and plain(title) in said for title in candidate.projects):
        yield "project"
    if abs((day - candidate.due_on).days) <= NEAR_DAYS:
        yield "day"


def _alike(one: str, other: str) -> bool:
    return len(other) >= 2 and (one in other or other in one)
