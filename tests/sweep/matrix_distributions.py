"""What the matrix calls of distributions."""

from __future__ import annotations

from typing import Any

OBJECTS: dict[str, tuple[str, ...]] = {
    "run_id": ("run", "run_preview"),
    "payee_statement_id": ("payee_statement",),
    "dispute_id": ("payee_dispute",),
    "payout_id": ("payout",),
}
_RUN = {"through": "2026-03-31"}
_PAID = {"payee": "<guest>", "on": "2026-02-02", "bank_reference": "matrix"}
JSON_BODIES: dict[str, Any] = {
    "POST /api/v1/projects/{project_id}/distributions/run": _RUN,
    "POST /api/v1/distribution-runs/{run_id}/payouts": _PAID,
    "POST /api/v1/distribution-payouts/{payout_id}/take-back": {"reason": "x"},
    "POST /api/v1/distribution-statements/{payee_statement_id}/disputes": {"reason": "x"},
    "POST /api/v1/distribution-disputes/{dispute_id}/answer": {"text": "x"},
    "POST /api/v1/distribution-disputes/{dispute_id}/close": {"upheld": False, "outcome": "x"},
}
FORMS: dict[str, dict[str, Any]] = {
    "POST /projects/{project_id}/distributions/run": _RUN,
    "POST /distribution-runs/{run_id}/payouts": _PAID,
    "POST /distribution-payouts/{payout_id}/take-back": {"reason": "x"},
    "POST /distribution-statements/{payee_statement_id}/disputes": {"reason": "x"},
    "POST /distribution-disputes/{dispute_id}/answer": {"text": "x"},
    "POST /distribution-disputes/{dispute_id}/close": {"upheld": "0", "outcome": "x"},
}
