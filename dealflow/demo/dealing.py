"""One investor's and one pitch's story: what the demo tells of deals is told of one of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from dealflow.core.actor import Actor
from dealflow.demo.data import table
from dealflow.demo.investors import Stated
from dealflow.demo.lives import Life

# Deals that the demo logins have at least, one for each stage.
RICH = ("investor", "fund", "investor2")
# Where the login overseas signs: a pair with a creator's login, so that the two can finish it.
SIGNING = ("investor2", "negotiation")


@dataclass
class Dealing:
    """One investor's and one pitch's story."""

    key: str
    life: Life
    investor: Actor
    mandates: Sequence[Stated]
    stands: str
    days: float
    together: bool = False
    deal_id: str = ""
    signed: datetime | None = None

    @property
    def leading(self) -> bool:
        """Whether one of the main logins invests."""
        return self.key.partition("-")[0] in RICH

    @property
    def signing(self) -> bool:
        """Whether signatures are being given."""
        return (self.key.partition("-")[0], self.stands) == SIGNING

    @property
    def rng(self) -> Random:
        return Random(f"dealflow:deal:{self.key}")  # noqa: S311 - variety, no secret

    @property
    def words(self) -> dict[str, Any]:
        """Reasons and notes in the language of the pitch."""
        return dict(table("talk")["en" if self.life.idea.overseas else "zh"])
