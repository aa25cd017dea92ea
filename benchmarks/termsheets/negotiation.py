"""The redline of two 60-clause versions against one render of the page that shows it, and the simulator's request of 200
gross points for 12 tiers and 50 payees against the bare computation, turn by turn in one run.

Prints JSON; exit code 1 when a promise is broken: the redline must be faster than the page (as a browser asks for
it), the request at most five times the computation.
"""

from __future__ import annotations

import copy
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from dealflow import create_app, finance
from dealflow.accounts import identity
from dealflow.accounts.models import Membership, Organisation, User
from dealflow.core import clock, db, ids, jobs
from dealflow.settings import Settings
from dealflow.termsheets import library
from dealflow.termsheets.library.redline import reading
from dealflow.web import rooms

ROUNDS = 7
OWN = 60
MOST = 5.0
ON = date(2026, 11, 24)
PARTIES = {"investor": {"name": "青禾资本"}, "creator": {"name": "镕玥影视"}}
PROJECT = {
    "title": {"zh": "朱砂痣", "en": "Cinnabar"},
    "ask": {"amount_minor": 450_000_000, "currency": "CNY"},
}

PITCH: dict[str, Any] = {
    "title": {"zh": "朱砂痣", "en": "Cinnabar"}, "logline": "一枚朱砂痣牵出旧案。", "genres": ["revenge"], "stage": "financing",
    "languages": ["zh-CN"], "regions": ["CN"], "format": {"episodes": 80, "minutes_per_episode": 1.5, "orientation": "vertical"},
    "budget": {"amount_minor": 600_000_000, "currency": "CNY"}, "ask": {"amount_minor": 450_000_000, "currency": "CNY"},
    "instruments": ["equity"], "visibility": "investors",
    "use_of_funds": [{"label": "制作", "kind": "production", "amount": {"amount_minor": 450_000_000, "currency": "CNY"}}],
}  # fmt: skip


def versions() -> tuple[dict[str, Any], dict[str, Any]]:
    """Two versions of some sixty clauses, every second one of the parties' own reworded."""
    before = library.merge_terms("equity_spv", PROJECT, PARTIES, {}, on=ON)
    wanted = OWN - len(reading("equity_spv", PROJECT, PARTIES, before))
    before["additional"] = [
        {
            "id": f"c{n}",
            "heading": {"zh": f"约定{n}", "en": f"Undertaking {n}"},
            "text": {
                "zh": f"制片方应于{n}日内向投资方提交第{n}期制作报告，并附预算执行表与投流明细。" * 2,
                "en": f"Within {n} days the Producer delivers report {n} with the budget and ad-spend details. "
                * 2,
            },
        }
        for n in range(1, wanted + 1)
    ]
    after = copy.deepcopy(before)
    after["exclusivity"]["days"] += 15
    for own in after["additional"][::2]:
        own["text"] = {
            "zh": own["text"]["zh"].replace("制作报告", "进度报告"),
            "en": own["text"]["en"].replace("report", "progress report"),
        }
    return before, after


def order() -> dict[str, Any]:
    """Twelve tiers and fifty payees."""
    payees = [
        {"id": f"p{n}", "name": f"Payee {n}", "kind": "investor" if n % 2 else "talent"} for n in range(50)
    ]
    tiers: list[dict[str, Any]] = []
    for rank in range(11):
        five = [f"p{(rank * 5 + n) % 50}" for n in range(5)]
        tiers.append(
            {"id": f"t{rank}", "kind": "recoup", "target_ppm": 1_100_000,
             "principals": [{"payee": p, "principal_minor": 10_000_000 + rank} for p in five]}
        )  # fmt: skip
    shares = [{"payee": f"p{n}", "ppm": 20_000} for n in range(50)]
    return {
        "currency": "CNY",
        "payees": payees,
        "tiers": [*tiers, {"id": "rest", "kind": "split", "shares": shares}],
    }


