"""What the matrix calls of funds and their money."""

from __future__ import annotations

from typing import Any

from dealflow.core import clock

OBJECTS: dict[str, tuple[str, ...]] = {
    "fund_id": ("fund",),
    "lp_id": ("lp",),
    "call_id": ("call",),
    "closing_id": ("closing",),
    "charge_id": ("charge",),
    "distribution_id": ("distribution",),
    "fund_payment_id": ("fund_payment",),
}
JSON_BODIES: dict[str, Any] = {
    "POST /api/v1/funds": {"name": "second"},
    "PATCH /api/v1/funds/{fund_id}": {"term_years": 7},
    "POST /api/v1/funds/{fund_id}/lps": {"name": "new"},
    "POST /api/v1/funds/{fund_id}/lps/{lp_id}/invite": {"email": "new@example.test"},
    "POST /api/v1/funds/{fund_id}/commitments": {
        "commitments": [{"name": "new", "amount": {"amount_minor": 100}}]
    },
    "POST /api/v1/funds/{fund_id}/transfers": {
        "from_lp_id": "<lp>",
        "to_lp_id": "<lp2>",
        "amount": {"amount_minor": 1},
    },
    "POST /api/v1/funds/{fund_id}/calls": {
        "due_on": "2199-01-01",
        "purposes": [{"amount": {"amount_minor": 100}}],
    },
    "POST /api/v1/funds/{fund_id}/calls/{call_id}/cancel": {"reason": "no"},
    "POST /api/v1/funds/{fund_id}/calls/{call_id}/payments": {
        "lp_id": "<lp>",
        "amount": {"amount_minor": 1},
        "reference": "new",
    },
    "POST /api/v1/funds/{fund_id}/charges": {"amount": {"amount_minor": 1}, "reference": "new"},
    "POST /api/v1/funds/{fund_id}/fees": {"period": "2025"},
    "POST /api/v1/funds/{fund_id}/distributions": {"amount": {"amount_minor": 1}},
    "POST /api/v1/funds/{fund_id}/distributions/{distribution_id}/cancel": {"reason": "no"},
    "POST /api/v1/funds/{fund_id}/statements": {"period": "2025Q1"},
    # Refused to those who may: nothing was issued, or nothing changed since.
    "POST /api/v1/funds/{fund_id}/statements/revisions": {"period": "2025Q1", "reason": "corrected"},
    "POST /api/v1/funds/{fund_id}/calls/{call_id}/revisions": {"reason": "corrected"},
    "POST /api/v1/funds/{fund_id}/distributions/{distribution_id}/revisions": {"reason": "corrected"},
    "POST /api/v1/funds/{fund_id}/closings/{closing_id}/revisions": {"reason": "corrected"},
    "POST /api/v1/funds/{fund_id}/payments/{fund_payment_id}/reverse": {"reason": "a slip"},
    "POST /api/v1/funds/{fund_id}/calls/{call_id}/offsets": {"lp_id": "<lp>"},
    "POST /api/v1/funds/{fund_id}/lps/{lp_id}/refunds": {
        "amount": {"amount_minor": 1},
        "reference": "new",
        "reason": "returned",
    },
}
FUND_FORM = {
    "parent_id": "",
    "term_years": "5",
    "currency": "CNY",
    "fee_base": "commitment",
    "carry_mode": "european",
    "carry_ppm": "20",
}
FORMS: dict[str, dict[str, Any]] = {
    "POST /funds/new": FUND_FORM | {"name": "second"},
    "POST /funds/{fund_id}/edit": FUND_FORM | {"name": "changed", "version": "1"},
    "POST /funds/{fund_id}/lps": {"name": "new"},
    "POST /funds/{fund_id}/lps/{lp_id}/invite": {"email": "new@example.test"},
    "POST /funds/{fund_id}/closings": {"on": "2025-02-01", "act": "preview"},
    "POST /funds/{fund_id}/transfers": {"from_lp_id": "<lp>", "to_lp_id": "<lp2>", "amount": "1"},
    "POST /funds/{fund_id}/calls": {"due_on": "2199-01-01", "investment": "100"},
    "POST /funds/{fund_id}/calls/{call_id}/cancel": {"reason": "no"},
    "POST /funds/{fund_id}/calls/{call_id}/payments": {
        "lp_id": "<lp>",
        "amount": "1",
        "currency": "CNY",
        "reference": "new",
    },
    "POST /funds/{fund_id}/charges": {
        "kind": "expense",
        "amount": "1",
        "currency": "CNY",
        "reference": "new",
    },
    "POST /funds/{fund_id}/fees": {"period": "2025"},
    "POST /funds/{fund_id}/distributions": {"amount": "1"},
    "POST /funds/{fund_id}/distributions/{distribution_id}/cancel": {"reason": "no"},
    "POST /funds/{fund_id}/statements": {"period": "2025Q1"},
    "POST /funds/{fund_id}/statements/revisions": {"period": "2025Q1", "reason": "corrected"},
    "POST /funds/{fund_id}/calls/{call_id}/revisions": {"reason": "corrected"},
    "POST /funds/{fund_id}/distributions/{distribution_id}/revisions": {"reason": "corrected"},
    "POST /funds/{fund_id}/closings/{closing_id}/revisions": {"reason": "corrected"},
    "POST /funds/{fund_id}/payments/{fund_payment_id}/reverse": {"reason": "a slip"},
    "POST /funds/{fund_id}/calls/{call_id}/offset": {"lp_id": "<lp>"},
    "POST /funds/{fund_id}/lps/{lp_id}/refunds": {
        "amount": "1",
        "on": clock.today().isoformat(),
        "reference": "new",
        "reason": "returned",
    },
}
