"""The terms of a recoupment waterfall as frozen values: payees, and tiers in order of rank.

Terms are made by `parsing.parse_terms` only, so whoever holds one holds valid terms.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dealflow.finance.allocation import PPM, half_up

Weights = tuple[tuple[str, int], ...]
"""Payee ids with their weights (ppm, principals or targets), in the order that breaks ties."""

PAYEE_KINDS = ("platform", "sales_agent", "ad_spend", "lender", "investor", "producer", "talent", "other")


@dataclass(frozen=True, slots=True)
class Payee:
    """Somebody who is paid from receipts."""

    id: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Tier:
    """What every tier has: its share (ppm) of the remaining or gross money and an optional cumulative cap."""

    id: str
    gross: bool
    share_ppm: int
    cap_minor: int | None

    @property
    def weights(self) -> Weights:
        """How the tier's money is split from its first unit on; empty where that depends on the date."""
        return ()

    @property
    def target(self) -> int | None:
        """The cumulative amount (minor units) the tier waits for; None if there is none or it depends on the date."""
        return None


@dataclass(frozen=True, slots=True)
class Percentage(Tier):
    """A share of the money without a target, such as a platform fee."""

    shares: Weights

    @property
    def weights(self) -> Weights:
        """The shares."""
        return self.shares


@dataclass(frozen=True, slots=True)
class Fixed(Tier):
    """A fixed amount, such as expenses or a deferment."""

    target_minor: int
    shares: Weights

    @property
    def weights(self) -> Weights:
        """The shares."""
        return self.shares

    @property
    def target(self) -> int:
        """The fixed amount."""
        return self.target_minor


@dataclass(frozen=True, slots=True)
class Recoup(Tier):
    """Principals and a premium on them, pari passu: each payee waits for half_up(principal * target_ppm / 10^6)."""

    target_ppm: int
    principals: Weights

    @property
    def weights(self) -> Weights:
        """Each payee's own target."""
        return tuple(
            (payee, half_up(principal * self.target_ppm, PPM)) for payee, principal in self.principals
        )

    @property
    def target(self) -> int:
        """The sum of the payees' targets."""
        return sum(weight for _, weight in self.weights)

    def multiple(self, ppm: int) -> int:
        """The amount at which the listed payees have had `ppm` of their principals."""
        return half_up(sum(principal for _, principal in self.principals) * ppm, PPM)


@dataclass(frozen=True, slots=True)
class Loan:
    """One lender's principal (minor units), which bears simple interest from `since` until paid in `principal_tier`."""

    payee: str
    principal_minor: int
    rate_ppm: int
    since: date
    principal_tier: str


@dataclass(frozen=True, slots=True)
class Interest(Tier):
    """Simple interest, ACT/365, on what is outstanding of each loan."""

    loans: tuple[Loan, ...]


@dataclass(frozen=True, slots=True)
class AdSpend(Tier):
    """Audited promotion spend (投流), given back to whoever spent it, up to the cap."""

    @property
    def limit(self) -> int:
        """The cap, which this kind always has (minor units)."""
        return self.cap_minor or 0


@dataclass(frozen=True, slots=True)
class Corridor(Tier):
    """A share paid only while another tier waits for its target."""

    until_tier: str
    shares: Weights

    @property
    def weights(self) -> Weights:
        """The shares."""
        return self.shares


@dataclass(frozen=True, slots=True)
class Escalator:
    """Other shares once gross, or what a recoup tier's payees had from all tiers, reaches `above`.

    `above` is in minor units when `tier` is None (gross), else in ppm of that tier's principals.
    """

    above: int
    tier: str | None
    shares: Weights


@dataclass(frozen=True, slots=True)
class Split(Tier):
    """A split of what arrives, with shares that may change as thresholds are reached."""

    shares: Weights
    escalators: tuple[Escalator, ...]

    @property
    def weights(self) -> Weights:
        """The shares before any threshold."""
        return self.shares


@dataclass(frozen=True, slots=True)
class Terms:
    """A whole waterfall; `tiers` in order of rank, the last a split that takes the rest."""

    currency: str
    payees: tuple[Payee, ...]
    tiers: tuple[Tier, ...]
