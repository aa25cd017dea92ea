"""The recoupment order in words: what each tier takes, up to what, for whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dealflow.termsheets.library.formats import day, listed, money, percent
from dealflow.termsheets.library.model import LANGS, Text
from dealflow.termsheets.library.terms import PPM, iso_day
from dealflow.termsheets.library.waterfalls import INVESTOR, PAYEE_NAMES, PRODUCER

_DEFINED = {INVESTOR: ("投资方", "the Investor"), PRODUCER: ("制片方", "the Producer")}
TIER_KINDS = {
    "percentage": ("按比例支付", "a share"),
    "fixed": ("固定金额", "a fixed sum"),
    "recoup": ("回本", "recoupment"),
    "interest": ("利息", "interest"),
    "ad_spend": ("投流回收", "ad spend"),
    "corridor": ("优先分成通道", "corridor"),
    "split": ("分成", "split"),
}


@dataclass(frozen=True)
class TierView:
    """One tier as the table and the drawing show it."""

    rank: int
    id: str
    kind: str
    label: Text
    takes: Text
    until: Text
    whom: Text
    payees: tuple[str, ...]
    off_gross: bool


class Order:
    """The tiers of a valid waterfall, in words."""

    def __init__(self, waterfall: dict[str, Any]) -> None:
        self.waterfall = waterfall
        self.currency: str = waterfall["currency"]
        self.names = {payee["id"]: payee["name"] for payee in waterfall["payees"]}
        self.tiers: list[dict[str, Any]] = waterfall["tiers"]

    def payee(self, key: str, lang: str) -> str:
        """How a payee is called in the text: the defined terms for the parties, else its name."""
        if key in _DEFINED:
            return _DEFINED[key][0 if lang == "zh" else 1]
        pair = PAYEE_NAMES.get(key)
        if pair and self.names[key] in (f"{pair['zh']} {pair['en']}", pair["zh"], pair["en"]):
            return pair[lang]
        return str(self.names[key])

    def label(self, tier: dict[str, Any], lang: str) -> str:
        """A tier's label in a language, else what its kind is called."""
        given = tier.get("label")
        if isinstance(given, dict):
            given = given.get(lang) or given.get("zh") or given.get("en")
        return str(given) if given else TIER_KINDS[tier["kind"]][0 if lang == "zh" else 1]

    def shares(self, shares: list[dict[str, Any]], lang: str) -> str:
        """`投资方 40%、制片方 60%`; a single payee stands alone."""
        if len(shares) == 1:
            return self.payee(shares[0]["payee"], lang)
        return listed([f"{self.payee(s['payee'], lang)} {percent(s['ppm'])}" for s in shares], lang)

    def _whom(self, tier: dict[str, Any], lang: str) -> str:
        kind = tier["kind"]
        if kind == "recoup":
            names = [self.payee(entry["payee"], lang) for entry in tier["principals"]]
        elif kind == "interest":
            names = [self.payee(entry["payee"], lang) for entry in tier["loans"]]
        elif kind == "ad_spend":
            names = [self.payee(p["id"], lang) for p in self.waterfall["payees"] if p["kind"] == "ad_spend"]
        else:
            return self.shares(tier["shares"], lang)
        together = "（同顺位按比例）" if lang == "zh" else ", pari passu and pro rata"
        return listed(names, lang) + (together if len(names) > 1 else "")

    def _takes(self, tier: dict[str, Any], lang: str) -> str:
        part = tier.get("share_ppm", PPM)
        zh = lang == "zh"
        if tier.get("basis") == "gross":
            return f"总收入的{percent(part)}" if zh else f"{percent(part)} of gross"
        if part == PPM:
            return "剩余收入的全部" if zh else "all that remains"
        return f"剩余收入的{percent(part)}" if zh else f"{percent(part)} of what remains"

    def _until(self, tier: dict[str, Any], lang: str) -> str:
        zh, kind, parts = lang == "zh", tier["kind"], []
        if kind == "recoup":
            principal = sum(entry["principal_minor"] for entry in tier["principals"])
            target = (principal * tier["target_ppm"] + PPM // 2) // PPM
            shown = money(target, self.currency, lang)
            rate = percent(tier["target_ppm"])
            parts.append(f"本金的{rate}，即{shown}" if zh else f"{rate} of principal, {shown}")
        if kind == "fixed":
            parts.append(money(tier["target_minor"], self.currency, lang))
        if kind == "interest":
            for loan in tier["loans"]:
                since, rate = day(iso_day(loan["since"]), lang), percent(loan["rate_ppm"])
                parts.append(
                    f"自{since}起年利率{rate}的应计利息"
                    if zh
                    else f"interest accrued at {rate} a year from {since}"
                )
        if kind == "corridor":
            name = self.label(next(t for t in self.tiers if t["id"] == tier["until_tier"]), lang)
            parts.append(f"至“{name}”足额为止" if zh else f"while “{name}” is not yet full")
        if "cap_minor" in tier:
            cap = money(tier["cap_minor"], self.currency, lang)
            audited = kind == "ad_spend"
            if zh:
                parts.append(f"经审计支出，累计不超过{cap}" if audited else f"累计不超过{cap}")
            else:
                parts.append(
                    f"audited spend, at most {cap} in total" if audited else f"at most {cap} in total"
                )
        return ("；" if zh else "; ").join(parts) or ("无上限" if zh else "no limit")

    def views(self) -> Iterator[TierView]:
        """All tiers in order."""
        for rank, tier in enumerate(self.tiers, 1):
            words = {
                name: Text(zh=make(tier, "zh"), en=make(tier, "en"))
                for name, make in (
                    ("label", self.label),
                    ("takes", self._takes),
                    ("until", self._until),
                    ("whom", self._whom),
                )
            }
            yield TierView(
                rank=rank,
                id=tier["id"],
                kind=tier["kind"],
                payees=self._payees(tier),
                off_gross=tier.get("basis") == "gross",
                **words,
            )

    def _payees(self, tier: dict[str, Any]) -> tuple[str, ...]:
        if tier["kind"] == "ad_spend":
            return tuple(p["id"] for p in self.waterfall["payees"] if p["kind"] == "ad_spend")
        rows = tier.get("shares") or tier.get("principals") or tier.get("loans") or []
        return tuple(row["payee"] for row in rows)

    def sentences(self) -> list[Text]:
        """One sentence per tier."""
        return [
            Text(
                zh=f"第{view.rank}顺位“{view.label.zh}”：以{view.takes.zh}支付给{view.whom.zh}，{_bound(view, 'zh')}。",
                en=f"Tier {view.rank}, “{view.label.en}”: {view.takes.en} to {view.whom.en}, {_bound(view, 'en')}.",
            )
            for view in self.views()
        ]

    def corridors(self) -> list[Text]:
        """What the corridors clause says."""
        found = [tier for tier in self.tiers if tier["kind"] == "corridor"]
        if not found:
            return [Text(zh="本次投资不设优先分成通道。", en="There is no corridor.")]
        texts = {
            lang: [
                (
                    f"在“{self.label(tier, lang)}”通道内，{self._whom(tier, lang)}取得{self._takes(tier, lang)}，{self._until(tier, lang)}。"
                    if lang == "zh"
                    else f"Under “{self.label(tier, lang)}”, {self._whom(tier, lang)} receives {self._takes(tier, lang)}, {self._until(tier, lang)}."
                )
                for tier in found
            ]
            for lang in LANGS
        }
        return [Text(zh=zh, en=en) for zh, en in zip(texts["zh"], texts["en"], strict=True)]

    def escalators(self) -> list[Text]:
        """What the escalators clause says."""
        found: list[Text] = []
        for tier in self.tiers:
            for step in tier.get("escalators", ()) if tier["kind"] == "split" else ():
                when = self._threshold(step)
                found.append(
                    Text(
                        zh=f"{when.zh}，“{self.label(tier, 'zh')}”{self._divided(step['shares'], 'zh')}。",
                        en=f"{when.en}, “{self.label(tier, 'en')}” {self._divided(step['shares'], 'en')}.",
                    )
                )
        return found or [Text(zh="分成比例不作调整。", en="The shares do not change.")]

    def _divided(self, shares: list[dict[str, Any]], lang: str) -> str:
        names = self.shares(shares, lang)
        if len(shares) == 1:
            return f"改为全部支付给{names}" if lang == "zh" else f"goes to {names} alone"
        return f"改按{names}分配" if lang == "zh" else f"is shared {names}"

    def _threshold(self, step: dict[str, Any]) -> Text:
        if "above_gross_minor" in step:
            level = step["above_gross_minor"]
            return Text(
                zh=f"总收入达到{money(level, self.currency, 'zh')}后",
                en=f"Once gross receipts reach {money(level, self.currency, 'en')}",
            )
        tier = next(t for t in self.tiers if t["id"] == step["tier"])
        rate = percent(step["above_recoup_ppm"])
        names = {
            lang: listed([self.payee(p["payee"], lang) for p in tier["principals"]], lang) for lang in LANGS
        }
        return Text(
            zh=f"{names['zh']}自各顺位累计所得达到其本金的{rate}后",
            en=f"Once {names['en']} has received {rate} of its principal from all tiers",
        )


def _bound(view: TierView, lang: str) -> str:
    text = view.until.get(lang)
    if view.kind in ("corridor", "ad_spend") or text in ("无上限", "no limit"):
        return text
    return f"直至{text}" if lang == "zh" else f"up to {text}"
