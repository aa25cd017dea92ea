"""A party's own side of a deal: what it counts on, who looks after it, what is next, notes."""

from __future__ import annotations

from typing import Any

from dealflow.accounts import queries as accounts
from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import FieldError, Invalid
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.core.money import Money
from dealflow.deals import queries
from dealflow.deals.models import Deal, DealNote, DealPosition
from dealflow.deals.policy import Can, Tag
from dealflow.deals.service import rules
from dealflow.mandates import queries as mandates

OWN = ("amount", "assignee_id", "next_step", "next_step_on", "remind_days", "reason_id")


def edit(actor: Actor, deal_id: str, values: dict[str, Any], *, version: int | None = None) -> Deal:
    """Change the own side of a deal; only what `values` names. The other party sees nothing of it.

    Raises NotFound, Forbidden, StaleVersion, and Invalid that names each field.
    """
    deal = queries.locked(actor, deal_id)
    policy.require(actor, Can.EDIT, deal, see=Can.SEE)
    place = queries.position(actor, deal.id)
    if version is not None and version != place.version:
        raise rules.stale(actor, deal, place)
    before = _content(deal, place)
    _refuse(actor, deal, place, values)
    for name in OWN:
        if name in values:
            setattr(place, name, values[name])
    place.next_step = place.next_step or ""
    if not place.next_step:
        place.next_step_on = None
    if (
        "mandate_id" in values
        and deal.side_of(actor) == "investor"
        and deal.mandate_id != values["mandate_id"]
    ):
        deal.mandate_id = values["mandate_id"]
        place.updated_at = clock.now()  # it stands in this party's view alone, whose version rises by that
    session().flush()
    after = _content(deal, place)
    if after != before:
        changed = {k for k in after if after[k] != before[k]}
        audit.record(
            actor, Tag.EDITED, place, before={k: before[k] for k in changed}, after={k: after[k] for k in changed}
        )  # fmt: skip
    return deal


def _content(deal: Deal, place: DealPosition) -> dict[str, Any]:
    own = {name: _plain(getattr(place, name)) for name in OWN}
    is_investors = place.organisation_id == deal.investor_organisation_id
    return own | {"mandate_id": deal.mandate_id} if is_investors else own


def _plain(value: Any) -> Any:
    return value.json() if isinstance(value, Money) else (str(value) if value is not None else None)


def _refuse(actor: Actor, deal: Deal, place: DealPosition, values: dict[str, Any]) -> None:
    problems = []
    assignee = values.get("assignee_id")
    if assignee and assignee not in {m.user_id for m in accounts.members(actor)}:
        problems.append(FieldError("assignee_id", "not_a_choice", N_("Choose a member of your organisation")))
    step = values.get("next_step", place.next_step)
    if values.get("next_step_on") and not step:
        problems.append(FieldError("next_step", "required", N_("Say what is to be done by then")))
    if (mandate_id := values.get("mandate_id")) and (
        deal.side_of(actor) != "investor" or mandates.find(actor, mandate_id) is None
    ):
        problems.append(FieldError("mandate_id", "not_a_choice", N_("Choose one of your mandates")))
    if reason_id := values.get("reason_id"):
        chosen = queries.reason(actor, reason_id)
        if chosen is None or not deal.stage.endswith(chosen.outcome):
            problems.append(FieldError("reason_id", "not_a_choice", N_("Choose one of the reasons")))
    if problems:
        raise Invalid(errors=problems)


def write_note(actor: Actor, deal_id: str, *, text: str) -> DealNote:
    """Keep a private note of the actor's organisation."""
    deal = queries.get(actor, deal_id)
    policy.require(actor, Can.NOTE, deal, see=Can.SEE)
    note = DealNote(
        id=new("note"), deal_id=deal.id, organisation_id=actor.organisation_id, text=text, user_id=actor.user_id,
        user_name=actor.user_name,
    )  # fmt: skip
    session().add(note)
    audit.record(actor, Tag.NOTED, deal, after={"note_id": note.id})
    return note
