"""The recoupment order each template starts from, in the form that `dealflow.finance` computes and later pays."""

from __future__ import annotations

from typing import Any

from dealflow.termsheets.library.facts import Party
from dealflow.termsheets.library.terms import PPM

LONGEST = 200
INVESTOR, PRODUCER, PLATFORM, ADS = "investor", "producer", "platform", "ad_spend"
PAYEE_NAMES = {
    PLATFORM: {"zh": "播放平台", "en": "Platforms"},
    ADS: {"zh": "投流垫付方", "en": "Ad-spend advances"},
}


def label(zh: str, en: str) -> dict[str, str]:
    """A tier's name in both languages."""
    return {"zh": zh, "en": en}


def payees(parties: dict[str, Party], investor_kind: str) -> list[dict[str, str]]:
    """The four payees every template starts with."""
    # Only a label: the clauses name the parties in full.
    plain = {
        side: (party.zh if party.zh == party.en else f"{party.zh} {party.en}")[:LONGEST]
        for side, party in parties.items()
    }
    return [
        {"id": PLATFORM, "name": "播放平台 Platforms", "kind": "platform"},
        {"id": ADS, "name": "投流垫付方 Ad-spend advances", "kind": "ad_spend"},
        {"id": INVESTOR, "name": plain["investor"], "kind": investor_kind},
        {"id": PRODUCER, "name": plain["creator"], "kind": "producer"},
    ]


def _whole(payee: str) -> list[dict[str, Any]]:
    return [{"payee": payee, "ppm": PPM}]


def _shares(investor_ppm: int) -> list[dict[str, Any]]:
    return [{"payee": INVESTOR, "ppm": investor_ppm}, {"payee": PRODUCER, "ppm": PPM - investor_ppm}]


def _off_the_top(cap_minor: int) -> list[dict[str, Any]]:
    fee = {
        "id": "platform_fee", "label": label("平台服务费", "Platform fee"), "kind": "percentage", "basis": "gross",
        "share_ppm": 100_000, "shares": _whole(PLATFORM),
    }  # fmt: skip
    ads = {
        "id": "ad_spend",
        "label": label("经审计的投流支出", "Audited ad spend"),
        "kind": "ad_spend",
        "cap_minor": cap_minor,
    }
    return [fee, ads]


def _recoup(amount_minor: int, target_ppm: int, zh: str, en: str) -> dict[str, Any]:
    return {
        "id": "recoup", "label": label(zh, en), "kind": "recoup", "target_ppm": target_ppm,
        "principals": [{"payee": INVESTOR, "principal_minor": amount_minor}],
    }  # fmt: skip


def equity_spv(
    amount_minor: int, cap_minor: int, investor_ppm: int, terms: dict[str, Any]
) -> list[dict[str, Any]]:
    """120% to the investor, then the net; the investor's part falls by a fifth once it has three times its money."""
    net = {
        "id": "net", "label": label("净收益分成", "Net receipts"), "kind": "split", "shares": _shares(investor_ppm),
        "escalators": [{"above_recoup_ppm": 3 * PPM, "tier": "recoup", "shares": _shares(investor_ppm * 4 // 5)}],
    }  # fmt: skip
    recoup = _recoup(amount_minor, 1_200_000, "投资方回本及溢价", "Investor's recoupment and premium")
    return [*_off_the_top(cap_minor), recoup, net]


def revenue_share(
    amount_minor: int, cap_minor: int, investor_ppm: int, terms: dict[str, Any]
) -> list[dict[str, Any]]:
    """As equity, with a 5% corridor that keeps the producer working while the investor recoups."""
    corridor = {
        "id": "overhead", "label": label("制片方运营通道", "Producer's corridor"), "kind": "corridor", "share_ppm": 50_000,
        "until_tier": "recoup", "shares": _whole(PRODUCER),
    }  # fmt: skip
    top, rest = _off_the_top(cap_minor), equity_spv(amount_minor, cap_minor, investor_ppm, terms)[2:]
    return [*top, corridor, *rest]


def loan(amount_minor: int, cap_minor: int, investor_ppm: int, terms: dict[str, Any]) -> list[dict[str, Any]]:
    """Interest, then principal, then all to the producer."""
    own = terms["loan"]
    interest = {
        "id": "interest", "label": label("借款利息", "Interest"), "kind": "interest",
        "loans": [{
            "payee": INVESTOR, "principal_minor": amount_minor, "rate_ppm": own["rate_ppm"], "since": own["drawdown"],
            "principal_tier": "recoup",
        }],
    }  # fmt: skip
    net = {"id": "net", "label": label("净收益", "Net receipts"), "kind": "split", "shares": _whole(PRODUCER)}
    principal = _recoup(amount_minor, PPM, "借款本金", "Principal of the loan")
    return [*_off_the_top(cap_minor), interest, principal, net]


def presale(
    amount_minor: int, cap_minor: int, investor_ppm: int, terms: dict[str, Any]
) -> list[dict[str, Any]]:
    """The distributor's commission, its advance back at 100%, then the overage, mostly to the producer."""
    ppm = terms["presale"]["commission_ppm"]
    fee = {
        "id": "commission", "label": label("发行代理费", "Distribution commission"), "kind": "percentage", "basis": "gross",
        "share_ppm": ppm, "shares": _whole(INVESTOR),
    }  # fmt: skip
    net = {
        "id": "net",
        "label": label("超额收入分成", "Overage"),
        "kind": "split",
        "shares": _shares(300_000),
    }
    advance = _recoup(amount_minor, PPM, "预付／保底金额回收", "Recovery of the advance")
    return [*_off_the_top(cap_minor), *([fee] if ppm else []), advance, net]


ORDERS = {"equity_spv": equity_spv, "revenue_share": revenue_share, "loan": loan, "presale": presale}
