"""Malformed and hostile input: always one line that names the case and the field, never a bare error."""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dealflow.finance import (
    FAMILIES,
    MAX_GRID,
    MAX_PAYEES,
    MAX_RECEIPTS,
    MAX_TIERS,
    FinanceInputError,
    run_family,
    simulate,
    validate_terms,
)

EXAMPLES = settings(max_examples=20_000 if os.environ.get("DEALFLOW_LONG") else 400, deadline=None)
CASES = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in (Path(__file__).parent / "cases").glob("*.json")
}
JUNK: list[Any] = [
    None,
    True,
    False,
    1.0,
    -1,
    0,
    10**40,
    "",
    "x",
    "2026-02-30",
    "０１",
    [],
    {},
    [[]],
    {"a": 1},
    "\ud800",
]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) within a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from places(inner)


def spoil(seed: int, data: dict[str, Any]) -> dict[str, Any]:
    """The input with one or two values removed, replaced or repeated."""
    rng = random.Random(seed)  # noqa: S311 - repeatable cases, no secrets
    spoiled = copy.deepcopy(data)
    for _ in range(rng.randint(1, 2)):
        container, key = rng.choice(list(places(spoiled)) or [(spoiled, "x")])
        action = rng.choice(["remove", "replace", "repeat"])
        if action == "remove" and (isinstance(container, list) or key in container):
            del container[key]
        elif action == "repeat" and isinstance(container, list):
            container.append(copy.deepcopy(container[key]))
        else:
            # A copy: a list put into itself would have no end.
            container[key] = copy.deepcopy(rng.choice(JUNK))
    return spoiled


def one_line(error: FinanceInputError) -> bool:
    """Whether an error says what it must."""
    return "\n" not in str(error) and bool(error.code) and isinstance(error.field, str)


def answer(compute: Callable[[], dict[str, Any]]) -> dict[str, Any] | FinanceInputError:
    """The output, or the FinanceInputError raised; any other error ends the test."""
    try:
        return compute()
    except FinanceInputError as error:
        return error


@EXAMPLES
@given(st.sampled_from(sorted(FAMILIES)), st.integers(0, 2**63))
def test_spoiled_input(family: str, seed: int) -> None:
    """Whatever is wrong, the answer is an output, a refusal, or FinanceInputError naming the case."""
    case = CASES[family][seed % len(CASES[family])]
    cases = [{"name": case["name"], "input": spoil(seed, case["input"])}]
    found = answer(lambda: run_family(family, cases))
    if isinstance(found, FinanceInputError):
        assert one_line(found)
        assert repr(case["name"]) in str(found)
    else:
        assert isinstance(found[case["name"]], dict)


@EXAMPLES
@given(st.integers(0, 2**63))
def test_reasons_and_refusals_agree(seed: int) -> None:
    """validate_terms never raises, and finds reasons exactly where simulate refuses the terms."""
    terms = CASES["recoupment"][seed % len(CASES["recoupment"])]["input"]["terms"]
    terms = spoil(seed, {"terms": terms}).get("terms")
    reasons = validate_terms(terms)
    assert all(set(reason) == {"path", "code", "message"} and reason["message"] for reason in reasons)
    found = answer(lambda: simulate({"terms": terms, "receipts": []}))
    if isinstance(found, FinanceInputError):
        assert one_line(found)
        assert found.field.startswith("terms")
        assert reasons
    else:
        assert bool(reasons) == (found == {"error": "invalid_terms"})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["terms", "receipts", "tiers", "payees", "on", "x"]), inner)
        ),
    )
)
def test_any_json(value: Any) -> None:
    """Arbitrary JSON is never more than a FinanceInputError."""
    assert isinstance(validate_terms(value), list)
    for family in FAMILIES:
        with pytest.raises(FinanceInputError):
            run_family(family, [{"name": "any", "input": value}])
    with pytest.raises(FinanceInputError):
        simulate(value)


TERMS = CASES["recoupment"][0]["input"]["terms"]


def changed(**members: Any) -> dict[str, Any]:
    """The first own case's terms with other members."""
    return {**copy.deepcopy(TERMS), **members}


def with_tier(position: int, **members: Any) -> dict[str, Any]:
    """The same terms with one tier changed."""
    terms = changed()
    terms["tiers"][position].update(members)
    return terms


