"""Every short sequence of money operations, with the process killed during and after each step, and what must then stand.

A process is forked from one that has loaded the site, so that it costs some milliseconds; it makes one request and kills
itself by SIGKILL at a named point. What stands after each death is the state before the step or that after it, never one
between, and once the steps were sent again under their keys, what a run without kills leaves.
"""

from __future__ import annotations

import gc
import itertools
import json
import os
import random
import re
import select
import shutil
import signal
import string
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as sqlite
from flask import Flask
from sqlalchemy import event

from dealflow import create_app
from dealflow.accounts import identity
from dealflow.core import clock, db, invariants, jobs
from dealflow.ledger import verification
from dealflow.settings import Settings
from dealflow.web import migrate
from tests.conftest import Person, make_person
from tests.factories import distributions, pitches
from tests.factories.releases import evidence

OPERATIONS = ("commit", "call", "release", "receipt", "reverse", "distribute", "sign")
# Where a process dies: at one of its writes, as it is about to commit, at any moment, once it has committed, once it has answered.
POINTS = ("write", "commit", "moment", "committed", "answered")
LONGEST = 3
FIRST_DAY = date(2026, 1, 5)


def every(longest: int = LONGEST) -> Iterator[tuple[str, ...]]:
    """All sequences of up to so many operations, the shortest first."""
    for length in range(1, longest + 1):
        yield from itertools.product(OPERATIONS, repeat=length)


@dataclass(frozen=True)
class Step:
    """One request. `path` may name what an earlier answer of the sequence held: "{call}"."""

    who: str
    path: str
    body: dict[str, Any]
    keep: str = ""


def _money(minor: int) -> dict[str, Any]:
    return {"amount_minor": minor, "currency": "CNY"}


@dataclass
class Stage:
    """An instance in which every operation can be done three times, and the one process that all others are forked from."""

    app: Flask
    folder: Path
    people: dict[str, Person] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        return self.folder / "app.db"

    def steps(self, sequence: tuple[str, ...]) -> list[Step]:
        """The requests of a sequence."""
        found: list[Step] = []
        for place, name in enumerate(sequence):
            found += getattr(self, f"_{name}")(place, sequence[:place].count(name))
        return found

    def _commit(self, place: int, _time: int) -> list[Step]:
        partner = {
            "commitments": [{"name": f"合伙人 {place}", "amount": _money(10**9)}],
            "on": (clock.today() - timedelta(days=9 - place)).isoformat(),
        }
        return [Step("manager", f"/funds/{self.ids['fund']}/commitments", partner)]

    def _call(self, place: int, _time: int) -> list[Step]:
        here = f"/funds/{self.ids['fund']}/calls"
        asked = {
            "due_on": clock.today().isoformat(),
            "purposes": [{"amount": _money(90_001)}],
            "text": f"call {place}",
        }
        return [
            Step("manager", here, asked, f"call{place}"),
            Step("manager", f"{here}/{{call{place}}}/issue", {}),
        ]

    def _release(self, _place: int, time: int) -> list[Step]:
        return [Step("investor", f"/tranches/{self.ids['waiting'][time]}/release", {"reason": "early"})]

    def _receipt(self, place: int, _time: int) -> list[Step]:
        day = FIRST_DAY + timedelta(days=10 * place + 1)
        received = {
            "amount": _money(10_000_001), "on": day.isoformat(), "source": "红果", "evidence_class": "platform_statement",
            "external_ref": f"receipt {place}", "document_id": self.ids["paper"],
        }  # fmt: skip
        return [Step("creator", f"/projects/{self.ids['project']}/receipts", received)]

    def _reverse(self, _place: int, time: int) -> list[Step]:
        return [Step("creator", f"/payments/{self.ids['payments'][time]}/reverse", {"reason": "twice"})]

    def _distribute(self, place: int, _time: int) -> list[Step]:
        through = (FIRST_DAY + timedelta(days=10 * place + 5)).isoformat()
        here = f"/projects/{self.ids['project']}/distributions/run"
        return [
            Step("creator", here, {"through": through}, f"run{place}"),
            Step("colleague", f"/distribution-runs/{{run{place}}}/approve", {}),
        ]

    def _sign(self, _place: int, time: int) -> list[Step]:
        who, sheet = (("investor", 0), ("creator", 0), ("investor", 1))[time]
        return [Step(who, f"/term-sheets/{self.ids['sheets'][sheet]}/sign", {"title": "CEO"})]


