"""For the owner: who is let in, who accepted, who read what."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind

from dealflow.accounts.directory import organisations_of_kinds
from dealflow.core import policy
from dealflow.core.errors import NotFound
from dealflow.core.http import actor, back, needs
from dealflow.core.i18n import gettext as _
from dealflow.dataroom import heat, queries, seats
from dealflow.dataroom.forms import GrantForm, GuestForm, GuestIn
from dealflow.dataroom.pages.base import bp, labels, title_of, told
from dealflow.dataroom.pages.room import folder_choices
from dealflow.dataroom.policy import Can
from dealflow.dataroom.schemas import GrantIn
from dealflow.dataroom.seats import Seat
from dealflow.dataroom.service import grants, guests

_READERS = ("investor", "fund", "studio", "creator", "park")


def _access_page(seat: Seat, form: GrantForm | None = None, guest: GuestForm | None = None) -> str:
    given = queries.grants(actor(), seat)
    form = form or GrantForm(organisation_id=request.args.get("organisation", ""))
    form.organisation_id.choices = [
        SelectChoice("", _("Choose")),
        *(
            SelectChoice(card.id, card.name)
            for card in organisations_of_kinds(_READERS)
            if card.id != seat.organisation_id
        ),
    ]
    guest = guest or GuestForm()
    form.folder_id.choices = guest.folder_id.choices = folder_choices(seat, _("The whole room"))
    return render_template(
        "dataroom/access.html", seat=seat, title=title_of(seat), grants=given, names=queries.names(g.grantee_id for g in given),
        links=queries.links(seat), acceptances=queries.acceptances(seat), form=form, guest=guest,
        may_grant=policy.can(actor(), Can.GRANT, seat), is_open=seat.room.is_open, **labels(),
    )  # fmt: skip


def _owner(project_id: str, permission: Can) -> Seat:
    seat = seats.of_actor(actor(), project_id)
    policy.require(actor(), permission, seat, see=Can.SEE)
    return seat


@bp.get("/projects/<project_id>/data-room/access")
@needs(Can.SEE_GRANTS)
def access(project_id: str) -> str:
    """Grants, links for guests, acceptances of the NDA."""
    return _access_page(_owner(project_id, Can.SEE_GRANTS))


@bp.post("/projects/<project_id>/data-room/grants")
@needs(Can.GRANT)
def give(project_id: str) -> Any:
    """Let an organisation in."""
    seat = _owner(project_id, Can.GRANT)
    form = GrantForm(request.form)
    values = None
    if form.validate():
        sent = {
            "organisation_id": form.organisation_id.data,
            "folder_id": form.folder_id.data,
            "level": form.level.data,
        }
        values = form.load(GrantIn, sent | form.period())
    if values is None or not told(
        lambda: grants.give(actor(), project_id, **values.model_dump()), _("The room is open to them.")
    ):
        return _access_page(seat, form), 422
    return redirect(back(".access", project_id=project_id), 303)


@bp.post("/projects/<project_id>/data-room/grants/<grant_id>/revoke")
@needs(Can.GRANT)
def revoke(project_id: str, grant_id: str) -> Response:
    """Take a grant back at once."""
    grants.revoke(actor(), project_id, grant_id=grant_id)
    flash(_("Taken back. Nothing can be opened with it any more."), "success")
    return redirect(url_for(".access", project_id=project_id), 303)


@bp.post("/projects/<project_id>/data-room/links")
@needs(Can.GRANT)
def invite(project_id: str) -> Any:
    """Mail a link to an address."""
    seat = _owner(project_id, Can.GRANT)
    form = GuestForm(request.form)
    values = form.load(GuestIn)
    if values is None or not told(
        lambda: guests.invite(
            actor(), project_id, email=values.email, days=values.days, folder_id=values.folder_id
        ),
        _("The link is on its way."),
    ):
        return _access_page(seat, guest=form), 422
    return redirect(url_for(".access", project_id=project_id), 303)


@bp.post("/projects/<project_id>/data-room/links/<link_id>/revoke")
@needs(Can.GRANT)
def take_back(project_id: str, link_id: str) -> Response:
    """Take a guest's link back at once."""
    guests.take_back(actor(), project_id, link_id)
    flash(_("Taken back. Nothing can be opened with it any more."), "success")
    return redirect(url_for(".access", project_id=project_id), 303)


@bp.get("/projects/<project_id>/data-room/views")
@needs(Can.SEE_VIEWS)
def views(project_id: str) -> str:
    """The heat list: what was read, by whom, page by page."""
    seat = _owner(project_id, Can.SEE_VIEWS)
    pages = {s.document.id: s.version.pages or 0 for s in queries.documents(seat)}
    found = heat.map_of(actor(), seat, pages)
    chosen = request.args.get("document", "")
    if chosen and chosen not in pages:
        raise NotFound()
    recent, total = heat.accesses(actor(), seat, document_id=chosen or None, limit=50)
    return render_template(
        "dataroom/views.html", seat=seat, title=title_of(seat), found=found, chosen=chosen, recent=recent, total=total,
        names=heat.documents_of(seat), **labels(),
    )  # fmt: skip
