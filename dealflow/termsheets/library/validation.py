"""Whether terms can become a document: shape and limits by the model, then what several fields say together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from dealflow.finance import validate_terms
from dealflow.termsheets.library.catalogue import LIBRARY
from dealflow.termsheets.library.declared import terms_model
from dealflow.termsheets.library.formats import money
from dealflow.termsheets.library.instruments import TERMS, EquityTerms, LoanTerms
from dealflow.termsheets.library.messages import Problem, from_pydantic
from dealflow.termsheets.library.model import DECLARED, Library
from dealflow.termsheets.library.terms import LIMIT, Amount, Terms
from dealflow.termsheets.library.waterfalls import INVESTOR, LONGEST


def validate(template: str, terms: Any, library: Library = LIBRARY) -> list[dict[str, str]]:
    """Every problem as `{field, code, message_en, message_zh}`, fields relative to the terms; empty when sound.

    `library`: the version whose declared parameters the terms hold.
    """
    return [problem.as_dict() for problem in problems(template, terms, library)]


def problems(template: str, terms: Any, library: Library = LIBRARY) -> list[Problem]:
    """The same as objects."""
    if template not in TERMS:
        return [Problem.of("template", "unknown_template")]
    try:
        read = terms_model(template, library).model_validate(terms)
    except ValidationError as error:
        return from_pydantic(error)
    return [*_currencies(read), *_sums(read), *_order(read), *_waterfall(read)]


def schema(template: str, library: Library = LIBRARY) -> dict[str, Any]:
    """JSON Schema (2020-12) of a template's terms, with labels, units and choices for forms."""
    return terms_model(template, library).model_json_schema()


def _shown(amount: int, currency: str) -> str:
    return money(amount, currency, "en")


def _amounts(terms: Terms) -> Iterator[tuple[str, Amount]]:
    for index, line in enumerate(terms.use_of_funds):
        yield f"use_of_funds[{index}].amount", line.amount
    for index, tranche in enumerate(terms.tranches):
        yield f"tranches[{index}].amount", tranche.amount
    yield "ad_spend.cap", terms.ad_spend.cap
    yield "ad_spend.approval_above", terms.ad_spend.approval_above
    yield "costs.cap", terms.costs.cap
    if isinstance(terms, EquityTerms):
        yield "equity.pre_money", terms.equity.pre_money
    for name, value in getattr(terms, DECLARED, ()):
        if isinstance(value, Amount):
            yield f"{DECLARED}.{name}", value


def _currencies(terms: Terms) -> Iterator[Problem]:
    currency = terms.investment.amount.currency
    for field, amount in _amounts(terms):
        if amount.currency != currency:
            yield Problem.of(f"{field}.currency", "currency_mismatch", limit=currency)
    if terms.waterfall.get("currency") != currency:
        yield Problem.of("waterfall.currency", "currency_mismatch", limit=currency)


def _sums(terms: Terms) -> Iterator[Problem]:
    whole = terms.investment.amount
    if whole.amount_minor == 0:
        yield Problem.of("investment.amount.amount_minor", "not_positive")
    for field, lines in (("use_of_funds", terms.use_of_funds), ("tranches", terms.tranches)):
        found = sum(line.amount.amount_minor for line in lines)
        if found != whole.amount_minor:
            limit = _shown(whole.amount_minor, whole.currency)
            yield Problem.of(field, "sum_mismatch", limit=limit, found=_shown(found, whole.currency))
    cap = terms.ad_spend.cap
    if terms.ad_spend.approval_above.amount_minor > cap.amount_minor:
        yield Problem.of("ad_spend.approval_above", "above", limit=_shown(cap.amount_minor, cap.currency))


