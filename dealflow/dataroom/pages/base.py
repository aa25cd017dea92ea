"""What the pages of this room share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from dealflow.core.errors import Conflict, Invalid, TooLarge
from dealflow.core.i18n import N_, localised
from dealflow.core.i18n import gettext as _
from dealflow.dataroom import copies, serving
from dealflow.dataroom.models import DataAccess
from dealflow.dataroom.seats import NdaRequired, Seat, Sight
from dealflow.files import queries as files
from dealflow.pitches import queries as pitches

bp = Blueprint("dataroom", __name__)
KIND_LABELS = {
    "pdf": N_("PDF"),
    "image": N_("Picture"),
    "video": N_("Video"),
    "office": N_("Office file"),
    "text": N_("Plain text"),
}
KIND_ICONS = {
    "pdf": "file-type-pdf",
    "image": "photo",
    "video": "video",
    "office": "file-spreadsheet",
    "text": "file-text",
}
LEVEL_LABELS = {"view": N_("View"), "download": N_("View and download")}
# What the viewer's library loads by itself, by kind; it is told the folders.
LIBRARY_DATA = {
    "cmaps": ("vendor/pdfjs/cmaps/*.bcmap",),
    "fonts": ("vendor/pdfjs/standard_fonts/*.pfb", "vendor/pdfjs/standard_fonts/*.ttf"),
    "decoders": ("vendor/pdfjs/wasm/*.js",),
}


@bp.errorhandler(NdaRequired)
def nda_first(error: NdaRequired) -> AnyResponse:
    """A page that needs the NDA leads to it, and back afterwards."""
    here = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("dataroom.nda", project_id=error.params["project_id"], next=here), 303)


@dataclass(frozen=True)
class Links:
    """The addresses under which one kind of reader finds a room: with an account, or by a guest's link."""

    room: str
    nda: str
    document: Callable[[str], str]
    part: Callable[[str, int], str]
    content: Callable[[str], str]
    seen: Callable[[str], str]


def links(project_id: str) -> Links:
    """For people with an account."""
    return Links(
        room=url_for("dataroom.show", project_id=project_id),
        nda=url_for("dataroom.nda", project_id=project_id),
        document=lambda d: url_for("dataroom.document", document_id=d),
        part=lambda d, n: url_for("dataroom.part", document_id=d, page=n),
        content=lambda d: url_for("dataroom.content", document_id=d),
        seen=lambda d: url_for("dataroom.seen", document_id=d),
    )


def guest_links(link_id: str) -> Links:
    """For guests."""
    return Links(
        room=url_for("dataroom.guest_room", link_id=link_id),
        nda=url_for("dataroom.guest_nda", link_id=link_id),
        document=lambda d: url_for("dataroom.guest_document", link_id=link_id, document_id=d),
        part=lambda d, n: url_for("dataroom.guest_part", link_id=link_id, document_id=d, page=n),
        content=lambda d: url_for("dataroom.guest_content", link_id=link_id, document_id=d),
        seen=lambda d: url_for("dataroom.guest_seen", link_id=link_id, document_id=d),
    )


def title_of(seat: Seat) -> str:
    """The project's title in the current language."""
    return localised(pitches.briefs([seat.room.project_id])[seat.room.project_id]["titles"]) or _(
        "Untitled project"
    )


def labels() -> dict[str, Any]:
    """Words and icons that several templates need."""
    return {"kinds": KIND_LABELS, "icons": KIND_ICONS, "levels": LEVEL_LABELS}


def viewer(sight: Sight, access: DataAccess | None, at: Links) -> dict[str, Any]:
    """What the viewer needs to know of a document."""
    version = sight.version
    firsts = range(1, (version.pages or 0) + 1, copies.PAGES_AT_ONCE)
    return {
        "sight": sight, "version": version, "document": sight.document, "seat": sight.seat, "at": at,
        "access_id": access.id if access else "", "firsts": firsts, "at_once": copies.PAGES_AT_ONCE,
        "data": {k: url_for("static", filename=v[0].rpartition("/")[0] + "/") for k, v in LIBRARY_DATA.items()},
        "viewed": version.kind in ("pdf", "image", "video"), **labels(),
    }  # fmt: skip


def number_of(text: str | None) -> int:
    """A version that a form sent; 0 for what is none."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0


def part_answer(sight: Sight, access: DataAccess | None, page: int) -> Response:
    """The pages around one page, marked; the record of them stands already."""
    stored = files.of_room(sight.version.file_id)
    return serving.part(sight, copies.pages(stored, access, copies.part_of(page)))


def pages_of(sight: Sight, page: int) -> range:
    """The pages that are served with one page, as far as there are any."""
    last = sight.version.pages or 0
    wanted = copies.part_of(page) if 1 <= page <= last else range(0)
    return range(wanted.start, min(wanted.stop, last + 1))


def seconds_sent() -> dict[int, int]:
    """What a reader's page says of the time on pages: `page:seconds` pairs; what cannot be read is left out."""
    found: dict[int, int] = {}
    for pair in request.form.get("pages", "")[:4000].split(","):
        page, _colon, spent = pair.partition(":")
        if page.isdecimal() and spent.isdecimal() and len(page) < 6 and len(spent) < 6:
            found[int(page)] = found.get(int(page), 0) + int(spent)
    return found


def told(call: Callable[[], Any], success: str) -> bool:
    """Run a use case and say how it went; whether it went well."""
    try:
        call()
    except Invalid as refusal:
        flash(refusal.errors[0].text() if refusal.errors else refusal.text(), "danger")
    except (Conflict, TooLarge) as refusal:
        flash(refusal.text(), "danger")
    else:
        flash(success, "success")
        return True
    return False
