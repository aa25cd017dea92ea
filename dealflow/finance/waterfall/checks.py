"""What terms may not say although each of their tiers is complete in itself (schema, section 2.1)."""

from __future__ import annotations

from collections.abc import Iterator

from dealflow.finance.allocation import PPM
from dealflow.finance.waterfall.terms import (
    Corridor,
    Fixed,
    Interest,
    Percentage,
    Recoup,
    Split,
    Terms,
    Tier,
    Weights,
)

Finding = tuple[str, str, str]
"""Path relative to the terms, code, message."""


def contradictions(terms: Terms) -> Iterator[Finding]:
    """All contradictions within the terms, in the order a reader of the term sheet meets them."""
    yield from _duplicates("payees", [payee.id for payee in terms.payees])
    yield from _duplicates("tiers", [tier.id for tier in terms.tiers])
    payees = {payee.id for payee in terms.payees}
    tiers = {tier.id: tier for tier in terms.tiers}
    for position, tier in enumerate(terms.tiers):
        path = f"tiers[{position}]"
        for where, named in _named_payees(tier):
            if named not in payees:
                yield f"{path}.{where}", "unknown_payee", "names a payee who is not in the list"
        yield from _references(tier, path, tiers)
    gross = sum(tier.share_ppm for tier in terms.tiers if tier.gross)
    if gross > PPM:
        yield "tiers", "gross_shares", f"shares of the gross sum to more than {PPM} ppm"
    last = terms.tiers[-1]
    if not isinstance(last, Split) or last.gross or last.share_ppm != PPM or last.cap_minor is not None:
        yield (
            f"tiers[{len(terms.tiers) - 1}]",
            "last_tier",
            "the last tier must be a split of all that remains, without a cap",
        )


def _duplicates(path: str, names: list[str]) -> Iterator[Finding]:
    """One finding for each id that was there before."""
    seen: set[str] = set()
    for position, name in enumerate(names):
        if name in seen:
            yield f"{path}[{position}].id", "duplicate_id", "is there twice"
        seen.add(name)


def _names(path: str, weights: Weights) -> Iterator[tuple[str, str]]:
    """The payees of a list with their paths."""
    for position, (payee, _) in enumerate(weights):
        yield f"{path}[{position}].payee", payee


def _named_payees(tier: Tier) -> Iterator[tuple[str, str]]:
    """Every payee a tier names, with the path within the tier."""
    if isinstance(tier, (Percentage, Fixed, Corridor, Split)):
        yield from _names("shares", tier.shares)
    if isinstance(tier, Split):
        for position, step in enumerate(tier.escalators):
            yield from _names(f"escalators[{position}].shares", step.shares)
    if isinstance(tier, Recoup):
        yield from _names("principals", tier.principals)
    if isinstance(tier, Interest):
        yield from _names("loans", tuple((loan.payee, 0) for loan in tier.loans))


def _references(tier: Tier, path: str, tiers: dict[str, Tier]) -> Iterator[Finding]:
    """Findings about the other tiers a tier names."""
    if isinstance(tier, Corridor) and not isinstance(tiers.get(tier.until_tier), (Fixed, Recoup)):
        yield f"{path}.until_tier", "unknown_tier", "must name a fixed or recoup tier"
    if isinstance(tier, Interest):
        for position, loan in enumerate(tier.loans):
            principal = tiers.get(loan.principal_tier)
            if not isinstance(principal, Recoup) or loan.payee not in dict(principal.principals):
                yield (
                    f"{path}.loans[{position}].principal_tier",
                    "unknown_tier",
                    "must name a recoup tier that lists the payee",
                )
    if isinstance(tier, Split):
        yield from _thresholds(tier, path, tiers)


def _thresholds(tier: Split, path: str, tiers: dict[str, Tier]) -> Iterator[Finding]:
    """Findings about escalators: unknown tiers, and thresholds of one kind that do not ascend."""
    highest: dict[bool, int] = {}
    for position, step in enumerate(tier.escalators):
        where = f"{path}.escalators[{position}]"
        by_gross = step.tier is None
        if step.tier is not None and not isinstance(tiers.get(step.tier), Recoup):
            yield f"{where}.tier", "unknown_tier", "must name a recoup tier"
        if by_gross in highest and step.above <= highest[by_gross]:
            yield where, "not_ascending", "thresholds of one kind must ascend"
        highest[by_gross] = step.above
