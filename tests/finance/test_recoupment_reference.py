"""The engine against a reference that hands out one unit at a time with plain dictionaries (invariant 13)."""

from __future__ import annotations

import os
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dealflow.finance import simulate

EXAMPLES = settings(
    max_examples=10_000 if os.environ.get("DEALFLOW_LONG") else 150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
WHOLE = 1_000_000
FIRST = date(2026, 1, 1)
PAYEES = ("a", "b", "c", "d")


def nearest(value: Fraction) -> int:
    """Round half away from zero (values >= 0)."""
    return int(value + Fraction(1, 2))


class Reference:
    """Plain state, changed fen by fen."""

    def __init__(self, terms: dict[str, Any], spend: list[dict[str, Any]]) -> None:
        self.tiers = terms["tiers"]
        self.by_id = {tier["id"]: tier for tier in self.tiers}
        self.payees = [payee["id"] for payee in terms["payees"]]
        self.spend = sorted((entry for entry in spend if entry["audited"]), key=lambda entry: entry["on"])
        self.total = {tier["id"]: 0 for tier in self.tiers}
        self.paid = {tier["id"]: dict.fromkeys(self.payees, 0) for tier in self.tiers}
        self.targets: dict[str, dict[str, int]] = {tier["id"]: {} for tier in self.tiers}
        self.accrued: dict[tuple[str, str], Fraction] = {}
        self.money_on: date | None = None
        self.gross = 0
        self.weights: dict[str, dict[str, int]] = {}
        self.got: dict[str, dict[str, int]] = {}
        for tier in self.tiers:
            self.segment(tier, self.first_weights(tier))
        self.rates: list[Fraction] = []
        self.band: list[int] = []
        self.after_fen()

    def first_weights(self, tier: dict[str, Any]) -> dict[str, int]:
        if tier["kind"] == "recoup":
            self.targets[tier["id"]] = {
                entry["payee"]: nearest(Fraction(entry["principal_minor"] * tier["target_ppm"], WHOLE))
                for entry in tier["principals"]
            }
            return self.targets[tier["id"]]
        return {entry["payee"]: entry["ppm"] for entry in tier.get("shares", [])}

    def segment(self, tier: dict[str, Any], weights: dict[str, int]) -> None:
        if self.weights.get(tier["id"]) != weights or tier["kind"] in ("interest", "ad_spend"):
            self.weights[tier["id"]] = dict(weights)
            self.got[tier["id"]] = dict.fromkeys(weights, 0)

    def target(self, tier: dict[str, Any]) -> int | None:
        if tier["kind"] == "fixed":
            return int(tier["target_minor"])
        if tier["kind"] in ("recoup", "interest", "ad_spend"):
            return sum(self.targets[tier["id"]].values())
        return None

    def satisfied(self, tier: dict[str, Any]) -> bool:
        total = self.total[tier["id"]]
        if tier["kind"] == "corridor":
            until = self.by_id[tier["until_tier"]]
            if self.total[until["id"]] >= (self.target(until) or 0):
                return True
        ends = [end for end in (self.target(tier), tier.get("cap_minor")) if end is not None]
        return bool(ends) and total >= min(ends)

    def had(self, payee: str) -> int:
        return sum(paid[payee] for paid in self.paid.values())

    def after_fen(self) -> None:
        for tier in self.tiers:
            for step in tier.get("escalators", []):
                if "above_gross_minor" in step:
                    reached = self.gross >= step["above_gross_minor"]
                else:
                    principals = self.by_id[step["tier"]]["principals"]
                    need = Fraction(
                        sum(p["principal_minor"] for p in principals) * step["above_recoup_ppm"], WHOLE
                    )
                    reached = sum(self.had(p["payee"]) for p in principals) >= nearest(need)
                step["reached"] = step.get("reached", False) or reached
            in_force = [step for step in tier.get("escalators", []) if step["reached"]]
            if in_force:
                self.segment(tier, {entry["payee"]: entry["ppm"] for entry in in_force[-1]["shares"]})
        self.look_at_rates()

    def look_at_rates(self) -> None:
        rem, found = Fraction(1), []
        for tier in self.tiers:
            share = Fraction(tier.get("share_ppm", WHOLE), WHOLE)
            rate = min(rem, share if tier.get("basis") == "gross" else share * rem)
            rate = Fraction(0) if self.satisfied(tier) else rate
            rem -= rate
            found.append(rate)
        assert rem == 0
        if found != self.rates:
            self.rates, self.band = found, [0] * len(found)

    def one_fen(self) -> None:
        quotients = [rate / (2 * got + 1) for rate, got in zip(self.rates, self.band, strict=True)]
        position = quotients.index(max(quotients))
        self.band[position] += 1
        name = self.tiers[position]["id"]
        payee = max(
            self.weights[name],
            key=lambda who: Fraction(self.weights[name][who], 2 * self.got[name][who] + 1),
        )
        self.got[name][payee] += 1
        self.paid[name][payee] += 1
        self.total[name] += 1
        self.gross += 1
        self.after_fen()

    def open_date(self, on: date) -> None:
        for tier in self.tiers:
            if tier["kind"] not in ("interest", "ad_spend"):
                continue
            new = self.interest(tier, on) if tier["kind"] == "interest" else self.spent(tier, on)
            if new != self.targets[tier["id"]]:
                self.targets[tier["id"]] = new
                outstanding = {payee: due - self.paid[tier["id"]][payee] for payee, due in new.items()}
                if any(outstanding.values()):
                    self.segment(tier, outstanding)
        self.money_on = on
        self.look_at_rates()

    def interest(self, tier: dict[str, Any], on: date) -> dict[str, int]:
        new = {}
        for loan in tier["loans"]:
            key = (tier["id"], loan["payee"])
            since = date.fromisoformat(loan["since"])
            day = since if self.money_on is None else max(since, self.money_on)
            while day < on:
                repaid = self.paid[loan["principal_tier"]][loan["payee"]]
                outstanding = loan["principal_minor"] - min(loan["principal_minor"], repaid)
                daily = Fraction(outstanding * loan["rate_ppm"], WHOLE * 365)
                self.accrued[key] = self.accrued.get(key, Fraction(0)) + daily
                day += timedelta(days=1)
            new[loan["payee"]] = nearest(self.accrued.get(key, Fraction(0)))
        return new

    def spent(self, tier: dict[str, Any], on: date) -> dict[str, int]:
        room, counted = tier["cap_minor"], {}
        for entry in self.spend:
            if entry["on"] <= on.isoformat() and entry.get("tier", tier["id"]) == tier["id"]:
                amount = min(room, entry["amount_minor"])
                room -= amount
                counted[entry["payee"]] = counted.get(entry["payee"], 0) + amount
        return {payee: counted[payee] for payee in self.payees if payee in counted}

    def run(self, receipts: list[dict[str, Any]]) -> None:
        balance = 0
        for on in sorted({receipt["on"] for receipt in receipts}):
            balance += sum(receipt["amount_minor"] for receipt in receipts if receipt["on"] == on)
            if balance > 0:
                self.open_date(date.fromisoformat(on))
                while balance > 0:
                    self.one_fen()
                    balance -= 1
        self.balance = balance


@st.composite
def shares(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A share list over some payees in any order."""
    names = draw(st.lists(st.sampled_from(PAYEES), min_size=1, max_size=4, unique=True))
    cuts = sorted(draw(st.integers(0, WHOLE // 1000)) * 1000 for _ in names[1:])
    ends = [0, *cuts, WHOLE]
    return [{"payee": name, "ppm": ends[i + 1] - ends[i]} for i, name in enumerate(names)]


AMOUNTS = st.integers(0, 300) | st.integers(50, 300)


@st.composite
def recoup_tiers(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """One or two recoup tiers by id."""
    return {
        f"r{number}": {
            "id": f"r{number}",
            "kind": "recoup",
            "target_ppm": draw(st.sampled_from([0, 400_000, 1_000_000, 1_153_000, 2_000_000])),
            "principals": [
                {"payee": name, "principal_minor": draw(AMOUNTS)}
                for name in draw(st.lists(st.sampled_from(PAYEES), min_size=1, max_size=4, unique=True))
            ],
        }
        for number in range(draw(st.integers(1, 2)))
    }


@st.composite
def other_tier(draw: st.DrawFn, name: str, recoups: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A tier of any other kind."""
    kind = draw(st.sampled_from(["percentage", "fixed", "corridor", "split", "interest", "ad_spend"]))
    tier: dict[str, Any] = {"id": name, "kind": kind}
    if kind in ("percentage", "fixed", "corridor", "split"):
        tier["shares"] = draw(shares())
    if kind == "fixed":
        tier["target_minor"] = draw(AMOUNTS)
    if kind == "corridor":
        tier["until_tier"] = draw(st.sampled_from(sorted(recoups)))
    if kind == "ad_spend":
        tier["cap_minor"] = draw(AMOUNTS)
    if kind == "interest":
        principal_tier = draw(st.sampled_from(sorted(recoups)))
        tier["loans"] = [
            {
                "payee": principal["payee"],
                "principal_minor": draw(AMOUNTS),
                "rate_ppm": draw(st.sampled_from([0, 85_000, 1_500_000, 9_000_000])),
                "since": (FIRST + timedelta(days=draw(st.integers(-30, 60)))).isoformat(),
                "principal_tier": principal_tier,
            }
            for principal in recoups[principal_tier]["principals"]
        ]
    return tier


@st.composite
def escalators(draw: st.DrawFn, recoups: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Steps by gross and by recoupment in any order, ascending within each kind."""
    lists = st.sampled_from([draw(shares()), draw(shares())])
    by_gross = [
        {"above_gross_minor": above, "shares": draw(lists)}
        for above in sorted(draw(st.sets(st.integers(0, 800), max_size=2)))
    ]
    by_recoup = [
        {
            "above_recoup_ppm": above * 1000,
            "tier": draw(st.sampled_from(sorted(recoups))),
            "shares": draw(lists),
        }
        for above in sorted(draw(st.sets(st.integers(0, 2500), max_size=2)))
    ]
    kinds = draw(st.permutations(["gross"] * len(by_gross) + ["recoup"] * len(by_recoup)))
    return [by_gross.pop(0) if kind == "gross" else by_recoup.pop(0) for kind in kinds]


@st.composite
def waterfalls(draw: st.DrawFn) -> dict[str, Any]:
    """Terms with every kind of tier, targets of a few hundred, and a split at the end."""
    recoups = draw(recoup_tiers())
    others = [
        draw(other_tier(f"t{number}", recoups))
        for number in range(draw(st.integers(0, 4) | st.integers(2, 4)))
    ]
    tiers = draw(st.permutations([*recoups.values(), *others]))
    gross_left = WHOLE
    for tier in tiers:
        if draw(st.booleans()):
            tier["share_ppm"] = draw(st.sampled_from([500_000, 333_333, 150_000, 50_000, 1, WHOLE]))
        share = tier.get("share_ppm", WHOLE)
        if share <= gross_left and draw(st.integers(0, 3)) == 0:
            tier["basis"] = "gross"
            gross_left -= share
        if draw(st.integers(0, 3)) == 0:
            tier["cap_minor"] = draw(AMOUNTS)
        if tier["kind"] == "split":
            tier["escalators"] = draw(escalators(recoups))
    last = {"id": "net", "kind": "split", "shares": draw(shares()), "escalators": draw(escalators(recoups))}
    payees = [{"id": name, "name": name, "kind": "other"} for name in draw(st.permutations(PAYEES))]
    return {"currency": "CNY", "payees": payees, "tiers": [*tiers, last]}


def days(low: int, high: int) -> st.SearchStrategy[str]:
    """Dates some days after the first of the year."""
    return st.integers(low, high).map(lambda number: (FIRST + timedelta(days=number)).isoformat())


RECEIPTS = st.lists(
    st.fixed_dictionaries(
        {"on": days(0, 400), "amount_minor": st.integers(50, 400) | st.integers(-100, 100)}
    ),
    min_size=3,
    max_size=8,
)


@st.composite
def inputs(draw: st.DrawFn) -> dict[str, Any]:
    """A whole input of the family, with audited and unaudited ad spend."""
    terms = draw(waterfalls())
    names = [tier["id"] for tier in terms["tiers"] if tier["kind"] == "ad_spend"]
    entry = {
        "on": days(-10, 400),
        "payee": st.sampled_from(PAYEES),
        "amount_minor": st.integers(0, 200),
        "audited": st.booleans(),
    }
    if names:
        entry["tier"] = st.sampled_from(names)
    spend = draw(st.lists(st.fixed_dictionaries(entry), max_size=5))
    return {"terms": terms, "receipts": draw(RECEIPTS), "ad_spend": spend}


@EXAMPLES
@given(inputs())
def test_equal_to_the_reference(data: dict[str, Any]) -> None:
    """Every tier and every payee has exactly what handing out one fen at a time gives."""
    found = simulate(data)
    reference = Reference(data["terms"], data["ad_spend"])
    reference.run(data["receipts"])
    assert "error" not in found, found
    assert found["distributed_minor"] == reference.gross
    assert found["refund_balance_minor"] == -reference.balance
    assert {name: tier["total_minor"] for name, tier in found["by_tier"].items()} == reference.total
    assert {name: tier["by_payee"] for name, tier in found["by_tier"].items()} == reference.paid
