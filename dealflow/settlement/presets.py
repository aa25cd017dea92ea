"""The columns of bank statements as the online banks of five Chinese banks export them, and how rows are read.

A preset names, for each of our fields, the headings a bank is known to use; headings are compared without spaces and
without the English that some banks add in brackets. Whatever else a file has is left alone.

The headings were compared in November 2026 with public examples: for companies, with the headers that open-source readers
of such files name (of all five banks; ICBC's with `[HISTORYDETAIL]` above, in GB18030; the Bank of China's in two languages
and split by bars); for persons, with the example files of github.com/deb-sig/double-entry-generator (ICBC, with cells padded
by tabs and a total in the last row, ABC, BOC, CMB), the fixtures of readers of CCB's and CMB's files, and
github.com/heyeshuang/beancount-homemade-importers (BOC, in UTF-16). CMB's file for persons names no other party: the remark
stands for it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dealflow.core import money
from dealflow.core.i18n import N_
from dealflow.core.money import Money, MoneyError

# Our fields, with their names for people; `text` may come from several columns.
FIELDS = {
    "day": N_("Day of booking"),
    "credit": N_("Money in"),
    "debit": N_("Money out"),
    "amount": N_("Amount with its sign"),
    "direction": N_("In or out"),
    "currency": N_("Currency"),
    "payer": N_("Name of the other party"),
    "payer_account": N_("Account of the other party"),
    "text": N_("Purpose and remarks"),
    "serial": N_("Serial number of the bank"),
}
NEEDED = ("day", "payer")


@dataclass(frozen=True)
class Preset:
    """A bank: field → headings, the usual one first."""

    key: str
    name: str
    columns: Mapping[str, tuple[str, ...]]


PRESETS = (
    Preset("icbc", N_("Industrial and Commercial Bank of China"), {
        "day": ("交易日期", "入账日期", "日期", "交易时间"), "credit": ("贷方发生额", "转入金额", "记账金额(收入)"),
        "debit": ("借方发生额", "转出金额", "记账金额(支出)"), "direction": ("借/贷", "借贷标志"), "amount": ("发生额",),
        "currency": ("币种", "记账币种"), "payer": ("对方单位名称", "对方单位", "对方户名"), "payer_account": ("对方账号", "对方账户"),
        "text": ("摘要", "用途", "附言", "附加信息", "个性化信息", "交易详情"), "serial": ("凭证号", "交易流水号"),
    }),
    Preset("ccb", N_("China Construction Bank"), {
        "day": ("记账日期", "记账日", "交易日期", "日期", "交易时间"),
        "credit": ("贷方发生额(收入)", "贷方发生额/元(收入)", "收入", "贷方发生额"),
        "debit": ("借方发生额(支取)", "借方发生额/元(支取)", "支出", "借方发生额"), "currency": ("币种",), "payer": ("对方户名",),
        "payer_account": ("对方账号",), "text": ("摘要", "备注"), "serial": ("账户明细编号-交易流水号", "交易流水号", "企业流水号", "凭证号"),
    }),
    Preset("abc", N_("Agricultural Bank of China"), {
        "day": ("交易日期", "日期", "交易时间"), "credit": ("收入金额", "收入"), "debit": ("支出金额", "支出"), "amount": ("交易金额",),
        "currency": ("币种",), "payer": ("对方户名", "对方名称", "对手信息"), "payer_account": ("对方账号",),
        "text": ("交易用途", "交易摘要", "摘要", "附言", "交易附言"), "serial": ("日志号", "交易流水号"),
    }),
    Preset("boc", N_("Bank of China"), {
        "day": ("交易日期", "记账日期"), "credit": ("收入金额",), "debit": ("支出金额",), "amount": ("交易金额", "金额"),
        "direction": ("交易类型",), "currency": ("交易货币", "币别"), "payer": ("付款人名称", "对方账户名", "对方账户名称"),
        "payer_account": ("付款人账号", "对方卡号/账号"), "text": ("摘要", "用途", "交易附言", "备注", "附言", "交易名称"),
        "serial": ("交易流水号",),
    }),
    Preset("cmb", N_("China Merchants Bank"), {
        "day": ("交易日", "交易日期", "记账日期"), "credit": ("贷方金额", "贷方(入账)", "收入"), "debit": ("借方金额", "借方(出账)", "支出"),
        "amount": ("交易金额",), "currency": ("币种", "货币"), "payer": ("收(付)方名称", "收/付方名称", "对手信息", "交易备注"),
        "payer_account": ("收(付)方账号", "收/付方账号", "收/付方帐号"),
        "text": ("摘要", "用途", "业务摘要", "其它摘要", "交易摘要", "客户摘要", "交易备注"), "serial": ("流水号", "交易流水号"),
    }),
)  # fmt: skip
BY_KEY = {preset.key: preset for preset in PRESETS}
OWN = "own"
_CURRENCIES = {
    "人民币": "CNY",
    "人民币元": "CNY",
    "rmb": "CNY",
    "美元": "USD",
    "港币": "HKD",
    "港元": "HKD",
    "欧元": "EUR",
    "英镑": "GBP",
}
_TOTAL = re.compile("[合总小]计|汇总")
_OUT = ("往账", "支出", "借", "转出", "支取", "出账", "debit", "out")


def heading(text: str) -> str:
    """A heading as it is compared: one width, no spaces, no English in square brackets."""
    clean = unicodedata.normalize("NFKC", text)
    return re.sub(r"\[[^\[\]]*\]|\s|:", "", clean).casefold()


def places(preset: Preset, header: Sequence[str]) -> dict[str, list[int]]:
    """Field → columns of the file. The first heading that is there counts; for `text` all of them."""
    at = {heading(name): index for index, name in reversed(list(enumerate(header))) if name}
    found = {}
    for field, names in preset.columns.items():
        here = [at[key] for key in map(heading, names) if key in at]
        if here:
            found[field] = here if field == "text" else here[:1]
    return found


def fits(preset: Preset, header: Sequence[str]) -> bool:
    """Whether a file with this header can be read by the preset."""
    return usable(places(preset, header))


def usable(found: Mapping[str, Sequence[int]]) -> bool:
    """Whether a day, a payer and an amount are there."""
    return all(field in found for field in NEEDED) and ("credit" in found or "amount" in found)


def detect(header: Sequence[str]) -> Preset | None:
    """The preset that knows most columns of the header; None when no preset can read it."""
    known = [
        (sum(map(len, places(p, header).values())), -n, p) for n, p in enumerate(PRESETS) if fits(p, header)
    ]
    return max(known, key=lambda entry: entry[:2])[2] if known else None


def is_header(row: Sequence[str]) -> bool:
    """Whether a row is the header of a statement that some preset reads."""
    return detect(row) is not None


class Unreadable(ValueError):
    """A cell that cannot be read: `field`, a message id."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


