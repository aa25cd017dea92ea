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
    "sum": (40, N_("The amount is what this payer owes of these calls together")),
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
    payer_id: str = ""


@dataclass(frozen=True)
class Suggestion:
    """A call that a payment may be for; `reasons` are keys of REASONS."""

    call_id: str
    score: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class SplitSuggestion:
    """Several calls of one payer that a payment may be for: (call, minor units) of each; `reasons` are keys of REASONS."""

    parts: tuple[tuple[str, int], ...]
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


def suggest_split(
    amount: Money, payer: str, remarks: str, day: date, candidates: Iterable[Candidate]
) -> SplitSuggestion | None:
    """The likeliest calls of one payer that come to the payment together, to the minor unit: those whose references stand in
    the remarks, all that it owes, or all that is due by then; with late interest or without."""
    of_payers: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        if candidate.outstanding.currency == amount.currency:
            of_payers.setdefault(candidate.payer_id, []).append(candidate)
    said, found = plain(remarks), []
    for rows in of_payers.values():
        named = [row for row in rows if plain(row.reference) in said]
        for chosen in (named, rows, [row for row in rows if row.due_on <= day]):
            parts = _parts(amount.amount_minor, chosen)
            if parts:
                reasons = ("sum", *(("reference",) if chosen == named else ()), *_payer(payer, chosen[0]))
                found.append(SplitSuggestion(parts, sum(REASONS[r][0] for r in reasons), reasons))
                break
    return min(found, key=lambda s: (-s.score, s.parts), default=None)


def _parts(minor: int, rows: Sequence[Candidate]) -> tuple[tuple[str, int], ...]:
    """What each of at least two calls takes when they come to the sum together; nothing when they do not."""
    late = tuple((row.call_id, row.outstanding.amount_minor + row.interest_minor) for row in rows)
    bare = tuple((row.call_id, row.outstanding.amount_minor) for row in rows if row.outstanding.amount_minor)
    for parts in (late, bare):
        if len(parts) > 1 and all(part for _call, part in parts) and sum(part for _c, part in parts) == minor:
            return parts
    return ()


def _payer(payer: str, candidate: Candidate) -> Iterable[str]:
    name, short = plain(payer), core(payer)
    if name and any(plain(investor) == name for investor in candidate.investors):
        yield "payer"
    elif len(short) >= 2 and any(_alike(short, core(investor)) for investor in candidate.investors):
        yield "payer_alike"


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
    yield from _payer(payer, candidate)
    if any(len(plain(title)) >= 2 and plain(title) in said for title in candidate.projects):
        yield "project"
    if abs((day - candidate.due_on).days) <= NEAR_DAYS:
        yield "day"


def _alike(one: str, other: str) -> bool:
    return len(other) >= 2 and (one in other or other in one)
