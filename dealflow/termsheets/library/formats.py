"""Values of a term sheet as words and figures of a contract, in Chinese and English."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_name

from dealflow.core.money import CURRENCIES

NAMES_ZH = {
    "CNY": "人民币", "USD": "美元", "EUR": "欧元", "GBP": "英镑", "HKD": "港元", "TWD": "新台币", "JPY": "日元", "KRW": "韩元",
    "SGD": "新加坡元", "MYR": "马来西亚林吉特", "THB": "泰铢", "VND": "越南盾", "IDR": "印尼盾", "AUD": "澳大利亚元",
    "CAD": "加拿大元", "CHF": "瑞士法郎",
}  # fmt: skip
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_GROUPS = ("", "万", "亿", "万亿", "亿亿")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
UNITS = {
    "days": ("日", " day"),
    "business_days": ("个工作日", " business day"),
    "months": ("个月", " month"),
    "years": ("年", " year"),
    "seats": ("名", ""),
    "persons": ("", " person"),
    "arbitrators": ("名", " arbitrator"),
    "episodes": ("集", " episode"),
    "minutes": ("分钟", " minute"),
    "times": ("次", " time"),
    "day_of_month": ("日", ""),
    "count": ("", ""),
}


def figures(amount_minor: int, currency: str) -> str:
    """An amount without its currency: `4,500,000.00`."""
    digits = CURRENCIES.get(currency, 2)
    return f"{Decimal(amount_minor).scaleb(-digits):,.{digits}f}"


def money(amount_minor: int, currency: str, lang: str) -> str:
    """`人民币4,500,000.00元` or `CNY 4,500,000.00`."""
    plain = figures(amount_minor, currency)
    if lang == "en":
        return f"{currency} {plain}"
    return f"人民币{plain}元" if currency == "CNY" else f"{plain}{NAMES_ZH.get(currency, ' ' + currency)}"


def currency_name(currency: str) -> str:
    """The plural name in English: `US dollars`."""
    return str(get_currency_name(currency, 2, "en"))


def percent(ppm: int) -> str:
    """Parts per million as a percentage without idle zeros: 1,200,000 → `120%`."""
    text = f"{Decimal(ppm) / 10_000:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "%"


def day(value: date, lang: str) -> str:
    """`2026年11月24日` or `24 November 2026`."""
    if lang == "zh":
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def counted(number: int, unit: str, lang: str) -> str:
    """A number with its unit: `30日`, `30 days`, `1 day`."""
    zh, en = UNITS[unit]
    if lang == "zh":
        return f"{number}{zh}"
    return f"{number}{en}{'s' if en and number != 1 else ''}"


def language(tag: str, lang: str) -> str:
    """The name of a BCP 47 language; the tag itself where it has none."""
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(tag, sep="-").get_display_name("zh_CN" if lang == "zh" else "en") or tag
    except (UnknownLocaleError, ValueError):
        return tag


def listed(names: list[str], lang: str) -> str:
    """`甲、乙和丙` or `A, B and C`."""
    comma, last = ("、", "和") if lang == "zh" else (", ", " and ")
    return last.join([comma.join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def _four(number: int) -> str:
    """1–9999 in financial numerals."""
    text, gap = "", False
    for power, unit in ((1000, "仟"), (100, "佰"), (10, "拾"), (1, "")):
        digit = number // power % 10
        if digit:
            text += ("零" if gap and text else "") + _DIGITS[digit] + unit
            gap = False
        else:
            gap = True
    return text


def capitals(amount_minor: int) -> str:
    """Yuan in the financial numerals of the payment rules: `肆佰伍拾万元整`, `壹仟零伍元零叁分`."""
    yuan, rest = divmod(amount_minor, 100)
    groups = []
    while yuan:
        yuan, group = divmod(yuan, 10_000)
        groups.append(group)
    text = ""
    for index in range(len(groups) - 1, -1, -1):
        if not groups[index]:
            continue
        skipped = text and (groups[index] < 1000 or (index + 1 < len(groups) and not groups[index + 1]))
        text += ("零" if skipped else "") + _four(groups[index]) + _GROUPS[index]
    # 万亿 names 万 twice when both groups stand: 壹万亿贰仟亿 is written 壹万贰仟亿.
    if len(groups) > 3 and groups[3] and groups[2]:
        text = text.replace("万亿", "万", 1)
    jiao, fen = divmod(rest, 10)
    if not rest:
        return (text or "零") + "元整"
    head = f"{text}元" if text else ""
    if not jiao:
        return head + ("零" if head else "") + _DIGITS[fen] + "分"
    return head + _DIGITS[jiao] + "角" + (_DIGITS[fen] + "分" if fen else "整")


def value(raw: Any, unit: str | None, choices: dict[str, dict[str, str]] | None, lang: str) -> str:
    """Any parameter of the terms as text, by its declared unit or choices."""
    if isinstance(raw, bool):
        return ("是" if raw else "否") if lang == "zh" else ("yes" if raw else "no")
    if choices is not None:
        names = [choices[item][lang] for item in (raw if isinstance(raw, list) else [raw])]
        return listed(names, lang)
    if isinstance(raw, dict) and "amount_minor" in raw:
        return money(raw["amount_minor"], raw["currency"], lang)
    if isinstance(raw, dict):
        return raw.get(lang) or raw.get("zh") or raw.get("en") or ""
    if unit == "languages":
        return listed([language(tag, lang) for tag in raw], lang)
    if isinstance(raw, list):
        return listed([str(item) for item in raw], lang)
    if unit == "ppm":
        return percent(raw)
    if unit == "date":
        return day(date.fromisoformat(raw), lang)
    if unit is not None:
        return counted(raw, unit, lang)
    return str(raw)
