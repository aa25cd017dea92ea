"""The site and, below /bare, a Flask and Jinja page of 50 rows from the same database; served by one gunicorn."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from flask import Flask, render_template_string
from sqlalchemy import text
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from benchmarks import serving
from dealflow import create_app
from dealflow.core import db, jobs

PAGE = """<!doctype html><html><head><title>Rows</title></head><body><h1>Rows</h1><table>
{% for row in rows %}<tr><td>{{ loop.index }}</td><td><a href="/projects/{{ row.id }}">{{ row.title_zh }}</a></td><td>{{ row.logline }}</td>
<td>{{ row.stage }}</td><td>{{ row.ask_minor }}</td><td>{{ row.budget_minor }}</td></tr>{% endfor %}</table></body></html>"""


def bare() -> Flask:
    """A page of 50 rows and nothing else."""
    app = Flask("bare")

    @app.get("/")
    def rows() -> str:
        query = text(
            "SELECT id, title_zh, logline, stage, ask_minor, budget_minor FROM project ORDER BY ask_minor LIMIT 50"
        )
        with db.database().reading.connect() as connection:
            return render_template_string(PAGE, rows=connection.execute(query).all())

    return app


def application() -> Any:
    """What gunicorn serves; the instance stands in BENCHMARK_INSTANCE."""
    app = create_app(serving.settings(Path(os.environ["BENCHMARK_INSTANCE"])))
    jobs.wake_with(None)
    return DispatcherMiddleware(app, {"/bare": bare()})
