"""A term sheet's PDF that was printed before, beside a static file of its size from the same server.

    python -m benchmarks.pdf.cached [--requests 300]

One gunicorn with one worker serves both; requests alternate over one connection. The PDF's request is a whole one: the
session is looked up, the rights are asked, the version is read, and the file is found by the hash of all that is in it.
Prints JSON; exit code 1 when the median takes more than twice the static file's.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import serving
from benchmarks.pdf.render import PROJECT
from dealflow import create_app
from dealflow.accounts import identity
from dealflow.accounts.models import Membership, Organisation, User
from dealflow.core import clock, db, ids, jobs
from dealflow.pitches.models import Project
from dealflow.termsheets import service

RATIO_LIMIT = 2.0


def application() -> Any:
    """The site; its static folder is the instance's, where the file to compare with lies."""
    instance = Path(os.environ["BENCHMARK_INSTANCE"])
    app = create_app(serving.settings(instance))
    app.static_folder = str(instance / "static")
    jobs.wake_with(None)
    return app


def fill(instance: Path) -> tuple[str, str]:
    """An instance with one term sheet: (path of its PDF, cookie of an investor). Its PDF and a file of that size exist."""
    instance.mkdir(parents=True)
    app = create_app(serving.settings(instance))
    jobs.wake_with(None)
    db.Base.metadata.create_all(db.database().engine)
    with db.system_edge() as session:
        maker = Organisation(id=ids.new("org"), name="镕玥影视", kind="creator")
        investor = Organisation(id=ids.new("org"), name="青禾资本", kind="investor")
        user = User(id=ids.new("usr"), name="投资人", email="i@example.test", email_verified_at=clock.now())
        session.add_all([maker, investor, user])
        session.flush()
        session.add(Membership(organisation_id=investor.id, user_id=user.id, role="owner"))
        ask, budget = PROJECT["ask"], PROJECT["budget"]
        project = Project(
            id=ids.new("prj"), organisation_id=maker.id, status="published", visibility="investors", title_zh="朱砂痣",
            title_en="Cinnabar", logline="重生归来", genres=["revenge"], languages=["zh-CN"], regions=["CN"],
            format=PROJECT["format"], stage="financing", instruments=["revenue_share"], use_of_funds=PROJECT["use_of_funds"], schedule={},
            ask_minor=ask["amount_minor"], ask_currency="CNY", budget_minor=budget["amount_minor"], budget_currency="CNY",
            published_at=clock.now(), published_version=1,
        )  # fmt: skip
        session.add(project)
        session.flush()
        actor = identity.build_actor(user, investor.id)
        sheet = service.draft_for_project(
            actor, project_id=project.id, mandate_id=None, template="revenue_share", terms={}
        )
        secret = identity.start_session(
            user, address="127.0.0.1", agent="benchmark", organisation_id=investor.id
        )
        path = f"/term-sheets/{sheet.id}.pdf?lang=zh"
    cookie = serving.cookie(app, secret)
    printed = app.test_client(use_cookies=False).get(path, headers={"Cookie": cookie})
    assert printed.status_code == 200, printed.status_code
    (instance / "static").mkdir()
    (instance / "static" / "same.pdf").write_bytes(os.urandom(len(printed.data)))
    return path, cookie


def main() -> int:
    """Print the result; 1 when the promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        instance = Path(folder) / "instance"
        path, cookie = fill(instance)
        size = (instance / "static" / "same.pdf").stat().st_size
        paths = {"cached": path, "static": "/static/same.pdf"}
        with serving.served("benchmarks.pdf.cached:application()", instance) as port:
            times = serving.alternate(port, paths, cookie, options.requests)
    cached, static = (statistics.median(times[name]) for name in ("cached", "static"))
    result: dict[str, Any] = {
        "benchmark": "cached term sheet PDF",
        "bytes": size,
        "cached_p50_ms": round(cached * 1000, 2),
        "static_p50_ms": round(static * 1000, 2),
        "ratio": round(cached / static, 2),
        "ratio_limit": RATIO_LIMIT,
    }
    print(json.dumps(result))
    return int(result["ratio"] > RATIO_LIMIT)


if __name__ == "__main__":
    sys.exit(main())
