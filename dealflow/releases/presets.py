"""What the columns of platform statements mean: presets by platform, and a guess from a header.

Platforms rename columns now and then, so a preset knows several names of each, and people can correct the meaning.

What the names were compared with in November 2026: WeChat's with its bill of payments (pay.weixin.qq.com, as many open-source
readers have it, sums in a second table included) and with the fields of advertising income in its interface `publisher_settlement`
(developers.weixin.qq.com); Douyin's with the bill of payments of mini programs (its header as a public interface returns it).
Of Hongguo and Fanqie, Kuaishou, and ReelShort no public example of a settlement file was found: their names are those in common
use, and the page asks people to look.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dealflow.core.i18n import N_

OWN = "own"
# Field of a row → what it is called, and the names of columns that mean it whatever the platform.
LABELS = {
    "on": N_("Day or month"),
    "amount": N_("Amount that came in"),
    "refund": N_("Refunded (taken off)"),
    "currency": N_("Currency"),
    "external_ref": N_("Reference"),
    "refund_ref": N_("Reference of the refund"),
    "title": N_("Title"),
    "project": N_("Project (id or external id)"),
    "platform": N_("Platform"),
    "territory": N_("Territory"),
    "ad_spend": N_("Ad spend"),
    "plays": N_("Plays"),
    "paid_users": N_("Paying users"),
}
GENERAL: dict[str, tuple[str, ...]] = {
    "on": ("date", "day", "日期", "结算日期", "账期", "月份", "收入日期"),
    "amount": (
        "receipts",
        "revenue",
        "gross",
        "gross revenue",
        "金额",
        "收入",
        "结算金额",
        "分成金额",
        "分账金额",
        "收益",
        "收益金额",
        "收益金额（元）",
    ),
    "refund": ("refunded", "退款", "退款金额"),
    "currency": ("币种", "货币种类"),
    "external_ref": (
        "ref",
        "reference",
        "id",
        "transaction id",
        "编号",
        "流水号",
        "订单号",
        "结算单号",
        "外部编号",
    ),
    "refund_ref": ("refund id", "退款单号"),
    "title": ("series", "drama", "剧名", "短剧名称", "剧目名称", "作品名称", "片名"),
    "project": ("project id", "project_id", "项目", "项目编号"),
    "platform": ("平台", "渠道"),
    "territory": ("country", "region", "地区", "国家", "国家地区"),
    "ad_spend": ("ad spend", "spend", "投流", "投流金额", "投流消耗", "推广消耗"),
    "plays": ("views", "播放量", "播放数", "播放次数", "观看量", "观看次数"),
    "paid_users": ("payers", "paying users", "付费人数", "付费用户数", "充值人数", "充值用户数"),
}


@dataclass(frozen=True)
class Preset:
    """One platform's statement: its columns, the currency of its amounts, and whether 09/10 is the tenth of September."""

    label: str
    platform: str
    currency: str
    columns: Mapping[str, tuple[str, ...]]
    month_first: bool = False


PRESETS = {
    "hongguo": Preset(
        N_("Hongguo / Fanqie"), "hongguo", "CNY",
        {
            "on": ("结算日期", "数据日期", "日期", "结算周期"), "title": ("短剧名称", "作品名称", "书名"), "external_ref": ("结算单号", "结算明细ID"),
            "amount": ("分账金额（元）", "结算金额（元）", "总收入（元）", "预估收入（元）"), "ad_spend": ("投流消耗（元）", "推广消耗（元）"),
        },
    ),
    "douyin": Preset(
        N_("Douyin"), "douyin", "CNY",
        {
            "on": ("账单日期", "结算时间", "支付时间"), "title": ("短剧名称", "商品名称", "剧目名称"),
            "external_ref": ("抖音订单号", "订单编号", "订单号", "平台订单号"), "amount": ("订单实付金额", "实付金额（元）", "结算金额", "订单金额"),
            "refund": ("退款金额", "退款金额（元）"), "refund_ref": ("退款单号",), "ad_spend": ("巨量消耗（元）", "广告消耗（元）"),
        },
    ),
    "kuaishou": Preset(
        N_("Kuaishou"), "kuaishou", "CNY",
        {
            "on": ("账单日期", "结算月份", "账单周期"), "title": ("剧目名称", "短剧名", "短剧名称"), "external_ref": ("快手订单号", "账单编号", "结算单编号"),
            "amount": ("分成金额（元）", "应结金额（元）", "结算金额（元）"), "refund": ("退款金额（元）",),
            "ad_spend": ("磁力消耗（元）", "投放消耗（元）"),
        },
    ),
    "wechat": Preset(
        N_("WeChat mini program"), "wechat", "CNY",
        {
            "on": ("交易时间", "日期区间", "收入月份"), "title": ("商品名称",),
            "external_ref": ("微信订单号", "微信支付业务单号", "结算单编号"), "refund_ref": ("微信退款单号",),
            "amount": ("应结订单金额", "订单金额", "区间内结算收入", "结算收入"), "refund": ("退款金额",), "currency": ("货币种类",),
        },
    ),
    "reelshort": Preset(
        N_("ReelShort and alike"), "reelshort", "USD",
        {
            "on": ("Date", "Period", "Statement Date", "Month"), "title": ("Title", "Series", "Series Title"),
            "territory": ("Territory", "Country", "Region"), "external_ref": ("Transaction ID", "Line ID", "Statement Line"),
            "amount": ("Gross Revenue (USD)", "Gross Revenue", "Total Revenue (USD)", "Revenue (USD)"),
            "refund": ("Refunds (USD)", "Refunds"), "currency": ("Currency",), "ad_spend": ("UA Spend (USD)", "Ad Spend (USD)"),
        },
        month_first=True,
    ),
    OWN: Preset(N_("Own columns"), "", "CNY", {}),
}  # fmt: skip


def plain(text: str) -> str:
    """A name without case, width, blanks and punctuation, for comparing."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()


def mapping_of(preset: str, header: Sequence[str]) -> dict[str, str]:
    """What each column means by a preset, what it does not know by names that fit any statement: column → field."""
    found: dict[str, str] = {}
    for names in (PRESETS[preset].columns, {field: (field, *names) for field, names in GENERAL.items()}):
        for field, known in names.items():
            if field in found.values():
                continue
            # In the order of the preset: its first name of a field is the best one.
            column = next(
                (c for name in known for c in header if c not in found and plain(c) == plain(name)), None
            )
            if column is not None:
                found[column] = field
    return found


def guess(header: Sequence[str]) -> str:
    """The preset that knows most columns of a header by their very names; `own` when none knows day and amount."""
    best, most = OWN, 0
    for code, preset in PRESETS.items():
        names = {plain(name): field for field, known in preset.columns.items() for name in known}
        fields = {names[plain(column)] for column in header if plain(column) in names}
        if {"on", "amount"} <= fields and len(fields) > most:
            best, most = code, len(fields)
    return best


def is_header(row: Sequence[str]) -> bool:
    """Whether a row is the header of a statement of some platform, below lines of a title."""
    return guess(row) != OWN
