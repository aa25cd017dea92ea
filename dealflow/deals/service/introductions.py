"""Introductions: asking, answering, and what keeps them from becoming spam."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from dealflow.accounts import queries as accounts
from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import SYSTEM, Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.core.outbox import emit
from dealflow.deals import introducing, queries
from dealflow.deals.models import Introduction
from dealflow.deals.policy import Can, Tag
from dealflow.deals.service import moving, opening
from dealflow.deals.service.timeline import happened
from dealflow.deals.states import COOL_DOWN, EXPIRES_AFTER, INTRODUCTION, MOST_A_DAY
from dealflow.mandates import queries as mandates
from dealflow.mandates.events import IntroRequested
from dealflow.notify import service as notify
from dealflow.pitches import queries as pitches

_INVESTS = ("investor", "fund")
_ZONE = ZoneInfo("Asia/Shanghai")


def ask(
    actor: Actor,
    *,
    project_id: str,
    investor_organisation_id: str | None = None,
    mandate_id: str | None = None,
    note: str = "",
) -> Introduction:
    """Ask for an introduction: an investor to the owner of a published project, or its owner to an investor.

    An owner may ask investors that let themselves be found and may see the project. Raises NotFound, Forbidden, Invalid;
    Conflict when one waits already, both know each other, or the pair is left in peace after a no; TooMany after the
    day's last place.
    """
    policy.require(actor, Can.ASK)
    project = pitches.get(actor, project_id)
    if project.status != "published":
        raise Conflict(N_("This project is not published"), code="invalid_transition")
    if actor.kind in _INVESTS:
        side, investor = "investor", actor.organisation_id or ""
        _may_ask_owner(actor, project, mandate_id)
    else:
        side, investor = "project", investor_organisation_id or ""
        mandate_id = None
        _may_ask_investor(actor, project, investor)
    _left_in_peace(side, investor, project.id)
    row = _write(actor, project, side, investor, mandate_id, note.strip())
    audit.record(
        actor, Tag.INTRODUCTION_ASKED, row, after={"project_id": project.id, "investor": investor, "note": row.note}
    )  # fmt: skip
    if mandate_id:
        emit(IntroRequested(mandate_id, project.id, investor, actor.user_id, row.note))
    _tell(
        actor, row, row.project_organisation_id if side == "investor" else investor, "intro_requested",
        N_("%(party)s asks for an introduction to “%(project)s”")
        if side == "investor"
        else N_("%(party)s would like to show you “%(project)s”"),
        N_("Accept or decline: contacts are exchanged once you accept."),
    )  # fmt: skip
    return row


def ask_by_match(actor: Actor, *, project_id: str, mandate_id: str, note: str) -> None:
    """Ask because a match says so; where one waits already, it stands for this one too."""
    known = introducing.latest(actor.organisation_id or "", project_id)
    if known is None or known.state != "waiting":
        ask(actor, project_id=project_id, mandate_id=mandate_id, note=note)


def _may_ask_owner(actor: Actor, project: Any, mandate_id: str | None) -> None:
    if project.organisation_id == actor.organisation_id:
        raise Invalid.field("project_id", "own_project", N_("This is your own project"))
    if mandate_id is not None:
        mandates.get(actor, mandate_id)


def _may_ask_investor(actor: Actor, project: Any, investor: str) -> None:
    if project.organisation_id != actor.organisation_id:
        raise Forbidden(N_("Only the project's own organisation asks investors for it"))
    if not investor:
        raise Invalid.field("investor_organisation_id", "required", N_("Say which investor"))
    found = {m.organisation_id for m in mandates.active_everywhere(discoverable=True)}
    if investor not in found or investor == actor.organisation_id:
        raise NotFound()
    invited = {card.id for card in pitches.invitations(actor, project)}
    if project.visibility != "investors" and investor not in invited:
        raise Conflict(
            N_("Invite this investor to the project first, or show it to all investors"), code="not_shown"
        )


def _left_in_peace(side: str, investor: str, project_id: str) -> None:
    last = introducing.latest(investor, project_id)
    if last is None:
        return
    if last.state == "waiting":
        raise Conflict(N_("An introduction about this project waits for an answer already"))
    if last.state == "accepted":
        known = queries.open_pair(investor, project_id)
        if known is not None:
            raise Conflict(N_("You are introduced already; the deal is open"), code="introduced")
        return
    until = (last.answered_at or last.asked_at) + COOL_DOWN[last.state]
    if last.asked_by_side == side and until > clock.now():
        raise Conflict(
            N_("You asked before; you may ask again from %(date)s"), code="cooling_down",
            date=until.astimezone(_ZONE).date().isoformat(),
        )  # fmt: skip


def _write(
    actor: Actor, project: Any, side: str, investor: str, mandate_id: str | None, note: str
) -> Introduction:
    today = clock.today()
    for _try in range(3):
        place = introducing.places_taken(actor, today) + 1
        if place > MOST_A_DAY:
            midnight = datetime.combine(today + timedelta(days=1), time(), _ZONE)
            raise TooMany(
                int((midnight - clock.now()).total_seconds()),
                detail=N_(
                    "Your organisation asked for as many introductions as a day allows; go on tomorrow"
                ),
            )
        row = Introduction(
            id=new("intr"), investor_organisation_id=investor, project_organisation_id=project.organisation_id,
            asking_organisation_id=actor.organisation_id, project_id=project.id, mandate_id=mandate_id, asked_by_side=side,
            asked_by_id=actor.user_id, note=note, asked_on=today, place=place, expires_at=clock.now() + EXPIRES_AFTER,
        )  # fmt: skip
        try:
            with session().begin_nested():
                session().add(row)
            return row
        except IntegrityError:
            # Either a colleague took this place of the day, and the next one is tried, or this pair waits already.
            known = introducing.latest(investor, project.id)
            if known is not None and known.state == "waiting":
                raise Conflict(N_("An introduction about this project waits for an answer already")) from None
    raise Conflict(N_("Several of you asked at once; please try again"))


def accept(actor: Actor, introduction_id: str, *, answer: str = "") -> Introduction:
    """Accept: contacts are exchanged, and the deal is opened or moved to its introduction.

    Raises NotFound, Forbidden, and InvalidTransition when it waits no longer.
    """
    row = _to_answer(actor, introduction_id, Can.ANSWER)
    accepted = INTRODUCTION.fire(row.state, "accept", row)
    project = pitches.get(actor, row.project_id)
    if project.status != "published":
        raise Conflict(N_("This project is not published"), code="invalid_transition")
    deal = queries.open_pair(row.investor_organisation_id, row.project_id)
    if deal is None:
        deal = opening.begin(
            actor, project, row.investor_organisation_id, mandate_id=row.mandate_id, note=row.note
        )  # fmt: skip
    moving.advance(actor, deal, to="intro")
    row.state, row.deal_id = accepted, deal.id
    _answered(actor, row, answer, Tag.INTRODUCTION_ANSWERED)
    happened(actor, deal, "introduced", text=row.answer, title=N_("Introduced: contacts exchanged"))
    _tell(
        actor, row, row.asking_organisation_id, "intro_accepted",
        N_("%(party)s accepts the introduction about “%(project)s”"), N_("See whom to talk to, and the open deal."),
    )  # fmt: skip
    return row


def decline(actor: Actor, introduction_id: str, *, answer: str) -> Introduction:
    """Decline with a word. Raises NotFound, Forbidden, InvalidTransition, and Invalid without a word."""
    row = _to_answer(actor, introduction_id, Can.ANSWER)
    if not answer.strip():
        raise Invalid.field("answer", "required", N_("Say a word to the other side"))
    row.state = INTRODUCTION.fire(row.state, "decline", row)
    _answered(actor, row, answer, Tag.INTRODUCTION_ANSWERED)
    _tell(
        actor, row, row.asking_organisation_id, "intro_declined",
        N_("%(party)s declines the introduction about “%(project)s”"), N_("Read their answer."),
    )  # fmt: skip
    return row


def withdraw(actor: Actor, introduction_id: str) -> Introduction:
    """Take one's own question back while it waits."""
    row = _to_answer(actor, introduction_id, Can.WITHDRAW)
    row.state = INTRODUCTION.fire(row.state, "withdraw", row)
    _answered(actor, row, "", Tag.INTRODUCTION_WITHDRAWN)
    return row


