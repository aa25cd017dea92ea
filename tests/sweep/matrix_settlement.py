"""What the matrix calls of commitments, tranches, calls, payments and bank statements."""

from __future__ import annotations

from typing import Any

from dealflow.core import clock

OBJECTS: dict[str, tuple[str, ...]] = {
    "commitment_id": ("commitment",),
    "tranche_id": ("tranche",),
    "payment_call_id": ("payment_call",),
    "payment_id": ("payment",),
    "waiver_id": ("waiver",),
    "proof_id": ("proof",),
    "line_id": ("line", "fund_line"),
}
REFUND: dict[str, Any] = {
    "amount": {"amount_minor": 1, "currency": "CNY"},
    "on": clock.today().isoformat(),
    "reason": "returned",
}
JSON_BODIES: dict[str, Any] = {
    "POST /api/v1/tranches/{tranche_id}/hold": {"reason": "papers"},
    "POST /api/v1/tranches/{tranche_id}/end": {"reason": "no more"},
    "POST /api/v1/tranches/{tranche_id}/refunds": REFUND,
    "POST /api/v1/proofs/{proof_id}/reject": {"reason": "blurred"},
    "POST /api/v1/payment-calls/{payment_call_id}/withdraw": {"reason": "a slip"},
    "POST /api/v1/payment-calls/{payment_call_id}/payments": {k: REFUND[k] for k in ("amount", "on")},
    "POST /api/v1/commitments/{commitment_id}/refunds": REFUND,
    "POST /api/v1/payments/{payment_id}/reverse": {"reason": "a slip"},
    "POST /api/v1/payment-calls/{payment_call_id}/waivers": {"reason": "agreed"},
    "POST /api/v1/interest-waivers/{waiver_id}/reverse": {"reason": "a slip"},
    "POST /api/v1/bank-lines/{line_id}/confirm": {"call_id": "<claim>"},
    # One call is no split: refused to those who may.
    "POST /api/v1/bank-lines/{line_id}/split": {"parts": [{"call_id": "<claim>"}]},
}
FORMS: dict[str, dict[str, Any]] = {
    "POST /tranches/{tranche_id}/hold": {"reason": "papers"},
    "POST /tranches/{tranche_id}/end": {"reason": "no more"},
    "POST /tranches/{tranche_id}/refunds": {
        "amount": "1",
        "on": clock.today().isoformat(),
        "reason": "returned",
    },
    "POST /tranches/{tranche_id}/proofs": {"file": "<document>"},
    "POST /api/v1/tranches/{tranche_id}/proofs": {"file": "<document>"},
    "POST /proofs/{proof_id}/reject": {"reason": "blurred"},
    "POST /payment-calls/{payment_call_id}/withdraw": {"reason": "a slip"},
    "POST /payment-calls/{payment_call_id}/payments": {"amount": "1", "on": clock.today().isoformat()},
    "POST /commitments/{commitment_id}/refunds": {
        "amount": "1",
        "on": clock.today().isoformat(),
        "reason": "returned",
    },
    "POST /payments/{payment_id}/reverse": {"reason": "a slip"},
    "POST /payment-calls/{payment_call_id}/waivers": {"reason": "agreed"},
    "POST /interest-waivers/{waiver_id}/reverse": {"reason": "a slip"},
    "POST /bank": {"file": "<statement>", "currency": "CNY"},
    "POST /api/v1/bank-statements": {"file": "<statement>"},
    "POST /bank/lines/{line_id}/confirm": {"call_id": "<claim>"},
    "POST /bank/lines/{line_id}/split": {"amount-none": "1"},
}