@dataclass(frozen=True)
class Incoming:
    """Money that came in, as a row tells it."""

    day: date
    amount: Money
    payer: str
    payer_account: str
    text: str
    serial: str


def read_row(cells: Sequence[str], at: Mapping[str, Sequence[int]], currency: str) -> Incoming | None:
    """A row; None for money that went out or a row without an amount (a total, a remark). Raises Unreadable."""
    values = {
        field: " ".join(filter(None, (_said(cells[i]) for i in columns))) for field, columns in at.items()
    }
    code = _currency(values.get("currency", ""), currency)
    amount = _incoming(values, code)
    if amount is None or not values["day"] or _TOTAL.search(values["day"]):
        return None
    return Incoming(
        _day(values["day"]), amount, values["payer"][:200], values.get("payer_account", "")[:60], values.get("text", "")[:500],
        values.get("serial", "")[:80],
    )  # fmt: skip


def _said(cell: str) -> str:
    """A cell without what pads it; empty where it holds nothing but a line."""
    clean = cell.strip()
    return "" if not clean.strip("-—") else clean


def _currency(text: str, otherwise: str) -> str:
    clean = text.strip().casefold()
    code = _CURRENCIES.get(clean, clean.upper())
    if code and code not in money.CURRENCIES:
        raise Unreadable("currency", N_("This currency is not known; use a code such as CNY, USD or EUR"))
    return code or otherwise


def _minor(text: str, field: str, currency: str) -> int:
    """Signed minor units; 0 for an empty cell or a dash."""
    clean = unicodedata.normalize("NFKC", text).strip().lstrip("'")
    sign = -1 if clean.startswith("-") else 1
    clean = clean.lstrip("+-").strip()
    if not clean:
        return 0
    try:
        return sign * money.parse(clean, currency).amount_minor
    except MoneyError as error:
        raise Unreadable(field, error.message) from None


def _incoming(values: Mapping[str, str], currency: str) -> Money | None:
    if values.get("credit"):
        minor = _minor(values["credit"], "credit", currency)
    elif values.get("amount"):
        minor = _minor(values["amount"], "amount", currency)
        way = unicodedata.normalize("NFKC", values.get("direction", "")).strip().casefold()
        if way.startswith(_OUT) or way == "d":
            return None
    else:
        return None
    return Money(minor, currency) if minor > 0 else None


def _day(text: str) -> date:
    found = re.match(
        r"\s*(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*[-/.月]?\s*(\d{1,2})", unicodedata.normalize("NFKC", text)
    )
    if re.match(r"\d{8}", text.strip()):
        found = re.match(r"(\d{4})(\d{2})(\d{2})", text.strip())
    try:
        if found is not None:
            return date(*map(int, found.groups()))
    except ValueError:
        found = None
    raise Unreadable("day", N_("Enter a date such as 2026-11-24"))
