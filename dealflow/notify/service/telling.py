"""Telling people, and marking what they read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select, update

from dealflow.accounts import queries as accounts
from dealflow.core import clock, ids, mail, policy
from dealflow.core.actor import Actor
from dealflow.core.addresses import local_target
from dealflow.core.db import session
from dealflow.core.errors import NotFound
from dealflow.core.i18n import gettext, using
from dealflow.notify.models import Notification
from dealflow.notify.policy import Can
from dealflow.notify.wording import words

_OTHERS = {"unscoped": "one person tells another"}


def tell(
    *,
    code: str,
    title: str,
    link: str,
    text: str | None = None,
    params: dict[str, Any] | None = None,
    user_ids: Iterable[str] = (),
    organisation_id: str | None = None,
    but: str | None = None,
    key: str | None = None,
    by_mail: bool = False,
) -> list[str]:
    """Tell people, or all members of an organisation, something; the ids of the new notifications.

    `title` and `text` are English message ids (`N_("…")`) with `%(name)s` for `params`; a parameter that is
    {"zh": …, "en": …} is shown in the reader's language. `link` is a path of this site. `but` is left out (who did
    it knows). With `key`, the same is told a person once. Joins the open transaction.
    """
    if not link or local_target(link, "") != link:
        raise ValueError(f"{link!r} is no path of this site")
    params = params or {}
    made = []
    found = accounts.readers(user_ids=user_ids, organisation_id=organisation_id)
    told = _told_already(key, [reader.user_id for reader in found])
    for reader in found:
        if reader.user_id == but or reader.user_id in told:
            continue
        row = Notification(
            id=ids.new("ntf"), user_id=reader.user_id, organisation_id=organisation_id, code=code, title=title, text=text,
            params=params, link=link, key=key or ids.new("ntf"),
        )  # fmt: skip
        session().add(row)
        made.append(row.id)
        if by_mail:
            with using(reader.locale, reader.time_zone):
                _mail(reader.email, row)
    session().flush()
    return made


def _told_already(key: str | None, user_ids: list[str]) -> set[str]:
    if key is None:
        return set()
    query = select(Notification.user_id).where(Notification.key == key, Notification.user_id.in_(user_ids))
    return set(session().scalars(query, execution_options=_OTHERS))


def _mail(address: str, row: Notification) -> None:
    title, text = words(row)
    mail.send(
        address, title, [text] if text else [], action=(gettext("Open in Dealflow"), mail.link(row.link)),
        closing=gettext("You get this mail because it concerns your organisation's work on Dealflow."),
    )  # fmt: skip


def mark_read(actor: Actor, notification_id: str) -> Notification:
    """Mark one as read; marking again changes nothing."""
    row = session().get(Notification, notification_id)
    if row is None:
        raise NotFound()
    policy.require(actor, Can.MARK, row, see=Can.READ)
    if row.read_at is None:
        row.read_at = clock.now()
        session().flush()
    return row


def mark_all_read(actor: Actor) -> None:
    """Mark all as read."""
    policy.require(actor, Can.MARK)
    session().execute(
        update(Notification)
        .where(Notification.user_id == actor.user_id, Notification.read_at.is_(None))
        .values(read_at=clock.now())
    )
