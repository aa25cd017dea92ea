"""Drafting, and versions of drafts and of what was proposed."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.exc import IntegrityError

from dealflow.accounts.queries import OrganisationCard, organisation_cards
from dealflow.audit import service as audit
from dealflow.core import clock, i18n, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, FieldError, Invalid
from dealflow.core.i18n import N_
from dealflow.core.ids import new
from dealflow.deals import queries as deal_queries
from dealflow.deals import service as deals
from dealflow.deals.queries import Deal
from dealflow.pitches import queries as pitches
from dealflow.termsheets import libraries, library, queries
from dealflow.termsheets.models import TermSheet, TermSheetVersion
from dealflow.termsheets.policy import Can, Tag
from dealflow.termsheets.service import base
from dealflow.termsheets.states import TERM_SHEET

_CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True)
class TermsError(FieldError):
    """A problem of the terms; the clause library brings both languages itself."""

    message_zh: str = ""

    def text(self) -> str:
        return self.message_zh if i18n.language() == "zh" else self.message


def refusal(problems: list[dict[str, str]], prefix: str = "terms.") -> Invalid:
    """The library's findings as our refusal."""
    return Invalid(
        errors=[
            TermsError(
                p["field"] if p["field"].startswith(("project", "parties", "template")) else prefix + p["field"],
                p["code"], p["message_en"], {}, p["message_zh"],
            )
            for p in problems
        ]
    )  # fmt: skip


def new_code() -> str:
    """A version code nobody can guess: 100 random bits in groups of five."""
    letters = "".join(secrets.choice(_CODE_ALPHABET) for _ in range(20))
    return "-".join(letters[i : i + 5] for i in range(0, 20, 5))


def _party(card: OrganisationCard) -> dict[str, Any]:
    return {"name": {"zh": card.name_zh, "en": card.name_en or card.name_zh}}


def parties_of(deal: Deal) -> dict[str, Any]:
    """Both sides as the clause library reads them."""
    cards = organisation_cards([deal.investor_organisation_id, deal.project_organisation_id])
    return {
        "investor": _party(cards[deal.investor_organisation_id]),
        "creator": _party(cards[deal.project_organisation_id]),
    }


def _complete(
    template: str, number: int, project: dict[str, Any], parties: dict[str, Any], terms: dict[str, Any]
) -> dict[str, Any]:
    known = libraries.get(number)
    try:
        merged = library.merge_terms(template, project, parties, terms, on=clock.today(), library=known)
    except library.TermSheetError as error:
        raise refusal([p.as_dict() for p in error.problems]) from None
    problems = library.validate(template, merged, known)
    if problems:
        raise refusal(problems)
    return merged


def findings(
    actor: Actor, sheet: TermSheet, terms: dict[str, Any], unread: frozenset[str] = frozenset()
) -> list[FieldError]:
    """All that keeps these terms from being a version; writes nothing.

    The library judges what parts say together only once each is sound. So parts that are not, and parts that could not be
    read (`unread`), give way to those of the present version, and the rest is judged too: a person corrects once.
    """
    known = queries.version(actor, sheet)

    def judge(instead: frozenset[str]) -> list[FieldError]:
        laid = terms | {name: known.terms[name] for name in instead if name in known.terms}
        try:
            _complete(sheet.template, sheet.library_number, known.project, known.parties, laid)
        except Invalid as refused:
            # Of amounts that must agree, nothing is said while one of them is somebody else's.
            silent = instead | _SUMMED if instead & _SUMMED else instead
            return [e for e in refused.errors if _part(e) not in silent]
        return []

    found = judge(unread)
    return found + judge(unread | {_part(e) for e in found}) if found else found


_SUMMED = frozenset({"investment", "use_of_funds", "tranches"})


def _part(error: FieldError) -> str:
    return re.split(r"[.\[]", error.field.removeprefix("terms."))[0]


