"""The demo's released series: a run posted and paid, a restatement that waits."""

from __future__ import annotations

from flask import Flask
from sqlalchemy.orm import Session

from dealflow.accounts.models import Membership, User
from dealflow.core import db, invariants
from dealflow.ledger import verification
from dealflow.pitches.models import Project
from dealflow.portfolio.models import Holding, HoldingFlow
from dealflow.recoupment.models import DistributionRun, Payout


def test_the_released_series_shares_its_money(demo: Flask) -> None:
    with db.system_edge(write=False) as session:
        runs = session.query(DistributionRun).order_by(DistributionRun.id).all()
        assert [(run.state, run.kind) for run in runs] == [("posted", "regular"), ("preview", "restatement")]
        assert runs[0].due_minor > 0
        assert all(payout.amount_minor > 0 for payout in session.query(Payout))
        assert list(verification.verify()) == []
        assert not any(invariants.run_all().values())


def test_the_fund_follows_its_holding_from_the_deal_to_the_payout(demo: Flask) -> None:
    with db.system_edge(write=False) as session:
        (run, waits) = session.query(DistributionRun).order_by(DistributionRun.id)
        fund, creator = (owner(session, f"{login}@demo.example") for login in ("fund", "creator"))
        held = session.query(Holding).filter_by(
            project_id=run.project_id, organisation_id=fund.organisation_id
        )
        flows = session.query(HoldingFlow).filter_by(holding_id=held.one().id).all()
        paid = sum(row.amount_minor for row in flows if (row.kind, row.source) == ("cost", "settlement"))
        got = sum(row.amount_minor for row in flows if (row.kind, row.source) == ("proceeds", "recoupment"))
        payouts = session.query(Payout).filter_by(run_id=run.id, payee=fund.organisation_id)
        assert got == payouts.one().amount_minor > 0
        assert paid > 0
        assert len(flows) == sum(row.source != "own" for row in flows)
        # What waits was made by a colleague, so that the person who logs in may approve it.
        assert session.get_one(Project, run.project_id).organisation_id == creator.organisation_id
        assert waits.made_by_id != creator.user_id


def owner(session: Session, email: str) -> Membership:
    """The membership of a login."""
    return (
        session.query(Membership).join(User, User.id == Membership.user_id).filter(User.email == email).one()
    )
