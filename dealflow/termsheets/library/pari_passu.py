"""Putting all investors of a recoupment order on the same rank, each in proportion to its money."""

from __future__ import annotations

import copy
from typing import Any

from dealflow.finance.allocation import largest_remainder
from dealflow.termsheets.library.terms import PPM

INVESTING = ("investor", "lender")


def pari_passu(waterfall: dict[str, Any]) -> dict[str, Any]:
    """The order with one recoupment tier for all investors, pari passu and pro rata, at the highest target of those
    merged, and with their parts of each split in proportion to their principals. Changes nothing for a single one."""
    made = copy.deepcopy(waterfall)
    investing = {payee["id"] for payee in made["payees"] if payee["kind"] in INVESTING}
    merged = [t for t in made["tiers"] if t["kind"] == "recoup" and _only(t, investing)]
    principals: dict[str, int] = {}
    for tier in merged:
        for row in tier["principals"]:
            principals[row["payee"]] = principals.get(row["payee"], 0) + row["principal_minor"]
    if len(principals) < 2:
        return made
    first, rest = merged[0], {tier["id"] for tier in merged[1:]}
    first["principals"] = [{"payee": p, "principal_minor": amount} for p, amount in principals.items()]
    first["target_ppm"] = max(tier["target_ppm"] for tier in merged)
    caps = [tier.get("cap_minor") for tier in merged]
    if all(cap is not None for cap in caps):
        first["cap_minor"] = sum(cap for cap in caps if cap is not None)
    else:
        first.pop("cap_minor", None)
    made["tiers"] = [tier for tier in made["tiers"] if tier["id"] not in rest]
    for tier in made["tiers"]:
        _point(tier, rest, first["id"])
        if tier["kind"] == "split":
            for step in (tier, *tier.get("escalators", ())):
                step["shares"] = _shared(step["shares"], principals)
    return made


def _only(tier: dict[str, Any], payees: set[str]) -> bool:
    return {row["payee"] for row in tier["principals"]} <= payees


def _point(tier: dict[str, Any], gone: set[str], to: str) -> None:
    """Let what referred to a merged tier refer to the one that is left."""
    if tier.get("until_tier") in gone:
        tier["until_tier"] = to
    for row in tier.get("loans", ()):
        if row["principal_tier"] in gone:
            row["principal_tier"] = to
    for step in tier.get("escalators", ()):
        if step.get("tier") in gone:
            step["tier"] = to


def _shared(shares: list[dict[str, Any]], principals: dict[str, int]) -> list[dict[str, Any]]:
    """The investors' common part of a split, divided by their principals."""
    whole = sum(row["ppm"] for row in shares if row["payee"] in principals)
    if not whole:
        return shares
    parts = dict(zip(principals, largest_remainder(whole, list(principals.values())), strict=True))
    others = [row for row in shares if row["payee"] not in principals]
    made = [{"payee": payee, "ppm": part} for payee, part in parts.items() if part] + others
    assert sum(row["ppm"] for row in made) == PPM  # noqa: S101 - a split shares everything
    return made
