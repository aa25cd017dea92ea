"""A fund for the sweeps: its manager's house, one partner on the platform, one beside it, and something of everything."""

from __future__ import annotations

from typing import Any

from dealflow.core import clock
from tests.conftest import Person
from tests.factories.commitments import upload


def cny(amount: int) -> dict[str, Any]:
    """So many fen."""
    return {"amount_minor": amount, "currency": "CNY"}


def _made(answer: Any, status: int = 201) -> dict[str, Any]:
    assert answer.status_code == status, answer.json
    return dict(answer.json)


def raised(manager: Person, colleague: Person, partner: Person) -> dict[str, str]:
    """Ids: a fund with a draft and an issued call, an expense that is owed and a distribution that waits for approval."""
    today = clock.today().isoformat()
    terms = {"name": "CANARY-vehicle", "started_on": "2025-01-01", "carry": {"carry_ppm": 200_000}}
    fund = _made(manager.post("/funds", terms))["id"]
    rows = [
        {"organisation_id": partner.organisation_id, "name": "CANARY-place", "amount": cny(1_000_000)},
        {"name": "CANARY-other", "amount": cny(3_000_000)},
    ]
    closing = _made(manager.post(f"/funds/{fund}/commitments", {"on": "2025-01-10", "commitments": rows}))
    lp, other = (row["lp_id"] for row in closing["commitments"])
    calls = [
        _made(manager.post(f"/funds/{fund}/calls", {"due_on": today, "purposes": [{"amount": cny(400_000)}]}))
        for _n in (1, 2)
    ]
    issued = _made(manager.post(f"/funds/{fund}/calls/{calls[1]['id']}/issue"), 200)
    payment = {"lp_id": other, "amount": cny(100_000), "reference": "CANARY-bank"}
    paid = _made(manager.post(f"/funds/{fund}/calls/{issued['id']}/payments", payment))
    charge = {"amount": cny(1_000), "reference": "CANARY-charge"}
    cost = _made(manager.post(f"/funds/{fund}/charges", charge))
    waits = _made(colleague.post(f"/funds/{fund}/distributions", {"amount": cny(10_000)}))
    return {
        "fund": fund, "lp": lp, "lp2": other, "call": issued["id"], "charge": cost["id"], "distribution": waits["id"],
        "draft_call": calls[0]["id"], "closing": closing["id"], "fund_payment": paid["id"],
    }  # fmt: skip


def stated(manager: Person, ids: dict[str, str]) -> dict[str, str]:
    """Ids: a line of a statement of the fund's account, and what it may pay: the first partner's part of the issued call."""
    asked = manager.get(f"/funds/{ids['fund']}/calls/{ids['call']}").json["lines"]
    claim = next(line["id"] for line in asked if line["lp_id"] == ids["lp"])
    row = f"{clock.today().isoformat()},5.00,,CANARY-fund-line,CANARY-fund-line"
    content = f"交易时间,收入金额,支出金额,对方户名,交易用途\n{row}\n".encode()
    _made(upload(manager, "/bank-statements", content))
    (line,) = manager.get("/bank-lines").json["items"]
    return {"fund_line": line["id"], "claim_of_fund_line": claim}
