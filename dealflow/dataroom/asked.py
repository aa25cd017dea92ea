"""Reads of questions, as owner, asker and other readers may see them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.dataroom import queries
from dealflow.dataroom.models import DataAnswer, DataDocument, DataQuestion
from dealflow.dataroom.seats import Seat, Sight

_PUBLISHED = {"unscoped": "answers of questions that the actor may read"}


@dataclass(frozen=True)
class Thread:
    """A question with its answers; `organisation` is empty for those who may not know who asked."""

    question: DataQuestion
    answers: list[DataAnswer]
    organisation: str
    mine: bool


def of_document(actor: Actor, sight: Sight) -> list[Thread]:
    """The questions about a document that the reader may see, latest first. Three statements."""
    query = select(DataQuestion).where(DataQuestion.document_id == sight.document.id)
    if not sight.seat.is_owner:
        query = query.where(
            (DataQuestion.asker_id == actor.organisation_id) | DataQuestion.published_at.is_not(None)
        )
    questions = list(session().scalars(query.order_by(DataQuestion.id.desc())))
    answers: dict[str, list[DataAnswer]] = defaultdict(list)
    wanted = select(DataAnswer).where(DataAnswer.question_id.in_([q.id for q in questions]))
    for row in session().scalars(wanted.order_by(DataAnswer.id), execution_options=_PUBLISHED):
        answers[row.question_id].append(row)
    names = queries.names(q.asker_id for q in questions)
    found = []
    for question in questions:
        mine = question.asker_id == actor.organisation_id
        known = mine or sight.seat.is_owner
        found.append(Thread(question, answers[question.id], names[question.asker_id] if known else "", mine))
    return found


def open_ones(seat: Seat) -> list[tuple[DataQuestion, str]]:
    """For the owner: questions that nobody answered yet, with the name of their document."""
    answered = select(DataAnswer.question_id).where(DataAnswer.side == "owner")
    query = (
        select(DataQuestion, DataDocument.name)
        .join(DataDocument, DataDocument.id == DataQuestion.document_id)
        .where(
            DataQuestion.room_id == seat.room.id,
            DataQuestion.id.not_in(answered),
            DataDocument.removed_at.is_(None),
        )
        .order_by(DataQuestion.id)
    )
    return [(question, name) for question, name in session().execute(query)]


def thread_dict(thread: Thread) -> dict[str, Any]:
    """A question as the API shows it."""
    question = thread.question
    return {
        "id": question.id,
        "version": question.version,
        "created_at": clock.rfc3339(question.created_at),
        "updated_at": clock.rfc3339(question.updated_at),
        "document_id": question.document_id,
        "page": question.page,
        "text": question.text,
        "organisation": thread.organisation or None,
        "mine": thread.mine,
        "published": question.published_at is not None,
        "answers": [
            {
                "id": a.id,
                "side": a.side,
                "by": a.user_name if thread.organisation or a.side == "owner" else "",
                "text": a.text,
                "at": clock.rfc3339(a.at),
            }
            for a in thread.answers
        ],
    }
