"""Rounds of killing a server while funds call capital and pay out, and a project shares its receipts (`sharing`): call,
payments typed in and taken from bank statements, distribution, approval by a second person.

Every call, statement, payment and distribution is sent twice, under the same key or reference, so one that stood twice would be seen.
"""

from __future__ import annotations

import http.client
import random
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dealflow.core import clock
from tests.faults import money, sharing
from tests.faults.killing import SERVE, WRITERS, Client, Outcome, Untiring, answers, token, write_until
from tests.faults.processes import PASSWORD, Running, dealflow, environment, wait_for

SECOND = "second@example.test"
ASKED = 30_000
# A fund's plan reads all its history: a new fund every so many rounds keeps the rounds alike.
ROUNDS_OF_A_FUND = 10


@dataclass
class Moved:
    """What was acknowledged of a call, a payment or a distribution: where it stands, its id and its entry."""

    kind: str
    fund: str
    key: str
    entry: str


class Mover(Untiring):
    """Calls capital and pays it out again, in a fund of its own."""

    def run(self) -> None:
        words = self.label.split()
        name = f"基金 {int(words[1]) // ROUNDS_OF_A_FUND} {words[3]}"
        try:
            self.second = Client(self.client.connection.port, token(self.client.connection.port, SECOND))
            self.fund = money.fund_of(self.client, name)
            self._settle()
        except (OSError, http.client.HTTPException):
            self.client.close()
            return
        except AssertionError as error:
            self.wrong = f"{self.label}: {error}"
            return
        with closing(self.second):
            super().run()

    def _settle(self) -> None:
        """Approve what waits since the server died."""
        status, listed = self.client.call("GET", f"/api/v1/funds/{self.fund}/distributions?limit=200")
        assert status == 200, listed
        for row in listed["items"]:
            if row["state"] == "draft":
                status, done = self._approve(row["id"])
                assert status == 200, done

    def _twice(self, path: str, body: Any, key: str) -> Any:
        """A POST under a key, and again: one answer."""
        answered = [self.client.call("POST", path, body, **{"Idempotency-Key": key}) for _ in range(2)]
        assert answered[0] == answered[1], "the same key is the same deed"
        assert answered[0][0] == 201, answered[0]
        return answered[0][1]

    def _approve(self, distribution: str) -> tuple[int, Any]:
        return self.second.call("POST", f"/api/v1/funds/{self.fund}/distributions/{distribution}/approve")

    def _from_statement(self, here: str, line: Any, serial: str) -> None:
        """A partner's part is paid by a line of a bank statement; statement and word are sent twice."""
        day, amount = clock.today(), line["amount"]["amount_minor"] / 100
        content = f"交易日,流水号,贷方金额,借方金额,收(付)方名称,摘要\n{day:%Y%m%d},{serial},{amount:.2f},,{line['name']},款\n"
        both = [self.client.upload("/api/v1/bank-statements", content, fund_id=self.fund) for _ in range(2)]
        assert [status for status, _made in both] == [201, 200], both
        assert both[0][1]["id"] == both[1][1]["id"], "the same file is the same statement"
        status, found = self.client.call("GET", f"/api/v1/bank-lines?state=new&limit=200&fund_id={self.fund}")
        assert status == 200, found
        (row,) = [row for row in found["items"] if row["serial"] == serial]
        path = f"/api/v1/bank-lines/{row['id']}/confirm"
        status, made = self.client.call("POST", path, {"call_id": line["id"]})
        assert status == 201, made
        assert self.client.call("POST", path, {"call_id": line["id"]})[0] == 409
        self.acknowledged[serial] = Moved("payment", self.fund, made["id"], made["entry_id"])

    def _one(self, text: str) -> None:
        here = f"/api/v1/funds/{self.fund}"
        amount = {"amount_minor": ASKED, "currency": "CNY"}
        call = self._twice(
            f"{here}/calls", {"due_on": clock.today().isoformat(), "purposes": [{"amount": amount}], "text": text}, f"call {text}"
        )  # fmt: skip
        status, issued = self.client.call("POST", f"{here}/calls/{call['id']}/issue")
        assert status == 200, issued
        assert self.client.call("POST", f"{here}/calls/{call['id']}/issue")[0] == 409
        self.acknowledged[text] = Moved("call", self.fund, issued["id"], issued["entry_id"])
        first, *others = issued["lines"]
        self._from_statement(here, first, f"{text}/{first['lp_id']}")
        for line in others:
            paid = {"lp_id": line["lp_id"], "amount": line["amount"], "reference": f"{text}/{line['lp_id']}"}
            both = [self.client.call("POST", f"{here}/calls/{call['id']}/payments", paid) for _ in range(2)]
            assert both[0] == both[1], "the same reference is the same payment"
            assert both[0][0] == 201, both[0]
            made = both[0][1]
            self.acknowledged[paid["reference"]] = Moved("payment", self.fund, made["id"], made["entry_id"])
        row = self._twice(f"{here}/distributions", {"amount": amount, "text": text}, f"distribution {text}")
        status, posted = self._approve(row["id"])
        assert status == 200, posted
        assert self._approve(row["id"])[0] == 409
        self.acknowledged[f"{text} out"] = Moved("distribution", self.fund, posted["id"], posted["entry_id"])


