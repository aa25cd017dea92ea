"""The mails of accounts, each in the reader's language."""

from __future__ import annotations

from dealflow.accounts.models import Organisation, User
from dealflow.core import mail
from dealflow.core.i18n import gettext as _
from dealflow.core.i18n import using


def confirm_registration(address: str, organisation: str, secret: str) -> None:
    """To somebody who registers an organisation (in the current language)."""
    mail.send(
        address,
        _("Confirm your registration"),
        [
            _("Somebody, probably you, is registering %(organisation)s with this address.", organisation=organisation),
            _("Open the link within two days to confirm that the address is yours. Nothing is created before."),
        ],
        action=(_("Confirm and sign in"), mail.link(f"/signup/{secret}")),
        closing=_("If it was not you, do nothing."),
    )  # fmt: skip


def already_registered(user: User) -> None:
    """To somebody who registers with an address that has an account."""
    with using(user.locale, user.time_zone):
        mail.send(
            user.email,
            _("You already have an account"),
            [
                _("Somebody, probably you, tried to register with this address, but it has an account already."),
                _("Sign in to register a further organisation in your settings. If you forgot your password, reset it."),
            ],
            action=(_("Sign in"), mail.link("/login")),
            closing=_("If it was not you, do nothing."),
        )  # fmt: skip


def reset_password(user: User, secret: str) -> None:
    """To somebody who forgot their password."""
    with using(user.locale, user.time_zone):
        mail.send(
            user.email,
            _("Set a new password"),
            [_("Open the link within ten minutes to choose a new password. It works once.")],
            action=(_("Choose a new password"), mail.link(f"/reset/{secret}")),
            closing=_("If you did not ask for this, do nothing: your password stays as it is."),
        )


def password_changed(user: User) -> None:
    """To somebody whose password was just changed."""
    with using(user.locale, user.time_zone):
        mail.send(
            user.email,
            _("Your password was changed"),
            [_("The password of your account was changed, and you were signed out everywhere else.")],
            action=(_("It was not me: reset the password"), mail.link("/forgot")),
        )


def invitation(address: str, organisation: Organisation, by: str, secret: str) -> None:
    """To somebody who is invited (in both languages' names, in the inviter's language)."""
    mail.send(
        address,
        _("Invitation to join %(organisation)s", organisation=organisation.name),
        [
            _("%(name)s invites you to work for %(organisation)s on Dealflow.", name=by, organisation=organisation.name),
            _("The invitation is open for seven days."),
        ],
        action=(_("See the invitation"), mail.link(f"/invitations/{secret}")),
        closing=_("If you do not know the sender, do nothing."),
    )  # fmt: skip
