"""Rounds of killing a server while a project shares its receipts: receipt, run, approval by a second person, transfer to a payee.

Every receipt and transfer is sent twice, so one that stood twice would be seen, and the sums must meet: what a payee was
paid and what it is still owed is what the runs gave it.
"""

from __future__ import annotations

import http.client
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.factories.pitches import complete
from tests.faults import money
from tests.faults.killing import SERVE, Client, Untiring, answers, enrol, token
from tests.faults.processes import Running, environment, wait_for

MAKER, CHECKER, INVESTOR = (f"{name}@example.test" for name in ("maker", "checker", "investor"))
PAYEE = "platform"
RECEIVED = 1_000_001
FIRST = date(2024, 1, 1)


@dataclass
class Shared:
    """What was acknowledged of a receipt, a run or a transfer: its id."""

    kind: str
    key: str


class Sharer(Untiring):
    """Records receipts, shares them and pays the platform its part, in the one project there is."""

    def run(self) -> None:
        port = self.client.connection.port
        try:
            with ExitStack() as stack:
                self.maker, self.checker = (
                    stack.enter_context(closing(Client(port, token(port, email))))
                    for email in (MAKER, CHECKER)
                )
                self.project = project_of(self.maker)
                path = f"/api/v1/projects/{self.project}/evidence"
                status, kept = self.maker.upload(path, "day,amount\n2024-01-01,1\n")
                assert status == 201, kept
                self.paper = kept["document_id"]
                super().run()
        except (OSError, http.client.HTTPException):
            self.client.close()
        except AssertionError as error:
            self.wrong = f"{self.label}: {error}"

    def _one(self, text: str) -> None:
        here = f"/api/v1/projects/{self.project}"
        status, ledger = self.maker.call("GET", f"{here}/ledger")
        assert status == 200, ledger
        day = date.fromisoformat(ledger["through"]) + timedelta(days=1) if ledger["through"] else FIRST
        receipt = {
            "amount": {"amount_minor": RECEIVED, "currency": "CNY"}, "on": day.isoformat(), "source": "红果",
            "evidence_class": "platform_statement", "external_ref": text, "document_id": self.paper,
        }  # fmt: skip
        both = [self.maker.call("POST", f"{here}/receipts", receipt) for _ in range(2)]
        assert [status for status, _made in both] == [201, 200], both
        assert both[0][1]["id"] == both[1][1]["id"], "the same reference is the same receipt"
        self.acknowledged[text] = Shared("receipt", both[0][1]["id"])
        status, run = self.maker.call("POST", f"{here}/distributions/run", {"through": day.isoformat()})
        assert status == 201, run
        status, posted = self.checker.call("POST", f"/api/v1/distribution-runs/{run['id']}/approve", {})
        assert status == 200, posted
        self.acknowledged[f"{text} run"] = Shared("run", run["id"])
        assert self.checker.call("POST", f"/api/v1/distribution-runs/{run['id']}/approve", {})[0] == 409
        transfer = {"payee": PAYEE, "on": day.isoformat(), "bank_reference": text}
        paid = [
            self.maker.call("POST", f"/api/v1/distribution-runs/{run['id']}/payouts", transfer)
            for _ in range(2)
        ]
        assert [status for status, _made in paid] == [201, 409], paid
        self.acknowledged[f"{text} paid"] = Shared("transfer", paid[0][1]["id"])


def project_of(client: Client) -> str:
    """The one project of whoever asks."""
    status, listed = client.call("GET", "/api/v1/projects?mine=true")
    assert status == 200, listed
    return str(listed["items"][0]["id"])


def prepare(instance: Path, port: int, log: Path, **more: str) -> None:
    """A project with an executed term sheet, two people who run it, and its investor."""
    for email, house, kind in (
        (MAKER, "Makers", "creator"),
        (CHECKER, "Makers", "creator"),
        (INVESTOR, "Far Hills", "investor"),
    ):
        enrol(instance, email, "P", house, kind, **more)
    with Running(SERVE, environment(instance, PORT=str(port), **more), log):
        wait_for(lambda: answers(port), f"server; {log.read_text()}")
        with (
            closing(Client(port, token(port, MAKER))) as maker,
            closing(Client(port, token(port, INVESTOR))) as investor,
        ):
            _execute(maker, investor)


def _done(client: Client, path: str, body: Any = None) -> Any:
    status, made = client.call("POST", f"/api/v1{path}", {} if body is None else body)
    assert status in (200, 201), made
    return made


def _execute(maker: Client, investor: Client) -> None:
    project = _done(maker, "/projects", complete())["id"]
    _done(maker, f"/projects/{project}/publish")
    deal = _done(investor, "/deals", {"project_id": project})["id"]
    terms = {"investment": {"amount": {"amount_minor": 45_000_000, "currency": "CNY"}}}
    sheet = _done(investor, f"/deals/{deal}/term-sheets", {"template": "equity_spv", "terms": terms})["id"]
    for who, step in ((investor, "propose"), (maker, "accept"), (investor, "sign"), (maker, "sign")):
        state = _done(who, f"/term-sheets/{sheet}/{step}")["state"]
    assert state == "executed"


def faults(port: int, written: dict[str, Any]) -> dict[str, list[str]]:
    """What the running server has against what was acknowledged, and against itself."""
    found: dict[str, list[str]] = {"lost": [], "doubled": [], "complaints": []}
    said = {text: one for text, one in written.items() if isinstance(one, Shared)}
    with closing(Client(port, token(port, MAKER))) as client:
        project = project_of(client)
        here = f"/api/v1/projects/{project}"
        receipts = money.everything(client, f"{here}/receipts")
        runs = [run for run in money.everything(client, f"{here}/distributions") if run["state"] == "posted"]
        status, ledger = client.call("GET", f"{here}/ledger")
        assert status == 200, ledger
        entries = (
            money.everything(client, f"/api/v1/books/{ledger['book_id']}/entries")
            if ledger["book_id"]
            else []
        )
    there = {row["id"] for row in (*receipts, *runs, *ledger["payouts"])}
    found["lost"] += [f"{one.kind} {text} is lost" for text, one in said.items() if one.key not in there]
    for kind, names in (
        ("receipt", [row["external_ref"] for row in receipts]), ("run", [run["number"] for run in runs]),
        ("transfer", [row["bank_reference"] for row in ledger["payouts"]]),
        ("entry", [(entry["kind"], entry["source"]) for entry in entries]),
    ):  # fmt: skip
        found["doubled"] += [f"{kind} {name} stands {n} times" for name, n in Counter(names).items() if n > 1]
    posted = Counter(entry["kind"] for entry in entries)
    if (posted["distribution"], posted["payout"]) != (len(runs), len(ledger["payouts"])):
        found["complaints"].append(
            f"{posted} in the book, {len(runs)} runs, {len(ledger['payouts'])} transfers"
        )
    for payee in ledger["payees"]:
        paid = sum(
            row["amount"]["amount_minor"] for row in ledger["payouts"] if row["payee"] == payee["payee"]
        )
        if paid + payee["open"]["amount_minor"] != payee["cumulative"]["amount_minor"]:
            found["complaints"].append(f"{payee['payee']} was paid {paid}: {payee}")
    return found
