"""Logging in and out."""

from __future__ import annotations

from typing import Any

import flask
from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField

from dealflow.accounts import login as browser
from dealflow.accounts import proof, queries
from dealflow.accounts.pages import bp
from dealflow.accounts.passwords import TYPED_MOST
from dealflow.accounts.service import sessions
from dealflow.core import clock
from dealflow.core.errors import DomainError, TooMany
from dealflow.core.forms import Form
from dealflow.core.http import actor, back, public
from dealflow.core.i18n import _l

PENDING = "pending_login"
PENDING_SECONDS = 300


class LoginForm(Form):
    """E-mail address and password."""

    email = StringField(_l("E-mail address"))
    password = PasswordField(_l("Password"))


class CodeForm(Form):
    """The second step."""

    code = StringField(_l("Code of your authenticator"))


def enter(user_id: str, organisation_id: str | None = None) -> Response:
    """Open a session for a proven person and go on to where they wanted to go."""
    secret = sessions.begin(
        user_id, visitor=browser.visitor(), agent=request.user_agent.string, organisation_id=organisation_id
    )
    target = back("web.home")
    browser.log_in(secret)
    return redirect(target, 303)


def refused(template: str, form: Form, refusal: DomainError) -> Response:
    """The form again with the refusal on top."""
    page = render_template(template, form=form, refusal=refusal, next=request.values.get("next", ""))
    response = Response(page, status=refusal.status, mimetype="text/html")
    if isinstance(refusal, TooMany):
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


@bp.get("/login")
@public
def login() -> Any:
    """The login page; on an empty installation, the way to the first-run page."""
    if actor().is_authenticated:
        return redirect(back("web.home"))
    if not queries.anybody():
        return redirect(url_for("accounts.setup"))
    return render_template(
        "accounts/login.html", form=LoginForm(), refusal=None, next=request.args.get("next", "")
    )


@proof.claims("accounts.log_in")
def _credentials() -> proof.Claim | None:
    password = request.form.get("password", "")
    if not password or len(password) > TYPED_MOST:
        return None
    return proof.Claim(request.form.get("email", "")[:254], password, None)


@bp.post("/login")
@public
def log_in() -> Any:
    """Check the password; ask for the second step when there is one."""
    try:
        user_id = proof.proven()
    except proof.CodeRequired as pending:
        flask.session[PENDING] = {
            "user": pending.user_id, "hash": pending.password_hash, "at": clock.now().timestamp(),
        }  # fmt: skip
        return redirect(url_for("accounts.login_code", next=request.form.get("next", "")), 303)
    except DomainError as refusal:
        return refused("accounts/login.html", LoginForm(request.form), refusal)
    return enter(user_id)


def _pending() -> dict[str, Any] | None:
    pending = flask.session.get(PENDING)
    if pending and clock.now().timestamp() - pending["at"] < PENDING_SECONDS:
        return dict(pending)
    return None


@bp.get("/login/code")
@public
def login_code() -> Any:
    """Ask for the authenticator's code."""
    if _pending() is None:
        return redirect(url_for("accounts.login", next=request.args.get("next", "")))
    return render_template(
        "accounts/login_code.html", form=CodeForm(), refusal=None, next=request.args.get("next", "")
    )


@proof.claims("accounts.check_code")
def _code() -> proof.Claim | None:
    pending = _pending()
    if pending is None:
        return None
    return proof.Claim("", None, request.form.get("code", "")[:40] or "-", pending["user"], pending["hash"])


@bp.post("/login/code")
@public
def check_code() -> Any:
    """Check the authenticator's code."""
    if _pending() is None:
        return redirect(url_for("accounts.login"), 303)
    try:
        user_id = proof.proven()
    except DomainError as refusal:
        return refused("accounts/login_code.html", CodeForm(request.form), refusal)
    return enter(user_id)


@bp.post("/logout")
@public
def logout() -> Response:
    """End this browser's session."""
    sessions.end_own(actor())
    browser.log_out()
    return redirect(url_for("accounts.login"), 303)
