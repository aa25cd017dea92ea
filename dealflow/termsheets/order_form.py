"""The recoupment order as a form: payees and tiers as rows, shares as short lines of text.

A line names a payee and what it gets: `investor 40%` in a share, `investor 4,500,000` for a principal,
`investor 4,500,000 10% 2026-12-01 recoup` for a loan (rate, first day, tier of the principal). A step of an escalator
names its threshold first: `gross 10,000,000: investor 30%, producer 70%` or `recoup 300%: …`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from dealflow.core import i18n, money
from dealflow.core.i18n import N_

PAYEE_COLUMNS = ("id", "name", "kind")
TIER_COLUMNS = (
    "id", "zh", "en", "kind", "share", "basis", "cap", "target", "until", "who", "steps",
)  # fmt: skip
TIER_NAMES = {
    "percentage": N_("A share"), "fixed": N_("A fixed sum"), "recoup": N_("Recoupment"), "interest": N_("Interest on the loan"),
    "ad_spend": N_("Ad spend"), "corridor": N_("A corridor"), "split": N_("The rest, shared"),
}  # fmt: skip
PAYEE_KINDS = {
    "platform": N_("Platform"), "sales_agent": N_("Sales agent"), "ad_spend": N_("Ad-spend advance"), "lender": N_("Lender"),
    "investor": N_("Investor"), "producer": N_("Producer"), "talent": N_("Talent"), "other": N_("Other"),
}  # fmt: skip
_LOAN = re.compile(r"(?P<amount>\S+)\s+(?P<rate>\S+%?)\s+(?P<since>\d{4}-\d{2}-\d{2})\s+(?P<tier>\S+)")


def percent(ppm: int) -> str:
    """`40%`, without idle zeros."""
    return f"{(Decimal(ppm) / 10_000).normalize():f}%"


def ppm(text: str) -> int:
    """Parts per million of `40%` or `40`; ValueError otherwise."""
    value = money.whole_number(text.strip().removesuffix("%").strip(), 10_000)
    if value is None or value > 10**9:
        raise ValueError(N_("Enter a percentage such as 12.5"))
    return value


def payee_rows(waterfall: Mapping[str, Any]) -> list[dict[str, str]]:
    """The payees as typed rows."""
    return [{c: str(payee.get(c, "")) for c in PAYEE_COLUMNS} for payee in waterfall["payees"]]


def tier_rows(waterfall: Mapping[str, Any]) -> list[dict[str, str]]:
    """The tiers as typed rows."""
    return [_typed_tier(tier, waterfall["currency"]) for tier in waterfall["tiers"]]


def _typed_tier(tier: Mapping[str, Any], currency: str) -> dict[str, str]:
    def plain(minor: int | None) -> str:
        return "" if minor is None else money.plain(money.Money(minor, currency))

    label = tier.get("label") or {}
    names = label if isinstance(label, dict) else {"zh": label, "en": label}
    kind = tier["kind"]
    target = percent(tier["target_ppm"]) if kind == "recoup" else plain(tier.get("target_minor"))
    return {
        "id": tier["id"], "zh": names.get("zh", ""), "en": names.get("en", ""), "kind": kind,
        "share": percent(tier.get("share_ppm", 1_000_000)), "basis": tier.get("basis", "remaining"),
        "cap": plain(tier.get("cap_minor")), "target": target, "until": tier.get("until_tier", ""),
        "who": "\n".join(_who(tier, plain)), "steps": "\n".join(_step(step, plain) for step in tier.get("escalators", ())),
    }  # fmt: skip


def _who(tier: Mapping[str, Any], plain: Callable[[int | None], str]) -> list[str]:
    if tier["kind"] == "recoup":
        return [f"{row['payee']} {plain(row['principal_minor'])}" for row in tier["principals"]]
    if tier["kind"] == "interest":
        return [
            f"{row['payee']} {plain(row['principal_minor'])} {percent(row['rate_ppm'])} {row['since']} {row['principal_tier']}"
            for row in tier["loans"]
        ]  # fmt: skip
    return [f"{row['payee']} {percent(row['ppm'])}" for row in tier.get("shares", ())]


def _step(step: Mapping[str, Any], plain: Callable[[int | None], str]) -> str:
    shares = ", ".join(f"{row['payee']} {percent(row['ppm'])}" for row in step["shares"])
    if "above_gross_minor" in step:
        return f"gross {plain(step['above_gross_minor'])}: {shares}"
    return f"{step['tier']} {percent(step['above_recoup_ppm'])}: {shares}"


def read(
    payees: list[dict[str, str]], tiers: list[dict[str, str]], currency: str
) -> tuple[dict[str, Any], dict[str, str]]:
    """The order from typed rows, and what could not be read: `tiers: 3: …` by name of the part."""
    errors: dict[str, str] = {}
    made = []
    for number, row in enumerate(tiers, 1):
        try:
            made.append(_tier(row, number, currency))
        except (ValueError, money.MoneyError) as error:
            message = error.message if isinstance(error, money.MoneyError) else str(error)
            errors.setdefault("tiers", f"{number}: {i18n.gettext(message)}")
    named = [
        {"id": row.get("id") or f"payee{n}", "name": row.get("name", ""), "kind": row.get("kind", "other")}
        for n, row in enumerate(payees, 1)
    ]
    return {"currency": currency, "payees": named, "tiers": made}, errors


def _tier(row: Mapping[str, str], number: int, currency: str) -> dict[str, Any]:
    kind = row.get("kind", "")
    label = {lang: row[lang] for lang in ("zh", "en") if row.get(lang)}
    tier: dict[str, Any] = {"id": row.get("id") or f"tier{number}", "kind": kind}
    if label:
        tier["label"] = label
    share = ppm(row.get("share") or "100%")
    if share != 1_000_000:
        tier["share_ppm"] = share
    if row.get("basis") == "gross":
        tier["basis"] = "gross"
    if row.get("cap"):
        tier["cap_minor"] = money.parse(row["cap"], currency).amount_minor
    return tier | _by_kind(row, kind, currency)


def _by_kind(row: Mapping[str, str], kind: str, currency: str) -> dict[str, Any]:
    lines = [line.strip() for line in row.get("who", "").splitlines() if line.strip()]
    if kind == "recoup":
        return {
            "target_ppm": ppm(row.get("target", "")),
            "principals": [
                {"payee": payee, "principal_minor": money.parse(rest, currency).amount_minor}
                for payee, rest in map(_split, lines)
            ],
        }
    if kind == "interest":
        return {"loans": [_loan(payee, rest, currency) for payee, rest in map(_split, lines)]}
    if kind == "ad_spend":
        return {}
    found: dict[str, Any] = {"shares": [_share(line) for line in lines]}
    if kind == "fixed":
        found["target_minor"] = money.parse(row.get("target", ""), currency).amount_minor
    if kind == "corridor":
        found["until_tier"] = row.get("until", "")
    steps = [line.strip() for line in row.get("steps", "").splitlines() if line.strip()]
    if kind == "split" and steps:
        found["escalators"] = [_read_step(line, currency) for line in steps]
    return found


def _split(line: str) -> tuple[str, str]:
    payee, _, rest = line.partition(" ")
    if not rest.strip():
        raise ValueError(N_("Write one payee a line with what it gets, such as: investor 40"))
    return payee, rest.strip()


def _share(line: str) -> dict[str, Any]:
    payee, rest = _split(line.strip())
    return {"payee": payee, "ppm": ppm(rest)}


def _loan(payee: str, rest: str, currency: str) -> dict[str, Any]:
    match = _LOAN.fullmatch(rest)
    if match is None:
        raise ValueError(N_("Write a loan as: investor 4,500,000 10 2026-12-01 recoup"))
    return {
        "payee": payee,
        "principal_minor": money.parse(match["amount"], currency).amount_minor,
        "rate_ppm": ppm(match["rate"]),
        "since": match["since"],
        "principal_tier": match["tier"],
    }


def _read_step(line: str, currency: str) -> dict[str, Any]:
    head, _, tail = line.partition(":")
    name, threshold = _split(head.strip())
    shares = [_share(part) for part in re.split(r"[,，、;；]", tail) if part.strip()]
    if name == "gross":
        return {"above_gross_minor": money.parse(threshold, currency).amount_minor, "shares": shares}
    return {"tier": name, "above_recoup_ppm": ppm(threshold), "shares": shares}


def follow(terms: dict[str, Any], base: Mapping[str, Any]) -> None:
    """Let the order follow what a clause now says, where both agreed before: amount, ad-spend cap, rate and first day."""
    order = terms["waterfall"]
    old, new = base["investment"]["amount"], terms["investment"]["amount"]
    caps = base["ad_spend"]["cap"]["amount_minor"], terms["ad_spend"]["cap"]["amount_minor"]
    ads = [tier for tier in order["tiers"] if tier.get("kind") == "ad_spend"]
    if len(ads) == 1 and ads[0].get("cap_minor") == caps[0]:
        ads[0]["cap_minor"] = caps[1]
    for tier in order["tiers"]:
        for row in (*tier.get("principals", ()), *tier.get("loans", ())):
            if row.get("payee") != "investor":
                continue
            if row.get("principal_minor") == old["amount_minor"]:
                row["principal_minor"] = new["amount_minor"]
            if "loan" in terms and "rate_ppm" in row and row["rate_ppm"] == base["loan"]["rate_ppm"]:
                row["rate_ppm"] = terms["loan"]["rate_ppm"]
            if "loan" in terms and "since" in row and row["since"] == base["loan"]["drawdown"]:
                row["since"] = terms["loan"]["drawdown"]
