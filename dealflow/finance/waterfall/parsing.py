"""From the JSON of a term sheet to `Terms`, or to the list of everything that is wrong with it.

Problems are of two sorts. A *shape* problem (a missing key, a wrong type) means the caller sent something
that is no term sheet: FinanceInputError. All others are terms that contradict the rules of the schema
(section 2.1): Refused("invalid_terms"). Both are collected, so that a form can show all reasons at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from dealflow.finance import reading
from dealflow.finance.allocation import PPM
from dealflow.finance.errors import FinanceInputError, Refused
from dealflow.finance.waterfall import checks
from dealflow.finance.waterfall.terms import (
    PAYEE_KINDS,
    AdSpend,
    Corridor,
    Escalator,
    Fixed,
    Interest,
    Loan,
    Payee,
    Percentage,
    Recoup,
    Split,
    Terms,
    Tier,
    Weights,
)

MAX_PROBLEMS = 200
"""More problems than this are not listed: nobody reads them."""

T = TypeVar("T")
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why terms are refused; `shape` when they are no terms at all."""

    path: str
    code: str
    message: str
    shape: bool = False


class Collector:
    """Reads values and keeps what was wrong instead of stopping at the first problem."""

    def __init__(self) -> None:
        """Start with no problem."""
        self.problems: list[Problem] = []

    def add(self, path: str, code: str, message: str) -> None:
        """Note a problem of substance."""
        self.problems.append(Problem(path, code, message))

    def read(self, read: Callable[[], T], default: T) -> T:
        """What `read` returns, or `default` after a shape problem has been noted."""
        try:
            return read()
        except FinanceInputError as error:
            self.problems.append(Problem(error.field, error.code, error.reason, shape=True))
            return default

    def integer(
        self, owner: dict[str, Any], key: str, path: str, low: int = 0, high: int | None = None
    ) -> int:
        """The integer member `key`; outside `low`...`high` is a problem of substance."""
        value = self.read(lambda: reading.integer(owner, key, path), low)
        if value < low or (high is not None and value > high):
            upper = f"and at most {high}" if high is not None else "or more"
            self.add(reading.join(path, key), "out_of_range", f"must be {low} {upper}")
        return value

    def text(self, owner: dict[str, Any], key: str, path: str) -> str:
        """The string member `key`, which must not be empty."""
        value = self.read(lambda: reading.text(owner, key, path), "?")
        if not value:
            self.add(reading.join(path, key), "empty", "must not be empty")
        return value

    def choice(self, owner: dict[str, Any], key: str, path: str, allowed: tuple[str, ...]) -> str:
        """The string member `key`, one of `allowed`; the first of them after a problem."""
        value = self.read(lambda: reading.text(owner, key, path), allowed[0])
        if value in allowed:
            return value
        self.add(reading.join(path, key), "unknown_choice", f"must be one of {', '.join(allowed)}")
        return allowed[0]

    def items(self, owner: dict[str, Any], key: str, path: str) -> list[tuple[dict[str, Any], str]]:
        """The objects of list member `key` with their paths; an empty list is a problem of substance."""
        found = self.read(lambda: reading.objects(owner, key, path), None)
        if found is not None and not found:
            self.add(reading.join(path, key), "empty", "must not be empty")
        return found or []

    def weights(self, owner: dict[str, Any], key: str, path: str, unit: str) -> Weights:
        """The list member `key` of `{payee, <unit>}`; shares (unit ppm) must make the whole, no payee twice."""
        high = PPM if unit == "ppm" else None
        before = len(self.problems)
        found = tuple(
            (self.text(item, "payee", where), self.integer(item, unit, where, high=high))
            for item, where in self.items(owner, key, path)
        )
        here = reading.join(path, key)
        if unit == "ppm" and len(self.problems) == before and sum(ppm for _, ppm in found) != PPM:
            self.add(here, "shares_sum", f"shares must sum to {PPM} ppm")
        if len({payee for payee, _ in found}) < len(found):
            self.add(here, "duplicate_payee", "names a payee twice")
        return found


def _payee(collect: Collector, item: dict[str, Any], path: str) -> Payee:
    """One payee."""
    return Payee(
        collect.text(item, "id", path),
        collect.read(lambda: reading.text(item, "name", path), ""),
        collect.choice(item, "kind", path, PAYEE_KINDS),
    )


def _required(collect: Collector, item: dict[str, Any], path: str, *keys: str) -> bool:
    """Whether the terms this kind of tier cannot do without are all there; notes those that are missing."""
    missing = [key for key in keys if key not in item]
    for key in missing:
        collect.add(reading.join(path, key), "missing", "is missing for this kind of tier")
    return not missing


def _loan(collect: Collector, item: dict[str, Any], path: str) -> Loan | None:
    """One loan of an interest tier; None after a problem with its date."""
    payee = collect.text(item, "payee", path)
    principal = collect.integer(item, "principal_minor", path)
    rate = collect.integer(item, "rate_ppm", path)
    since = collect.read(lambda: reading.day(item, "since", path), None)
    tier = collect.text(item, "principal_tier", path)
    return None if since is None else Loan(payee, principal, rate, since, tier)


def _escalator(collect: Collector, item: dict[str, Any], path: str) -> Escalator:
    """One escalator: by gross (`above_gross_minor`) or by recoupment (`above_recoup_ppm` and `tier`)."""
    shares = collect.weights(item, "shares", path, "ppm")
    if ("above_gross_minor" in item) == ("above_recoup_ppm" in item):
        collect.add(path, "threshold", "needs either above_gross_minor or above_recoup_ppm")
        return Escalator(0, None, shares)
    if "above_gross_minor" in item:
        return Escalator(collect.integer(item, "above_gross_minor", path), None, shares)
    return Escalator(
        collect.integer(item, "above_recoup_ppm", path), collect.text(item, "tier", path), shares
    )