HALF = [{"payee": "inv", "ppm": 500_000}, {"payee": "prod", "ppm": 500_000}]
LOAN = {"payee": "prod", "principal_minor": 5, "rate_ppm": 1, "since": "2026-01-01", "principal_tier": "rec"}


@pytest.mark.parametrize(
    ("terms", "path", "code"),
    [
        (changed(currency="yuan"), "currency", "not_a_currency"),
        (changed(payees=[]), "payees", "empty"),
        (changed(payees=[*TERMS["payees"], TERMS["payees"][0]]), "payees[3].id", "duplicate_id"),
        (changed(tiers=[*TERMS["tiers"], TERMS["tiers"][-1]]), "tiers[3].id", "duplicate_id"),
        (changed(tiers=TERMS["tiers"][:-1]), "tiers[1]", "last_tier"),
        (with_tier(0, share_ppm=0), "tiers[0].share_ppm", "out_of_range"),
        (with_tier(0, share_ppm=1_000_001), "tiers[0].share_ppm", "out_of_range"),
        (with_tier(0, kind="gift"), "tiers[0].kind", "unknown_choice"),
        (with_tier(0, basis="net"), "tiers[0].basis", "unknown_choice"),
        (with_tier(0, cap_minor=-1), "tiers[0].cap_minor", "out_of_range"),
        (with_tier(0, cap_minor=True), "tiers[0].cap_minor", "not_an_integer"),
        (with_tier(0, label=7), "tiers[0].label", "not_a_label"),
        (with_tier(0, shares=HALF[:1]), "tiers[0].shares", "shares_sum"),
        (with_tier(0, shares=[HALF[0], HALF[0]]), "tiers[0].shares", "duplicate_payee"),
        (
            with_tier(0, shares=[{"payee": "who", "ppm": 1_000_000}]),
            "tiers[0].shares[0].payee",
            "unknown_payee",
        ),
        (with_tier(0, kind="fixed"), "tiers[0].target_minor", "missing"),
        (with_tier(0, kind="ad_spend"), "tiers[0].cap_minor", "missing"),
        (with_tier(0, kind="corridor", until_tier="fee"), "tiers[0].until_tier", "unknown_tier"),
        (with_tier(0, kind="interest", loans=[LOAN]), "tiers[0].loans[0].principal_tier", "unknown_tier"),
        (
            with_tier(0, kind="interest", loans=[{**LOAN, "since": "2026"}]),
            "tiers[0].loans[0].since",
            "not_a_date",
        ),
        (with_tier(1, principals=[]), "tiers[1].principals", "empty"),
        (with_tier(2, cap_minor=5), "tiers[2]", "last_tier"),
        (with_tier(2, basis="gross"), "tiers", "gross_shares"),
        (with_tier(2, escalators=[{"shares": HALF}]), "tiers[2].escalators[0]", "threshold"),
        (
            with_tier(2, escalators=[{"above_recoup_ppm": 1, "tier": "fee", "shares": HALF}]),
            "tiers[2].escalators[0].tier",
            "unknown_tier",
        ),
        (
            with_tier(
                2,
                escalators=[
                    {"above_gross_minor": 5, "shares": HALF},
                    {"above_gross_minor": 5, "shares": HALF},
                ],
            ),
            "tiers[2].escalators[1]",
            "not_ascending",
        ),
    ],
)
def test_every_reason_is_named(terms: dict[str, Any], path: str, code: str) -> None:
    """The form is told the path and the reason of each contradiction."""
    assert (path, code) in {(reason["path"], reason["code"]) for reason in validate_terms(terms)}


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"receipts": 5}, "receipts", "not_a_list"),
        ({"receipts": [{"on": "2026-01-01"}]}, "receipts[0].amount_minor", "missing"),
        ({"receipts": [{"on": "2026-01-01", "amount_minor": 1.0}]}, "receipts[0].amount_minor", "not_an_integer"),
        ({"receipts": [{"on": "2026-01-01", "amount_minor": True}]}, "receipts[0].amount_minor", "not_an_integer"),
        ({"receipts": [{"on": "2026-13-01", "amount_minor": 1}]}, "receipts[0].on", "not_a_date"),
        (
            {"receipts": [{"on": "2026-01-01", "amount_minor": 1, "currency": "USD", "fx": "-7"}]},
            "receipts[0].fx",
            "not_a_rate",
        ),
        ({"receipts": [{}] * (MAX_RECEIPTS + 1)}, "receipts", "too_many"),
        ({"gross_grid": []}, "receipts", "missing"),
        ({"receipts": [], "ad_spend": [{"on": "2026-01-01", "payee": "inv", "amount_minor": 1, "audited": 1}]}, "ad_spend[0].audited", "not_a_boolean"),
        ({"terms": changed(tiers=[{}] * (MAX_TIERS + 1))}, "terms.tiers", "too_many"),
        ({"terms": changed(payees=[{}] * (MAX_PAYEES + 1))}, "terms.payees", "too_many"),
        ({"terms": with_tier(2, escalators=[{}] * 101)}, "terms.tiers[2].escalators", "too_many"),
        ({"terms": {"currency": "CNY"}}, "terms.payees", "missing"),
    ],
)  # fmt: skip
def test_shape_errors_of_the_simulator(change: dict[str, Any], field: str, code: str) -> None:
    """The simulator names the field and a code."""
    with pytest.raises(FinanceInputError) as caught:
        simulate({"terms": TERMS, "receipts": [], **change})
    assert (caught.value.field, caught.value.code) == (field, code)