def _order(terms: Terms) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, tranche in enumerate(terms.tranches):
        if tranche.id in seen:
            yield Problem.of(f"tranches[{index}].id", "duplicate")
        seen.add(tranche.id)
        before = terms.tranches[index - 1].long_stop if index else tranche.long_stop
        if tranche.long_stop < before:
            yield Problem.of(f"tranches[{index}].long_stop", "wrong_order", limit=before.isoformat())
    if isinstance(terms, EquityTerms) and terms.equity.investor_seats > terms.equity.board_seats:
        yield Problem.of("equity.investor_seats", "above", limit=terms.equity.board_seats)
    if isinstance(terms, LoanTerms):
        if terms.loan.maturity <= terms.loan.drawdown:
            yield Problem.of("loan.maturity", "wrong_order", limit=terms.loan.drawdown.isoformat())
        if terms.loan.default_rate_ppm < terms.loan.rate_ppm:
            yield Problem.of("loan.default_rate_ppm", "below", limit=terms.loan.rate_ppm)


# What a page can show; the simulator itself takes more.
MOST = {"payees": 30, "tiers": 30, "escalators": 12, "principals": 30, "loans": 30, "shares": 30}


def _too_big(found: Any, path: str) -> Iterator[Problem]:
    """Lists, texts and figures of a waterfall that no document could print."""
    if isinstance(found, dict):
        for key, inner in found.items():
            below = f"{path}.{key}"
            if isinstance(inner, list) and len(inner) > MOST.get(key, 30):
                yield Problem.of(below, "too_many")
            else:
                yield from _too_big(inner, below)
    elif isinstance(found, list):
        for index, inner in enumerate(found):
            yield from _too_big(inner, f"{path}[{index}]")
    elif isinstance(found, str) and len(found) > LONGEST:
        yield Problem.of(path, "too_long", limit=LONGEST)
    elif isinstance(found, int) and abs(found) > LIMIT:
        yield Problem.of(path, "too_large", limit=LIMIT)


def _waterfall(terms: Terms) -> Iterator[Problem]:
    found = validate_terms(terms.waterfall)
    if big := [] if found else list(_too_big(terms.waterfall, "waterfall")):
        yield from big
        return
    for entry in found:
        yield Problem.of(f"waterfall.{entry['path']}" if entry["path"] else "waterfall", entry["code"])
    if not found:
        yield from _consistent(terms)


def _consistent(terms: Terms) -> Iterator[Problem]:
    """Figures that stand both in a clause and in the waterfall must be the same there."""
    amount, cap = terms.investment.amount, terms.ad_spend.cap
    tiers = terms.waterfall["tiers"]
    if INVESTOR not in {payee["id"] for payee in terms.waterfall["payees"]}:
        yield Problem.of("waterfall.payees", "no_investor")
    caps = [(index, tier["cap_minor"]) for index, tier in enumerate(tiers) if tier["kind"] == "ad_spend"]
    if caps and sum(value for _index, value in caps) != cap.amount_minor:
        limit = _shown(cap.amount_minor, cap.currency)
        yield Problem.of(f"waterfall.tiers[{caps[0][0]}].cap_minor", "cap_mismatch", limit=limit)
    for index, tier in enumerate(tiers):
        for number, entry in enumerate(tier.get("principals", ()) if tier["kind"] == "recoup" else ()):
            if entry["payee"] == INVESTOR and entry["principal_minor"] != amount.amount_minor:
                limit = _shown(amount.amount_minor, amount.currency)
                field = f"waterfall.tiers[{index}].principals[{number}].principal_minor"
                yield Problem.of(field, "principal_mismatch", limit=limit)
        if isinstance(terms, LoanTerms) and tier["kind"] == "interest":
            yield from _loan_rows(terms, tier, f"waterfall.tiers[{index}]")


def _loan_rows(terms: LoanTerms, tier: dict[str, Any], path: str) -> Iterator[Problem]:
    for number, entry in enumerate(tier["loans"]):
        if entry["payee"] != INVESTOR:
            continue
        if entry["rate_ppm"] != terms.loan.rate_ppm:
            yield Problem.of(f"{path}.loans[{number}].rate_ppm", "rate_mismatch")
        if entry["since"] != terms.loan.drawdown.isoformat():
            yield Problem.of(f"{path}.loans[{number}].since", "since_mismatch")