def prepare(folder: Path) -> Stage:
    """Build the instance and keep a copy of its database, which every sequence starts from."""
    folder.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{folder / 'app.db'}"
    migrate.upgrade(url)
    app = create_app(
        Settings(instance=folder, database_url=url, base_url="http://localhost", secret_key="s" * 40, flask={"TESTING": True})
    )  # fmt: skip
    jobs.wake_with(None)
    stage = Stage(app, folder)
    _people(stage)
    _fund(stage)
    _project(stage)
    _agreed(stage)
    _deliver()
    for who in stage.people.values():
        who.get("/me")
    db.database().engine.dispose()
    gc.freeze()  # or each process that is forked copies what its own collections touch
    for name in stage.folder.glob("app.db*"):
        shutil.copy(name, stage.folder / f"start{name.name.removeprefix('app.db')}")
    return stage


def _people(stage: Stage) -> None:
    made = {name: make_person(stage.app, name) for name in ("creator", "investor")}
    made["colleague"] = make_person(
        stage.app, "creator", "member", organisation_id=made["creator"].organisation_id
    )
    made["manager"] = make_person(stage.app, "fund")
    stage.people = made


def _made(answer: Any) -> dict[str, Any]:
    assert answer.status_code in (200, 201), answer.json
    return dict(answer.json)


def _fund(stage: Stage) -> None:
    manager = stage.people["manager"]
    fund = _made(manager.post("/funds", {"name": "一号基金"}))["id"]
    partners = [{"name": name, "amount": _money(10**10)} for name in ("甲", "乙", "丙")]
    first = (clock.today() - timedelta(days=10)).isoformat()
    _made(manager.post(f"/funds/{fund}/commitments", {"commitments": partners, "on": first}))
    stage.ids["fund"] = fund


def _project(stage: Stage) -> None:
    """A project with an executed sheet: of its first tranche three payments are recorded, three more wait."""
    creator, colleague, investor = (stage.people[name] for name in ("creator", "colleague", "investor"))
    project = pitches.published(creator)["id"]
    distributions.Stage(creator, colleague, investor, project).execute(investor)
    _deliver()
    (commitment,) = creator.get(f"/projects/{project}/commitments").json["items"]
    first, *waiting = commitment["tranches"]
    call = _made(creator.post(f"/tranches/{first['id']}/calls"))["id"]
    paid = [
        _made(
            creator.post(
                f"/payment-calls/{call}/payments",
                {"amount": _money(1000 + n), "on": clock.today().isoformat(), "reference": f"p{n}"},
            )
        )["id"]
        for n in range(LONGEST)
    ]
    paper = evidence(creator, project)
    received = {
        "amount": _money(20_000_000), "on": FIRST_DAY.isoformat(), "source": "红果", "evidence_class": "platform_statement",
        "external_ref": "first", "document_id": paper,
    }  # fmt: skip
    _made(creator.post(f"/projects/{project}/receipts", received))
    stage.ids |= {"project": project, "paper": paper, "waiting": [t["id"] for t in waiting], "payments": paid}


def _agreed(stage: Stage) -> None:
    """Two sheets that wait for their signatures."""
    creator, investor = stage.people["creator"], stage.people["investor"]
    stage.ids["sheets"] = []
    for _ in range(2):
        deal = _made(investor.post("/deals", {"project_id": pitches.published(creator)["id"]}))["id"]
        sheet = _made(investor.post(f"/deals/{deal}/term-sheets", {"template": "revenue_share"}))["id"]
        _made(investor.post(f"/term-sheets/{sheet}/propose"))
        _made(creator.post(f"/term-sheets/{sheet}/accept"))
        stage.ids["sheets"].append(sheet)


def _deliver() -> None:
    """What the worker does about events; what it prints and ranks is not looked at here."""
    with db.system_edge(write=False) as session:
        waiting = session.query(jobs.Job.id).filter(
            jobs.Job.state == "queued", jobs.Job.kind.like("event:%:settlement%")
        )
        found = [job_id for (job_id,) in waiting]
    for job_id in found:
        assert jobs.run(job_id) == "done"