def draft(actor: Actor, deal_id: str, *, template: str, terms: dict[str, Any]) -> TermSheet:
    """Draft a term sheet for a deal; what `terms` leaves out takes the template's defaults.

    Raises NotFound, Forbidden, Invalid (each field named), and InvalidTransition when the deal is closed.
    """
    deal = deal_queries.get(actor, deal_id)
    policy.require(actor, Can.DRAFT, deal)
    if not deal.is_open:
        raise Conflict(N_("This deal is closed; open a new one first"), code="invalid_transition")
    project = pitches.as_dict(pitches.get(actor, deal.project_id))
    parties = parties_of(deal)
    number = libraries.current_number()
    complete = _complete(template, number, project, parties, terms)
    sheet = TermSheet(
        id=new("ts"), deal_id=deal.id, author_organisation_id=actor.organisation_id, project_id=deal.project_id,
        investor_organisation_id=deal.investor_organisation_id, project_organisation_id=deal.project_organisation_id,
        template=template, valid_until=_until(complete), library_number=number,
    )  # fmt: skip
    session().add(sheet)
    session().flush()
    _append(actor, sheet, complete, project, parties, comment="")
    audit.record(actor, Tag.DRAFTED, sheet, after={"deal_id": deal.id, "template": template})
    return sheet


def add_version(
    actor: Actor, term_sheet_id: str, *, terms: dict[str, Any], base_version: int, comment: str = ""
) -> TermSheetVersion:
    """Append a version made from `base_version`: of a draft in private, of what was proposed a counter-proposal.

    Raises NotFound, Forbidden, InvalidTransition, Conflict (`stale_base`) when another version came in between,
    and Invalid.
    """
    sheet = base.locked(actor, term_sheet_id, Can.EDIT)
    drafting = sheet.state == "draft"
    if not drafting:
        base.in_time(sheet)
        base.open_deal(actor, sheet)
        TERM_SHEET.fire(sheet.state, "counter", sheet)
    if base_version != sheet.current_number:
        raise _stale()
    known = queries.version(actor, sheet)
    complete = _complete(sheet.template, sheet.library_number, known.project, known.parties, terms)
    if complete == known.terms:
        raise Conflict(N_("Nothing was changed"), code="unchanged")
    if not drafting:
        valid_from_today(complete)
    sheet.current_number += 1
    sheet.valid_until = _until(complete)
    try:
        with session().begin_nested():
            row = _append(actor, sheet, complete, known.project, known.parties, comment=comment)
    except IntegrityError:
        raise _stale() from None
    if drafting:
        audit.record(
            actor, Tag.REVISED, sheet, before={"version": known.number}, after={"version": row.number},
            reason=comment,
        )  # fmt: skip
    else:
        before = base.fire(sheet, "counter")
        base.stand_by(actor, sheet, actor.organisation_id or "", "proposed")
        base.happened(actor, sheet, "countered", Tag.COUNTERED, before=before, text=comment)
    return row


def _stale() -> Conflict:
    return Conflict(N_("Another version was saved in between; compare and save again"), code="stale_base")


def _until(terms: dict[str, Any]) -> date:
    return date.fromisoformat(terms["validity"]["until"])


def valid_from_today(terms: dict[str, Any]) -> None:
    """Refuse to show the other side terms whose validity has ended."""
    if _until(terms) < clock.today():
        raise Invalid.field(
            "terms.validity.until", "past", N_("This date has passed; give the other side time to answer")
        )


def draft_for_project(
    actor: Actor, *, project_id: str, mandate_id: str | None, template: str, terms: dict[str, Any]
) -> TermSheet:
    """From a match straight to a draft: the deal is opened when there is none yet."""
    deal = deals.find_or_open(actor, project_id=project_id, mandate_id=mandate_id)
    return draft(actor, deal.id, template=template, terms=terms)


def _append(
    actor: Actor,
    sheet: TermSheet,
    terms: dict[str, Any],
    project: dict[str, Any],
    parties: dict[str, Any],
    *,
    comment: str,
) -> TermSheetVersion:
    row = TermSheetVersion(
        id=new("tsv"), term_sheet_id=sheet.id, number=sheet.current_number, code=new_code(), terms=terms, project=project,
        parties=parties, comment=comment, author_organisation_id=actor.organisation_id, user_id=actor.user_id,
        user_name=actor.user_name,
    )  # fmt: skip
    session().add(row)
    session().flush()
    return row
