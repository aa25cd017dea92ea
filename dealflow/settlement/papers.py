"""The notice of a call for payment as PDF: drawn once in each language, stored, and given again as it was issued."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from sqlalchemy import select

from dealflow.accounts.queries import organisation_cards
from dealflow.core import i18n, money, pdf, printed
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.money import Money
from dealflow.files import keeping
from dealflow.pitches.queries import briefs
from dealflow.settlement import queries, states
from dealflow.settlement.models import CallNotice, Commitment, PaymentCall, Tranche

FOLDER = Path(__file__).resolve().parents[2] / "templates" / "settlement" / "pdf"
PURPOSE = "settlement.notice"
TYPE = "application/pdf"
_SWEEP = {"unscoped": "the sweep of files serves all tenants"}


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = printed.environment(FOLDER)
    made.filters |= {
        "money": money.show,
        "localised": i18n.localised,
        "label": lambda key, labels: i18n.gettext(labels[key]),
    }
    made.globals |= {"milestones": states.MILESTONE_LABELS, "opened": states.OPENED_LABELS}
    return made


def facts(call: PaymentCall, tranche: Tranche) -> dict[str, Any]:
    """What a notice says beside the call's own figures, as it stands when the call is made."""
    commitment = session().get_one(Commitment, call.commitment_id)
    tranches = queries.tranches_of([commitment.id])[commitment.id]
    cards = organisation_cards([call.investor_organisation_id, call.project_organisation_id])
    proof = next((p for p in queries.proofs_of([tranche.id])[tranche.id] if p.state == "accepted"), None)
    before = sum(t.called_minor for t in tranches if t.id != tranche.id)
    return {
        "project": briefs([call.project_id])[call.project_id]["titles"],
        "investor": _names(cards[call.investor_organisation_id]), "payee": _names(cards[call.project_organisation_id]),
        "tranche": tranche.number, "tranches": len(tranches), "milestone": tranche.milestone, "milestone_note": tranche.note,
        "opened_by": tranche.opened_by, "opened_on": tranche.opened_on.isoformat() if tranche.opened_on else None,
        "proof": {"name": proof.file_name, "by": proof.answered_by} if proof else None,
        "signed_on": commitment.executed_on.isoformat(), "commitment_minor": commitment.amount_minor,
        "called_before_minor": before, "left_minor": commitment.amount_minor - before - call.amount_minor,
    }  # fmt: skip


def _names(card: Any) -> dict[str, str | None]:
    return {"zh": card.name_zh, "en": card.name_en}


def notice_html(call: PaymentCall, said: dict[str, Any]) -> str:
    """The notice as a page to print, in the current language."""
    return _environment().get_template("call.html").render(
        call=call, f=said, html_lang=i18n.HTML[i18n.language()], rate=f"{call.late_rate_ppm / 10_000:.2f}".rstrip("0").rstrip("."),
        of=lambda minor: Money(minor, call.currency),
    )  # fmt: skip


def notice_file(actor: Actor, call_id: str) -> dict[str, Any]:
    """The notice in the current language, for `download`. NotFound for who is no party."""
    call = queries.call(actor, call_id)
    lang = i18n.language()
    name = f"payment-call-{call.reference}-{lang}.pdf"

    def draw() -> bytes:
        said = call.facts or facts(call, queries.tranche(actor, call.tranche_id))
        title = i18n.gettext("Call for payment %(reference)s", reference=call.reference)
        return pdf.render(
            notice_html(call, said), title=title, lang=i18n.HTML[lang], identifier=f"{call.id}/{lang}".encode(), dated=call.called_on
        )  # fmt: skip

    content, sha256 = keeping.paper(
        actor, name, draw, organisation_id=call.project_organisation_id, content_type=TYPE, purpose=PURPOSE,
        row=lambda stored: _row(call, lang, stored), known=lambda: _known(call.id, lang),
    )  # fmt: skip
    return {"content": content, "name": name, "mimetype": TYPE, "etag": sha256, "inline": True}


def _known(call_id: str, lang: str) -> CallNotice | None:
    query = select(CallNotice).where(CallNotice.call_id == call_id, CallNotice.lang == lang)
    return session().scalars(query).first()


def _row(call: PaymentCall, lang: str, stored: Any) -> CallNotice:
    return CallNotice(
        call_id=call.id, lang=lang, file_id=stored.id, sha256=stored.sha256,
        investor_organisation_id=call.investor_organisation_id, project_organisation_id=call.project_organisation_id,
    )  # fmt: skip


def last_account(project_id: str) -> str:
    """Where the latest call of a project was to be paid, for the next form."""
    query = select(PaymentCall.account).where(PaymentCall.project_id == project_id)
    return session().scalar(query.order_by(PaymentCall.id.desc()).limit(1)) or ""


def readable(actor: Actor, stored: Any) -> bool:
    """The parties of a call read its notice."""
    return session().scalar(select(CallNotice.id).where(CallNotice.file_id == stored.id)) is not None


def in_use(ids: Any) -> set[str]:
    """Which stored files are notices."""
    query = select(CallNotice.file_id).where(CallNotice.file_id.in_(set(ids)))
    return set(session().scalars(query, execution_options=_SWEEP))
