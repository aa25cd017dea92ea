"""A webhook for looking at: it gathers deliveries like any other, and none of them is ever sent."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.notify.models import WebhookDelivery
from dealflow.notify.schemas import WebhookIn
from dealflow.notify.service import webhooks
from dealflow.notify.states import DELIVERY


def make(actor: Actor, values: WebhookIn) -> str:
    """Make a sample; its id. Nobody ever learns its secret."""
    _secret, row = webhooks.create(actor, values)
    row.is_sample = True
    session().flush()
    return row.id


def pretend(webhook_id: str) -> None:
    """Let a sample's deliveries stand as after days of work: most arrived, an old one did not, the latest is tried again."""
    rows = list(
        session().scalars(
            select(WebhookDelivery)
            .where(WebhookDelivery.webhook_id == webhook_id)
            .order_by(WebhookDelivery.id)
        )
    )
    for place, row in enumerate(rows):
        row.tries, row.status = 1, 200
        if row is rows[-1]:
            row.tries, row.status, row.next_at = 3, 503, clock.now() + timedelta(minutes=5)
        elif place == len(rows) // 2:
            row.tries, row.status, row.error = len(webhooks.DELAYS) + 1, None, "timeout"
            row.state = DELIVERY.fire(row.state, "give_up", row)
        else:
            row.state = DELIVERY.fire(row.state, "arrive", row)
            row.delivered_at = row.created_at + timedelta(seconds=1)
    session().flush()
