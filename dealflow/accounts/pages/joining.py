"""Registering an organisation, the first run, invitations, and setting a new password."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import PasswordField, SelectField, StringField

from dealflow.accounts import labels, queries
from dealflow.accounts.login import visitor
from dealflow.accounts.pages import bp
from dealflow.accounts.pages.entrance import enter
from dealflow.accounts.passwords import TypedPassword
from dealflow.accounts.schemas import Email, NewPersonIn, RegistrationIn, SetUpIn
from dealflow.accounts.service import joining, members
from dealflow.accounts.service import passwords as secrets
from dealflow.core.errors import Invalid, LinkOver, NotFound
from dealflow.core.forms import Form
from dealflow.core.http import actor, needs, public, settings
from dealflow.core.i18n import N_, _l
from dealflow.core.i18n import gettext as _
from dealflow.core.schema import Schema

V = TypeVar("V", bound=Callable[..., Any])


def by_link(endpoint: str, label: str) -> Callable[[V], V]:
    """Of a link out of a mail that no longer opens anything, say so, and where one gets on."""

    def mark(view: V) -> V:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            try:
                return view(*args, **kwargs)
            except NotFound:
                refusal = LinkOver()
                refusal.way_on = (url_for(endpoint), label)
                raise refusal from None

        return guarded  # type: ignore[return-value]

    return mark


class SignUpForm(Form):
    """An organisation and who speaks for it."""

    organisation = StringField(_l("Name of the organisation"))
    kind = SelectField(_l("Kind"), choices=labels.choices(labels.KINDS, labels.OPEN_KINDS), default="creator")
    name = StringField(_l("Your name"))
    email = StringField(_l("E-mail address"))
    password = PasswordField(_l("Password"))


class SetUpForm(Form):
    """The administrator."""

    organisation = StringField(_l("Who runs this installation"))
    name = StringField(_l("Your name"))
    email = StringField(_l("E-mail address"))
    password = PasswordField(_l("Password"))


class NewPersonForm(Form):
    """Who accepts an invitation."""

    name = StringField(_l("Your name"))
    password = PasswordField(_l("Password"))


class ForgotForm(Form):
    """Whose password is to be set anew."""

    email = StringField(_l("E-mail address"))


class ResetForm(Form):
    """The new password."""

    password = PasswordField(_l("New password"))


class ForgotIn(Schema):
    """Whose password is to be set anew."""

    email: Email


class ResetIn(Schema):
    """The new password."""

    password: TypedPassword


@bp.get("/signup")
@public
def signup() -> Any:
    """The form to register an organisation."""
    if actor().is_authenticated:
        return redirect(url_for("accounts.new_organisation"))
    return render_template("accounts/signup.html", form=SignUpForm(), notes=labels.KIND_NOTES)


@bp.post("/signup")
@public
def register() -> Any:
    """Take a registration; the answer is the same for known and unknown addresses."""
    form = SignUpForm(request.form)
    values = form.load(RegistrationIn)
    if values is not None:
        try:
            joining.register(values, address=visitor().address)
            return redirect(url_for("accounts.mail_sent"), 303)
        except Invalid as refusal:
            form.show(refusal.errors)
    return render_template("accounts/signup.html", form=form, notes=labels.KIND_NOTES), 422


@bp.get("/signup/sent")
@public
def mail_sent() -> str:
    """Says that a mail is on its way."""
    return render_template("accounts/mail_sent.html")


@bp.get("/signup/<secret>")
@public
@by_link("accounts.signup", N_("Register again"))
def confirm_signup(secret: str) -> str:
    """Ask for the click that confirms; mail scanners open links, so opening must change nothing."""
    row = joining.open_link(secret, "register")
    return render_template("accounts/confirm.html", row=row, secret=secret)


@bp.post("/signup/<secret>")
@public
@by_link("accounts.signup", N_("Register again"))
def finish_signup(secret: str) -> Response:
    """Create organisation and person, and log in."""
    user = joining.confirm(secret, visitor=visitor())
    flash(_("Welcome. Your organisation is registered."), "success")
    return enter(user.id)


@bp.get("/setup")
@public
def setup() -> Any:
    """The first-run page, as long as nobody is here."""
    if queries.anybody():
        raise NotFound()
    return render_template("accounts/setup.html", form=SetUpForm(), by_command=settings().is_production)


@bp.post("/setup")
@public
def finish_setup() -> Any:
    """Make the administrator. In production that takes the command line, since anybody may reach this page."""
    if settings().is_production:
        raise NotFound()
    form = SetUpForm(request.form)
    values = form.load(SetUpIn)
    if values is not None:
        try:
            return enter(joining.set_up(values, visitor=visitor()).id)
        except Invalid as refusal:
            form.show(refusal.errors)
    return render_template("accounts/setup.html", form=form, by_command=False), 422


@bp.get("/invitations/<secret>")
@public
@by_link("accounts.login", N_("To the sign-in page"))
def invitation(secret: str) -> str:
    """What one is invited to."""
    return _invitation_page(secret, NewPersonForm())


def _invitation_page(secret: str, form: NewPersonForm) -> str:
    row, organisation, user = members.by_link(secret)
    return render_template(
        "accounts/invitation.html", invitation=row, organisation=organisation, has_account=user is not None, form=form,
        mine=user is not None and user.id == actor().user_id, secret=secret, roles=labels.ROLES, notes=labels.ROLE_NOTES,
    )  # fmt: skip


@bp.post("/invitations/<secret>/accept")
@needs("accounts:self:edit")
def accept_invitation(secret: str) -> Response:
    """Join as the person who is logged in."""
    row = members.accept(actor(), secret)
    flash(_("You are a member now."), "success")
    return enter(row.user_id, row.organisation_id)


@bp.post("/invitations/<secret>")
@public
def join(secret: str) -> Any:
    """Join as somebody new."""
    form = NewPersonForm(request.form)
    values = form.load(NewPersonIn)
    if values is not None:
        try:
            user = members.accept_as_new(
                secret, name=values.name, password=values.password, visitor=visitor()
            )
            flash(_("You are a member now."), "success")
            return enter(user.id)
        except Invalid as refusal:
            form.show(refusal.errors)
    return _invitation_page(secret, form), 422


@bp.get("/forgot")
@public
def forgot() -> str:
    """Ask whose password is to be set anew."""
    return render_template("accounts/forgot.html", form=ForgotForm())


@bp.post("/forgot")
@public
def ask_reset() -> Any:
    """Take the wish; the answer is the same for known and unknown addresses."""
    form = ForgotForm(request.form)
    values = form.load(ForgotIn)
    if values is None:
        return render_template("accounts/forgot.html", form=form), 422
    secrets.ask_reset(values.email, address=visitor().address)
    return redirect(url_for("accounts.mail_sent"), 303)


@bp.get("/reset/<secret>")
@public
@by_link("accounts.forgot", N_("Ask for a new link"))
def reset(secret: str) -> str:
    """Ask for the new password."""
    secrets.reset_target(secret)
    return render_template("accounts/reset.html", form=ResetForm(), secret=secret)


@bp.post("/reset/<secret>")
@public
@by_link("accounts.forgot", N_("Ask for a new link"))
def set_password(secret: str) -> Any:
    """Set the new password; the person logs in with it next."""
    form = ResetForm(request.form)
    values = form.load(ResetIn)
    if values is not None:
        try:
            secrets.reset(secret, values.password, visitor=visitor())
            flash(_("Your password is changed. Sign in with the new one."), "success")
            return redirect(url_for("accounts.login"), 303)
        except Invalid as refusal:
            form.show(refusal.errors)
    return render_template("accounts/reset.html", form=form, secret=secret), 422
