"""Webhooks: made and removed by owners, told of public events, delivered in order for each object."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from dealflow.accounts import limits
from dealflow.audit import service as audit
from dealflow.core import clock, db, outbox, policy, sealing
from dealflow.core.actor import Actor
from dealflow.core.db import hold_if_there, session, system_edge
from dealflow.core.errors import Conflict, Invalid, NotFound
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.core.jobs import enqueue
from dealflow.core.outbox import Event, OutboxEvent, Public
from dealflow.notify.models import Webhook, WebhookDelivery
from dealflow.notify.policy import Can, Tag
from dealflow.notify.schemas import WebhookIn
from dealflow.notify.sending import Answer, Undeliverable
from dealflow.notify.states import DELIVERY

MOST, MOST_WAITING = 10, 1000
DELAYS = tuple(timedelta(seconds=s) for s in (10, 60, 300, 1800, 7200, 21600, 43200))
HOLD = timedelta(seconds=60)
PURPOSE = "webhook"
_FANNING = {"unscoped": "who is told of an event is not up to who caused it"}


@dataclass(frozen=True)
class Parcel:
    """A delivery that this worker holds: what to send where. `number` counts the tries."""

    id: str
    number: int
    url: str
    body: bytes
    headers: dict[str, str]


def create(actor: Actor, values: WebhookIn) -> tuple[str, Webhook]:
    """Make a webhook: the secret (shown once) and its row. Conflict `quota` beyond ten of an organisation."""
    policy.require(actor, Can.MANAGE_WEBHOOKS)
    unknown = sorted(set(values.kinds) - set(outbox.public_kinds()))
    if unknown:
        known = ", ".join(outbox.public_kinds())
        raise Invalid.field("kinds", "not_a_choice", N_("Choose one of: %(expected)s"), expected=known)
    limits.take_turns(f"webhooks:{actor.organisation_id}")
    number = session().scalar(
        select(func.count(Webhook.id)).where(Webhook.organisation_id == actor.organisation_id)
    )
    if (number or 0) >= MOST:
        raise Conflict(
            N_("An organisation may have %(most)s webhooks; remove one first"), code="quota", most=MOST
        )
    secret = f"whsec_{secrets.token_urlsafe(32)}"
    row = Webhook(
        id=new("whk"), organisation_id=str(actor.organisation_id), label=values.label, url=values.url, kinds=list(values.kinds),
        secret=sealing.seal(PURPOSE, secret), created_by_id=actor.user_id,
    )  # fmt: skip
    session().add(row)
    session().flush()
    audit.record(
        actor, Tag.WEBHOOK_MADE, row.id, after={"label": row.label, "url": row.url, "kinds": row.kinds}
    )
    return secret, row


def remove(actor: Actor, webhook_id: str) -> None:
    """Remove a webhook with all that waits for it."""
    row = session().get(Webhook, webhook_id)
    if row is None:
        raise NotFound()
    policy.require(actor, Can.MANAGE_WEBHOOKS, row, see=Can.SEE_WEBHOOKS)
    session().execute(delete(WebhookDelivery).where(WebhookDelivery.webhook_id == row.id))
    session().delete(row)
    session().flush()
    audit.record(actor, Tag.WEBHOOK_REMOVED, webhook_id, before={"label": row.label, "url": row.url})


def resend(actor: Actor, webhook_id: str, delivery_id: str) -> WebhookDelivery:
    """Try a dead delivery again from its first try."""
    row = db.hold(WebhookDelivery, delivery_id)
    if row.webhook_id != webhook_id:
        raise NotFound()
    policy.require(actor, Can.MANAGE_WEBHOOKS, row, see=Can.SEE_WEBHOOKS)
    if session().get_one(Webhook, webhook_id).is_sample:
        raise Conflict(N_("This webhook is a sample: nothing is ever sent to its address"), code="sample")
    row.state = DELIVERY.fire(row.state, "resend", row)
    row.tries, row.next_at, row.held_until = 0, clock.now(), None
    session().flush()
    _wake(row)
    audit.record(actor, Tag.DELIVERY_RESENT, row.id, after={"webhook": row.webhook_id, "event": row.event_id})
    return row


def fan_out(event_row: OutboxEvent, event: Event, public: Public) -> None:
    """Add a delivery for each webhook that wants this kind and whose organisation may know of the event."""
    hooks = [
        hook
        for hook in session().scalars(select(Webhook), execution_options=_FANNING)
        if public.kind in hook.kinds
    ]
    if not hooks:
        return
    told = set(public.known_to(event, frozenset(hook.organisation_id for hook in hooks)))
    for hook in hooks:
        if hook.organisation_id in told:
            _deliver_later(hook, event_row, event, public)


def _deliver_later(hook: Webhook, event_row: OutboxEvent, event: Event, public: Public) -> None:
    waiting = select(func.count(WebhookDelivery.id)).where(
        WebhookDelivery.webhook_id == hook.id, WebhookDelivery.state == "waiting"
    )
    full = (session().scalar(waiting, execution_options=_FANNING) or 0) >= MOST_WAITING
    body = {
        "id": event_row.id, "kind": public.kind, "created_at": clock.rfc3339(clock.now()),
        "organisation_id": hook.organisation_id, "data": {name: getattr(event, name) for name in public.values},
    }  # fmt: skip
    row = WebhookDelivery(
        id=new("wdl"), webhook_id=hook.id, organisation_id=hook.organisation_id, event_id=event_row.id, kind=public.kind,
        object_id=getattr(event, public.thing), body=body, state="dead" if full else "waiting",
        error="too_many_waiting" if full else None,
    )  # fmt: skip
    session().add(row)
    if not full and not hook.is_sample:
        _wake(row)


def _wake(row: WebhookDelivery, delay: timedelta | None = None) -> None:
    enqueue("notify.deliver", {"webhook_id": row.webhook_id, "object_id": row.object_id}, delay=delay)


def sign(secret: str, body: bytes, at: int) -> str:
    """The header that proves sender and moment: HMAC-SHA256 over `<seconds>.<body>`."""
    mark = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={mark}"


def take(webhook_id: str, object_id: str) -> Parcel | None:
    """Hold the oldest waiting delivery of an object, in a transaction of its own; None when none is due or free.

    Later ones of the same object wait behind it, so that a receiver meets them in order.
    """
    with system_edge() as s:
        query = (
            select(WebhookDelivery)
            .where(
                WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.object_id == object_id,
                WebhookDelivery.state == "waiting",
            )
            .order_by(WebhookDelivery.id)
            .limit(1)
            .with_for_update()
        )  # fmt: skip
        row, moment = s.scalars(query).one_or_none(), clock.now()
        if row is None or row.next_at > moment or (row.held_until is not None and row.held_until > moment):
            return None
        hook = s.get_one(Webhook, webhook_id)
        if hook.is_sample:
            return None
        secret = sealing.unseal(PURPOSE, hook.secret)
        if secret is None:
            # Sealed under a former key of the installation: unsigned it must not go.
            row.state, row.error = DELIVERY.fire(row.state, "give_up", row), "secret_lost"
            return None
        row.tries, row.held_until = row.tries + 1, moment + HOLD
        body = json.dumps(row.body, ensure_ascii=False, separators=(",", ":")).encode()
        return Parcel(
            row.id, row.tries, hook.url, body,
            {
                "Content-Type": "application/json", "User-Agent": "Dealflow-Webhooks", "Dealflow-Event": row.kind,
                "Dealflow-Delivery": row.id, "Dealflow-Signature": sign(secret, body, int(moment.timestamp())),
            },
        )  # fmt: skip


def settle(parcel: Parcel, outcome: Answer | Undeliverable) -> bool:
    """Note how it went, in a transaction of its own; whether the next one of the object may be sent now."""
    with system_edge():
        row = hold_if_there(WebhookDelivery, parcel.id)
        if row is None or row.tries != parcel.number or row.state != "waiting":
            return False
        row.held_until = None
        row.status = outcome.status if isinstance(outcome, Answer) else None
        row.error = None if isinstance(outcome, Answer) else str(outcome)
        if isinstance(outcome, Answer) and outcome.is_success:
            row.state, row.delivered_at = DELIVERY.fire(row.state, "arrive", row), clock.now()
            return True
        if row.tries > len(DELAYS):
            row.state = DELIVERY.fire(row.state, "give_up", row)
            return True
        delay = DELAYS[row.tries - 1]
        row.next_at = clock.now() + delay
        _wake(row, delay)
        return False


def forget(before: datetime) -> None:
    """Drop deliveries that are over since long."""
    session().execute(
        delete(WebhookDelivery).where(WebhookDelivery.state != "waiting", WebhookDelivery.created_at < before)
    )