# What the database holds, without what differs from run to run: identifiers and moments.
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
_CONTENTS = {
    "postings": """SELECT b.kind, e.kind, e.text, e.posted_on, a.code, p.amount_minor, p.currency FROM ledger_posting p
        JOIN ledger_entry e ON e.id = p.entry_id JOIN ledger_account a ON a.id = p.account_id
        JOIN ledger_book b ON b.id = e.book_id""",
    "audit": "SELECT tag FROM audit_event",
    "events": "SELECT name FROM outbox_event",
    "jobs": "SELECT kind FROM job",
    "tranches": "SELECT state, paid_minor FROM tranche",
    "sheets": "SELECT state FROM term_sheet",
    "runs": "SELECT number, state FROM distribution_run",
}


_ID = re.compile(r"[a-z]+_[0-9a-z]{26}")


def state(path: Path) -> dict[str, Any]:
    """What the database holds."""
    with closing(sqlite.connect(path)) as connection:
        tables = [name for (name,) in connection.execute(_TABLES)]
        count = "SELECT count(*) FROM "
        found: dict[str, Any] = {t: connection.execute(f'{count}"{t}"').fetchone()[0] for t in tables}
        for name, query in _CONTENTS.items():
            found[f"={name}"] = sorted(_ID.sub("…", repr(row)) for row in connection.execute(query))
    return found


def difference(one: dict[str, Any], two: dict[str, Any]) -> list[str]:
    """Where two states are not the same."""
    return [
        name if name.startswith("=") else f"{name}: {one.get(name)} / {two.get(name)}"
        for name in sorted(one.keys() | two.keys())
        if one.get(name) != two.get(name)
    ]


