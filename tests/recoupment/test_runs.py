"""Runs through a day: previewed, approved by a second person, posted once, restated when receipts are corrected."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from dealflow.core import clock, db, invariants
from dealflow.core.outbox import OutboxEvent
from dealflow.finance import simulate
from dealflow.ledger import queries as ledger
from dealflow.ledger import verification
from tests.conftest import Person
from tests.factories import releases
from tests.factories.distributions import Stage, by_payee


def findings() -> list[str]:
    with db.system_edge(write=False):
        assert not any(invariants.run_all().values())
        return list(verification.verify())


def simulated(stage: Stage, receipts: dict[str, int]) -> dict[str, int]:
    """What the simulator of the term sheet says each payee gets."""
    out = simulate(
        {
            "terms": stage.sheets[0]["terms"]["waterfall"],
            "receipts": [{"on": on, "amount_minor": minor} for on, minor in receipts.items()],
        }
    )
    own = {"investor": stage.investor.organisation_id, "producer": stage.creator.organisation_id}
    return {own.get(payee, payee): minor for payee, minor in out["by_payee"].items()}


def test_a_preview_has_a_line_for_every_tier_and_payee_and_posts_nothing(stage: Stage) -> None:
    stage.receipt("2026-10-01", 30_000_000)
    stage.receipt("2026-10-02", 9_999_999, "self_reported")
    run = stage.run("2026-10-31").json
    assert (run["state"], run["kind"], run["number"]) == ("preview", "regular", None)
    assert by_payee(run) == simulated(stage, {"2026-10-01": 30_000_000})
    tiers = stage.sheets[0]["terms"]["waterfall"]["tiers"]
    assert list(dict.fromkeys(line["tier"] for line in run["lines"])) == [tier["id"] for tier in tiers]
    fee = run["lines"][0]
    assert (fee["source_ppm"], fee["effective_ppm"], fee["basis"]) == (100_000, 100_000, "gross")
    assert run["not_counted"] == {"count": 1, "amounts": [{"amount_minor": 9_999_999, "currency": "CNY"}]}
    with db.system_edge(write=False):
        assert ledger.book_for("recoupment", stage.project) is None
    # The same question again is the same preview.
    assert stage.run("2026-10-31").json["id"] == run["id"]


def test_whoever_made_a_run_cannot_approve_it(stage: Stage) -> None:
    stage.receipt("2026-10-01", 30_000_000)
    run = stage.run("2026-10-31").json
    refused = stage.creator.post(f"/distribution-runs/{run['id']}/approve")
    assert (refused.status_code, refused.json["code"]) == (403, "second_person")
    with db.system_edge() as session, pytest.raises(IntegrityError, match="second_person"):
        session.execute(text("UPDATE distribution_run SET approved_by_id = made_by_id"))
    approved = stage.colleague.post(f"/distribution-runs/{run['id']}/approve")
    assert (approved.json["state"], approved.json["number"]) == ("posted", 1)
    again = stage.colleague.post(f"/distribution-runs/{run['id']}/approve")
    assert (again.status_code, again.json["code"]) == (409, "invalid_transition")


def test_a_posted_run_stands_in_the_book_and_is_derived_again(stage: Stage) -> None:
    first = stage.receipt("2026-10-01", 30_000_000)
    run = stage.posted("2026-10-31")
    shown = stage.creator.get(f"/projects/{stage.project}/ledger").json
    balances = {a["account"]: a["balance"]["amount_minor"] for a in shown["accounts"]}
    assert balances["assets:collection"] == 30_000_000
    assert balances["liabilities:undistributed"] == 0
    assert (
        balances[f"liabilities:payee:{stage.investor.organisation_id}"]
        == -by_payee(run)[stage.investor.organisation_id]
    )
    assert {entry["kind"] for entry in shown["items"]} == {"recoupment_receipt", "distribution"}
    (covered,) = stage.creator.get(f"/distribution-runs/{run['id']}/receipts").json["items"]
    assert (covered["id"], covered["amount"]["amount_minor"]) == (first["id"], 30_000_000)
    assert findings() == []
    with db.system_edge(write=False) as session:
        assert (
            session.query(OutboxEvent).filter_by(name="DistributionPosted").one().payload["run_id"]
            == run["id"]
        )
    tags = [event["tag"] for event in stage.creator.get("/audit").json["items"]]
    assert {"recoupment:run:made", "recoupment:run:posted", "recoupment:statement:issued"} <= set(tags)
    # A run without news is the one that was posted.
    assert stage.run("2026-10-31").json["id"] == run["id"]


def test_verify_finds_a_line_that_does_not_follow(stage: Stage) -> None:
    stage.receipt("2026-10-01", 30_000_000)
    stage.posted("2026-10-31")
    with db.system_edge() as session:
        there = db.database().dialect == "postgresql"
        guard = "append_only ON distribution_line" if there else "no_update"
        session.execute(text(f"DROP TRIGGER distribution_line_{guard}"))
        session.execute(
            text("UPDATE distribution_line SET cumulative_minor = cumulative_minor + 1 WHERE place = 0")
        )
    assert any("platform_fee" in line for line in list(_verify()))


def _verify() -> list[str]:
    with db.system_edge(write=False):
        return list(verification.verify())


def test_runs_continue_each_other_to_the_fen(stage: Stage) -> None:
    came = {
        "2026-09-03": 20_000_001,
        "2026-10-09": 31_234_567,
        "2026-10-30": -1_000_000,
        "2026-11-02": 9_000_000,
    }
    refund = None
    for on, minor in came.items():
        if minor > 0:
            stage.receipt(on, minor)
        else:
            # A platform takes money back: a correction of a receipt that was too high on the same day.
            refund = stage.receipt(on, 5_000_000)
            stage.correct(refund, 4_000_000)
    sums = {
        "2026-09-03": 20_000_001,
        "2026-10-09": 31_234_567,
        "2026-10-30": 4_000_000,
        "2026-11-02": 9_000_000,
    }
    total: dict[str, int] = {}
    for through in ("2026-09-30", "2026-10-31", "2026-11-20"):
        run = stage.posted(through)
        assert run["kind"] == "regular"
        for payee, minor in by_payee(run).items():
            total[payee] = total.get(payee, 0) + minor
    assert total == simulated(stage, sums) == by_payee(run, "cumulative")
    assert findings() == []


def test_a_corrected_receipt_is_restated_and_the_past_statement_stays(stage: Stage) -> None:
    wrong = stage.receipt("2026-10-01", 80_000_000)
    before = stage.posted("2026-10-31")
    old = stage.statement(stage.investor)
    stage.correct(wrong, 50_000_000)
    run = stage.posted("2026-10-31")
    assert (run["kind"], run["number"], run["due"]["amount_minor"]) == ("restatement", 2, -30_000_000)
    assert by_payee(run, "cumulative") == simulated(stage, {"2026-10-01": 50_000_000})
    was = by_payee(before)
    assert by_payee(run) == {
        payee: minor - was[payee] for payee, minor in by_payee(run, "cumulative").items()
    }
    new = stage.statement(stage.investor)
    assert (new["kind"], old["kind"]) == ("restatement", "regular")
    assert stage.investor.get(f"/distribution-statements/{old['id']}").json["due"] == old["due"]
    assert findings() == []


def test_a_preview_whose_receipts_changed_is_not_posted(stage: Stage) -> None:
    stage.receipt("2026-10-01", 30_000_000)
    run = stage.run("2026-10-31").json
    stage.receipt("2026-10-05", 1_000_000)
    late = stage.colleague.post(f"/distribution-runs/{run['id']}/approve")
    assert (late.status_code, late.json["code"]) == (409, "inputs_changed")
    again = stage.run("2026-10-31").json
    assert again["id"] != run["id"]
    assert stage.colleague.get(f"/distribution-runs/{run['id']}").json["state"] == "discarded"


def test_refusals_name_the_remedy(stage: Stage, person: Callable[..., Person]) -> None:
    other = person("creator")
    from tests.factories import pitches

    bare = pitches.published(other)["id"]
    refused = other.post(f"/projects/{bare}/distributions/run", {"through": "2026-10-31"})
    assert (refused.status_code, refused.json["code"]) == (409, "no_terms")
    empty = stage.run("2026-10-31").json
    nothing = stage.colleague.post(f"/distribution-runs/{empty['id']}/approve")
    assert (nothing.status_code, nothing.json["code"]) == (409, "nothing_due")
    stage.receipt("2026-10-01", 30_000_000)
    stage.posted("2026-10-31")
    early = stage.run("2026-09-30")
    assert (early.status_code, early.json["errors"][0]["code"]) == (422, "before_last_run")
    ahead = stage.run((clock.today() + timedelta(days=1)).isoformat())
    assert (ahead.status_code, ahead.json["errors"][0]["code"]) == (422, "in_the_future")
    stage.receipt("2026-11-01", 100, amount={"amount_minor": 5_000, "currency": "USD"})
    mixed = stage.run("2026-11-20")
    assert (mixed.status_code, mixed.json["code"]) == (409, "no_rate")
    assert (
        stage.investor.post(
            f"/projects/{stage.project}/distributions/run", {"through": "2026-11-20"}
        ).status_code
        == 403
    )
    assert other.get(f"/projects/{stage.project}/ledger").status_code == 404


def test_two_investors_share_by_their_own_terms(stage: Stage, person: Callable[..., Person]) -> None:
    second = person("investor", name="近水资本")
    stage.execute(second, amount=15_000_000)
    stage.receipt("2026-10-01", 40_000_000)
    run = stage.posted("2026-10-31")
    due = by_payee(run)
    # Short of money: 36,000,000 after the platform's fee, by 45 to 15.
    assert (due[stage.investor.organisation_id], due[second.organisation_id]) == (27_000_000, 9_000_000)
    assert due[stage.creator.organisation_id] == 0
    assert len(run["term_sheets"]) == 2
    assert findings() == []


def test_an_investor_signed_later_takes_nothing_back(stage: Stage, person: Callable[..., Person]) -> None:
    stage.receipt("2026-10-01", 100_000_000)
    first = by_payee(stage.posted("2026-10-31"))
    assert first[stage.creator.organisation_id] > 0
    second = person("investor", name="近水资本")
    stage.execute(second, amount=15_000_000)
    stage.receipt("2026-11-05", 10_000_000)
    run = stage.posted("2026-11-20")
    assert all(minor >= 0 for minor in by_payee(run).values())
    assert by_payee(run)[second.organisation_id] > 0
    assert [sheet["joins_after"] for sheet in run["term_sheets"]] == [None, "2026-10-31"]
    assert findings() == []


def test_ad_spend_that_is_audited_is_recovered(stage: Stage) -> None:
    money: dict[str, Any] = {"amount_minor": 3_000_000, "currency": "CNY"}
    bill = releases.evidence(stage.creator, stage.project)
    for evidence, ref in (("platform_statement", "a"), ("self_reported", "b")):
        body = {
            "amount": money,
            "on": "2026-09-20",
            "source": "巨量",
            "evidence_class": evidence,
            "external_ref": ref,
            "document_id": bill,
        }
        assert stage.creator.post(f"/projects/{stage.project}/ad-spend", body).status_code == 201
    stage.receipt("2026-10-01", 30_000_000)
    run = stage.posted("2026-10-31")
    assert by_payee(run)["ad_spend"] == 3_000_000
    kinds = [
        row["kind"] for row in stage.creator.get(f"/distribution-runs/{run['id']}/receipts").json["items"]
    ]
    assert kinds == ["receipt", "ad_spend"]
