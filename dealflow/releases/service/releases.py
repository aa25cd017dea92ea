"""Putting releases on record, and the figures of their days."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core import clock
from dealflow.core.actor import SYSTEM, Actor
from dealflow.core.db import hold, session
from dealflow.core.errors import Conflict, FieldError, Invalid, InvalidTransition, StaleVersion
from dealflow.core.i18n import N_, using
from dealflow.core.outbox import emit
from dealflow.core.schema import load
from dealflow.notify import service as notify
from dealflow.pitches import parties
from dealflow.releases import desks, queries
from dealflow.releases.desks import Desk
from dealflow.releases.events import ReleasePublished
from dealflow.releases.models import Confirmation, Release, ReleaseFigure
from dealflow.releases.platforms import platform_name
from dealflow.releases.policy import Can, Tag
from dealflow.releases.service.evidence import check_document
from dealflow.releases.service.spending import watch_caps
from dealflow.releases.shapes import FigureIn, ReleaseIn, plain

_SWEEP = {"unscoped": "the platform announces releases of all tenants"}
_SEVERAL = 200


def add_release(actor: Actor, project_id: str, values: ReleaseIn) -> Release:
    """Put a release on record. Conflict when the project is out there already; Invalid, Forbidden, NotFound."""
    desk = desks.to_write(actor, project_id)
    row = Release(
        project_id=desk.project_id, organisation_id=desk.organisation_id, platform=values.platform,
        title=values.title or desk.title, territory=values.territory, released_on=values.released_on,
        filing_number=values.filing_number, link=values.link,
    )  # fmt: skip
    due = row.released_on <= clock.today()
    row.announced_at = clock.now() if due else None
    _write(row)
    audit.record(actor, Tag.RELEASED, row, after=plain(values), organisation_id=desk.organisation_id)
    if due:
        _tell(desk, row)
    return row


def _write(row: Release) -> None:
    try:
        with session().begin_nested():
            session().add(row)
            session().flush()
    except IntegrityError:
        message = N_("There is a release on this platform in this territory already; change or withdraw it")
        error = FieldError("platform", "taken", message)
        raise Conflict(message, errors=[error]) from None


def change_release(actor: Actor, release_id: str, values: dict[str, Any], *, version: int | None) -> Release:
    """Change what is said of a release. StaleVersion, InvalidTransition when withdrawn, Invalid, Conflict."""
    row = _editable(actor, release_id, version)
    _hold(row.id)
    before = _content(row)
    checked = load(ReleaseIn, before | values)
    after = checked.model_dump()
    after["title"] = after["title"] or desks.of_actor(actor, row.project_id).title
    if queries.is_confirmed(row.id):
        _keep_what_was_confirmed(row, after)
    for name, value in after.items():
        setattr(row, name, value)
    if _content(row) == before:
        return row
    _write(row)
    audit.record(
        actor, Tag.CHANGED, row, before=before, after=_content(row), organisation_id=row.organisation_id
    )
    if row.announced_at is None and row.released_on <= clock.today():
        row.announced_at = clock.now()
        session().flush()
        _tell(desks.of_actor(actor, row.project_id), row)
    return row


def _content(row: Release) -> dict[str, Any]:
    return {
        "platform": row.platform, "title": row.title, "territory": row.territory, "released_on": row.released_on.isoformat(),
        "filing_number": row.filing_number, "link": row.link,
    }  # fmt: skip


def _editable(actor: Actor, release_id: str, version: int | None) -> Release:
    row = queries.release(actor, release_id)
    desks.to_write(actor, row.project_id)
    if version is not None and version != row.version:
        raise StaleVersion(row.version)
    if row.withdrawn_at is not None:
        raise InvalidTransition(N_("This release was withdrawn"))
    return row


def withdraw_release(actor: Actor, release_id: str, *, reason: str, version: int | None = None) -> Release:
    """Take a release that was entered by mistake off the record; its figures no longer count, receipts stay."""
    row = _editable(actor, release_id, version)
    row.withdrawn_at, row.withdraw_reason = clock.now(), reason
    session().flush()
    audit.record(
        actor,
        Tag.WITHDRAWN,
        row,
        after={"withdrawn": True},
        reason=reason,
        organisation_id=row.organisation_id,
    )
    return row


def _keep_what_was_confirmed(row: Release, after: dict[str, Any]) -> None:
    message = N_("An investor confirmed this; withdraw the release and enter it anew")
    fixed = ("platform", "territory", "released_on")
    errors = [FieldError(name, "confirmed", message) for name in fixed if after[name] != getattr(row, name)]
    if errors:
        raise Invalid(errors=errors)


def _hold(release_id: str) -> Release:
    """A release as it is now, kept from others until the transaction ends."""
    return hold(Release, release_id)


def confirm_release(actor: Actor, release_id: str) -> Release:
    """An investor bound to the project has seen it there: for its own tranches it counts as proven from now on, for those
    of others it does not. Again changes nothing.

    Raises InvalidTransition before its day and when it was withdrawn, Forbidden, NotFound.
    """
    found = queries.release(actor, release_id)
    desk = desks.to_write(actor, found.project_id, Can.CONFIRM)
    row = _hold(release_id)
    if row.withdrawn_at is not None:
        raise InvalidTransition(N_("This release was withdrawn"))
    investor = actor.organisation_id
    assert investor is not None  # noqa: S101 - only an organisation is bound
    if any(known.investor_organisation_id == investor for known in queries.confirmations([row.id])[row.id]):
        return row
    if row.released_on > clock.today():
        raise InvalidTransition(N_("The day of this release has not come yet"))
    seen = Confirmation(
        release_id=row.id, organisation_id=row.organisation_id, investor_organisation_id=investor,
        investor_name=actor.organisation_name or actor.user_name, user_id=actor.user_id,
    )  # fmt: skip
    session().add(seen)
    session().flush()
    audit.record(actor, Tag.CONFIRMED, row, after={"confirmed": True})
    emit(ReleasePublished(row.id, row.project_id, row.released_on.isoformat(), investor, row.organisation_id))
    notify.tell(
        code="release_confirmed", title=N_("%(investor)s confirmed that “%(project)s” is out on %(platform)s"),
        params={"investor": seen.investor_name, "project": desk.titles, "platform": _names(row.platform)},
        link=f"/releases/{row.id}", organisation_id=desk.organisation_id, key=f"release_confirmed:{seen.id}",
    )  # fmt: skip
    return row


def _tell(desk: Desk, row: Release) -> None:
    """Ask the bound investors to look whether it is out."""
    for organisation_id in sorted(parties.of_project(row.project_id)):
        notify.tell(
            code="release_to_confirm", title=N_("“%(project)s” is said to be out on %(platform)s: look and confirm"),
            params={"project": desk.titles, "platform": _names(row.platform)}, link=f"/releases/{row.id}",
            organisation_id=organisation_id, key=f"release_to_confirm:{row.id}",
        )  # fmt: skip


def _names(platform: str) -> dict[str, str]:
    found = {}
    for lang in ("zh", "en"):
        with using(lang):
            found[lang] = platform_name(platform)
    return found


def announce_due() -> int:
    """Tell bound investors of releases whose day has come; how many."""
    query = (
        select(Release)
        .where(
            Release.announced_at.is_(None),
            Release.withdrawn_at.is_(None),
            Release.released_on <= clock.today(),
        )
        .order_by(Release.id)
        .limit(_SEVERAL)
        .with_for_update(skip_locked=True)
    )
    rows = list(session().scalars(query, execution_options=_SWEEP))
    for row in rows:
        row.announced_at = clock.now()
        session().flush()
        _tell(desks.of_actor(SYSTEM, row.project_id), row)
    return len(rows)


def add_figures(actor: Actor, release_id: str, values: FigureIn) -> tuple[ReleaseFigure, bool]:
    """What a source says of one day: (the row, whether it is new). Saying the same again changes nothing; saying
    something else adds a row that counts in place of the one before. Raises Invalid, InvalidTransition, Conflict."""
    release = _editable(actor, release_id, None)
    # A statement that is imported at this moment says something of the same days.
    _hold(release.id)
    desk = desks.of_actor(actor, release.project_id)
    check_document(desk, values.document_id)
    given = values.model_dump(include={"plays", "paid_users", "receipts", "ad_spend"})
    if all(value is None for value in given.values()):
        raise Invalid.field("plays", "required", N_("Give at least one figure"))
    keys = (
        ReleaseFigure.release_id == release.id, ReleaseFigure.on == values.on, ReleaseFigure.source == values.source,
        ReleaseFigure.evidence_class == values.evidence_class,
    )  # fmt: skip
    last = (
        session()
        .scalars(select(ReleaseFigure).where(*keys).order_by(ReleaseFigure.number.desc()).limit(1))
        .first()
    )
    row = ReleaseFigure(
        release_id=release.id, project_id=release.project_id, organisation_id=release.organisation_id, on=values.on,
        plays=values.plays, paid_users=values.paid_users, evidence_class=values.evidence_class, source=values.source,
        number=last.number + 1 if last else 1, document_id=values.document_id, user_id=actor.user_id,
        user_name=actor.user_name,
    )  # fmt: skip
    row.receipts = values.receipts.money() if values.receipts else None
    row.ad_spend = values.ad_spend.money() if values.ad_spend else None
    if last is not None and _said(last) == _said(row):
        return last, False
    try:
        with session().begin_nested():
            session().add(row)
            session().flush()
    except IntegrityError:
        raise Conflict(
            N_("Somebody gave figures of this day at the same moment; look at them again")
        ) from None
    audit.record(
        actor, Tag.FIGURE, release, before=_said(last) if last else None, after=plain(values),
        organisation_id=release.organisation_id,
    )  # fmt: skip
    if row.ad_spend is not None:
        watch_caps(release.project_id)
    return row, True


def _said(row: ReleaseFigure) -> dict[str, Any]:
    return {
        "plays": row.plays, "paid_users": row.paid_users, "receipts": row.receipts.json() if row.receipts else None,
        "ad_spend": row.ad_spend.json() if row.ad_spend else None, "document_id": row.document_id,
    }  # fmt: skip
