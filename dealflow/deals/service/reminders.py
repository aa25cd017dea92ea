"""Telling people in time that something is to be done in a deal."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from dealflow.core import clock
from dealflow.core.db import session
from dealflow.core.i18n import N_
from dealflow.deals.models import Deal, DealPosition
from dealflow.deals.states import CLOSED, MOST_REMIND_DAYS
from dealflow.notify import service as notify
from dealflow.pitches import queries as pitches


def remind_due() -> int:
    """Remind once of each next step whose time comes near: who looks after the deal, else the whole organisation."""
    today = clock.today()
    query = (
        select(DealPosition, Deal.project_id)
        .join(Deal, Deal.id == DealPosition.deal_id)
        .where(
            DealPosition.next_step_on <= today + timedelta(days=MOST_REMIND_DAYS),
            DealPosition.next_step_on.is_distinct_from(DealPosition.reminded_for),
            Deal.stage.not_in(CLOSED),
        )
        .order_by(DealPosition.id)
    )
    due = [
        (place, project_id)
        for place, project_id in session().execute(query)
        if place.next_step_on and place.next_step_on - timedelta(days=place.remind_days) <= today
    ]
    titles = pitches.briefs(project_id for _place, project_id in due)
    for place, project_id in due:
        whom = (
            {"user_ids": [place.assignee_id]}
            if place.assignee_id
            else {"organisation_id": place.organisation_id}
        )
        notify.tell(
            code="next_step_due", title=N_("Next step for “%(project)s” by %(date)s: %(step)s"),
            params={
                "project": titles[project_id]["titles"], "date": str(place.next_step_on), "step": place.next_step,
            },
            link=f"/deals/{place.deal_id}#own", key=f"next_step:{place.id}:{place.next_step_on}", **whom,
        )  # fmt: skip
        # Not a change that anybody sees, so the version stays and no page goes stale by it.
        session().execute(
            update(DealPosition)
            .where(DealPosition.id == place.id)
            .values(reminded_for=place.next_step_on)
            .execution_options(synchronize_session=False)
        )
    return len(due)
