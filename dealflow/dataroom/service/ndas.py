"""The NDA: its wordings, and who accepts them."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core import policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Invalid
from dealflow.core.i18n import N_, language
from dealflow.core.ids import new
from dealflow.dataroom import queries
from dealflow.dataroom.models import NOBODY, DataNda, NdaAcceptance
from dealflow.dataroom.nda_library import NDA_EN, NDA_ZH
from dealflow.dataroom.policy import Can, Tag
from dealflow.dataroom.seats import Seat
from dealflow.dataroom.service.rooms import for_writing
from dealflow.notify import service as notify


def write(
    actor: Actor,
    project_id: str,
    *,
    source: str,
    text_zh: str = "",
    text_en: str = "",
    asks_again: bool = True,
    required: bool = True,
) -> DataNda:
    """Put another wording in force (or say that none is asked for). Raises NotFound, Forbidden, Conflict, Invalid."""
    seat = for_writing(actor, project_id, Can.WRITE_NDA)
    if source == "library":
        text_zh, text_en = NDA_ZH, NDA_EN
    text_zh, text_en = text_zh.strip(), text_en.strip()
    if not text_zh and not text_en:
        raise Invalid.field("text_zh", "required", N_("Write the agreement in Chinese, English or both"))
    if required != seat.room.nda_required:
        seat.room.nda_required = required
        session().flush()
        audit.record(
            actor, Tag.NDA_WRITTEN, seat.room, before={"required": not required}, after={"required": required}
        )
    current = queries.nda(seat)
    if (current.text_zh, current.text_en) == (text_zh, text_en):
        return current
    last = session().scalar(select(func.max(DataNda.number)).where(DataNda.room_id == seat.room.id)) or 0
    row = DataNda(
        id=new("nda"), room_id=seat.room.id, organisation_id=seat.organisation_id, number=last + 1, source=source,
        text_zh=text_zh, text_en=text_en, asks_again=asks_again, user_id=actor.user_id, user_name=actor.user_name,
    )  # fmt: skip
    try:
        with session().begin_nested():
            session().add(row)
    except IntegrityError:
        raise Conflict(N_("Somebody else saved the agreement at the same moment; look at theirs")) from None
    audit.record(
        actor, Tag.NDA_WRITTEN, seat.room, before={"number": last},
        after={"number": row.number, "source": source, "asks_again": asks_again},
    )  # fmt: skip
    return row


def accept(actor: Actor, seat: Seat, *, number: int | None = None, lang: str | None = None) -> NdaAcceptance:
    """Accept the wording in force as this reader; accepting it again changes nothing.

    Raises Forbidden for the owner, and Conflict (`stale_nda`) when `number` is not the wording in force.
    """
    policy.require(actor, Can.ACCEPT_NDA, seat, see=Can.SEE)
    current = queries.nda(seat)
    if number is not None and number != current.number:
        raise Conflict(N_("The agreement was changed meanwhile; read it once more"), code="stale_nda")
    row = NdaAcceptance(
        id=new("nac"), room_id=seat.room.id, organisation_id=seat.organisation_id, number=current.number, reader=seat.reader,
        reader_organisation_id=seat.reader_organisation_id or NOBODY, reader_name=seat.name,
        reader_organisation=seat.reader_organisation, reader_email=seat.email, language=lang or language(),
        address=seat.address[:64],
    )  # fmt: skip
    try:
        with session().begin_nested():
            session().add(row)
    except IntegrityError:
        known = select(NdaAcceptance).where(
            NdaAcceptance.room_id == seat.room.id, NdaAcceptance.number == current.number,
            NdaAcceptance.reader == seat.reader, NdaAcceptance.reader_organisation_id == row.reader_organisation_id,
        )  # fmt: skip
        return session().scalars(known, execution_options=dict(seat.options)).one()
    audit.record(
        actor, Tag.NDA_ACCEPTED, seat.room, organisation_id=seat.organisation_id,
        after={"number": current.number, "by": seat.name, "organisation": seat.reader_organisation, "email": seat.email},
    )  # fmt: skip
    notify.tell(
        code="dataroom.nda_accepted", title=N_("%(who)s accepted the NDA of your data room"),
        params={"who": seat.reader_organisation or seat.email}, link=f"/projects/{seat.room.project_id}/data-room/access",
        organisation_id=seat.organisation_id,
    )  # fmt: skip
    return row