def both(port: int, secret: str, name: str) -> Untiring:
    """One writer posts expenses, one shares the receipts of a project, the others call and pay out."""
    makers = {0: money.Poster, 1: sharing.Sharer}
    return makers.get(int(name.rpartition(" ")[2]), Mover)(port, secret, name)


def prepare(instance: Path, port: int, log: Path, **more: str) -> None:
    """An instance with a fund and a second person who approves, and a project that shares its receipts."""
    money.prepare(instance, port, log, **more)
    options = (
        "--email",
        SECOND,
        "--name",
        "S",
        "--organisation",
        "Writers",
        "--kind",
        "fund",
        "--role",
        "owner",
    )
    made = dealflow(instance, "user", "create", *options, "--password-stdin", given=PASSWORD, **more)
    assert made.returncode == 0, made.stderr
    sharing.prepare(instance, port, log, **more)


def several(
    instance: Path,
    port: int,
    log: Path,
    seeds: range,
    outcome: Outcome,
    ended: Callable[[], bool],
    **more: str,
) -> int:
    """Kill what answers while people work, as often as there are seeds, and at the last the whole server; how often it was."""
    secret, kills = "", 0
    with Running(SERVE, environment(instance, PORT=str(port), **more), log) as server:
        for seed in seeds:
            wait_for(lambda: answers(port), f"server; {log.read_text()[-2000:]}")
            secret = secret or token(port)
            last = seed == seeds[-1] or ended()
            writers = [both(port, secret, f"round {seed} writer {n}") for n in range(WRITERS)]
            chance = random.Random(seed)  # noqa: S311 - a reproducible moment, no secret
            write_until(writers, chance.randint(5, 40), server.kill if last else server.kill_web, outcome)
            kills += 1
            if last:
                break
    return kills


def faults(
    instance: Path, port: int, log: Path, written: dict[str, Any], **more: str
) -> dict[str, list[str]]:
    """Start once more and read all books: a line for each thing that is lost, that is doubled, and that the checks say."""
    moved = {text: said for text, said in written.items() if isinstance(said, Moved)}
    found: dict[str, list[str]] = {"lost": [], "doubled": [], "complaints": []}
    with Running(SERVE, environment(instance, PORT=str(port), **more), log):
        wait_for(lambda: answers(port), "server")
        with closing(Client(port, token(port))) as client:
            for fund in money.everything(client, "/api/v1/funds"):
                mine = {text: said for text, said in moved.items() if said.fund == fund["id"]}
                _read(client, fund, mine, found)
        for kind, lines in sharing.faults(port, written).items():
            found[kind] += lines
    expenses = {text: key for text, key in written.items() if isinstance(key, str)}
    for line in money.faults(instance, port, log, expenses, **more):
        kind = "lost" if "is lost" in line else "doubled" if line.endswith(" times") else "complaints"
        found[kind].append(line)
    return found


def _read(client: Client, fund: Any, moved: dict[str, Moved], found: dict[str, list[str]]) -> None:
    here = f"/api/v1/funds/{fund['id']}"
    entries = money.everything(client, f"/api/v1/books/{fund['book_id']}/entries")
    calls = money.everything(client, f"{here}/calls")
    distributions = money.everything(client, f"{here}/distributions")
    ids = {row["id"] for row in (*calls, *distributions)}
    there = {entry["id"]: entry for entry in entries}
    for text, said in moved.items():
        if said.entry not in there or (said.kind != "payment" and said.key not in ids):
            found["lost"].append(f"{said.kind} {text} was acknowledged and is lost")
    for kind, rows in (("call", calls), ("distribution", distributions)):
        found["doubled"] += [f"{kind} {text} stands {n} times" for text, n in Counter(r["text"] for r in rows).items() if text and n > 1]  # fmt: skip
    sources = Counter(
        (e["kind"], e["source"]) for e in entries if e["kind"] in ("fund_call", "fund_distribution")
    )
    sources.update(("fund_payment", e["text"]) for e in entries if e["kind"] == "fund_payment")
    found["doubled"] += [f"{kind} {of} is posted {n} times" for (kind, of), n in sources.items() if n > 1]
    # What stands and what is in the book are one: a call that is issued, a distribution that is posted.
    posted = {row["entry_id"] for row in (*calls, *distributions) if row["entry_id"]}
    in_book = {e["id"] for e in entries if e["kind"] in ("fund_call", "fund_distribution")}
    found["complaints"] += [f"{fund['id']}: {key} is half done" for key in sorted(posted ^ in_book)]
