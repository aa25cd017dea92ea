"""The terms a template starts from: constants of the model, and what follows from the project and the parties."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from dealflow.core import clock
from dealflow.finance.allocation import largest_remainder
from dealflow.termsheets.library.catalogue import LIBRARY
from dealflow.termsheets.library.declared import starting
from dealflow.termsheets.library.facts import Project, read_parties, read_project
from dealflow.termsheets.library.instruments import TERMS
from dealflow.termsheets.library.messages import Problem, TermSheetError
from dealflow.termsheets.library.model import DECLARED, Library, model_of
from dealflow.termsheets.library.terms import LIMIT, PPM
from dealflow.termsheets.library.waterfalls import ORDERS, payees

# Template → (id, milestone, parts of a hundred, date of the schedule, days from today without one).
_STEPS = {
    "equity_spv": (
        ("t1", "signing", 30, "", 30), ("t2", "review_approved", 30, "shoot_start", 75),
        ("t3", "photography_wrapped", 30, "shoot_end", 120), ("t4", "delivered", 10, "release", 180),
    ),
    "revenue_share": (
        ("t1", "script_locked", 30, "prep", 45), ("t2", "photography_started", 40, "shoot_start", 90),
        ("t3", "delivered", 30, "release", 180),
    ),
    "loan": (("t1", "signing", 60, "", 30), ("t2", "photography_started", 40, "shoot_start", 90)),
    "presale": (
        ("t1", "signing", 20, "", 30), ("t2", "photography_wrapped", 30, "shoot_end", 120),
        ("t3", "delivered", 40, "release", 180), ("t4", "released", 10, "release", 210),
    ),
}  # fmt: skip


def merge_terms(
    template: str,
    project: Any,
    parties: Any,
    terms: Any,
    *,
    on: date | None = None,
    library: Library = LIBRARY,
) -> dict[str, Any]:
    """`terms` with everything they leave out: constants of the template, and what follows from project, parties
    and from the terms given (tranches, use of funds and recoupment order fit the amount). JSON values.

    `on` is the day periods are counted from (default: today); `library` brings the values that its term sheets start
    from and the parameters it declares. Nothing of `terms` is changed or dropped, so `validate` sees what was sent. Raises TermSheetError for an unusable template, project or party.
    """
    if template not in TERMS:
        raise TermSheetError([Problem.of("template", "unknown_template")])
    facts, sides = read_project(project), read_parties(parties)
    if not isinstance(terms, Mapping):
        raise TermSheetError([Problem.of("terms", "not_an_object")])
    today = on or clock.today()
    amount, currency = _amount(terms, facts)
    derived = _derived(template, facts, amount, currency, today, terms)
    begun = constants(TERMS[template])
    if library.asked(template):
        begun[DECLARED] = starting(template, library, currency)
    begun = _laid(begun, library.defaults.get(template, {}))
    merged = _deep(_deep(begun, derived), terms)
    if "waterfall" not in terms:
        cap = _integer(merged, ("ad_spend", "cap", "amount_minor"), 0)
        tiers = ORDERS[template](amount, cap, _net_share(facts, amount), _usable(template, merged, derived))
        kind = "lender" if template == "loan" else "investor"
        merged["waterfall"] = {"currency": currency, "payees": payees(sides, kind), "tiers": tiers}
    return merged


def default_terms(
    template: str, project: Any, parties: Any, *, on: date | None = None, library: Library = LIBRARY
) -> dict[str, Any]:
    """The terms a template starts from for this project and these parties."""
    return merge_terms(template, project, parties, {}, on=on, library=library)


def constants(model: type[BaseModel]) -> dict[str, Any]:
    """The defaults that stand in the model itself, as nested JSON values."""
    found: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        inner = model_of(info.annotation)
        if info.default_factory is not None:
            made = info.get_default(call_default_factory=True, validated_data={})
            found[name] = made.model_dump(mode="json") if isinstance(made, BaseModel) else made
        elif info.default is not PydanticUndefined:
            found[name] = info.default
        elif inner is not None and (nested := constants(inner)):
            found[name] = nested
    return found


def _laid(values: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    for path, value in own.items():
        *parents, last = path.split(".")
        inner = values
        for part in parents:
            inner = inner.setdefault(part, {})
        inner[last] = value
    return values


def _deep(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid upon `base`: objects merge, everything else replaces. Money replaces as a whole."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping) and "amount_minor" not in below:
            merged[key] = _deep(below, value)
        else:
            merged[key] = value
    return merged


def _integer(values: Any, path: tuple[str, ...], default: int) -> int:
    """The non-negative integer at a path of values nobody has checked yet, else the default."""
    for key in path:
        values = values.get(key) if isinstance(values, Mapping) else None
    return values if type(values) is int and 0 <= values <= LIMIT else default


def _amount(terms: Mapping[str, Any], facts: Project) -> tuple[int, str]:
    given = _integer(terms, ("investment", "amount", "amount_minor"), -1)
    if given < 0:
        return facts.ask.amount_minor, facts.ask.currency
    currency = terms["investment"]["amount"].get("currency")
    return given, currency if isinstance(currency, str) else facts.ask.currency


def _usable(template: str, merged: dict[str, Any], derived: dict[str, Any]) -> dict[str, Any]:
    """The parameters the recoupment order is built from; unusable ones replaced, to be reported by `validate`."""
    if template == "loan":
        given = merged["loan"] if isinstance(merged["loan"], Mapping) else {}
        since = given.get("drawdown")
        rate = _integer(given, ("rate_ppm",), 0)
        return {
            "loan": {
                "rate_ppm": rate,
                "drawdown": since if isinstance(since, str) else derived["loan"]["drawdown"],
            }
        }
    if template == "presale":
        return {
            "presale": {"commission_ppm": min(_integer(merged, ("presale", "commission_ppm"), 0), PPM // 2)}
        }
    return {}


def _net_share(facts: Project, amount: int) -> int:
    """Half of the net, in proportion to the part of the budget that is invested; whole percents, 5% to 50%."""
    budget = facts.budget.amount_minor if facts.budget and facts.budget.amount_minor else amount
    ppm = PPM // 2 * min(amount, budget) // max(budget, 1)
    return max(50_000, ppm // 10_000 * 10_000)


def _rounded(amount_minor: int) -> int:
    """Down to ten thousand minor units, so that proposed figures read well."""
    return amount_minor // 10_000 * 10_000 or amount_minor


def _derived(
    template: str, facts: Project, amount: int, currency: str, today: date, given: Mapping[str, Any]
) -> dict[str, Any]:
    def money(minor: int) -> dict[str, Any]:
        return {"amount_minor": minor, "currency": currency}

    lines = _use_of_funds(facts, amount, currency)
    ads = sum(line["amount"]["amount_minor"] for line in lines if line["kind"] == "ad_spend")
    cap = _integer(given, ("ad_spend", "cap", "amount_minor"), ads or _rounded(amount // 2))
    release = facts.schedule.release
    deliver = release if release and release > today else today + timedelta(days=180)
    derived: dict[str, Any] = {
        "investment": {"amount": money(amount)},
        "use_of_funds": lines,
        "tranches": _tranches(template, facts, amount, currency, today),
        "ad_spend": {"cap": money(cap), "approval_above": money(min(cap, _rounded(cap // 20)))},
        "delivery": {"by": deliver.isoformat(), "episodes": facts.format.episodes or 80},
        "key_person": {
            "names": [member.name for member in facts.team[:3] if member.name]
            or ["导演、编剧 / Director, writer"]
        },
        "costs": {"cap": money(_rounded(amount // 50))},
        "validity": {"until": (today + timedelta(days=30)).isoformat()},
    }
    if template == "equity_spv":
        budget = facts.budget.amount_minor if facts.budget else 0
        before = min(budget if budget > amount else 3 * amount, LIMIT)
        company = {
            "zh": f"《{facts.name('zh')}》项目公司（待设立）",
            "en": f"the project company of “{facts.name('en')}” (to be formed)",
        }
        stake = max(1, PPM * amount // max(1, before + amount) // 1000 * 1000)
        derived["equity"] = {"company": company, "pre_money": money(before), "stake_ppm": stake}
    if template == "loan":
        drawdown = today + timedelta(days=30)
        derived["loan"] = {
            "drawdown": drawdown.isoformat(),
            "maturity": (drawdown + timedelta(days=540)).isoformat(),
        }
    return derived


def _use_of_funds(facts: Project, amount: int, currency: str) -> list[dict[str, Any]]:
    """The project's lines, scaled to the amount invested (largest remainder, so that they add up)."""
    lines = facts.use_of_funds
    weights = [line.amount.amount_minor for line in lines]
    if not sum(weights):
        money = {"amount_minor": amount, "currency": currency}
        return [{"label": "制作 Production", "kind": "production", "amount": money}]
    parts = weights if sum(weights) == amount else largest_remainder(amount, weights)
    return [
        {"label": line.label, "kind": line.kind, "amount": {"amount_minor": part, "currency": currency}}
        for line, part in zip(lines, parts, strict=True)
    ]


def _tranches(template: str, facts: Project, amount: int, currency: str, today: date) -> list[dict[str, Any]]:
    steps = _STEPS[template]
    parts = largest_remainder(amount, [step[2] for step in steps])
    tranches, earliest = [], today
    for (key, milestone, _part, planned, after), part in zip(steps, parts, strict=True):
        scheduled = getattr(facts.schedule, planned) if planned else None
        # A month of grace after the planned day; never before the tranche that precedes it.
        earliest = max(
            earliest, (scheduled or today + timedelta(days=after)) + timedelta(days=30 if scheduled else 0)
        )
        money = {"amount_minor": part, "currency": currency}
        tranches.append(
            {"id": key, "amount": money, "milestone": milestone, "note": "", "long_stop": earliest.isoformat(),
             "on_miss": "investor_option"}
        )  # fmt: skip
    return tranches
