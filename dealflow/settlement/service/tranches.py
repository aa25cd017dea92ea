"""What becomes of a tranche before it is called: proven, approved early, held, missed, extended, lapsed."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from dealflow.core import clock
from dealflow.core.actor import SYSTEM, Actor
from dealflow.core.db import session
from dealflow.core.errors import Invalid, InvalidTransition
from dealflow.core.i18n import N_
from dealflow.pitches.queries import owners_of
from dealflow.settlement import queries
from dealflow.settlement.models import Commitment, MilestoneFact, Tranche
from dealflow.settlement.policy import Can, Tag
from dealflow.settlement.service import base
from dealflow.settlement.states import EXTENSION_DAYS

LONGEST = timedelta(days=3 * 365)


def reached(
    actor: Actor, project_id: str, kind: str, *, on: date, source: str = "", investor: str | None = None
) -> None:
    """Keep that a project reached a milestone, as another room recorded it, and open the tranches that wait for it.

    `investor`: the organisation whose word it is; it then opens that investor's tranches and nobody else's. The first
    record of a kind counts; telling it again changes nothing.
    """
    prove_by(actor, queries.fact(project_id, kind, investor) or _fact(project_id, kind, on, source, investor))


def _fact(project_id: str, kind: str, on: date, source: str, investor: str | None) -> MilestoneFact:
    """A fact put on record, or the one that somebody else put there at the same moment."""
    fact = MilestoneFact(
        organisation_id=owners_of([project_id])[project_id], project_id=project_id, kind=kind, reached_on=on, source=source,
        investor_organisation_id=investor,
    )  # fmt: skip
    try:
        with session().begin_nested():
            session().add(fact)
            session().flush()
    except IntegrityError:
        known = queries.fact(project_id, kind, investor)
        assert known is not None  # noqa: S101 - the constraint that refused it says so
        return known
    return fact


def prove_by(actor: Actor, fact: MilestoneFact, *, only: str | None = None) -> None:
    """Open what waits for a milestone that is on record (`only`: of one commitment)."""
    query = select(Tranche).where(Tranche.project_id == fact.project_id, Tranche.milestone == fact.kind)
    if fact.investor_organisation_id is not None:
        query = query.where(Tranche.investor_organisation_id == fact.investor_organisation_id)
    if only is not None:
        query = query.where(Tranche.commitment_id == only)
    for tranche in list(session().scalars(query.order_by(Tranche.id))):
        base.hold_commitment(actor, tranche.commitment_id)
        prove(
            actor,
            base.fresh(Tranche, tranche.id),
            how="record",
            on=fact.reached_on,
            source=fact.source or fact.id,
        )


def prove(actor: Actor, tranche: Tranche, *, how: str, on: date, source: str) -> None:
    """The milestone of a held tranche is proven. One on hold will be open when the hold is lifted; one that missed its date
    is opened by a proof alone, which its investor has accepted all the same; else nothing."""
    if tranche.state == "held" and tranche.held_from == "waiting":
        tranche.held_from, tranche.opened_by, tranche.opened_on = "open", how, on
        base.happened(actor, tranche, "prove", how=how, source=source)
        return
    if tranche.state != "waiting" and not (tranche.state == "missed" and how == "proof"):
        return
    tranche.opened_by, tranche.opened_on = how, on
    base.move(actor, tranche, "prove", Tag.PROVEN, how=how, source=source)
    base.opened(tranche)
    base.tell(
        actor, tranche, "project", "opened", N_("A milestone of “%(project)s” is proven: call for the payment"),
        link=base.commitment_path(tranche.commitment_id), key=f"opened:{tranche.id}:{tranche.extensions}",
    )  # fmt: skip


def release(actor: Actor, tranche_id: str, *, reason: str = "") -> Tranche:
    """The investor lifts its hold, or approves a tranche before its milestone is proven. NotFound, Forbidden, InvalidTransition."""
    _commitment, tranche = base.held(actor, tranche_id, Can.RELEASE)
    if tranche.state == "held":
        _resume(actor, tranche, reason)
    else:
        tranche.opened_by, tranche.opened_on, tranche.reason = "release", clock.today(), reason.strip()
        base.move(actor, tranche, "release", Tag.RELEASED, text=reason.strip())
        base.opened(tranche)
    base.tell(
        actor, tranche, "project", "released", N_("The investor released a tranche of “%(project)s”"),
        link=base.commitment_path(tranche.commitment_id),
    )  # fmt: skip
    return tranche


def _resume(actor: Actor, tranche: Tranche, reason: str) -> None:
    back = tranche.held_from or "waiting"
    tranche.held_from, tranche.reason = None, reason.strip()
    if back == "waiting":
        # The time on hold was the investor's; it is not taken from the project's.
        tranche.long_stop += clock.now() - tranche.state_since
    base.move(actor, tranche, f"resume_{back}", Tag.RESUMED, kind="resume", text=reason.strip())


def hold(actor: Actor, tranche_id: str, *, reason: str) -> Tranche:
    """The investor stops a tranche that is not called yet. NotFound, Forbidden, InvalidTransition, Invalid (`reason`)."""
    _commitment, tranche = base.held(actor, tranche_id, Can.HOLD)
    why = base.reason_given(reason)
    tranche.held_from, tranche.reason = tranche.state, why
    base.move(actor, tranche, "hold", Tag.HELD, text=why)
    base.tell(
        actor, tranche, "project", "held", N_("The investor put a tranche of “%(project)s” on hold"), text=N_("Reason: %(reason)s"),
        reason=why, link=base.commitment_path(tranche.commitment_id),
    )  # fmt: skip
    return tranche


def extend(actor: Actor, tranche_id: str, *, until: date | None = None, reason: str = "") -> Tranche:
    """The investor gives a missed tranche more time: until a day, or thirty days from now."""
    _commitment, tranche = base.held(actor, tranche_id, Can.DECIDE)
    day = until or clock.today() + timedelta(days=EXTENSION_DAYS)
    if not clock.today() < day <= clock.today() + LONGEST:
        raise Invalid.field("until", "wrong_day", N_("Name a day after today, within three years"))
    before, tranche.long_stop = tranche.long_stop, day
    tranche.extensions += 1
    base.move(
        actor,
        tranche,
        "extend",
        Tag.EXTENDED,
        text=reason.strip(),
        long_stop=day.isoformat(),
        was=before.isoformat(),
    )
    fact = queries.fact(tranche.project_id, tranche.milestone, tranche.investor_organisation_id)
    if fact is not None:
        prove(actor, tranche, how="record", on=fact.reached_on, source=fact.source or fact.id)
    base.tell(
        actor, tranche, "project", "extended", N_("The long-stop date of a tranche of “%(project)s” is %(day)s now"),
        day=day.isoformat(), link=base.commitment_path(tranche.commitment_id),
    )  # fmt: skip
    return tranche


def end(actor: Actor, tranche_id: str, *, reason: str) -> Tranche:
    """The investor ends a missed tranche, and with it all later ones that are not called."""
    commitment, tranche = base.held(actor, tranche_id, Can.DECIDE)
    why = base.reason_given(reason)
    if tranche.state != "missed":
        raise InvalidTransition()
    lapse(actor, commitment, tranche, why)
    return tranche


def lapse(actor: Actor, commitment: Commitment, first: Tranche, reason: str) -> None:
    """Let a tranche and all later ones lapse that are not called."""
    for tranche in base.tranches_of(commitment):
        if tranche.number < first.number or tranche.state not in ("waiting", "open", "held", "missed"):
            continue
        tranche.held_from, tranche.reason = None, reason
        base.move(actor, tranche, "cancel", Tag.CANCELLED, text=reason)
    for side in ("investor", "project"):
        base.tell(
            actor, commitment, side, "lapsed", N_("Tranche %(number)s of “%(project)s” and those after it lapsed"),
            number=first.number, link=base.commitment_path(commitment.id),
        )  # fmt: skip


def miss_due() -> int:
    """Start what the terms say for every tranche whose long-stop date has passed; how many.

    One with a proof that was handed in by that date waits for the investor's answer: who is to answer cannot let it lapse by
    not answering.
    """
    query = select(Tranche.id).where(Tranche.state == "waiting", Tranche.long_stop < clock.today())
    missed = 0
    for tranche_id in list(session().scalars(query.order_by(Tranche.commitment_id, Tranche.number))):
        commitment, tranche = base.held(SYSTEM, tranche_id, Can.DECIDE)
        late = tranche.state == "waiting" and tranche.long_stop < clock.today()
        if late and not queries.proof_in_time(tranche):
            _missed(commitment, tranche)
            missed += 1
    return missed


def _missed(commitment: Commitment, tranche: Tranche) -> None:
    base.move(SYSTEM, tranche, "miss", Tag.MISSED, long_stop=tranche.long_stop.isoformat())
    link = base.commitment_path(commitment.id)
    for side in ("investor", "project"):
        base.tell(
            SYSTEM, tranche, side, "missed", N_("Tranche %(number)s of “%(project)s” missed its long-stop date"),
            number=tranche.number, link=link, key=f"missed:{tranche.id}:{tranche.extensions}",
        )  # fmt: skip
    if tranche.on_miss == "extend" and not tranche.extensions:
        day = tranche.long_stop + timedelta(days=EXTENSION_DAYS)
        before, tranche.long_stop = tranche.long_stop, day
        tranche.extensions += 1
        base.move(SYSTEM, tranche, "extend", Tag.EXTENDED, long_stop=day.isoformat(), was=before.isoformat())
    elif tranche.on_miss != "investor_option":
        lapse(SYSTEM, commitment, tranche, "")
