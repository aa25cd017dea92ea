"""Delivering to webhooks; forgetting what was read or delivered long ago."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete

from dealflow.core import clock
from dealflow.core.config import settings
from dealflow.core.db import session, system_edge
from dealflow.core.jobs import enqueue, job
from dealflow.notify import sending
from dealflow.notify.models import Notification
from dealflow.notify.service import webhooks

KEPT = timedelta(days=365)
DELIVERIES_KEPT = timedelta(days=30)
AT_ONCE = 20


@job("notify.forget", every=timedelta(days=1))
def forget(**_payload: Any) -> None:
    """Drop notifications that were read more than a year ago, and deliveries that were over a month ago."""
    session().execute(delete(Notification).where(Notification.read_at < clock.now() - KEPT))
    webhooks.forget(clock.now() - DELIVERIES_KEPT)


@job("notify.deliver", transactional=False)
def deliver(webhook_id: str, object_id: str) -> None:
    """Send what waits for a webhook about one object, oldest first, until nothing is left or the receiver fails.

    A receiver may meet a delivery twice (its answer got lost): `Dealflow-Delivery` names it.
    """
    for _turn in range(AT_ONCE):
        parcel = webhooks.take(webhook_id, object_id)
        if parcel is None or not webhooks.settle(parcel, _send(parcel)):
            return
    with system_edge():
        enqueue("notify.deliver", {"webhook_id": webhook_id, "object_id": object_id})


def _send(parcel: webhooks.Parcel) -> sending.Answer | sending.Undeliverable:
    try:
        return sending.post(parcel.url, parcel.body, parcel.headers, private=settings().private_webhooks)
    except sending.Undeliverable as failure:
        return failure