def test_sizes_of_the_simulator() -> None:
    """A grid or an answer too large, and nesting too deep, are refused before anything is computed."""
    with pytest.raises(FinanceInputError, match="gross_grid"):
        simulate({"terms": TERMS, "on": "2026-01-01", "gross_grid": [0] * (MAX_GRID + 1)})
    many = [{"id": f"p{number}", "name": "", "kind": "other"} for number in range(400)]
    with pytest.raises(FinanceInputError, match="gross_grid"):
        simulate({"terms": changed(payees=many), "on": "2026-01-01", "gross_grid": [0] * MAX_GRID})
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(FinanceInputError) as caught:
        simulate({"terms": with_tier(0, label={"zh": deep}), "receipts": []})
    assert caught.value.code == "too_deep"
    assert validate_terms(deep)[0]["code"] == "too_deep"


def test_refusals_of_the_simulator() -> None:
    """Ad spend for an unknown tier or payee is refused like the terms themselves."""
    spend = {"on": "2026-01-01", "payee": "inv", "amount_minor": 1, "audited": True}
    for entry in ({**spend, "tier": "fee"}, {**spend, "payee": "nobody"}):
        assert simulate({"terms": TERMS, "receipts": [], "ad_spend": [entry]}) == {"error": "invalid_terms"}
    two = changed()
    two["tiers"][:0] = [{"id": name, "kind": "ad_spend", "cap_minor": 10} for name in ("one", "two")]
    assert simulate({"terms": two, "receipts": [], "ad_spend": [spend]}) == {"error": "invalid_terms"}
    found = simulate({
        "terms": two,
        "receipts": [{"on": "2026-01-01", "amount_minor": 4}],
        "ad_spend": [{**spend, "tier": "two"}],
    })  # fmt: skip
    assert found["by_tier"]["two"]["total_minor"] == 1


@pytest.mark.parametrize(
    ("family", "cases", "message"),
    [
        ("lottery", [], "family: must be one of"),
        ("xirr", {}, "cases: must be a list"),
        ("xirr", [5], r"cases\[0\]: must be an object"),
        ("xirr", [{"input": {}}], r"cases\[0\].name: is missing"),
        ("xirr", [{"name": "a"}], "case 'a': input: is missing"),
        (
            "xirr",
            [{"name": "a", "input": {"flows": [{"on": 5}]}}],
            r"case 'a': flows\[0\].on: must be a string",
        ),
        ("xirr", [{"name": "a", "input": {"flows": []}}] * 2, "is there twice"),
        ("allocate", [{"name": "a\nb", "input": {}}], r"case 'a\\nb': total: is missing"),
    ],
)
def test_files_of_cases(family: str, cases: Any, message: str) -> None:
    """A file of cases that cannot be run says where."""
    with pytest.raises(FinanceInputError, match=message):
        run_family(family, cases)
