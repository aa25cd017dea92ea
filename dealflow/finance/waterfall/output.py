"""The engine's state written as the schema's output (section 2.7). All amounts cumulative, minor units."""

from __future__ import annotations

from typing import Any

from dealflow.finance.waterfall.engine import Engine


def by_payee(engine: Engine) -> dict[str, int]:
    """Every payee's amount over all tiers, zeros too."""
    return dict(engine.by_payee)


def by_tier(engine: Engine) -> dict[str, dict[str, Any]]:
    """Every tier's total and what each payee has from it, zeros too."""
    zeros = dict.fromkeys(engine.by_payee, 0)
    return {run.spec.id: {"total_minor": run.total, "by_payee": {**zeros, **run.paid}} for run in engine.runs}


def standing(engine: Engine) -> dict[str, Any]:
    """The whole state of a settled engine but for the timeline."""
    return {
        "distributed_minor": engine.gross,
        "refund_balance_minor": -engine.balance,
        "unallocated_minor": engine.gross - sum(run.total for run in engine.runs),
        "by_payee": by_payee(engine),
        "by_tier": by_tier(engine),
    }


def timeline_row(engine: Engine) -> dict[str, Any]:
    """The state at the end of the engine's latest date, as one row of the timeline."""
    return {
        "on": engine.on.isoformat() if engine.on else None,
        "distributed_minor": engine.gross,
        "refund_balance_minor": -engine.balance,
        "by_payee": by_payee(engine),
    }


def grid_row(engine: Engine, gross: int) -> dict[str, Any]:
    """The state when `gross` has come in, as one point of the grid."""
    return {"gross_minor": gross, "by_payee": by_payee(engine), "by_tier": by_tier(engine)}
