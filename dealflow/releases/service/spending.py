"""Recording ad spend, setting caps, and telling people before a cap is reached."""

from __future__ import annotations

from sqlalchemy import select

from dealflow.audit import service as audit
from dealflow.core import clock
from dealflow.core.actor import SYSTEM, Actor
from dealflow.core.db import session
from dealflow.core.errors import Invalid
from dealflow.core.i18n import N_, using
from dealflow.core.money import Money, show
from dealflow.core.outbox import emit
from dealflow.notify import service as notify
from dealflow.pitches import parties
from dealflow.releases import desks, queries, spending
from dealflow.releases.events import AdSpendNearCap
from dealflow.releases.models import AdCap, AdSpend
from dealflow.releases.policy import Tag
from dealflow.releases.service.base import check_total, insert_once, refuse_other_content
from dealflow.releases.service.evidence import check_document, check_proof
from dealflow.releases.shapes import AdSpendIn, plain
from dealflow.releases.spending import Level

_ALL = {"unscoped": "a cap warns all parties, whoever spent", "populate_existing": True}
_TITLES = {
    "near": N_("Ad spend of “%(project)s” is near its cap: %(spent)s of %(cap)s"),
    "reached": N_("Ad spend of “%(project)s” has reached its cap: %(spent)s of %(cap)s"),
}


def spend(actor: Actor, project_id: str, values: AdSpendIn) -> tuple[AdSpend, bool]:
    """Record ad spend: (the entry, whether it is new). The same reference and content again change nothing.

    Raises Conflict naming what differs, Invalid, Forbidden, NotFound.
    """
    desk = desks.to_write(actor, project_id)
    check_document(desk, values.document_id)
    amount = values.amount.money()
    if amount.amount_minor == 0:
        raise Invalid.field("amount", "zero", N_("Enter an amount above zero"))
    if queries.spend_by_reference(desk.project_id, values.external_ref) is None:
        _check_proof(values)
        check_total(AdSpend, desk.project_id, {amount.currency: amount.amount_minor})
    row = AdSpend(
        project_id=desk.project_id, organisation_id=desk.organisation_id, on=values.on, platform=values.platform or "",
        source=values.source, external_ref=values.external_ref, evidence_class=values.evidence_class,
        document_id=values.document_id, user_id=actor.user_id, user_name=actor.user_name,
    )  # fmt: skip
    row.amount = -amount if values.reversal else amount
    found, fresh = insert_once(row, lambda: queries.spend_by_reference(desk.project_id, values.external_ref))
    if not fresh:
        refuse_other_content(values.external_ref, _content(found), _content(row))
        return found, False
    audit.record(actor, Tag.SPENT, found, after=plain(values), organisation_id=desk.organisation_id)
    watch_caps(desk.project_id)
    return found, True


def _check_proof(values: AdSpendIn) -> None:
    """A platform's word is recouped ahead of investors; what others say is so only with a document (queries.is_audited)."""
    if values.evidence_class in queries.OF_PLATFORMS and not values.reversal:
        message = N_(
            "Attach the platform’s bill or export; without one choose another evidence: the cap counts it, nobody recoups it"
        )
        check_proof(values.document_id, message)


def _content(row: AdSpend) -> dict[str, object]:
    return {
        "amount": row.amount, "on": row.on, "platform": row.platform, "source": row.source,
        "evidence_class": row.evidence_class, "document_id": row.document_id,
    }  # fmt: skip


def set_ad_cap(project_id: str, cap: Money, source: str, *, actor: Actor = SYSTEM) -> AdCap:
    """Take the cap that a contract (`source`, its id) sets; another amount for the same contract replaces it.

    For higher rooms that know contracts. People are told at once when the ad spend so far is near it.
    """
    if cap.amount_minor < 1:
        raise Invalid.field("cap", "zero", N_("Enter an amount above zero"))
    desk = desks.of_actor(actor, project_id)
    query = select(AdCap).where(AdCap.project_id == project_id, AdCap.source == source)
    fresh = AdCap(project_id=project_id, organisation_id=desk.organisation_id, source=source)
    fresh.cap = cap
    row, new = insert_once(
        fresh, lambda: session().scalars(query.with_for_update(), execution_options=_ALL).one_or_none()
    )
    before = None if new else {"cap": row.cap.json()}
    if not new and row.cap == cap:
        return row
    if not new:
        row.cap, row.near_at, row.reached_at = cap, None, None
        session().flush()
    audit.record(
        actor, Tag.CAPPED, desk, before=before, after={"cap": cap.json(), "source": source},
        organisation_id=desk.organisation_id,
    )  # fmt: skip
    watch_caps(project_id)
    return row


def watch_caps(project_id: str) -> None:
    """Tell creator and investors once when ad spend comes near a cap, and once when it reaches it.

    The caps are locked first, so that of two who spend at once the later one sees both.
    """
    query = select(AdCap).where(AdCap.project_id == project_id).order_by(AdCap.id).with_for_update()
    caps = list(session().scalars(query, execution_options=_ALL))
    if not caps:
        return
    for level in spending.levels(project_id, caps):
        cap = level.cap
        if level.state == "reached" and cap.reached_at is None:
            cap.reached_at = clock.now()
            cap.near_at = cap.near_at or cap.reached_at
        elif level.state == "near" and cap.near_at is None:
            cap.near_at = clock.now()
        else:
            continue
        session().flush()
        _tell(level)


def _tell(level: Level) -> None:
    cap, spent = level.cap, level.spent.total
    desk = desks.of_actor(SYSTEM, cap.project_id)
    emit(
        AdSpendNearCap(
            cap.project_id, cap.id, cap.source, spent.amount_minor, cap.cap_minor, cap.cap_currency, level.state == "reached"
        )
    )  # fmt: skip
    for organisation_id in sorted({desk.organisation_id, *parties.of_project(cap.project_id)}):
        notify.tell(
            code=f"ad_cap_{level.state}", title=_TITLES[level.state],
            params={"project": desk.titles, "spent": _both(spent), "cap": _both(cap.cap)},
            link=f"/projects/{cap.project_id}/releases#ad-spend", organisation_id=organisation_id,
            key=f"ad_cap:{cap.id}:{level.state}:{cap.cap_minor}", by_mail=True,
        )  # fmt: skip


def _both(amount: Money) -> dict[str, str]:
    found = {}
    for lang in ("zh", "en"):
        with using(lang):
            found[lang] = show(amount)
    return found
