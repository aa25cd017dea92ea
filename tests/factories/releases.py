"""Releases for tests: a project that is out, with money, and a deal that binds."""

from __future__ import annotations

from typing import Any

from dealflow.core import db
from dealflow.core.actor import SYSTEM
from dealflow.deals import queries as deals
from dealflow.deals import service as moving
from tests.factories import rooms

# What stands in a statement that only its owner reads.
PRIVATE = "CANARY-statement"


def cny(amount: int) -> dict[str, Any]:
    """So many fen."""
    return {"amount_minor": amount, "currency": "CNY"}


def receipt(ref: str = "r-1", amount: int = 100_00, **more: Any) -> dict[str, Any]:
    """A receipt that a platform proves, as the API takes it."""
    return {
        "amount": cny(amount), "on": "2026-10-31", "source": "hongguo", "platform": "hongguo",
        "evidence_class": "platform_statement", "external_ref": ref,
    } | more  # fmt: skip


def evidence(creator: Any, project_id: str) -> str:
    """A document of a project that stands behind entries."""
    kept = rooms.send(creator, f"/projects/{project_id}/evidence", rooms.pdf(1), "bill.pdf")
    assert kept.status_code == 201, kept.json
    return str(kept.json["document_id"])


def bind(deal_id: str, stage: str = "signed") -> None:
    """Bring a deal to a stage."""
    with db.system_edge():
        deal = deals.known(SYSTEM, deal_id)
        assert deal is not None
        moving.advance(SYSTEM, deal, to=stage)


def put_out(creator: Any, project_id: str, title: str = "片名") -> dict[str, str]:
    """A release with figures, a receipt and a statement that is not imported yet; their ids."""
    made = creator.post(
        f"/projects/{project_id}/releases",
        {"platform": "hongguo", "title": title, "released_on": "2026-09-01"},
    )
    assert made.status_code == 201, made.json
    figures = {"on": "2026-10-01", "plays": 12_000, "evidence_class": "self_reported", "source": title}
    told = creator.post(f"/releases/{made.json['id']}/figures", figures)
    assert told.status_code == 201, told.json
    paid = creator.post(
        f"/projects/{project_id}/receipts", receipt(source=title, document_id=evidence(creator, project_id))
    )
    assert paid.status_code == 201, paid.json
    text = f"日期,编号,金额\n2026-10-01,{PRIVATE},5\n"
    sent = rooms.send(creator, f"/projects/{project_id}/statements", text.encode(), f"{PRIVATE}.csv")
    assert sent.status_code == 201, sent.json
    return {
        "released": project_id, "release": made.json["id"], "receipt": paid.json["id"], "statement": sent.json["id"],
    }  # fmt: skip
