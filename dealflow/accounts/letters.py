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


def codes_guessed(user: User) -> None:
    """To somebody with whose password many wrong codes were given."""
    with using(user.locale, user.time_zone):
        mail.send(
            user.email,
            _("Somebody who knows your password guesses codes"),
            [
                _("Many wrong codes of the second step were given with your password. For a day, codes are accepted only from where you signed in before; recovery codes work everywhere."),
                _("If it was not you, choose a new password now: the guesses end with the old one."),
            ],
            action=(_("Choose a new password"), mail.link("/forgot")),
        )  # fmt: skip


def confirm_email(user: User, address: str, secret: str) -> None:
    """To the address that somebody wants to be theirs."""
    with using(user.locale, user.time_zone):
        mail.send(
            address,
            _("Confirm your new address"),
            [
                _("%(name)s wants to sign in to Dealflow with this address from now on.", name=user.name),
                _(
                    "Open the link within one day to confirm that the address is yours. Nothing changes before."
                ),
            ],
            action=(_("Confirm the address"), mail.link(f"/email/{secret}")),
            closing=_("If it was not you, do nothing."),
        )


def already_taken(owner: User) -> None:
    """To the owner of an address that somebody else wants to be theirs."""
    with using(owner.locale, owner.time_zone):
        mail.send(
            owner.email,
            _("You already have an account"),
            [
                _("Somebody, probably you, tried to move another account to this address, but it has an account already."),
                _("To use the address for the other account, give this account another address first."),
            ],
            action=(_("Sign in"), mail.link("/login")),
            closing=_("If it was not you, do nothing."),
        )  # fmt: skip


def email_change_asked(user: User, address: str) -> None:
    """To the present address, as soon as another one is asked for."""
    with using(user.locale, user.time_zone):
        mail.send(
            user.email,
            _("Your address is about to change"),
            [
                _("Somebody, probably you, wants your account to use the address %(address)s.", address=address),
                _("It changes once the link in the mail to that address is opened."),
            ],
            action=(_("Look at your settings"), mail.link("/settings")),
            closing=_("If it was not you, change your password now: that stops the change."),
        )  # fmt: skip


def email_changed(user: User, before: str) -> None:
    """To the former address, once the new one is in force."""
    with using(user.locale, user.time_zone):
        mail.send(
            before,
            _("Your address was changed"),
            [_("Your account uses the address %(address)s from now on. This one no longer opens it.", address=user.email)],
            closing=_("If it was not you, write to the people who run this installation at once."),
        )  # fmt: skip


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
