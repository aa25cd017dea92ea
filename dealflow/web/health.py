"""/healthz, /readyz and /metrics."""

from __future__ import annotations

import time

from flask import Flask, Response, g, jsonify, request
from sqlalchemy import select

from dealflow.core import db
from dealflow.core.errors import NotFound
from dealflow.core.http import bare
from dealflow.settings import Settings


def _database_answers() -> None:
    with db.system_edge(write=False) as session:
        session.execute(select(1))


def install(app: Flask) -> None:
    """Add the routes and the request metrics."""
    from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

    settings: Settings = app.extensions["dealflow.settings"]
    registry = CollectorRegistry()
    count = Counter("dealflow_requests_total", "Requests", ["method", "status"], registry=registry)
    took = Histogram("dealflow_request_seconds", "Duration of requests", ["method"], registry=registry)
    huey = app.extensions["dealflow.queue"]
    checks = {"database": _database_answers, "queue": huey.pending_count} | app.extensions.get(
        "dealflow.ready", {}
    )

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def measure(response: Response) -> Response:
        count.labels(request.method, str(response.status_code)).inc()
        took.labels(request.method).observe(time.perf_counter() - g.get("started", time.perf_counter()))
        return response

    @app.get("/healthz")
    @bare
    def healthz() -> Response:
        return jsonify({"status": "ok"})

    @app.get("/readyz")
    @bare
    def readyz() -> tuple[Response, int]:
        broken = {}
        for part, check in checks.items():
            try:
                check()
            except Exception as error:
                broken[part] = type(error).__name__
                app.logger.warning("%s is not ready: %s", part, error)
        return jsonify(
            {"status": "unavailable" if broken else "ok", "broken": broken}
        ), 503 if broken else 200

    @app.get("/metrics")
    @bare
    def metrics() -> Response:
        token = settings.metrics_token
        presented = request.headers.get("Authorization", "") == f"Bearer {token}" if token else False
        # A proxy on this machine speaks from the loopback address too, for whoever asked it.
        forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"))
        here = request.remote_addr in ("127.0.0.1", "::1") and not (
            forwarded and not settings.trusted_proxies
        )
        if not presented and not here:
            raise NotFound()
        return Response(generate_latest(registry), mimetype="text/plain; version=0.0.4")
