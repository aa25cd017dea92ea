"""Rates and multiples as people read them, the same wherever they stand."""

from __future__ import annotations

from typing import Any

from dealflow.core.i18n import gettext as _


def rate_text(answer: dict[str, Any]) -> str:
    """A rate for people in one line: the percentage with what `rate_why` says of it, or why there is none."""
    why = rate_why(answer)
    if shown_rate(answer) is None:
        return why
    return _("%(rate)s (%(why)s)", rate=rate_short(answer), why=why) if why else rate_short(answer)


def shown_rate(answer: dict[str, Any]) -> float | None:
    """The rate that is shown: what the period brought when it is under a year, else the yearly one."""
    # Reports that were issued before the rule was kept say the yearly rate alone, and go on saying it.
    text = answer.get("period_return") or answer["rate"]
    return None if text is None else float(text)


def rate_short(answer: dict[str, Any]) -> str:
    """A rate in a tile or a cell: a dash when there is none; `rate_why` says why."""
    value = shown_rate(answer)
    return "–" if value is None else f"{value:.1%}"


def rate_why(answer: dict[str, Any]) -> str:
    """What stands below a rate: why there is none, that it is one of several, that it is not annualised."""
    if shown_rate(answer) is None:
        return {
            "no_sign_change": _("None: money moved one way only"),
            "no_root": _("None: no rate fits these flows"),
            "sold_out": _("None: the index position was sold out"),
            "taken_over": _("None: part of it was taken over or handed on"),
        }[answer["reason"]]
    told = [_("one of several")] if answer["ambiguous"] else []
    if answer.get("period_return") is not None:
        told.append(_("%(days)s days, not annualised", days=answer["days"]))
    return " · ".join(told)


def times(value: str | None) -> str:
    """A multiple for people."""
    return "–" if value is None else f"{float(value):.2f}×"
