"""The settings page of webhooks: where events go, and what did not arrive."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response
from wtforms import SelectMultipleField, StringField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind

from dealflow.core import outbox
from dealflow.core.errors import Conflict
from dealflow.core.forms import Form
from dealflow.core.http import actor, needs, read_query
from dealflow.core.i18n import N_, _l
from dealflow.core.i18n import gettext as _
from dealflow.core.paging import cursor_for
from dealflow.notify import queries
from dealflow.notify.pages import bp
from dealflow.notify.policy import Can
from dealflow.notify.schemas import DeliveryQuery, WebhookIn
from dealflow.notify.service import webhooks as service

REASONS = {
    "timeout": N_("No answer within five seconds"),
    "private_address": N_("The name leads into a private network"),
    "unknown_host": N_("The name of the server is not known"),
    "bad_certificate": N_("The server's certificate is not valid"),
    "broken_tls": N_("The server speaks no TLS that we can use"),
    "refused": N_("The server takes no connections"),
    "broken_connection": N_("The connection broke"),
    "broken_answer": N_("The answer was no HTTP"),
    "too_many_waiting": N_("Too many deliveries were waiting"),
    "secret_lost": N_("The installation's key changed; make the webhook anew"),
}


class WebhookForm(Form):
    """A new webhook."""

    label = StringField(_l("What it is for"))
    url = StringField(_l("Address"))
    kinds = SelectMultipleField(
        _l("Events"), choices=lambda: [SelectChoice(k, _l(label)) for k, label in outbox.public_kinds().items()]
    )  # fmt: skip


def _page(form: WebhookForm, secret: str | None = None) -> str:
    return render_template(
        "notify/webhooks.html", form=form, secret=secret, webhooks=queries.webhooks(actor()), kinds=outbox.public_kinds()
    )  # fmt: skip


@bp.get("/settings/webhooks")
@needs(Can.SEE_WEBHOOKS)
def webhooks() -> str:
    """All webhooks, and a form for a new one."""
    return _page(WebhookForm())


@bp.post("/settings/webhooks")
@needs(Can.MANAGE_WEBHOOKS)
def create_webhook() -> Any:
    """Make a webhook; its secret is shown this once."""
    form = WebhookForm(request.form)
    values = form.load(WebhookIn)
    if values is None:
        return _page(form), 422
    try:
        secret, _row = service.create(actor(), values)
    except Conflict as refusal:
        flash(refusal.text(), "danger")
        return _page(form), refusal.status
    return _page(WebhookForm(), secret)


@bp.get("/settings/webhooks/<webhook_id>")
@needs(Can.SEE_WEBHOOKS)
def webhook(webhook_id: str) -> str:
    """One webhook with its deliveries, latest first."""
    row = queries.webhook(actor(), webhook_id)
    query: DeliveryQuery = read_query(
        DeliveryQuery, MultiDict((k, v) for k, v in request.args.items() if k != "lang" and v)
    )
    found, total = queries.deliveries(row, state=query.state, offset=query.offset, limit=query.limit)
    end = query.offset + len(found)
    return render_template(
        "notify/webhook.html", webhook=row, rows=found, total=total, query=query, kinds=outbox.public_kinds(), reasons=REASONS,
        next_cursor=cursor_for(end) if found and end < total else "",
    )  # fmt: skip


@bp.post("/settings/webhooks/<webhook_id>/remove")
@needs(Can.MANAGE_WEBHOOKS)
def remove_webhook(webhook_id: str) -> Response:
    """Remove a webhook."""
    service.remove(actor(), webhook_id)
    flash(_("The webhook is removed."), "success")
    return redirect(url_for("notify.webhooks"), 303)


@bp.post("/settings/webhooks/<webhook_id>/deliveries/<delivery_id>/resend")
@needs(Can.MANAGE_WEBHOOKS)
def resend(webhook_id: str, delivery_id: str) -> Response:
    """Try a dead delivery again."""
    service.resend(actor(), webhook_id, delivery_id)
    flash(_("The delivery will be tried again."), "success")
    return redirect(url_for("notify.webhook", webhook_id=webhook_id), 303)
