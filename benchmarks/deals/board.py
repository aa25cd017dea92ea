"""The board of deals (2,000 of them, logged in) beside a bare Flask and Jinja page of as many rows.

    python -m benchmarks.deals.board [--deals 2000] [--requests 40]

Both answer in this process from the same database, requests alternating. The board is measured three times: as it opens (the
first cards of each column, numbers and sums of all), with every single card, and as the table (its longest page has 200 rows,
with the sums of all deals). Prints one JSON object: medians in milliseconds, their ratios to the bare page with all rows, and
the number of SQL statements with all deals and with a tenth. Exit code 1 when a ratio is above 5 or the statements grow.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, render_template_string
from sqlalchemy import event, insert, select, text

from benchmarks import serving
from dealflow import create_app
from dealflow.accounts import identity
from dealflow.accounts.models import Membership, Organisation, User
from dealflow.core import clock, db, ids, jobs
from dealflow.deals.models import Deal, DealPosition, PipelineStage
from dealflow.deals.service.positions import ensure_pipeline
from dealflow.deals.states import CLOSED, STAGES
from dealflow.pitches.models import Project

RATIO_LIMIT = 5.0
_BENCH = {"unscoped": "benchmark"}
PAGE = """<!doctype html><html><head><title>Rows</title></head><body><h1>Rows</h1><table>
{% for row in rows %}<tr><td>{{ loop.index }}</td><td><a href="/deals/{{ row.id }}">{{ row.title_zh }}</a></td><td>{{ row.name }}</td>
<td>{{ row.stage }}</td><td>{{ row.amount_minor }}</td><td>{{ row.since }}</td><td>{{ row.next_step }}</td></tr>{% endfor %}</table></body></html>"""


def fill(instance: Path, count: int) -> tuple[Any, str]:
    """An instance with an investor and `count` deals over all stages: (app, cookie)."""
    instance.mkdir(parents=True)
    app = create_app(serving.settings(instance))
    jobs.wake_with(None)
    db.Base.metadata.create_all(db.database().engine)
    with db.system_edge() as session:
        investor = Organisation(id=ids.new("org"), name="投资公司", kind="investor")
        makers = [Organisation(id=ids.new("org"), name=f"制作公司 {n}", kind="creator") for n in range(40)]
        user = User(id=ids.new("usr"), name="投资人", email="i@example.test", email_verified_at=clock.now())
        session.add_all([investor, *makers, user])
        session.flush()
        session.add(Membership(organisation_id=investor.id, user_id=user.id, role="owner"))
        _deals(session, investor, makers, user, count)
        secret = identity.start_session(
            user, address="127.0.0.1", agent="benchmark", organisation_id=investor.id
        )
    db.analyse()
    # As the served process does once the application stands (dealflow/web/wsgi.py).
    gc.collect()
    gc.freeze()
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return (
        app,
        f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps({'_user_id': secret, '_fresh': True})}; lang=zh",
    )


def _deals(session: Any, investor: Any, makers: list[Any], user: Any, count: int) -> None:
    stages: dict[str, dict[str, str]] = {}
    pipelines = {}
    for owner in (investor, *makers):
        pipelines[owner.id] = ensure_pipeline(owner.id).id
        rows = session.scalars(select(PipelineStage).where(PipelineStage.organisation_id == owner.id))
        stages[owner.id] = {row.state: row.id for row in rows}
    projects: list[dict[str, Any]] = []
    deals: list[dict[str, Any]] = []
    places: list[dict[str, Any]] = []
    for n in range(count):
        maker, state = makers[n % len(makers)], STAGES[n % len(STAGES)]
        projects.append({
            "id": ids.new("prj"), "organisation_id": maker.id, "status": "published", "visibility": "investors",
            "title_zh": f"短剧项目第{n}号", "logline": "一句话梗概", "published_at": clock.now(), "published_version": 1,
        })  # fmt: skip
        since = clock.now() - timedelta(days=n % 60)
        deals.append({
            "id": ids.new("deal"), "investor_organisation_id": investor.id, "project_organisation_id": maker.id,
            "project_id": projects[-1]["id"], "stage": state, "stage_since": since, "opened_by_side": "investor",
            "closed_at": since if state in CLOSED else None,
        })  # fmt: skip
        places += [
            {
                "id": ids.new("pos"), "deal_id": deals[-1]["id"], "organisation_id": owner.id, "stage_id": stages[owner.id][state],
                "pipeline_id": pipelines[owner.id], "since": since, "assignee_id": user.id if owner is investor else None,
                "amount_minor": 10_000_000 + n * 100, "amount_currency": "CNY" if n % 5 else "USD",
                "next_step": "约制片人电话", "next_step_on": clock.today() + timedelta(days=n % 20 - 5),
            }
            for owner in (investor, maker)
        ]  # fmt: skip
    for model, rows in ((Project, projects), (Deal, deals), (DealPosition, places)):
        session.execute(insert(model), rows, execution_options=_BENCH)
    session.flush()


def bare(count: int) -> Flask:
    """A page of as many rows and nothing else."""
    app = Flask("bare")

    @app.get("/")
    def rows() -> str:
        query = text(
            "SELECT d.id, p.title_zh, o.name, d.stage, s.amount_minor, s.since, s.next_step FROM deal d JOIN project p ON "
            "p.id = d.project_id JOIN organisation o ON o.id = d.project_organisation_id JOIN deal_position s ON s.deal_id = d.id "
            "AND s.organisation_id = d.investor_organisation_id ORDER BY s.since LIMIT :count"
        )
        with db.database().reading.connect() as connection:
            return render_template_string(PAGE, rows=connection.execute(query, {"count": count}).all())

    return app


def statements(app: Any, path: str, cookie: str) -> int:
    """SQL statements of one request of the page, once it is warm."""
    seen: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    get(app, path, cookie)
    engine = db.database().engine
    event.listen(engine, "before_cursor_execute", count)
    get(app, path, cookie)
    event.remove(engine, "before_cursor_execute", count)
    return len([s for s in seen if not s.startswith(("BEGIN", "PRAGMA"))])


def get(app: Any, path: str, cookie: str) -> tuple[float, str]:
    """Seconds of one request, and its text."""
    client = app.test_client(use_cookies=False)
    begun = time.perf_counter()
    answer = client.get(path, headers={"Cookie": cookie})
    took = time.perf_counter() - begun
    assert answer.status_code == 200, answer.status_code
    return took, answer.text


def main() -> None:
    """Print the result; exit 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deals", type=int, default=2000)
    parser.add_argument("--requests", type=int, default=40)
    options = parser.parse_args()
    paths = {
        "opened": "/deals",
        "whole": f"/deals?per={options.deals}",
        "table": "/deals?view=table&limit=200",
    }
    with tempfile.TemporaryDirectory() as folder:
        app, cookie = fill(Path(folder) / "small", options.deals // 10)
        small = {name: statements(app, path, cookie) for name, path in paths.items()}
        app, cookie = fill(Path(folder) / "large", options.deals)
        large = {name: statements(app, path, cookie) for name, path in paths.items()}
        assert get(app, paths["whole"], cookie)[1].count('class="kcard"') == options.deals
        sites = {name: (app, path) for name, path in paths.items()} | {"bare": (bare(options.deals), "/")}
        times: dict[str, list[float]] = {name: [] for name in sites}
        for number in range(options.requests + 5):
            for name, (site, path) in sites.items():
                took, _page = get(site, path, cookie)
                if number >= 5:
                    times[name].append(took)
    middle = {name: statistics.median(each) * 1000 for name, each in times.items()}
    ratios = {name: round(middle[name] / middle["bare"], 2) for name in paths}
    result = {
        "benchmark": "board of deals",
        "deals": options.deals,
        "p50_ms": {name: round(each, 2) for name, each in middle.items()},
        "ratios": ratios,
        "ratio_limit": RATIO_LIMIT,
        "statements": large,
        "statements_with_fewer_deals": small,
    }
    print(json.dumps(result))
    sys.exit(int(max(ratios.values()) > RATIO_LIMIT or large != small))


if __name__ == "__main__":
    main()