@dataclass
class Trace:
    """What a process did in the database: its writes and commits."""

    writes: int = 0
    commits: int = 0


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _watch(point: str, at_write: int) -> Trace:
    """Count the writes and commits of this process, and die where it is said."""
    trace, engine = Trace(), db.database().engine

    def executed(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
            trace.writes += 1
            if point == "write" and trace.writes == at_write:
                die()

    def commit(connection: Any) -> None:
        if connection.get_execution_options().get("dealflow_write", True) and trace.writes:
            trace.commits += 1
            if point == "commit":
                die()

    known = engine.dialect.do_commit

    def do_commit(connection: Any) -> None:
        known(connection)
        if point == "committed" and trace.writes:
            die()

    event.listen(engine, "after_cursor_execute", executed)
    event.listen(engine, "commit", commit)
    engine.dialect.do_commit = do_commit  # type: ignore[method-assign]
    return trace


def forked(work: Callable[[Callable[[Any], None]], None], moment: float | None = None) -> Any:
    """Run `work(say)` in a process of its own; what it said, or None when it was killed before."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)

        def say(value: Any) -> None:
            os.write(writing, json.dumps(value).encode())

        try:
            work(say)
        except BaseException as error:  # whatever it is, the parent must hear of it
            say({"error": repr(error)[:1000]})
        die()
    os.close(writing)
    if moment is not None:
        select.select([reading], [], [], moment)
        os.kill(pid, signal.SIGKILL)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read()
    os.waitpid(pid, 0)
    found = json.loads(said) if said else None
    assert not (isinstance(found, dict) and "error" in found), found
    return found


@dataclass
class Result:
    """What was done and what was found."""

    sequences: int = 0
    kills: dict[str, int] = field(default_factory=lambda: dict.fromkeys(POINTS, 0))
    refused: int = 0
    faults: list[str] = field(default_factory=list)


class Play:
    """One sequence on a fresh copy of the instance."""

    def __init__(self, stage: Stage, sequence: tuple[str, ...], *, keys: bool = True) -> None:
        self.stage, self.sequence, self.keys = stage, sequence, keys
        self.kept: dict[str, str] = {}

    def reset(self) -> None:
        for left in self.stage.folder.glob("app.db*"):
            left.unlink()
        for copy in self.stage.folder.glob("start*"):
            shutil.copy(copy, self.stage.folder / f"app.db{copy.name.removeprefix('start')}")

    def _ask(
        self, number: int, step: Step, point: str = "answered", at_write: int = 0, moment: float | None = None
    ) -> Any:
        who = self.stage.people[step.who]
        headers = {"Idempotency-Key": f"step {number}"} if self.keys else {}

        def work(say: Callable[[Any], None]) -> None:
            identity.SEEN_AGAIN = timedelta(days=1)  # a note of the token's use is no part of the step
            trace = _watch(point, at_write)
            answer = who.post(step.path.format(**self.kept), step.body, headers=headers)
            body = answer.json or {}
            said = body.get("id") if answer.status_code < 400 else body.get("code")
            say([answer.status_code, said, trace.writes, trace.commits])

        return forked(work, moment)

    def _heard(self, step: Step, answer: Any) -> tuple[int, str]:
        if step.keep and answer[0] < 400:
            self.kept[step.keep] = answer[1]
        return answer[0], answer[1] if answer[0] >= 400 else ""

    def _can(self, step: Step) -> bool:
        return all(name in self.kept for _text, name, *_ in string.Formatter().parse(step.path) if name)

    def whole(self) -> list[tuple[Any, float, dict[str, Any]] | None]:
        """Run it without being killed in the middle: of each step the answer, the seconds, and the state after it."""
        self.reset()
        self.kept = {}
        found: list[tuple[Any, float, dict[str, Any]] | None] = []
        for number, step in enumerate(self.stage.steps(self.sequence)):
            if not self._can(step):
                found.append(None)  # what it builds on was refused
                continue
            begun = time.monotonic()
            answer = self._ask(number, step)
            seconds = time.monotonic() - begun
            self._heard(step, answer)
            found.append((answer, seconds, state(self.stage.database)))
        return found

    def killed(self, seed: int, result: Result) -> None:
        """Run it with every step killed at every point, and compare with what `whole` left."""
        chance = random.Random(f"{seed} {self.sequence}")  # noqa: S311 - a reproducible moment, no secret
        expected = self.whole()
        self.reset()
        self.kept = {}
        before = state(self.stage.database)
        for number, (step, known) in enumerate(zip(self.stage.steps(self.sequence), expected, strict=True)):
            if known is None:
                continue
            answer, seconds, after = known
            refused = answer[0] >= 400
            result.refused += refused
            for point in POINTS:
                heard = self._ask(
                    number, step, point, chance.randint(1, max(1, answer[2])),
                    chance.uniform(0, 1.2 * seconds) if point == "moment" else None,
                )  # fmt: skip
                result.kills[point] += heard is None or point == "answered"
                self._compare(number, step, point, heard, answer, before, after, result)
            before = after
        result.sequences += 1
        result.faults += [f"{self.sequence}: {line}" for line in forked(_complaints)]

    def _compare(
        self,
        number: int,
        step: Step,
        point: str,
        heard: Any,
        answer: Any,
        before: Any,
        after: Any,
        result: Result,
    ) -> None:
        where = f"{self.sequence} step {number} killed at {point}"
        found = state(self.stage.database)
        stands = difference(found, after)
        allowed = {"write": (before,), "commit": (before,), "moment": (before, after)}.get(point, (after,))
        if answer[0] >= 400:
            allowed = (before,)
        if not any(found == one for one in allowed):
            result.faults.append(f"{where}: {stands[:5]}")
        if heard is not None and self._heard(step, heard) != (
            answer[0],
            answer[1] if answer[0] >= 400 else "",
        ):
            result.faults.append(f"{where}: answered {heard}, not {answer}")
        if heard is None and (point == "answered" or (answer[0] >= 400 and point not in ("write", "moment"))):
            result.faults.append(f"{where}: no answer")


def _complaints(say: Callable[[Any], None]) -> None:
    with db.system_edge(write=False):
        lines = [line for found in invariants.run_all().values() for line in found]
        say([*lines, *verification.verify()])


def play(
    stage: Stage, sequences: list[tuple[str, ...]], seed: int = 1, until: Callable[[], bool] = lambda: False
) -> Result:
    """Play sequences until it is enough; what was found."""
    result = Result()
    for sequence in sequences:
        if until():
            break
        Play(stage, sequence).killed(seed, result)
    return result
