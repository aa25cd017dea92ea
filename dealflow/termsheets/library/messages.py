"""Problems of a term sheet's input: field, stable code, and a sentence in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

TEXTS: dict[str, tuple[str, str]] = {
    "missing": ("is missing", "缺少该项"),
    "unknown_field": ("is not a field of this template", "本模板没有此字段"),
    "unknown_template": ("is not a known template", "没有这个模板"),
    "not_an_object": ("must be an object", "应为对象"),
    "not_a_list": ("must be a list", "应为列表"),
    "not_an_integer": ("must be a whole number", "应为整数"),
    "not_a_number": ("must be a number", "应为数字"),
    "not_text": ("must be text", "应为文本"),
    "not_a_boolean": ("must be true or false", "应为是或否"),
    "bad_date": ("must be a date such as 2026-11-24", "应为日期，例如2026-11-24"),
    "unknown_currency": ("is not a known currency", "未知的币种"),
    "empty_text": ("needs a text in Chinese or English", "请填写中文或英文文本"),
    "too_small": ("must be at least {limit}", "不得小于{limit}"),
    "too_large": ("must be at most {limit}", "不得大于{limit}"),
    "too_long": ("must have at most {limit} characters or items", "最多{limit}个字符或条目"),
    "too_short": ("must have at least {limit} characters or items", "至少{limit}个字符或条目"),
    "unknown_choice": ("must be one of {limit}", "应为以下之一：{limit}"),
    "bad_format": ("does not have the right form", "格式不正确"),
    "sum_mismatch": ("must add up to {limit}, not {found}", "合计应为{limit}，现为{found}"),
    "currency_mismatch": (
        "must be in {limit}, the currency of the investment",
        "币种应与投资金额一致（{limit}）",
    ),
    "not_positive": ("must be more than zero", "应大于零"),
    "duplicate": ("is there twice", "重复"),
    "wrong_order": ("must not be before {limit}", "不得早于{limit}"),
    "above": ("must not be more than {limit}", "不得超过{limit}"),
    "below": ("must not be less than {limit}", "不得低于{limit}"),
    "no_investor": ("must pay the investor: payee id “investor”", "应包含投资方（收款方编号 investor）"),
    "principal_mismatch": (
        "the investor's principal must be the investment, {limit}",
        "投资方本金应等于投资款{limit}",
    ),
    "cap_mismatch": ("must equal the cap of the ad-spend covenant, {limit}", "应等于投流条款的上限{limit}"),
    "rate_mismatch": ("must equal the loan's interest rate", "应等于借款利率"),
    "since_mismatch": ("must be the loan's drawdown date", "应等于提款日"),
    "invalid": ("is not valid", "无效"),
    # A clause library's codes.
    "missing_language": ("needs a text in this language", "缺少该语言的文本"),
    "lone_brace": ("has a brace that belongs to no merge field", "含有不成对的花括号"),
    "languages_differ": ("uses different merge fields in Chinese and English", "中英文使用的合并字段不一致"),
    "unknown_merge_field": (
        "names {limit}, which {found} does not know",
        "合并字段{limit}在模板{found}中不存在",
    ),
    "unknown_condition": ("depends on {limit}, which is no parameter", "条件{limit}不是参数"),
    "unknown_parameter": ("is not a parameter with a single value", "不是单值参数"),
    "wrong_type": ("has a value that {limit} cannot have", "该值不符合参数{limit}的类型或选项"),
    "unknown_clause": ("names a clause that is not there", "所列条款不存在"),
    "unused_clause": ("is used by no template", "没有模板使用该条款"),
    "bad_name": ("needs a name of small letters and underscores", "名称只能用小写字母和下划线"),
    "reserved_name": ("has a name that is taken; choose another", "该名称已被占用，请另取"),
    "not_for_kind": ("does not go with the kind {limit}", "不适用于类型{limit}"),
    "clause_needed": ("must keep the clause {limit}", "必须保留条款{limit}"),
    "not_editable": ("cannot be changed here", "此处不可修改"),
    # The waterfall's own codes, named by dealflow.finance.
    "empty": ("must not be empty", "不得为空"),
    "out_of_range": ("is out of range", "超出范围"),
    "shares_sum": ("shares must add up to 100%", "比例合计应为100%"),
    "duplicate_payee": ("names a payee twice", "同一收款方出现两次"),
    "duplicate_id": ("is there twice", "编号重复"),
    "unknown_payee": ("names a payee who is not in the list", "收款方不在名单内"),
    "unknown_tier": ("names a tier that does not fit", "所指顺位不存在或类型不符"),
    "gross_shares": ("shares of the gross add up to more than 100%", "按总收入计的比例合计超过100%"),
    "last_tier": ("the last tier must split all that remains", "最后顺位应为剩余收入的分成"),
    "not_ascending": ("thresholds must ascend", "门槛应逐级递增"),
    "too_many": ("has too many items", "条目过多"),
    "too_deep": ("is nested too deeply", "嵌套过深"),
}
_PYDANTIC = {
    "missing": "missing", "extra_forbidden": "unknown_field", "int_type": "not_an_integer", "int_parsing": "not_an_integer",
    "int_from_float": "not_an_integer", "float_type": "not_a_number", "string_type": "not_text", "bool_type": "not_a_boolean",
    "list_type": "not_a_list", "dict_type": "not_an_object", "model_type": "not_an_object",
    "model_attributes_type": "not_an_object", "greater_than_equal": "too_small", "greater_than": "too_small",
    "less_than_equal": "too_large", "less_than": "too_large", "string_too_long": "too_long", "too_long": "too_long",
    "string_too_short": "too_short", "too_short": "too_short", "literal_error": "unknown_choice",
    "string_pattern_mismatch": "bad_format", "date_type": "bad_date", "string_unicode": "bad_format",
}  # fmt: skip
_LIMITS = ("ge", "gt", "le", "lt", "max_length", "min_length", "expected")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with one field."""

    field: str
    code: str
    message_en: str
    message_zh: str

    @classmethod
    def of(cls, field: str, code: str, **params: Any) -> Problem:
        """The problem with its texts; unknown codes get a general sentence."""
        en, zh = TEXTS.get(code, TEXTS["invalid"])
        return cls(field, code, en.format(**params), zh.format(**params))

    def as_dict(self) -> dict[str, str]:
        """As the interface's `errors` list wants it, in both languages."""
        return {
            "field": self.field,
            "code": self.code,
            "message_en": self.message_en,
            "message_zh": self.message_zh,
        }


class TermSheetError(ValueError):
    """Input from which no term sheet can be made. `str()` is one line naming the first field."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
        super().__init__(f"{self.problems[0].field or 'file'}: {self.problems[0].message_en}{more}")


def path_of(location: Sequence[str | int], prefix: str = "") -> str:
    """A pydantic location as `use_of_funds[0].amount`."""
    path = prefix
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def from_pydantic(error: ValidationError, prefix: str = "") -> list[Problem]:
    """All problems of a validation error."""
    problems: dict[str, Problem] = {}
    for entry in error.errors(include_url=False, include_input=False):
        context: Mapping[str, Any] = entry.get("ctx") or {}
        code = _PYDANTIC.get(entry["type"], entry["type"] if entry["type"] in TEXTS else "invalid")
        limit = next((context[key] for key in _LIMITS if key in context), "")
        # The branches of a union put their type into the location; it names no field.
        location = [part for part in entry["loc"] if not (isinstance(part, str) and not part.isidentifier())]
        field = path_of([part for part in location if part not in ("str", "_Name")], prefix)
        problems.setdefault(field, Problem.of(field, code, limit=limit, found=""))
    return list(problems.values())
