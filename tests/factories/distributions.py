"""Distributions for tests: a project with an executed term sheet, receipts with evidence, two people who run it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.conftest import Person
from tests.factories import pitches
from tests.factories.releases import evidence

_number = itertools.count(1)


@dataclass
class Stage:
    """The parties and the project, with the ways to move money."""

    creator: Person
    colleague: Person
    investor: Person
    project: str
    sheets: list[dict[str, Any]] = field(default_factory=list)

    @cached_property
    def paper(self) -> str:
        """A document of the project that stands behind receipts."""
        return evidence(self.creator, self.project)

    def execute(
        self,
        investor: Person,
        *,
        amount: int = 45_000_000,
        template: str = "equity_spv",
        currency: str = "CNY",
    ) -> dict[str, Any]:
        """A term sheet of an investor, signed by both."""
        deal = investor.post("/deals", {"project_id": self.project}).json
        money = {"amount_minor": amount, "currency": currency}
        made = investor.post(
            f"/deals/{deal['id']}/term-sheets",
            {"template": template, "terms": {"investment": {"amount": money}}},
        )
        assert made.status_code == 201, made.json
        sheet = f"/term-sheets/{made.json['id']}"
        for who, step in (
            (investor, "propose"),
            (self.creator, "accept"),
            (investor, "sign"),
            (self.creator, "sign"),
        ):
            answer = who.post(f"{sheet}/{step}")
            assert answer.status_code == 200, answer.json
        assert answer.json["state"] == "executed"
        self.sheets.append(answer.json)
        return dict(answer.json)

    def receipt(
        self, on: str, minor: int, evidence: str = "platform_statement", **more: Any
    ) -> dict[str, Any]:
        body = {
            "amount": {"amount_minor": minor, "currency": "CNY"}, "on": on, "source": "红果", "evidence_class": evidence,
            "external_ref": f"ref-{next(_number)}", "document_id": self.paper,
        } | more  # fmt: skip
        answer = self.creator.post(f"/projects/{self.project}/receipts", body)
        assert answer.status_code == 201, answer.json
        return dict(answer.json)

    def correct(self, receipt: dict[str, Any], minor: int) -> None:
        body = {
            "amount": {"amount_minor": minor, "currency": "CNY"}, "reason": "wrong month",
            "external_ref": f"ref-{next(_number)}", "document_id": self.paper,
        }  # fmt: skip
        answer = self.creator.post(f"/receipts/{receipt['id']}/corrections", body)
        assert answer.status_code == 201, answer.json

    def run(self, through: str) -> Any:
        return self.creator.post(f"/projects/{self.project}/distributions/run", {"through": through})

    def posted(self, through: str) -> dict[str, Any]:
        made = self.run(through)
        assert made.status_code == 201, made.json
        answer = self.colleague.post(f"/distribution-runs/{made.json['id']}/approve")
        assert answer.status_code == 200, answer.json
        return dict(answer.json)

    def statement(self, who: Person) -> dict[str, Any]:
        """The latest statement to somebody's organisation."""
        return dict(who.get(f"/projects/{self.project}/ledger").json["statements"][0])


def staged(person: Callable[..., Person]) -> Stage:
    """A new creator with a colleague, and an investor whose term sheet is executed."""
    creator, investor = person("creator", name="星火影业"), person("investor", name="远山资本")
    colleague = person("creator", "member", organisation_id=creator.organisation_id)
    stage = Stage(creator, colleague, investor, pitches.published(creator)["id"])
    stage.execute(investor)
    return stage


def by_payee(run: dict[str, Any], key: str = "due") -> dict[str, int]:
    """Payee → minor units."""
    return {p["payee"]: p[key]["amount_minor"] for p in run["payees"]}


def of_world(creator: Person, colleague: Person, investor: Person) -> dict[str, str]:
    """Ids for sweeps: a posted run, a preview that the colleague made, a statement to the investor, its dispute."""
    stage = Stage(
        creator, colleague, investor, pitches.published(creator, title={"zh": "已上线的项目"})["id"]
    )
    stage.execute(investor)
    stage.receipt("2026-01-05", 30_000_000)
    made = stage.run("2026-01-31").json
    assert colleague.post(f"/distribution-runs/{made['id']}/approve").status_code == 200
    body = {"payee": "platform", "on": "2026-02-01", "bank_reference": "world"}
    paid = creator.post(f"/distribution-runs/{made['id']}/payouts", body)
    assert paid.status_code == 201, paid.json
    statement = stage.statement(investor)["id"]
    said = investor.post(f"/distribution-statements/{statement}/disputes", {"reason": "CANARY-dispute"})
    stage.receipt("2026-02-05", 10_000_000)
    waits = colleague.post(f"/projects/{stage.project}/distributions/run", {"through": "2026-02-28"})
    assert (said.status_code, waits.status_code) == (201, 201)
    return {
        "run": made["id"], "run_preview": waits.json["id"], "payee_statement": statement, "payee_dispute": said.json["id"],
        "payout": paid.json["id"],
    }  # fmt: skip
