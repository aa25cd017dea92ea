"""Deals that went on as funded although what made them so went back: before deals followed their money."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import select

from dealflow.core.db import session
from dealflow.deals import queries as deals
from dealflow.settlement.models import Commitment, Tranche, Transfer
from dealflow.settlement.queries import due_at_closing

_WHOLE = {"unscoped": "deals follow their money, whoever asks"}


def stranded() -> list[tuple[Commitment, Transfer]]:
    """The commitments of such deals, each with the entry by which the money went back last. Four statements.

    A deal that somebody brought to funded by hand, for what was paid outside the platform, is none of them.
    """
    deal_ids = deals.funded_by_payment()
    of_deals: dict[str, list[Commitment]] = defaultdict(list)
    query = select(Commitment).where(Commitment.deal_id.in_(deal_ids)).order_by(Commitment.id)
    for commitment in session().scalars(query, execution_options=_WHOLE):
        of_deals[commitment.deal_id].append(commitment)
    ids = [row.id for rows in of_deals.values() for row in rows]
    tranches = _of_commitments(Tranche, ids, Tranche.number)
    moved = _of_commitments(Transfer, ids, Transfer.id)
    found = []
    for commitments in of_deals.values():
        if any(_funded(tranches[row.id]) for row in commitments):
            continue
        for row in commitments:
            back = _went_back(due_at_closing(tranches[row.id]), moved[row.id])
            if back is not None:
                found.append((row, back))
                break
    return found


def _of_commitments(model: Any, ids: list[str], order: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    query = select(model).where(model.commitment_id.in_(ids)).order_by(order)
    for row in session().scalars(query, execution_options=_WHOLE):
        found[row.commitment_id].append(row)
    return found


def _funded(tranches: list[Tranche]) -> bool:
    return all(row.state == "paid" for row in due_at_closing(tranches))


def _went_back(tranches: list[Tranche], rows: list[Transfer]) -> Transfer | None:
    """The last entry by which principal of the tranches went back: a refund, or a payment that was taken back."""
    by_id = {row.id: row for row in rows}
    undone = {row.reverses_id for row in rows if row.reverses_id}
    wanted = {row.id for row in tranches}
    back = [
        row for row in rows
        if row.tranche_id in wanted and row.principal_minor
        and (
            (row.kind == "refund" and row.id not in undone)
            or (row.kind == "reversal" and by_id[str(row.reverses_id)].kind != "refund")
        )
    ]  # fmt: skip
    return back[-1] if back else None
