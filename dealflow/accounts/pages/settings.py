"""One's own settings: profile, security, tokens."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

import flask
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import IntegerField, PasswordField, SelectField, SelectMultipleField, StringField

from dealflow.accounts import labels, otp, queries
from dealflow.accounts import login as browser
from dealflow.accounts.login import visitor
from dealflow.accounts.pages import bp
from dealflow.accounts.policy import Can
from dealflow.accounts.schemas import EmailIn, OwnTokenIn, PasswordIn, ProfileIn
from dealflow.accounts.service import email as addresses
from dealflow.accounts.service import passwords, profile, sessions
from dealflow.core.errors import Invalid
from dealflow.core.forms import Form
from dealflow.core.http import actor, needs, public
from dealflow.core.i18n import _l
from dealflow.core.i18n import gettext as _
from dealflow.core.schema import load


@lru_cache
def _zones() -> list[labels.SelectChoice]:
    return [
        (zone, zone.replace("_", " "))
        for zone in sorted(available_timezones())
        if "/" in zone or zone == "UTC"
    ]


class ProfileForm(Form):
    """What one says of oneself."""

    name = StringField(_l("Your name"))
    locale = SelectField(_l("Language"), choices=labels.LANGUAGES)
    time_zone = SelectField(_l("Time zone"), choices=_zones)


class EmailForm(Form):
    """A new address."""

    email = StringField(_l("New e-mail address"))
    current = PasswordField(_l("Present password"))


class PasswordForm(Form):
    """A new password."""

    current = PasswordField(_l("Present password"))
    new = PasswordField(_l("New password"))


class CurrentForm(Form):
    """The present password, asked for again."""

    current = PasswordField(_l("Present password"))


class CodeForm(Form):
    """A first code of a new authenticator."""

    code = StringField(_l("Code of your authenticator"))


class TokenForm(Form):
    """A new API token."""

    label = StringField(_l("What it is for"))
    scopes = SelectMultipleField(_l("It may"), choices=labels.choices(labels.SCOPES), default=["read"])
    days = IntegerField(_l("Valid for"), default=90)
    current = PasswordField(_l("Present password"))


def refuse(form: Form, refusal: Invalid) -> None:
    """Show a refusal in its form; a wrong present password is counted once the request is rolled back."""
    if isinstance(refusal, passwords.WrongPassword):
        who = actor()
        browser.remember(lambda: passwords.note_wrong(who))
    form.show(refusal.errors)


def renew_cookie(organisation_id: str | None = None) -> None:
    """Give this browser a fresh session after its rights changed."""
    secret = sessions.rotate(actor(), organisation_id=organisation_id)
    if secret is not None:
        browser.go_on(secret)


@bp.get("/settings")
@needs(Can.SEE_SELF)
def settings() -> str:
    """The profile, first of the settings."""
    return _profile()


def _profile(form: ProfileForm | None = None, email_form: EmailForm | None = None) -> str:
    user = queries.own_user(actor())
    return render_template(
        "accounts/profile.html", form=form or ProfileForm(obj=user), email_form=email_form or EmailForm(prefix="new-"), user=user,
        pending=addresses.pending(actor()),
    )  # fmt: skip


@bp.post("/settings")
@needs(Can.EDIT_SELF)
def save_profile() -> Any:
    """Save name, language and time zone."""
    form = ProfileForm(request.form)
    values = form.load(ProfileIn)
    if values is None:
        return _profile(form), 422
    user = profile.change_profile(actor(), values.model_dump())
    response = redirect(url_for("accounts.settings"), 303)
    response.set_cookie(
        "lang", user.locale, max_age=365 * 86400, samesite="Lax", httponly=True,
        secure=flask.current_app.config["SESSION_COOKIE_SECURE"],
    )  # fmt: skip
    flash(_("Saved."), "success")
    return response


@bp.post("/settings/email")
@needs(Can.EDIT_SELF)
def ask_email() -> Any:
    """Ask for another address; the answer is the same for one that somebody else has."""
    form = EmailForm(request.form, prefix="new-")
    values = form.load(EmailIn)
    if values is not None:
        try:
            addresses.ask(actor(), email=values.email, current=values.current)
            flash(_("Open the link in the mail to %(email)s to confirm it.", email=values.email), "success")
            return redirect(url_for("accounts.settings") + "#email", 303)
        except Invalid as refusal:
            refuse(form, refusal)
    return _profile(email_form=form), 422


@bp.post("/settings/email/keep")
@needs(Can.EDIT_SELF)
def keep_email() -> Response:
    """Keep the present address after all."""
    addresses.withdraw(actor())
    flash(_("Your address stays as it is."), "success")
    return redirect(url_for("accounts.settings") + "#email", 303)


@bp.get("/email/<secret>")
@public
def new_email(secret: str) -> str:
    """Ask for the click that confirms; mail scanners open links, so opening must change nothing."""
    row, user = addresses.target(secret)
    return render_template("accounts/new_email.html", row=row, user=user, secret=secret)


@bp.post("/email/<secret>")
@public
def confirm_email(secret: str) -> Response:
    """Take the new address."""
    user = addresses.confirm(secret, visitor=visitor())
    flash(_("Your address is %(email)s from now on.", email=user.email), "success")
    return redirect(
        url_for("accounts.settings") if actor().user_id == user.id else url_for("accounts.login"), 303
    )


def _security(status: int = 200, codes: list[str] | None = None, **forms: Form) -> Any:
    who = actor()
    user = queries.own_user(who)
    secret = otp.unseal(user.otp_secret) if user.otp_secret and user.otp_enabled_at is None else None
    page = render_template(
        "accounts/security.html", user=user, browser_name=labels.browser_name, open_sessions=queries.live_sessions(who), codes=codes,
        codes_left=otp.codes_left(user.id), secret=secret, picture=otp.picture(otp.address(user, secret)) if secret else None,
        password_form=forms.get("password") or PasswordForm(), otp_form=forms.get("otp") or CurrentForm(prefix="otp-"),
        code_form=forms.get("code") or CodeForm(),
    )  # fmt: skip
    return page, status


@bp.get("/settings/security")
@needs(Can.SEE_SELF)
def security() -> Any:
    """Password, authenticator, sessions."""
    return _security()


@bp.post("/settings/security/password")
@needs(Can.EDIT_SELF)
def change_password() -> Any:
    """Change the password."""
    form = PasswordForm(request.form)
    values = form.load(PasswordIn)
    if values is not None:
        try:
            passwords.change(actor(), current=values.current, new=values.new)
            renew_cookie()
            flash(_("Your password is changed; you were signed out everywhere else."), "success")
            return redirect(url_for("accounts.security"), 303)
        except Invalid as refusal:
            refuse(form, refusal)
    return _security(422, password=form)


@bp.post("/settings/security/otp/<any(begin,disable,codes):act>")
@needs(Can.EDIT_SELF)
def change_otp(act: str) -> Any:
    """Prepare or switch off the second step, or renew the recovery codes."""
    form = CurrentForm(request.form, prefix="otp-")
    current = form.current.data or ""
    try:
        if act == "begin":
            passwords.begin_otp(actor(), current=current)
        elif act == "disable":
            passwords.disable_otp(actor(), current=current)
            renew_cookie()
            flash(_("The second step is off."), "warning")
        else:
            return _security(codes=passwords.renew_recovery_codes(actor(), current=current))
    except Invalid as refusal:
        refuse(form, refusal)
        return _security(422, otp=form)
    return redirect(url_for("accounts.security") + "#second-step", 303)


@bp.post("/settings/security/otp")
@needs(Can.EDIT_SELF)
def enable_otp() -> Any:
    """Switch the second step on with a first code; the recovery codes are shown this once."""
    form = CodeForm(request.form)
    try:
        codes = passwords.enable_otp(actor(), code=form.code.data or "")
    except Invalid as refusal:
        form.show(refusal.errors)
        return _security(422, code=form)
    renew_cookie()
    return _security(codes=codes)


@bp.post("/settings/security/sessions/<session_id>/end")
@needs(Can.EDIT_SELF)
def end_session(session_id: str) -> Response:
    """End one of one's sessions."""
    sessions.end(actor(), session_id)
    flash(_("The session is ended."), "success")
    return redirect(url_for("accounts.security") + "#sessions", 303)


