"""The families of the finance vectors: one function each, and a runner for files of cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dealflow.finance import capital_calls, fund_distribution, fund_metrics, reading, tranches, xirr
from dealflow.finance.allocation import allocate
from dealflow.finance.errors import FinanceInputError
from dealflow.finance.waterfall import recoupment

FAMILIES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "allocate": allocate,
    "xirr": xirr.compute,
    "recoupment": recoupment,
    "fund_metrics": fund_metrics.compute,
    "capital_calls": capital_calls.compute,
    "fund_distribution": fund_distribution.compute,
    "prorata_tranches": tranches.compute,
}
"""By name: a function from the `input` of a case to its `expected`; refusals are returned, not raised."""


def run_family(family: str, cases: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The outputs of a file of cases `[{"name", "input"}]`, by name.

    Raises FinanceInputError, with one line that names the case and the field, for an unknown family and
    for malformed cases or inputs.
    """
    compute = FAMILIES.get(family)
    if compute is None:
        raise FinanceInputError("family", "unknown_choice", f"must be one of {', '.join(FAMILIES)}")
    if not isinstance(cases, list):
        raise FinanceInputError("cases", "not_a_list", "must be a list of cases")
    outputs: dict[str, dict[str, Any]] = {}
    for position, case in enumerate(cases):
        path = f"cases[{position}]"
        name = reading.text(reading.mapping(case, path), "name", path)
        if name in outputs:
            raise FinanceInputError(f"{path}.name", "duplicate", "is there twice", name)
        try:
            data = reading.mapping(reading.member(case, "input", ""), "input")
            reading.check_depth(data, "input")
            outputs[name] = compute(data)
        except FinanceInputError as error:
            raise error.in_case(name) from error
    return outputs
