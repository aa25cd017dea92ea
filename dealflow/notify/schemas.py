"""Input and output shapes of webhooks, shared by pages and API."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from dealflow.core.config import settings
from dealflow.core.i18n import N_
from dealflow.core.paging import Query
from dealflow.core.schema import Distinct, Schema, Text, rule
from dealflow.notify.sending import is_public, literal


def _url(text: str) -> str:
    wrong = rule("wrong_form", N_("Enter an address such as https://example.com/dealflow"))
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise wrong
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise wrong from None
    if not parts.hostname or parts.username is not None or parts.fragment or port == 0:
        raise wrong
    private = settings().private_webhooks
    if parts.scheme not in (("https", "http") if private else ("https",)):
        raise rule("not_https", N_("Use an address that begins with https://"))
    address = literal(parts.hostname)
    if address is not None and not private and not is_public(address):
        raise rule(
            "private_address", N_("This address lies inside a private network; use one of the open internet")
        )
    return text


class WebhookIn(Schema):
    """Where to send which kinds of events."""

    label: Text(100, least=1)  # type: ignore[valid-type]
    url: Annotated[str, Field(max_length=500), AfterValidator(_url)]
    kinds: Annotated[list[Text(80, least=1)], Field(min_length=1, max_length=100), Distinct]  # type: ignore[valid-type]


class WebhookOut(Schema):
    """One of one's organisation's webhooks. The secret stands in the answer to its making alone."""

    id: str
    label: str
    url: str
    kinds: list[str]
    created_at: str
    is_sample: bool
    waiting: int
    dead: int
    delivered_at: str | None
    secret: str | None = None


class DeliveryQuery(Query):
    """Which deliveries."""

    state: Literal["waiting", "delivered", "dead"] | None = None


class DeliveryOut(Schema):
    """An event for a webhook, and how it went."""

    id: str
    event_id: str
    kind: str
    object_id: str
    body: dict[str, Any]
    state: Literal["waiting", "delivered", "dead"]
    tries: int
    status: int | None
    error: str | None
    created_at: str
    next_at: str | None
    delivered_at: str | None
