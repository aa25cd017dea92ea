"""Reasons in words for files that are read without the app; what they say stands in `ml.sentences`."""

from collections.abc import Mapping
from typing import Any

from ml.columns import ZERO_DECIMAL
from ml.offline.names import told
from ml.rank import Reason
from ml.sentences import NAMES, choose

_AMOUNTS = frozenset({"ask", "ticket", "limit", "min_ticket"})


def money_text(money: Mapping[str, Any]) -> str:
    """`1,200,000 CNY`."""
    digits = 0 if money["currency"] in ZERO_DECIMAL else 2
    major, rest = divmod(money["amount_minor"], 10**digits)
    cents = f".{rest:0{digits}d}" if rest else ""
    return f"{major:,}{cents} {money['currency']}"


def sentence(reason: Reason, language: str, names: dict[str, tuple[str, str]]) -> str:
    """One reason in `en` or `zh`, with its share of the logit; `names` gives (en, zh) of genre terms."""
    number = 1 if language == "zh" else 0
    known = {name: value for name, value in reason.params.items() if value not in (None, [], (), "")}
    pair, wanted = choose(reason.code, known)
    joint = "、" if number else ", "

    def shown(name: str) -> str:
        value = known[name]
        if name in _AMOUNTS:
            return money_text(value)
        listed = value if isinstance(value, list | tuple) else [value]
        return joint.join(
            (names.get(item) or NAMES.get(item) or told(str(item)) or (str(item),) * 2)[number]
            for item in listed
        )

    text = pair[number] % {name: shown(name) for name in wanted}
    return f"{text} ({reason.contribution:+.2f})" if number == 0 else f"{text}（{reason.contribution:+.2f}）"
