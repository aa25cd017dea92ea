"""Assembles the WSGI application."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from dealflow.core import clock, config, db, i18n, queue
from dealflow.core.actor import ANONYMOUS
from dealflow.core.errors import DomainError
from dealflow.core.http import SAFE
from dealflow.settings import ROOT, Settings
from dealflow.web import bodies, context, errors, headers, health, once, pacing, rooms, routing
from dealflow.web.lingering import Lingering
from dealflow.web.routing import LateRule

csrf = CSRFProtect()


class Dealflow(Flask):
    """Flask with one transaction around each request."""

    url_rule_class = LateRule

    def dispatch_request(self) -> Any:
        """Authenticate, run the view and commit; roll back when it answers with an error."""
        view = self.view_functions.get(request.endpoint or "")
        if (
            request.endpoint == "static"
            or request.routing_exception is not None
            or getattr(view, "bare", False)
        ):
            return super().dispatch_request()
        # A key to an answer that is given once is stored even where nothing else is.
        stores = not getattr(view, "computes", False) or "Idempotency-Key" in request.headers
        write = (request.method not in SAFE and stores) or getattr(view, "writes", False)
        if prepare := getattr(view, "prepare", None):
            self._prepare(prepare)
        return db.retrying(lambda: self._transaction(write))

    def recognise(self) -> None:
        """Inside an edge: say who makes this request, and speak their language."""
        g.pop("actor", None)
        g.pop("_login_user", None)
        try:
            g.actor = self.extensions["dealflow.authenticate"]()
            context.choose_language()
        finally:
            pacing.count_person()

    def _begin(self) -> None:
        self.recognise()
        self._check_csrf()

    def _prepare(self, prepare: Callable[..., Any]) -> None:
        with db.edge(write=False, actor=ANONYMOUS):
            self._begin()
            try:
                g.prepared = prepare(**(request.view_args or {}))
            except DomainError as refusal:
                g.prepared = refusal

    def _transaction(self, write: bool) -> Response:
        with db.edge(write=write, actor=ANONYMOUS) as session:
            session.info["request"] = True
            self._begin()
            response = once.answer(lambda: self.make_response(Flask.dispatch_request(self)))
            if response.status_code >= 400:
                session.rollback()
                session.info.pop("after_commit", None)
            return response

    def _check_csrf(self) -> None:
        # A bearer token is not sent by a browser on its own, and without a login the API has nothing to forge.
        forgeable = g.authenticated_by == "session" and not (
            request.path.startswith("/api/") and not g.actor.is_authenticated
        )
        if request.method not in SAFE and forgeable and self.config["WTF_CSRF_ENABLED"]:
            csrf.protect()


def build(settings: Settings) -> Flask:
    """The application for these settings. Connects to the database; changes nothing in it."""
    if settings.start_of_clock is not None:
        clock.set_base(settings.start_of_clock, since=settings.clock_since)
    settings.instance.mkdir(parents=True, exist_ok=True)
    app = Dealflow(
        "dealflow", root_path=str(ROOT / "dealflow"), template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"), instance_path=str(settings.instance),
    )  # fmt: skip
    routing.one_spelling(app.url_map)
    secure = settings.base_url.startswith("https://")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="__Host-dealflow" if secure else "dealflow",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=14),
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        WTF_CSRF_HEADERS=["X-CSRFToken"],
        MAX_CONTENT_LENGTH=settings.video_limit + 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=8 * 1024 * 1024,
        MAX_FORM_PARTS=5000,
        TEMPLATES_AUTO_RELOAD=settings.debug,
        **settings.flask,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["dealflow.settings"] = settings
    config.use(settings)
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=0)  # type: ignore[method-assign]
    app.wsgi_app = Lingering(app.wsgi_app)  # type: ignore[method-assign]
    db.configure(settings.database_url)
    app.extensions["dealflow.queue"] = queue.connect(settings.redis_url, settings.instance)
    csrf.init_app(app)

    @app.before_request
    def identify() -> None:
        g.request_id = uuid.uuid4().hex
        g.authenticated_by = "session"
        i18n.activate("zh", "Asia/Shanghai")

    pacing.install(app)
    bodies.install(app, app.recognise)
    context.install(app)
    errors.install(app)
    headers.install(app)
    rooms.register(app)
    health.install(app)
    from dealflow.web import api, invariants, openapi, pages  # noqa: F401

    pages.install(app)
    app.register_blueprint(api.bp)
    openapi.install(app)
    return app


__all__ = ["CSRFError", "build"]
