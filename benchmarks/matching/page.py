"""The page of matches (50 rows, 10,000 published projects, logged in) beside a bare Flask and Jinja page.

    python -m benchmarks.matching.page [--projects 10000] [--requests 200]

One gunicorn with one worker serves both from the same database; requests alternate over one connection. Prints one JSON
object: medians in milliseconds, their ratio, the number of SQL statements of the page and of the same page with a tenth
of the projects. Exit code 1 when the ratio is above 4, the statements are more than 8, or their number is not constant.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import event, insert

from benchmarks import serving
from benchmarks.ranking.scoring import synthetic_projects
from dealflow import create_app
from dealflow.accounts import identity
from dealflow.accounts.models import Membership, Organisation, User
from dealflow.core import clock, db, ids, jobs
from dealflow.mandates.models import Mandate
from dealflow.matching import service
from dealflow.pitches.models import Project

RATIO_LIMIT, STATEMENT_LIMIT = 4.0, 8


def fill(instance: Path, count: int) -> tuple[Any, str, str]:
    """An instance with `count` published projects, an investor and a mandate: (app, path of the page, cookie)."""
    instance.mkdir(parents=True)
    app = create_app(serving.settings(instance))
    jobs.wake_with(None)
    db.Base.metadata.create_all(db.database().engine)
    with db.system_edge() as session:
        maker = Organisation(id=ids.new("org"), name="制作公司", kind="creator")
        investor = Organisation(id=ids.new("org"), name="投资公司", kind="investor")
        user = User(id=ids.new("usr"), name="投资人", email="i@example.test", email_verified_at=clock.now())
        session.add_all([maker, investor, user])
        session.flush()
        session.add(Membership(organisation_id=investor.id, user_id=user.id, role="owner"))
        mandate = Mandate(
            organisation_id=investor.id, name="女频", capital_minor=10**9, capital_currency="CNY",
            constraints={"genres_none": ["horror"], "ask": {"max": {"amount_minor": 10**12, "currency": "CNY"}}},
            preferences={
                "genres": {"revenge": 1.0, "sweet": 0.5}, "stages": {"financing": 0.5}, "text": "女性成长与复仇",
                "ticket": {"amount_minor": 50_000_000, "currency": "CNY"},
            },
        )  # fmt: skip
        session.add(mandate)
        rows = [_row(project, maker.id) for project in synthetic_projects(count)]
        session.execute(insert(Project), rows, execution_options={"unscoped": "benchmark"})
        session.flush()
        secret = identity.start_session(
            user, address="127.0.0.1", agent="benchmark", organisation_id=investor.id
        )
        path = f"/mandates/{mandate.id}/matches"
    service.rebuild()
    return app, path, serving.cookie(app, secret)


def _row(project: dict[str, Any], owner: str) -> dict[str, Any]:
    title = project.get("title") or {}
    money = {
        f"{name}_{part}": (project.get(name) or {}).get(key)
        for name in ("budget", "ask", "min_ticket")
        for part, key in (("minor", "amount_minor"), ("currency", "currency"))
    }
    return {
        "id": ids.new("prj"), "organisation_id": owner, "status": "published", "visibility": "investors",
        "title_zh": title.get("zh") or "无题", "title_en": title.get("en"), "logline": (project.get("logline") or "")[:300],
        "synopsis": project.get("synopsis"), "genres": list(project.get("genres") or ()),
        "languages": list(project.get("languages") or ()), "regions": list(project.get("regions") or ()),
        "format": {"episodes": 80, "minutes_per_episode": 1.5, "orientation": "vertical"}, "stage": project.get("stage"),
        "instruments": list(project.get("instruments") or ()), "team": list(project.get("team") or ()),
        "track_record": list(project.get("track_record") or ()), "hooks": [{"episode": 11, "kind": "paywall_card", "note": ""}],
        "published_at": clock.now(), "published_version": 1, **money,
    }  # fmt: skip


def statements(app: Any, path: str, cookie: str) -> int:
    """SQL statements of one request of the page, once it is warm."""
    seen: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    client = app.test_client(use_cookies=False)
    engine = db.database().engine
    for _ in range(2):
        seen.clear()
        event.listen(engine, "before_cursor_execute", count)
        answer = client.get(path, headers={"Cookie": cookie})
        event.remove(engine, "before_cursor_execute", count)
        assert answer.status_code == 200, answer.status_code
        assert answer.text.count('<article class="match"') == 50
    return len([s for s in seen if not s.startswith(("BEGIN", "PRAGMA"))])


def main() -> None:
    """Print the result; exit 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--projects", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        small = statements(*fill(Path(folder) / "small", max(500, options.projects // 10)))
        app, path, cookie = fill(Path(folder) / "large", options.projects)
        large = statements(app, path, cookie)
        with serving.served("benchmarks.matching.site:application()", Path(folder) / "large") as port:
            times = serving.alternate(port, {"page": path, "bare": "/bare/"}, cookie, options.requests)
    page, bare = times["page"], times["bare"]
    ratio = statistics.median(page) / statistics.median(bare)
    result = {
        "benchmark": "matches page",
        "projects": options.projects,
        "rows": 50,
        "page_p50_ms": round(statistics.median(page) * 1000, 2),
        "bare_p50_ms": round(statistics.median(bare) * 1000, 2),
        "ratio": round(ratio, 2),
        "ratio_limit": RATIO_LIMIT,
        "statements": large,
        "statements_with_fewer_projects": small,
        "statement_limit": STATEMENT_LIMIT,
    }
    print(json.dumps(result))
    sys.exit(int(ratio > RATIO_LIMIT or large > STATEMENT_LIMIT or large != small))


if __name__ == "__main__":
    main()
