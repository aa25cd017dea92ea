"""What the matrix calls of holdings, figures and reports."""

from __future__ import annotations

from io import BytesIO
from typing import Any

OBJECTS: dict[str, tuple[str, ...]] = {
    "holding_id": ("holding",),
    "flow_id": ("holding_flow",),
    "right_id": ("holding_right",),
}
WORDS = {"figure": "nav", "form": "pdf"}
_FLOW = {"on": "2026-01-05", "kind": "cost", "reference": "new"}
_VALUE = {
    "on": "2026-01-05", "method": "cost", "evidence_class": "third_party", "evidence": "x", "reference": "new",
}  # fmt: skip
_RIGHT = {"due_on": "2199-01-01", "text": "new"}
_LINE = {"on": "2026-01-05", "kind": "draw", "reference": "new"}
_END = {"status": "exited", "on": "2026-01-31"}
_ONE = {"amount_minor": 1}
JSON_BODIES: dict[str, Any] = {
    "POST /api/v1/funds/{fund_id}/holdings": {"name": "new"},
    "PATCH /api/v1/holdings/{holding_id}": {"stage": "changed"},
    "POST /api/v1/holdings/{holding_id}/close": _END,
    "POST /api/v1/holdings/{holding_id}/cashflows": _FLOW | {"amount": _ONE},
    "POST /api/v1/holdings/{holding_id}/cashflows/{flow_id}/reverse": {"reason": "x"},
    "POST /api/v1/holdings/{holding_id}/valuations": _VALUE | {"value": _ONE},
    "POST /api/v1/holdings/{holding_id}/follow-ons": _RIGHT | {"amount": _ONE},
    "POST /api/v1/holdings/{holding_id}/follow-ons/{right_id}/decide": {"state": "waived"},
    "POST /api/v1/funds/{fund_id}/lps/{lp_id}/account": {"payment_details": "CN00 1"},
    "POST /api/v1/funds/{fund_id}/lps/{lp_id}/name": {"name": "new"},
    "POST /api/v1/funds/{fund_id}/limits": {"dimension": "vintage", "most_ppm": 500_000},
    "POST /api/v1/funds/{fund_id}/line": _LINE | {"amount": _ONE},
    "POST /api/v1/funds/{fund_id}/reports": {"quarter": "2025Q1"},
}
FORMS: dict[str, dict[str, Any]] = {
    "POST /funds/{fund_id}/holdings": {"name": "new"},
    "POST /holdings/{holding_id}/close": _END,
    "POST /holdings/{holding_id}/flows": _FLOW | {"amount": "1"},
    "POST /holdings/{holding_id}/flows/{flow_id}/reverse": {"reason": "x"},
    "POST /api/v1/holdings/{holding_id}/valuation-documents": {"file": "<document>"},
    "POST /holdings/{holding_id}/valuations": _VALUE | {"value": "1"},
    "POST /holdings/{holding_id}/rights": _RIGHT | {"amount": "1"},
    "POST /holdings/{holding_id}/rights/{right_id}": {"state": "waived"},
    "POST /funds/{fund_id}/lps/{lp_id}/account": {"payment_details": "CN00 1"},
    "POST /funds/{fund_id}/lps/{lp_id}/name": {"name": "new"},
    "POST /funds/{fund_id}/limits": {"dimension": "vintage", "percent": "50"},
    "POST /funds/{fund_id}/line": _LINE | {"amount": "1"},
    "POST /funds/{fund_id}/benchmarks": {"name": "new", "file": "<index>"},
    "POST /api/v1/benchmarks": {"name": "new", "file": "<index>"},
    "POST /funds/{fund_id}/reports": {"quarter": "2025Q1"},
}
QUERIES = {
    "GET /api/v1/funds/{fund_id}/equivalents": {"benchmark_id": "<benchmark>"},
    "GET /api/v1/funds/{fund_id}/report": {"quarter": "2025Q1"},
    "GET /api/v1/funds/{fund_id}/report.{form}": {"quarter": "2025Q1"},
    "GET /funds/{fund_id}/report": {"quarter": "2025Q1"},
    "GET /funds/{fund_id}/report.{form}": {"quarter": "2025Q1"},
}


def index() -> tuple[BytesIO, str]:
    """A small index as a file."""
    return BytesIO(b"2025-01-01,100\n2026-01-01,120\n"), "index.csv"
