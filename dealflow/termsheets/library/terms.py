"""The parameters of a term sheet: one strict model per template, with labels, units, limits and defaults.

The models are the single description of the terms: they validate the API's input, make the JSON Schema of the form
and of OpenAPI, and say how a merge field is written in a clause.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from dealflow.core.money import CURRENCIES, LIMIT

PPM = 1_000_000
UseKind = Literal["production", "ad_spend", "cast", "post", "music", "legal", "contingency", "other"]


class Section(BaseModel):
    """A group of parameters; nothing unknown, nothing coerced."""

    model_config = ConfigDict(extra="forbid", strict=True)


def iso_day(raw: Any) -> Any:
    if isinstance(raw, date):
        return raw
    try:
        if isinstance(raw, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", raw):
            return date.fromisoformat(raw)
    except ValueError:
        # 2026-02-30 has the form of a date but is none: refused below like any other text.
        raw = None
    raise PydanticCustomError("bad_date", "not a date of the form 2026-11-24")


Day = Annotated[date, BeforeValidator(iso_day)]


def p(zh: str, en: str, default: Any = ..., *, unit: str | None = None, **limits: Any) -> Any:
    """Declare a parameter: its labels, its default if it has one, its unit, its limits and choices."""
    choices = limits.pop("choices", None)
    extra: dict[str, Any] = {"label": {"zh": zh, "en": en}}
    if unit:
        extra["unit"] = unit
    if choices:
        extra["choices"] = {key: {"zh": pair[0], "en": pair[1]} for key, pair in choices.items()}
    if isinstance(default, (list, dict)):
        content = default
        return Field(default_factory=lambda: content.copy(), json_schema_extra=extra, **limits)
    return Field(default, json_schema_extra=extra, **limits)


def days(zh: str, en: str, default: int, *, low: int = 0, high: int = 365, unit: str = "days") -> Any:
    """A period."""
    return p(zh, en, default, unit=unit, ge=low, le=high)


def share(zh: str, en: str, default: int, *, high: int = PPM, low: int = 0) -> Any:
    """A share or rate in parts per million."""
    return p(zh, en, default, unit="ppm", ge=low, le=high)


def day(zh: str, en: str) -> Any:
    """A date."""
    return p(zh, en, unit="date")


def _known_currency(code: Any) -> Any:
    if not isinstance(code, str) or code not in CURRENCIES:
        raise PydanticCustomError("unknown_currency", "unknown currency")
    return code


class Amount(Section):
    """Money as the interface writes it."""

    amount_minor: int = Field(ge=0, le=LIMIT)
    currency: Annotated[str, BeforeValidator(_known_currency)] = Field(
        json_schema_extra={"enum": list(CURRENCIES)}
    )


class Both(Section):
    """A text that may stand in one or both languages; the other language falls back to it."""

    zh: str = Field("", max_length=8000)
    en: str = Field("", max_length=8000)

    @model_validator(mode="after")
    def _some_text(self) -> Both:
        if not (self.zh.strip() or self.en.strip()):
            raise PydanticCustomError("empty_text", "needs a text in one language")
        return self


class UseLine(Section):
    """One line of the use of funds."""

    label: str = Field(min_length=1, max_length=200)
    kind: UseKind
    amount: Amount


MILESTONES = {
    "signing": ("最终协议签署并生效", "the definitive agreements are signed and in force"),
    "script_locked": (
        "全部剧本定稿并经投资方书面确认",
        "all scripts are locked and confirmed by the Investor in writing",
    ),
    "review_approved": (
        "内容审核通过并取得备案号",
        "the content review is passed and the filing number issued",
    ),
    "photography_started": ("主体拍摄开机", "principal photography starts"),
    "photography_wrapped": ("主体拍摄杀青", "principal photography is wrapped"),
    "delivered": ("交付物验收合格", "the delivery materials are accepted"),
    "released": ("首个平台正式上线", "the series is released on the first platform"),
    "custom": ("见备注", "as noted"),
}
ON_MISS = {
    "cancel": ("该期及其后各期投资义务终止", "this and all later tranches lapse"),
    "extend": ("顺延三十日，再不满足则终止", "extended once by 30 days, then lapses"),
    "investor_option": ("由投资方选择顺延或终止", "the Investor chooses to extend or to end it"),
}


class Tranche(Section):
    """A part of the investment that is paid when its milestone is met."""

    id: str = Field(pattern=r"^[a-z0-9_]{1,40}$")
    amount: Amount
    milestone: Literal[
        "signing", "script_locked", "review_approved", "photography_started", "photography_wrapped", "delivered",
        "released", "custom",
    ] = p("里程碑", "Milestone", choices=MILESTONES)  # fmt: skip
    note: str = Field("", max_length=500)
    long_stop: Day = day("最后期限", "Long-stop date")
    on_miss: Literal["cancel", "extend", "investor_option"] = p(
        "未达成的处理", "If missed", "investor_option", choices=ON_MISS
    )


class Investment(Section):
    amount: Amount = p("投资金额", "Investment amount")
    payment_days: int = days("付款期限", "Payment period", 10, low=1, high=90, unit="business_days")


class Collection(Section):
    settlement_days: int = days("结算期限", "Settlement period", 15, low=1, high=90, unit="business_days")
    frequency: Literal["monthly", "quarterly"] = p(
        "结算周期",
        "Settlement cycle",
        "monthly",
        choices={"monthly": ("每月", "month"), "quarterly": ("每季度", "quarter")},
    )
    account: Literal["joint", "escrow", "producer"] = p(
        "归集账户", "Collection account", "joint",
        choices={
            "joint": ("双方共管账户", "an account under joint control"),
            "escrow": ("第三方监管账户", "an escrow account with a third party"),
            "producer": ("制片方专用账户", "a dedicated account of the Producer"),
        },
    )  # fmt: skip
    dispute_days: int = days("异议期", "Objection period", 30, low=5, high=180)


class AdSpend(Section):
    cap: Amount = p("投流总额上限", "Ad-spend cap")
    approver: Literal["investor", "joint"] = p(
        "审批人", "Approved by", "joint",
        choices={"investor": ("投资方", "the Investor"), "joint": ("双方共同", "both parties jointly")},
    )  # fmt: skip
    approval_above: Amount = p("单次审批起点", "Approval needed above")
    approval_days: int = days("审批期限", "Approval period", 2, low=1, high=15, unit="business_days")
    audit_day: int = p("每月审计日", "Monthly audit day", 10, unit="day_of_month", ge=1, le=28)
    auditor: Literal["independent", "investor"] = p(
        "审计人", "Auditor", "independent",
        choices={
            "independent": ("双方认可的独立会计师", "an independent accountant accepted by both parties"),
            "investor": ("投资方或其委托的人", "the Investor or its nominee"),
        },
    )  # fmt: skip
    return_floor_ppm: int = share("投放回报率下限", "Least return on ad spend", PPM, high=10 * PPM)
    floor_days: int = p("低于下限的连续天数", "Days below it in a row", 3, unit="days", ge=1, le=30)
    on_breach: Literal["own_account", "suspend", "default"] = p(
        "违反投流约定的处理", "If the covenant is broken", "suspend",
        choices={
            "own_account": ("超出或未经批准的支出由制片方自行承担", "the Producer alone bears what was spent"),
            "suspend": ("制片方自行承担该支出，投资方可暂停付款与投放", "the Producer alone bears it and the Investor may suspend payments and spending"),
            "default": ("制片方自行承担该支出，并构成重大违约", "the Producer alone bears it and it is a material breach"),
        },
    )  # fmt: skip


class Credit(Section):
    kind: Literal["presenter", "co_producer", "associate"] = p(
        "署名", "Credit", "co_producer",
        choices={
            "presenter": ("出品方", "“Presented by”"),
            "co_producer": ("联合出品方", "“Co-produced by”"),
            "associate": ("联合摄制方", "“In association with”"),
        },
    )  # fmt: skip
    placement: Literal["opening", "closing", "both"] = p(
        "位置", "Placement", "both",
        choices={
            "opening": ("片头", "the opening titles"),
            "closing": ("片尾", "the end titles"),
            "both": ("片头及片尾", "the opening and end titles"),
        },
    )  # fmt: skip
    personal_credits: int = p("个人署名名额", "Personal credits", 1, unit="persons", ge=0, le=10)


class Delivery(Section):
    by: Day = day("交付日期", "Delivery date")
    episodes: int = p("集数", "Episodes", 80, unit="episodes", ge=1, le=1000)
    acceptance_days: int = days("验收期限", "Acceptance period", 10, low=1, high=60, unit="business_days")
    cure_days: int = days("补正期限", "Cure period", 15, low=1, high=90)
    late_days: int = days("逾期可解除的天数", "Late by more than, ends it", 60, low=1, high=365)
    specification: Both = p("技术规格", "Specification", {
        "zh": "1080×1920竖屏母带、无字幕版、字幕文件、音乐与素材授权清单、海报与切片素材",
        "en": "1080×1920 vertical master, textless version, subtitle files, music and footage clearances, key art and clips",
    })  # fmt: skip


class Censorship(Section):
    rework_rounds: int = p("修改复审次数", "Rework rounds", 2, unit="times", ge=0, le=6)
    on_reject: Literal["refund_unspent", "refund_all", "replace"] = p(
        "最终未通过的处理", "If finally rejected", "refund_unspent",
        choices={
            "refund_unspent": ("退还未支出的投资款", "refund of unspent money"),
            "refund_all": ("退还全部投资款", "refund of the whole investment"),
            "replace": ("转投替代项目", "transfer to a replacement project"),
        },
    )  # fmt: skip
    refund_days: int = days("退款期限", "Refund period", 30, low=5, high=180)
    longest_months: int = p("审核最长期限", "Longest review period", 6, unit="months", ge=1, le=24)


class KeyPerson(Section):
    names: list[Annotated[str, Field(min_length=1, max_length=100)]] = p(
        "关键人员", "Key persons", min_length=1, max_length=20
    )
    replace_days: int = days("替换期限", "Replacement period", 20, low=5, high=120)
    on_fail: Literal["suspend", "end"] = p(
        "未能替换的处理", "If nobody is agreed", "suspend",
        choices={
            "suspend": ("投资方可继续暂停付款", "the Investor may go on suspending payments"),
            "end": ("投资方可终止未支付部分", "the Investor may end what is not yet paid"),
        },
    )  # fmt: skip


class Information(Section):
    report_days: int = days("月报期限", "Monthly report due within", 10, low=1, high=60)
    inspection_days: int = days("查阅通知期", "Inspection notice", 5, low=1, high=60, unit="business_days")
    keep_years: int = p("账册保存年限", "Books kept for", 5, unit="years", ge=1, le=30)


class Exclusivity(Section):
    days: int = days("排他期", "Exclusive period", 30, low=0, high=365)
    costs_on_breach: bool = p("违反排他须补偿费用", "Costs repaid if broken", True)


class Confidentiality(Section):
    years: int = p("保密期限", "Duration", 3, unit="years", ge=1, le=20)


class Costs(Section):
    cap: Amount = p("费用承担上限", "Cost cover, at most")
    bearer: Literal["each", "producer"] = p(
        "费用承担", "Costs borne by", "each",
        choices={
            "each": ("各自承担", "each party its own"),
            "producer": ("制片方承担投资方费用", "the Producer covers the Investor's"),
        },
    )  # fmt: skip


class Law(Section):
    governing: Literal["prc", "hksar", "singapore", "england"] = p(
        "适用法律", "Governing law", "prc",
        choices={
            "prc": ("中华人民共和国法律（为本条之目的不包括港澳台地区法律）",
                    "the laws of the People's Republic of China (excluding, for this purpose, those of Hong Kong, Macao and Taiwan)"),
            "hksar": ("香港特别行政区法律", "the laws of the Hong Kong Special Administrative Region"),
            "singapore": ("新加坡法律", "the laws of Singapore"),
            "england": ("英格兰及威尔士法律", "the laws of England and Wales"),
        },
    )  # fmt: skip
    institution: Literal["cietac", "bac", "shiac", "scia", "hkiac", "siac"] = p(
        "仲裁机构", "Arbitral institution", "cietac",
        choices={
            "cietac": ("中国国际经济贸易仲裁委员会", "the China International Economic and Trade Arbitration Commission (CIETAC)"),
            "bac": ("北京仲裁委员会", "the Beijing Arbitration Commission (BAC)"),
            "shiac": ("上海国际经济贸易仲裁委员会", "the Shanghai International Arbitration Center (SHIAC)"),
            "scia": ("深圳国际仲裁院", "the Shenzhen Court of International Arbitration (SCIA)"),
            "hkiac": ("香港国际仲裁中心", "the Hong Kong International Arbitration Centre (HKIAC)"),
            "siac": ("新加坡国际仲裁中心", "the Singapore International Arbitration Centre (SIAC)"),
        },
    )  # fmt: skip
    seat: Both = p("仲裁地", "Seat", {"zh": "北京", "en": "Beijing"})
    arbitrators: Literal[1, 3] = p("仲裁员人数", "Arbitrators", 3, unit="arbitrators")
    prevailing: Literal["zh", "en"] = p(
        "优先语言",
        "Prevailing language",
        "zh",
        choices={"zh": ("中文", "Chinese"), "en": ("英文", "English")},
    )


class Remedies(Section):
    cure_days: int = days("违约补救期", "Cure period for a breach", 15, low=3, high=90)
    late_rate_ppm: int = share("逾期付款年利率", "Interest on late payments per year", 100_000, high=360_000)
    force_majeure_days: int = days(
        "不可抗力可解除的天数", "Force majeure ends it after", 90, low=15, high=365
    )


class Validity(Section):
    until: Day = day("有效期至", "Valid until")


class Additional(Section):
    """A clause in the parties' own words; `id` tells it apart from version to version."""

    id: str = Field("", pattern=r"^[a-z0-9_]{0,40}$")
    heading: Both
    text: Both


class Terms(Section):
    """What all templates have in common."""

    library_version: Literal["2026.1"] = "2026.1"
    investment: Investment
    use_of_funds: list[UseLine] = Field(min_length=1, max_length=400)
    tranches: list[Tranche] = Field(min_length=1, max_length=24)
    waterfall: dict[str, Any] = Field(
        json_schema_extra={
            "label": {"zh": "回收与分配顺序", "en": "Recoupment order"},
            "format": "waterfall-terms",
        }
    )
    collection: Collection
    ad_spend: AdSpend
    credit: Credit
    delivery: Delivery
    censorship: Censorship
    key_person: KeyPerson
    information: Information
    exclusivity: Exclusivity
    confidentiality: Confidentiality
    costs: Costs
    law: Law
    validity: Validity
    remedies: Remedies = Field(default_factory=Remedies)
    additional: list[Additional] = Field(default_factory=list, max_length=60)


LIBRARY_VERSION: str = Terms.model_fields["library_version"].default
