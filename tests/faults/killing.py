"""Rounds of killing a server in the middle of writing, and what must be found afterwards.

Writers work over HTTP and remember what was acknowledged. A call that was under way when the server died is unknown:
it may stand or not, but never by half.
"""

from __future__ import annotations

import http.client
import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from dealflow.audit.models import AuditEvent
from dealflow.core import db
from dealflow.core.jobs import Job
from dealflow.core.outbox import OutboxEvent
from dealflow.pitches.models import Project
from dealflow.pitches.policy import Tag
from dealflow.web import rooms
from tests.factories.pitches import complete
from tests.faults.processes import PASSWORD, Running, dealflow, environment, wait_for

WRITERS = 4
EMAIL = "writer@example.test"
SERVE = [sys.executable, "-m", "dealflow.cli", "serve"]


class Client:
    """JSON calls to the server over one connection."""

    def __init__(self, port: int, token: str = "") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.close = self.connection.close
        self.headers = {"Content-Type": "application/json"}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and JSON; OSError or HTTPException when the outcome is unknown."""
        data = json.dumps(body) if body is not None else None
        self.connection.request(method, path, data, self.headers | headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")

    def upload(self, path: str, content: str, **fields: str) -> tuple[int, Any]:
        """As `call`, for a POST of a CSV file beside fields."""
        edge = "edge-of-a-part"
        named = [(f'name="{name}"', value) for name, value in fields.items()]
        parts = [
            f"--{edge}\r\nContent-Disposition: form-data; {name}\r\n\r\n{value}\r\n"
            for name, value in [*named, ('name="file"; filename="rows.csv"', content)]
        ]
        headers = self.headers | {"Content-Type": f"multipart/form-data; boundary={edge}"}
        self.connection.request("POST", path, f"{''.join(parts)}--{edge}--\r\n".encode(), headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")


def answers(port: int) -> bool:
    """Whether the server is ready."""
    with closing(Client(port)) as client:
        try:
            return client.call("GET", "/readyz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False


def token(port: int, email: str = EMAIL) -> str:
    """A fresh token of a person."""
    with closing(Client(port)) as client:
        body = {"email": email, "password": PASSWORD, "label": "t"}
        status, made = client.call("POST", "/api/v1/tokens", body)
        assert status == 201, made
        return str(made["token"])


def enrol(instance: Path, email: str, name: str, house: str, kind: str, **more: str) -> None:
    """A person in an instance, an owner of an organisation of the kind."""
    options = (
        "--email", email, "--name", name, "--organisation", house, "--kind", kind, "--role", "owner", "--password-stdin"
    )  # fmt: skip
    made = dealflow(instance, "user", "create", *options, given=PASSWORD, **more)
    assert made.returncode == 0, made.stderr


def prepare(instance: Path, kind: str = "creator", **more: str) -> None:
    """An instance with one person in it, the owner of an organisation of the kind; `more` goes into the environment."""
    assert dealflow(instance, "init", **more).returncode == 0
    enrol(instance, EMAIL, "W", "Writers", kind, **more)


@dataclass
class Said:
    """What was acknowledged of a project: its last text, and whether it was published."""

    text: str
    published: bool = False


class Untiring(threading.Thread):
    """Does one thing after the other until the server is gone, and remembers what was acknowledged."""

    def __init__(self, port: int, token: str, name: str) -> None:
        super().__init__()
        self.client, self.label = Client(port, token), name
        self.acknowledged: dict[str, Any] = {}
        self.stopped = threading.Event()
        self.wrong = ""

    def run(self) -> None:
        number = 0
        try:
            while not self.stopped.is_set():
                number += 1
                self._one(f"{self.label} {number}")
        except (OSError, http.client.HTTPException):
            return  # killed: what was under way is unknown
        except AssertionError as error:
            self.wrong = f"{self.label}: {error}"
        finally:
            self.client.close()

    def _one(self, text: str) -> None:
        raise NotImplementedError


class Writer(Untiring):
    """Makes, changes and publishes pitches."""

    def _one(self, text: str) -> None:
        path = "/api/v1/projects"
        status, made = self.client.call("POST", path, complete(logline=text))
        assert status == 201, made
        said = self.acknowledged[made["id"]] = Said(text)
        here = f"{path}/{made['id']}"
        match = {"If-Match": f'"{made["version"]}"'}
        status, changed = self.client.call("PATCH", here, {"logline": f"{text} changed"}, **match)
        assert status == 200, changed
        said.text = f"{text} changed"
        status, shown = self.client.call("POST", f"{here}/publish", {})
        assert status == 200, shown
        said.published = True


@dataclass
class Outcome:
    """All rounds together."""

    written: dict[str, Any] = field(default_factory=dict)
    starts: list[float] = field(default_factory=list)


def one_round(
    instance: Path,
    port: int,
    log: Path,
    seed: int,
    outcome: Outcome,
    make: Callable[[int, str, str], Untiring] = Writer,
    **more: str,
) -> None:
    """Start, write from several sides, kill all processes after a number of acknowledgements that the seed chooses."""
    chance = random.Random(seed)  # noqa: S311 - a reproducible moment, no secret
    begun = time.monotonic()
    with Running(SERVE, environment(instance, PORT=str(port), **more), log) as server:
        wait_for(lambda: answers(port), f"server; {log.read_text()}")
        outcome.starts.append(time.monotonic() - begun)
        secret = token(port)
        writers = [make(port, secret, f"round {seed} writer {n}") for n in range(WRITERS)]
        write_until(writers, chance.randint(5, 40), server.kill, outcome)


def write_until(writers: list[Untiring], enough: int, kill: Callable[[], Any], outcome: Outcome) -> None:
    """Let writers work, kill what they work with after so many acknowledgements, and keep what was acknowledged."""
    for writer in writers:
        writer.start()
    wait_for(
        lambda: (
            sum(len(w.acknowledged) for w in writers) >= enough
            or any(w.wrong for w in writers)
            or not any(w.is_alive() for w in writers)
        ),
        "acknowledgements",
    )
    kill()
    for writer in writers:
        writer.stopped.set()
    for writer in writers:
        writer.join()
        assert not writer.wrong, writer.wrong
        outcome.written |= writer.acknowledged


def is_kept(said: Said, text: str, status: str) -> bool:
    """What was acknowledged stands; the next step, under way when the server died, may stand too."""
    texts = (said.text,) if said.text.endswith(" changed") else (said.text, f"{said.text} changed")
    return text in texts and (status == "published" or not said.published)


def lost(instance: Path, port: int, log: Path, written: dict[str, Said]) -> list[str]:
    """Start once more and read everything back over HTTP: a line for each thing that is not as acknowledged."""
    found = []
    with Running(SERVE, environment(instance, PORT=str(port)), log):
        wait_for(lambda: answers(port), "server")
        with closing(Client(port, token(port))) as client:
            for key, said in written.items():
                status, project = client.call("GET", f"/api/v1/projects/{key}")
                if status != 200 or not is_kept(said, project["logline"], project["status"]):
                    found.append(f"{key}: {said} was acknowledged, {status} {project} was found")
    return found


def halves(instance: Path) -> list[str]:
    """Effects without their other half: project and audit entry, publication and event, event and delivery."""
    rooms.load_models()
    database = db.configure(f"sqlite:///{instance / 'app.db'}")
    with db.system_edge(write=False) as session:
        projects = session.execute(select(Project.id, Project.status)).all()
        events = session.execute(
            select(OutboxEvent.id, OutboxEvent.payload).where(OutboxEvent.name == "ProjectPublished")
        ).all()
        keys = session.scalars(select(Job.key).where(Job.kind.startswith("event:ProjectPublished:"))).all()
        audited = session.execute(select(AuditEvent.tag, AuditEvent.object_id)).all()
    database.engine.dispose()
    return mismatches(
        [(row.id, row.status) for row in projects], [(row.id, row.payload["project_id"]) for row in events],
        [str(key) for key in keys], [(row.tag, row.object_id) for row in audited],
    )  # fmt: skip


Pairs = Sequence[tuple[str, str]]


def mismatches(projects: Pairs, events: Pairs, keys: Sequence[str], audited: Pairs) -> list[str]:
    """A line for each kind of effect of which one half stands without the other."""
    published = Counter(key for key, status in projects if status == "published")
    entries = {
        tag: Counter(key for name, key in audited if name == tag) for tag in (Tag.CREATED, Tag.PUBLISHED)
    }
    expected = {
        "projects and their audit entries": (Counter(key for key, _status in projects), entries[Tag.CREATED]),
        "publications and their audit entries": (published, entries[Tag.PUBLISHED]),
        "publications and their events": (published, Counter(project for _event, project in events)),
        "events and their deliveries": (
            Counter(event for event, _project in events),
            Counter(key.partition(":")[0] for key in keys),
        ),
    }
    return [f"{name}: {one - two} {two - one}" for name, (one, two) in expected.items() if one != two]


def complaints(instance: Path, *also: tuple[str, ...], **more: str) -> list[str]:
    """What the platform's own checks (and `also`) say of the instance."""
    ended = [dealflow(instance, *words, **more) for words in (("check",), ("audit", "verify"), *also)]
    return [done.stdout + done.stderr for done in ended if done.returncode != 0]
