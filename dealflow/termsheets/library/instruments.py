"""The parameters that only one instrument has, and the full model of terms of each template."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dealflow.termsheets.library.terms import PPM, Amount, Both, Day, Section, Terms, day, days, p, share


class Equity(Section):
    company: Both = p("项目公司", "Project company")
    pre_money: Amount = p("投前估值", "Pre-money valuation")
    stake_ppm: int = share("投资方持股比例", "Investor's stake", 200_000, low=1)
    board_seats: int = p("董事会席位", "Board seats", 3, unit="seats", ge=1, le=15)
    investor_seats: int = p("投资方委派席位", "Seats appointed by the Investor", 1, unit="seats", ge=0, le=15)
    pre_emption_days: int = days("优先认购行使期", "Pre-emption period", 15, low=5, high=60)
    tag_along: bool = p("共同出售权", "Tag-along right", True)
    drag_threshold_ppm: int = share(
        "领售权门槛（表决权）", "Drag-along threshold (votes)", 666_700, low=500_000
    )
    drag_floor_ppm: int = share(
        "领售最低回报", "Drag-along floor (multiple of the investment)", 1_500_000, high=20 * PPM
    )
    anti_dilution: Literal["weighted_average", "none"] = p(
        "反稀释", "Anti-dilution", "weighted_average",
        choices={"weighted_average": ("广义加权平均", "broad-based weighted average"), "none": ("无", "none")},
    )  # fmt: skip
    lock_up_months: int = p("创始股东锁定期", "Founders' lock-up", 24, unit="months", ge=0, le=120)
    observer: bool = p("董事会观察员", "Board observer", False)
    quorum: Literal["majority", "with_investor"] = p(
        "董事会法定人数", "Board quorum", "with_investor",
        choices={
            "majority": ("过半数董事出席", "a majority of the directors"),
            "with_investor": ("过半数董事出席且含投资方委派董事", "a majority of the directors including one appointed by the Investor"),
        },
    )  # fmt: skip
    closing_days: int = days("交割期限", "Closing within", 30, low=5, high=180)
    liquidation: Literal["none", "non_participating", "participating"] = p(
        "清算优先权", "Liquidation preference", "non_participating",
        choices={
            "none": ("无", "none"),
            "non_participating": ("不参与分配", "non-participating"),
            "participating": ("参与分配", "participating"),
        },
    )  # fmt: skip
    liquidation_ppm: int = share(
        "清算优先倍数", "Liquidation preference (of the investment)", PPM, high=5 * PPM
    )
    life_years: int = p("项目公司存续期", "Life of the Company", 8, unit="years", ge=1, le=30)
    non_compete_months: int = p("竞业限制期", "Founders' non-compete", 12, unit="months", ge=0, le=60)


class RevenueShare(Section):
    term_years: int = p("分成期限", "Term of the share", 5, unit="years", ge=1, le=50)
    territory: Both = p("收入地域", "Territory of receipts", {"zh": "全球", "en": "worldwide"})
    sources: Both = p("收入范围", "Sources of receipts", {
        "zh": "付费点播与会员分成、广告分成、平台保底与奖励、版权许可与海外发行、衍生与商务植入",
        "en": "pay-per-episode and subscription income, advertising, platform guarantees and bonuses, licences and overseas "
              "distribution, merchandising and product placement",
    })  # fmt: skip
    buy_out_ppm: int = share(
        "提前买断价格（对本金）", "Buy-out price (of the principal)", 1_800_000, high=20 * PPM
    )
    sequel_first_look: bool = p("续作优先投资权", "First look on sequels", True)
    statements_within: int = days(
        "结算单提供期限", "Statements within", 10, low=1, high=60, unit="business_days"
    )
    audits_per_year: int = p("每年审计次数", "Audits a year", 1, unit="times", ge=0, le=4)
    audit_look_back_months: int = p("审计追溯期", "Audit look-back", 24, unit="months", ge=6, le=120)
    bundle_ppm: int = share("打包销售时作品最低占比", "Least part of a bundle", 0)


class Loan(Section):
    rate_ppm: int = share("年利率", "Interest rate per year", 100_000, high=360_000)
    default_rate_ppm: int = share("逾期年利率", "Default rate per year", 120_000, high=360_000)
    drawdown: Day = day("提款日", "Drawdown date")
    maturity: Day = day("到期日", "Maturity date")
    security: list[Literal["receivables", "copyright", "shares", "guarantee"]] = p(
        "担保", "Security", ["receivables", "copyright"], min_length=1, max_length=4,
        choices={
            "receivables": ("作品应收账款质押", "a pledge of the series' receivables"),
            "copyright": ("作品著作权中的财产权质押", "a pledge of the economic rights in the series"),
            "shares": ("借款方股权质押", "a pledge of the Borrower's shares"),
            "guarantee": ("实际控制人连带责任保证", "a joint and several guarantee of the controlling person"),
        },
    )  # fmt: skip
    prepayment_days: int = days("提前还款通知期", "Prepayment notice", 10, low=1, high=90)
    grace_days: int = days("逾期宽限期", "Grace period", 5, low=0, high=60)
    guarantor: Both = p(
        "保证人", "Guarantor", {"zh": "制片方的实际控制人", "en": "the controlling person of the Producer"}
    )
    registration_days: int = days("担保登记期限", "Security registered within", 20, low=1, high=90)
    negative_pledge: bool = p("消极担保", "Negative pledge", True)


Right = Literal["iap", "svod", "avod", "overseas_app", "tv", "merchandise"]


class Presale(Section):
    kind: Literal["presale", "minimum_guarantee"] = p(
        "方式", "Kind", "minimum_guarantee",
        choices={"presale": ("预售", "a presale"), "minimum_guarantee": ("保底发行", "a minimum guarantee")},
    )  # fmt: skip
    territory: Both = p("授权地域", "Territory", {"zh": "中国大陆", "en": "the mainland of China"})
    rights: list[Right] = p(
        "授权权利", "Licensed rights", ["iap", "svod", "avod"], min_length=1, max_length=6,
        choices={
            "iap": ("小程序与应用内付费点播", "pay-per-episode in mini-programs and apps"),
            "svod": ("会员点播", "subscription video on demand"),
            "avod": ("免费广告点播", "advertising-funded video on demand"),
            "overseas_app": ("海外短剧应用", "overseas micro-drama apps"),
            "tv": ("电视播映", "television"),
            "merchandise": ("衍生品", "merchandising"),
        },
    )  # fmt: skip
    languages: list[Annotated[str, Field(min_length=2, max_length=35)]] = p(
        "授权语种", "Licensed languages", ["zh-CN"], unit="languages", min_length=1, max_length=20
    )
    window_months: int = p("授权期限", "Licence period", 24, unit="months", ge=1, le=240)
    holdback_days: int = days("其他渠道窗口期", "Holdback for other channels", 30, low=0, high=720)
    exclusive: bool = p("独占授权", "Exclusive licence", True)
    commission_ppm: int = share("发行代理费", "Distribution commission", 150_000, high=500_000)
    marketing: Literal["none", "best_efforts", "minimum"] = p(
        "宣发承诺", "Marketing commitment", "best_efforts",
        choices={
            "none": ("无", "none"),
            "best_efforts": ("合理努力", "reasonable efforts"),
            "minimum": ("最低宣发投入", "a minimum spend"),
        },
    )  # fmt: skip
    marketing_ppm: int = share(
        "最低宣发投入（对投资款）", "Least marketing spend (of the investment)", 100_000, high=5 * PPM
    )
    release_days: int = days("上线期限（自交付验收）", "Released within (of acceptance)", 90, low=7, high=720)
    reversion: bool = p("权利回转", "Reversion of rights", True)
    sell_off_days: int = days("授权届满清仓期", "Sell-off period", 90, low=0, high=360)
    shortfall: Literal["none", "term", "refund"] = p(
        "未收回部分的处理", "If not recovered at expiry", "term",
        choices={
            "none": ("由投资方承担", "borne by the Investor"),
            "term": ("授权期延长十二个月", "the licence is extended once by twelve months"),
            "refund": ("制片方补足差额", "the Producer makes up the difference"),
        },
    )  # fmt: skip


class EquityTerms(Terms):
    equity: Equity


class RevenueShareTerms(Terms):
    revenue_share: RevenueShare


class LoanTerms(Terms):
    loan: Loan


class PresaleTerms(Terms):
    presale: Presale


TERMS: dict[str, type[Terms]] = {
    "equity_spv": EquityTerms,
    "revenue_share": RevenueShareTerms,
    "loan": LoanTerms,
    "presale": PresaleTerms,
}
