"""One's organisation: what it says of itself, its members, switching, a further one."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import HiddenField, RadioField, StringField, TextAreaField

from dealflow.accounts import labels, queries
from dealflow.accounts.pages import bp
from dealflow.accounts.pages.settings import renew_cookie
from dealflow.accounts.policy import Can
from dealflow.accounts.schemas import InvitationIn, NewOrganisationIn, OrganisationIn, RoleIn
from dealflow.accounts.service import joining, members, profile
from dealflow.core.errors import Conflict, Invalid, NotFound, StaleVersion
from dealflow.core.forms import Form
from dealflow.core.http import actor, needs
from dealflow.core.i18n import _l
from dealflow.core.i18n import gettext as _
from dealflow.core.schema import load


class OrganisationForm(Form):
    """What an organisation says of itself."""

    name = StringField(_l("Name of the organisation"))
    name_en = StringField(_l("Name in English"))
    city = StringField(_l("City"))
    about = TextAreaField(_l("About"))
    version = HiddenField()


class InviteForm(Form):
    """Whom to invite."""

    email = StringField(_l("E-mail address"))
    role = RadioField(_l("Rights"), choices=labels.choices(labels.ROLES), default="member")


class FoundForm(Form):
    """A further organisation."""

    organisation = StringField(_l("Name of the organisation"))
    kind = RadioField(_l("Kind"), choices=labels.choices(labels.KINDS, labels.OPEN_KINDS), default="creator")


def _organisation(form: OrganisationForm | None = None, newer: Any = None) -> str:
    row = queries.own_organisation(actor())
    return render_template(
        "accounts/organisation.html", organisation=row, form=form or OrganisationForm(obj=row), newer=newer, kinds=labels.KINDS
    )  # fmt: skip


@bp.get("/settings/organisation")
@needs(Can.SEE_ORGANISATION)
def organisation() -> str:
    """The organisation one acts for."""
    return _organisation()


@bp.post("/settings/organisation/edit")
@needs(Can.EDIT_ORGANISATION)
def save_organisation() -> Any:
    """Save what the organisation says of itself."""
    form = OrganisationForm(request.form)
    typed = form.plain()
    version = typed.pop("version") or ""
    values = form.load(OrganisationIn, typed)
    if values is None:
        return _organisation(form), 422
    try:
        profile.change_organisation(
            actor(), values.model_dump(), version=int(version) if version.isdecimal() else 0
        )
    except StaleVersion as stale:
        form.version.data = str(stale.current)
        form.version.raw_data = None
        return _organisation(form, newer=queries.own_organisation(actor())), 412
    flash(_("Saved."), "success")
    return redirect(url_for("accounts.organisation"), 303)


@bp.post("/settings/organisation")
@needs(Can.SEE_SELF)
def switch_organisation() -> Response:
    """Act for another of one's organisations from now on."""
    wanted = request.form.get("organisation", "")
    if all(m["id"] != wanted for m in actor().memberships):
        raise NotFound()
    renew_cookie(wanted)
    return redirect(url_for("web.home"), 303)


@bp.get("/settings/organisations/new")
@needs(Can.CREATE_ORGANISATION)
def new_organisation() -> str:
    """The form of a further organisation."""
    return render_template("accounts/new_organisation.html", form=FoundForm(), notes=labels.KIND_NOTES)


@bp.post("/settings/organisations/new")
@needs(Can.CREATE_ORGANISATION)
def found_organisation() -> Any:
    """Register a further organisation and act for it."""
    form = FoundForm(request.form)
    values = form.load(NewOrganisationIn)
    if values is None:
        return render_template("accounts/new_organisation.html", form=form, notes=labels.KIND_NOTES), 422
    row = joining.found_organisation(actor(), values)
    renew_cookie(row.id)
    flash(_("Your organisation is registered."), "success")
    return redirect(url_for("web.home"), 303)


def _members(form: InviteForm | None = None) -> str:
    who = actor()
    return render_template(
        "accounts/members.html", members=queries.members(who), invitations=members.open_invitations(who),
        form=form or InviteForm(), roles=labels.ROLES, notes=labels.ROLE_NOTES,
    )  # fmt: skip


@bp.get("/settings/members")
@needs(Can.SEE_MEMBERS)
def list_members() -> str:
    """Members, roles and open invitations."""
    queries.own_organisation(actor())
    return _members()


@bp.post("/settings/members")
@needs(Can.MANAGE_MEMBERS)
def invite() -> Any:
    """Invite somebody by mail."""
    form = InviteForm(request.form)
    values = form.load(InvitationIn)
    if values is None:
        return _members(form), 422
    try:
        members.invite(actor(), email=values.email, role=values.role)
    except Conflict as refusal:
        form.show(Invalid.field("email", refusal.code, refusal.detail).errors)
        return _members(form), 409
    flash(_("The invitation is on its way to %(email)s.", email=values.email), "success")
    return redirect(url_for("accounts.list_members"), 303)


@bp.post("/settings/members/<membership_id>/role")
@needs(Can.MANAGE_MEMBERS)
def change_role(membership_id: str) -> Response:
    """Give a member another role."""
    values = load(RoleIn, {"role": request.form.get("role", "")})
    try:
        members.change_role(actor(), membership_id, values.role)
        flash(_("The role is changed."), "success")
    except Conflict as refusal:
        flash(refusal.text(), "danger")
    return redirect(url_for("accounts.list_members"), 303)


@bp.post("/settings/members/<membership_id>/remove")
@needs(Can.EDIT_SELF)
def remove_member(membership_id: str) -> Response:
    """Remove a member, or leave."""
    own = any(m.id == membership_id and m.user_id == actor().user_id for m in queries.members(actor()))
    try:
        members.remove(actor(), membership_id)
    except Conflict as refusal:
        flash(refusal.text(), "danger")
        return redirect(url_for("accounts.list_members"), 303)
    if own:
        renew_cookie()
    flash(_("You left the organisation.") if own else _("The member is removed."), "success")
    return redirect(url_for("web.home") if own else url_for("accounts.list_members"), 303)


@bp.post("/settings/invitations/<invitation_id>/withdraw")
@needs(Can.MANAGE_MEMBERS)
def withdraw_invitation(invitation_id: str) -> Response:
    """Withdraw an invitation."""
    members.withdraw(actor(), invitation_id)
    flash(_("The invitation is withdrawn."), "success")
    return redirect(url_for("accounts.list_members"), 303)
