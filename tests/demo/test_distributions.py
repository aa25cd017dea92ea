"""The demo's released series: a run posted and paid, a restatement that waits."""

from __future__ import annotations

from flask import Flask

from dealflow.core import db, invariants
from dealflow.ledger import verification
from dealflow.recoupment.models import DistributionRun, Payout


def test_the_released_series_shares_its_money(demo: Flask) -> None:
    with db.system_edge(write=False) as session:
        runs = session.query(DistributionRun).order_by(DistributionRun.id).all()
        assert [(run.state, run.kind) for run in runs] == [("posted", "regular"), ("preview", "restatement")]
        assert runs[0].due_minor > 0
        assert session.query(Payout).one().amount_minor > 0
        assert list(verification.verify()) == []
        assert not any(invariants.run_all().values())