Base = tuple[str, bool, int, int | None]
"""The first four fields of every tier: id, gross, share_ppm, cap_minor."""


def _shared(collect: Collector, item: dict[str, Any], path: str, kind: str, base: Base) -> Tier | None:
    """A tier whose money is split by a list of shares."""
    needed = {"fixed": ("target_minor",), "corridor": ("until_tier",)}.get(kind, ())
    if not _required(collect, item, path, "shares", *needed):
        return None
    shares = collect.weights(item, "shares", path, "ppm")
    if kind == "percentage":
        return Percentage(*base, shares)
    if kind == "fixed":
        return Fixed(*base, collect.integer(item, "target_minor", path), shares)
    if kind == "corridor":
        return Corridor(*base, collect.text(item, "until_tier", path), shares)
    steps: list[tuple[dict[str, Any], str]] = []
    if "escalators" in item:
        steps = collect.read(lambda: reading.objects(item, "escalators", path), steps)
    return Split(*base, shares, tuple(_escalator(collect, step, where) for step, where in steps))


def _recoup(collect: Collector, item: dict[str, Any], path: str, base: Base) -> Tier | None:
    """A recoup tier."""
    if not _required(collect, item, path, "target_ppm", "principals"):
        return None
    target = collect.integer(item, "target_ppm", path)
    return Recoup(*base, target, collect.weights(item, "principals", path, "principal_minor"))


def _interest(collect: Collector, item: dict[str, Any], path: str, base: Base) -> Tier | None:
    """An interest tier."""
    if not _required(collect, item, path, "loans"):
        return None
    loans = [_loan(collect, loan, where) for loan, where in collect.items(item, "loans", path)]
    found = tuple(loan for loan in loans if loan is not None)
    if len({loan.payee for loan in found}) < len(found):
        collect.add(reading.join(path, "loans"), "duplicate_payee", "names a payee twice")
    return Interest(*base, found)


TIER_KINDS = ("percentage", "fixed", "recoup", "interest", "ad_spend", "corridor", "split")


def _tier(collect: Collector, item: dict[str, Any], path: str) -> Tier | None:
    """One tier; None when what its kind needs is not there."""
    if not isinstance(item.get("label", ""), (str, dict)):
        collect.add(reading.join(path, "label"), "not_a_label", "must be a string or an object")
    name = collect.text(item, "id", path)
    before = len(collect.problems)
    kind = collect.choice(item, "kind", path, TIER_KINDS)
    gross = "basis" in item and collect.choice(item, "basis", path, ("remaining", "gross")) == "gross"
    share = collect.integer(item, "share_ppm", path, 1, PPM) if "share_ppm" in item else PPM
    cap = collect.integer(item, "cap_minor", path) if "cap_minor" in item else None
    base = (name, gross, share, cap)
    if any(problem.path == reading.join(path, "kind") for problem in collect.problems[before:]):
        return None
    if kind == "recoup":
        return _recoup(collect, item, path, base)
    if kind == "interest":
        return _interest(collect, item, path, base)
    if kind == "ad_spend":
        return AdSpend(*base) if _required(collect, item, path, "cap_minor") else None
    return _shared(collect, item, path, kind, base)


def _read(data: Any, path: str) -> tuple[Terms, list[Problem]]:
    """The terms as far as they can be read, and all problems found."""
    collect = Collector()
    raw = collect.read(lambda: reading.mapping(data, path), None)
    if raw is None:
        return Terms("", (), ()), collect.problems
    currency = collect.text(raw, "currency", path)
    if currency and currency != "?" and not _CURRENCY.fullmatch(currency):
        collect.add(reading.join(path, "currency"), "not_a_currency", "must be three capital letters")
    payees = tuple(_payee(collect, item, where) for item, where in collect.items(raw, "payees", path))
    tiers = [_tier(collect, item, where) for item, where in collect.items(raw, "tiers", path)]
    complete = tuple(tier for tier in tiers if tier is not None)
    terms = Terms(currency, payees, complete)
    if not collect.problems:
        for where, code, message in checks.contradictions(terms):
            collect.add(reading.join(path, where), code, message)
    return terms, collect.problems


def parse_terms(data: Any, path: str = "terms") -> Terms:
    """Valid terms from their JSON at `path`.

    Raises FinanceInputError for the first wrong shape, else Refused("invalid_terms") for anything else wrong.
    """
    terms, problems = _read(data, path)
    for problem in problems:
        if problem.shape:
            raise FinanceInputError(problem.path, problem.code, problem.message)
    if problems:
        raise Refused("invalid_terms")
    return terms


def validate_terms(terms: Any) -> list[dict[str, str]]:
    """Every reason why `terms` are refused, each `{"path", "code", "message"}`; empty when they are valid.

    Paths are relative to the terms ("tiers[2].shares"); never raises. Contradictions between tiers are looked
    for once each tier is complete in itself.
    """
    try:
        reading.check_depth(terms, "")
    except FinanceInputError as error:
        return [{"path": error.field, "code": error.code, "message": error.reason}]
    _, problems = _read(terms, "")
    return [
        {"path": problem.path, "code": problem.code, "message": problem.message}
        for problem in problems[:MAX_PROBLEMS]
    ]
