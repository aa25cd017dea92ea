"""A holding of the world's fund for the sweeps, with a flow, a valuation, a right and an index to compare with."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from tests.conftest import Person


def _made(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def held(manager: Person, fund_id: str) -> dict[str, str]:
    """Ids of what the fund holds."""
    holding = _made(manager.post(f"/funds/{fund_id}/holdings", {"name": "CANARY-holding"}))["id"]
    amount = {"amount_minor": 50_000, "currency": "CNY"}
    flow = {"on": "2026-01-02", "kind": "cost", "amount": amount, "reference": "CANARY-holding-1"}
    flow_id = _made(manager.post(f"/holdings/{holding}/cashflows", flow))["id"]
    value = {
        "on": "2026-01-03", "value": amount, "method": "cost", "evidence_class": "third_party", "evidence": "x",
        "reference": "1",
    }  # fmt: skip
    _made(manager.post(f"/holdings/{holding}/valuations", value))
    right = {"due_on": "2198-01-01", "amount": amount, "text": "CANARY-holding-right"}
    right_id = _made(manager.post(f"/holdings/{holding}/follow-ons", right))["id"]
    sent = {
        "name": "CANARY-holding-index",
        "file": (BytesIO(b"2024-12-31,100\n2026-01-01,120\n"), "index.csv"),
    }
    index = manager.call("POST", "/benchmarks", data=sent, content_type="multipart/form-data")
    return {
        "holding": holding,
        "holding_flow": flow_id,
        "holding_right": right_id,
        "benchmark": _made(index)["id"],
    }