def _to_answer(actor: Actor, introduction_id: str, wanted: Can) -> Introduction:
    row = introducing.locked(actor, introduction_id)
    policy.require(actor, wanted, row, see=Can.SEE_INTRODUCTIONS)
    return row


def _answered(actor: Actor, row: Introduction, answer: str, tag: Tag) -> None:
    row.answer, row.answered_at = answer.strip(), clock.now()
    if row.state in ("accepted", "declined"):
        # Who took the question back is nobody of the side that was asked.
        row.answered_by_id = actor.user_id
    session().flush()
    audit.record(actor, tag, row, before={"state": "waiting"}, after={"state": row.state}, reason=row.answer)


def expire_due() -> int:
    """Let introductions that nobody answered expire, and tell those who asked; how many."""
    query = (
        select(Introduction)
        .where(Introduction.state == "waiting", Introduction.expires_at <= clock.now())
        .order_by(Introduction.id)
        .limit(500)
        .with_for_update(skip_locked=True)
    )
    rows = list(session().scalars(query))
    for row in rows:
        row.state = INTRODUCTION.fire(row.state, "expire", row)
        _answered(SYSTEM, row, "", Tag.INTRODUCTION_EXPIRED)
        notify.tell(
            code="intro_expired", title=N_("Nobody answered your introduction about “%(project)s”"),
            params={"project": pitches.briefs([row.project_id])[row.project_id]["titles"]},
            link=f"/introductions/{row.id}", organisation_id=row.asking_organisation_id, key=f"intro_expired:{row.id}",
        )  # fmt: skip
    return len(rows)


def _tell(actor: Actor, row: Introduction, organisation_id: str, code: str, title: str, text: str) -> None:
    own = accounts.organisation_cards([actor.organisation_id or ""])[actor.organisation_id or ""]
    notify.tell(
        code=code, title=title, text=text,
        params={
            "party": {"zh": own.name_zh, "en": own.name_en or own.name_zh},
            "project": pitches.briefs([row.project_id])[row.project_id]["titles"],
        },
        link=f"/introductions/{row.id}", organisation_id=organisation_id, key=f"{code}:{row.id}", by_mail=True,
    )  # fmt: skip