@bp.post("/settings/security/sessions/end-others")
@needs(Can.EDIT_SELF)
def end_other_sessions() -> Response:
    """End all sessions but this one."""
    sessions.end_others(actor())
    flash(_("All other sessions are ended."), "success")
    return redirect(url_for("accounts.security") + "#sessions", 303)


def _tokens(form: TokenForm, secret: str | None = None) -> str:
    who = actor()
    names = {m["id"]: m["name"] for m in who.memberships}
    return render_template(
        "accounts/tokens.html", form=form, tokens=queries.live_tokens(who), secret=secret, scopes=labels.SCOPES, names=names
    )  # fmt: skip


@bp.get("/settings/tokens")
@needs(Can.SEE_SELF)
def tokens() -> str:
    """One's API tokens."""
    return _tokens(TokenForm())


@bp.post("/settings/tokens")
@needs(Can.EDIT_SELF)
def issue_token() -> Any:
    """Make a token for the organisation one acts for; its text is shown this once."""
    form, who = TokenForm(request.form), actor()
    try:
        values = load(OwnTokenIn, form.plain())
        user = passwords.confirm(who, values.current)
        secret, _row = sessions.issue_token(
            user.id, label=values.label, scopes=tuple(values.scopes), days=values.days, visitor=who,
            organisation_id=who.organisation_id,
        )  # fmt: skip
    except Invalid as refusal:
        refuse(form, refusal)
        return _tokens(form), 422
    return _tokens(TokenForm(), secret)


@bp.post("/settings/tokens/<token_id>/end")
@needs(Can.EDIT_SELF)
def end_token(token_id: str) -> Response:
    """Revoke a token."""
    sessions.end_token(actor(), token_id)
    flash(_("The token is revoked."), "success")
    return redirect(url_for("accounts.tokens"), 303)