def took(call: Callable[[], Any]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def in_turns(**calls: Callable[[], Any]) -> dict[str, float]:
    """Median seconds of each call, made turn by turn after one that warms up."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(ROUNDS + 1):
        for name, call in calls.items():
            seconds = took(call)
            if turn:
                times[name].append(seconds)
    return {name: statistics.median(found) for name, found in times.items()}


class Site:
    """The application on an empty database, with a term sheet of sixty clauses in two versions."""

    def __init__(self, folder: Path) -> None:
        url = f"sqlite:///{folder / 'app.db'}"
        rooms.load_models()
        made = db.configure(url)
        db.Base.metadata.create_all(made.engine)
        self.app = create_app(
            Settings(instance=folder, database_url=url, base_url="http://localhost", secret_key="b" * 40)
        )
        jobs.wake_with(None)
        creator, investor = self._person("creator"), self._person("investor")
        self.api = {"Authorization": f"Bearer {investor[0]}"}
        self.cookie = investor[1]
        pitch = self.call("POST", "/projects", {"Authorization": f"Bearer {creator[0]}"}, PITCH)
        headers = {"Authorization": f"Bearer {creator[0]}", "If-Match": f'"{pitch["version"]}"'}
        self.call("POST", f"/projects/{pitch['id']}/publish", headers, {})
        deal = self.call("POST", "/deals", self.api, {"project_id": pitch["id"]})
        before, after = versions()
        sheet = self.call(
            "POST", f"/deals/{deal['id']}/term-sheets", self.api, {"template": "equity_spv", "terms": before}
        )
        self.path = f"/term-sheets/{sheet['id']}"
        self.call("POST", f"{self.path}/versions", self.api, {"terms": after, "base_version": 1})

    def _person(self, kind: str) -> tuple[str, str]:
        """A token and a session's secret of an owner of a new organisation of this kind."""
        with db.system_edge() as session:
            home = Organisation(id=ids.new("org"), name=kind, kind=kind)
            user = User(
                id=ids.new("usr"), name=kind, email=f"{kind}@bench.example", email_verified_at=clock.now()
            )
            session.add_all([home, user])
            session.flush()
            session.add(Membership(organisation_id=home.id, user_id=user.id, role="owner"))
            secret = identity.start_session(user, address="127.0.0.1", agent="bench", organisation_id=home.id)
            return identity.issue_token(user, label="bench")[0], secret

    def call(self, method: str, path: str, headers: dict[str, str], body: Any) -> dict[str, Any]:
        """The JSON answer of the API; an error ends the run."""
        answer = self.app.test_client().open(f"/api/v1{path}", method=method, json=body, headers=headers)
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return dict(answer.json or {})

    def page(self) -> int:
        """The page of the term sheet, as a browser asks for it; its size."""
        client = self.app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = self.cookie, True
        answer = client.get(f"{self.path}?marks=0")
        if answer.status_code != 200:
            raise RuntimeError(f"the page answered {answer.status_code}")
        return len(answer.data)


def main() -> int:
    """Measure and print."""
    before, after = versions()
    question = {"terms": order(), "gross_grid": [n * 5_000_000 for n in range(200)], "on": "2027-06-01"}

    def redline() -> Any:
        old, new = (reading("equity_spv", PROJECT, PARTIES, terms) for terms in (before, after))
        return library.redline("equity_spv", old, new, before, after)

    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder))
        found = in_turns(
            redline=redline, page=site.page, computation=lambda: finance.simulate(question),
            request=lambda: site.call("POST", "/waterfalls/simulate", site.api, question),
        )  # fmt: skip
        db.database().engine.dispose()
    times = found["request"] / found["computation"]
    kept = found["redline"] < found["page"] and times <= MOST
    figures = {f"{name}_ms": round(seconds * 1000, 1) for name, seconds in found.items()}
    clauses = len(redline())
    print(json.dumps(figures | {"clauses": clauses, "request_times": round(times, 2), "kept": kept}))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
