"""Questions about a document: between the one who asks and the owner, until the owner publishes the answer."""

from __future__ import annotations

from sqlalchemy import select

from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, NotFound
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.dataroom import seats
from dealflow.dataroom.models import DataAnswer, DataDocument, DataQuestion
from dealflow.dataroom.policy import Can, Tag
from dealflow.dataroom.seats import Sight
from dealflow.dataroom.service import reading
from dealflow.dataroom.service.rooms import must_be_open
from dealflow.notify import service as notify


def ask(actor: Actor, document_id: str, *, text: str, page: int | None = None) -> DataQuestion:
    """Ask the owner about a document. Raises NotFound, NdaRequired, Forbidden, InvalidTransition (closed)."""
    sight = seats.sight(actor, document_id)
    reading.require(actor, sight, Can.ASK)
    must_be_open(sight.seat)
    row = DataQuestion(
        id=new("qst"), room_id=sight.seat.room.id, organisation_id=sight.organisation_id, document_id=document_id,
        asker_id=str(actor.organisation_id), user_id=str(actor.user_id), user_name=actor.user_name, page=page, text=text,
    )  # fmt: skip
    session().add(row)
    session().flush()
    audit.record(actor, Tag.ASKED, row, after={"document_id": document_id})
    notify.tell(
        code="dataroom.asked", title=N_("%(who)s asks about “%(document)s”"), text="%(text)s",
        params={"who": actor.organisation_name, "document": sight.document.name, "text": text[:200]},
        link=_link(document_id), organisation_id=sight.organisation_id, by_mail=True,
    )  # fmt: skip
    return row


def answer(actor: Actor, question_id: str, *, text: str, publish: bool = False) -> DataAnswer:
    """Say something to a question, as the owner or as the one who asked; `publish` is the owner's.

    Raises NotFound, NdaRequired, Forbidden, InvalidTransition (closed).
    """
    question, sight = _question(actor, question_id)
    policy.require(actor, Can.ANSWER, question)
    must_be_open(sight.seat)
    side = "owner" if sight.seat.is_owner else "asker"
    row = DataAnswer(
        id=new("ans"), question_id=question.id, organisation_id=question.organisation_id, asker_id=question.asker_id,
        side=side, user_id=str(actor.user_id), user_name=actor.user_name, text=text,
    )  # fmt: skip
    session().add(row)
    session().flush()
    audit.record(actor, Tag.ANSWERED, question, after={"answer_id": row.id})
    notify.tell(
        code="dataroom.answered", title=N_("A new answer about “%(document)s”"), text="%(text)s",
        params={"document": sight.document.name, "text": text[:200]}, link=_link(question.document_id),
        organisation_id=question.asker_id if side == "owner" else question.organisation_id,
    )  # fmt: skip
    if publish:
        publish_answer(actor, question_id)
    return row


def publish_answer(actor: Actor, question_id: str) -> DataQuestion:
    """Show question and answers to everybody who reads the document, without saying who asked."""
    question, sight = _question(actor, question_id)
    policy.require(actor, Can.PUBLISH, question)
    must_be_open(sight.seat)
    if session().scalar(select(DataAnswer.id).where(DataAnswer.question_id == question.id).limit(1)) is None:
        raise Conflict(N_("Answer the question before you publish it"), code="invalid_transition")
    if question.published_at is None:
        question.published_at = clock.now()
        session().flush()
        audit.record(actor, Tag.PUBLISHED, question, after={"published": True})
    return question


def document_of(actor: Actor, question_id: str) -> str:
    """The document that a question is about; NotFound for those who may not say anything to it."""
    return _question(actor, question_id)[0].document_id


def _question(actor: Actor, question_id: str) -> tuple[DataQuestion, Sight]:
    question = session().get(DataQuestion, question_id)
    if question is None:
        raise NotFound()
    document = session().get(DataDocument, question.document_id)
    sight = seats.sight(actor, document.id if document else "")
    if not sight.seat.is_owner and question.asker_id != actor.organisation_id:
        raise NotFound()
    reading.require(actor, sight, Can.READ)
    return question, sight


def _link(document_id: str) -> str:
    return f"/documents/{document_id}#questions"
