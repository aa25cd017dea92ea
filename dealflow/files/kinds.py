"""What a file is, judged by its content and never by its name."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import filetype

from dealflow.core.errors import FieldError, Invalid
from dealflow.core.i18n import N_

HEAD = 64 * 1024
IMAGES = {"image/jpeg", "image/png", "image/webp", "image/gif"}
VIDEOS = {"video/mp4", "video/webm", "video/quicktime", "video/x-m4v"}
_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCUMENTS = {
    "application/pdf", f"{_OFFICE}wordprocessingml.document", f"{_OFFICE}spreadsheetml.sheet",
    f"{_OFFICE}presentationml.presentation", "image/jpeg", "image/png", "image/webp", "text/plain",
}  # fmt: skip


class WrongType(Invalid):
    """The content is not of an accepted kind."""

    status: ClassVar[int] = 415
    code, title = "unsupported_media_type", N_("This kind of file is not accepted")


_HINTS = {
    "image": N_("Choose a picture in JPEG, PNG, WebP or GIF"),
    "video": N_("Choose a video in MP4, WebM or MOV"),
    "document": N_("Choose a PDF, Word, Excel or PowerPoint file, a picture or a plain text"),
}


def wrong(kind: str) -> WrongType:
    """The refusal that says what would be accepted."""
    return WrongType(errors=[FieldError("file", "wrong_type", _HINTS[kind])])


def content_type(path: Path, kind: str) -> str:
    """The type of the content when it is accepted as `kind`; WrongType otherwise."""
    accepted = {"image": IMAGES, "video": VIDEOS, "document": DOCUMENTS}[kind]
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    guess = filetype.guess_mime(head) if head else None
    if guess is None and kind == "document" and _is_text(head, path.stat().st_size):
        guess = "text/plain"
    if guess not in accepted:
        raise wrong(kind)
    return str(guess)


def _is_text(head: bytes, size: int) -> bool:
    # Markup and programs pass as text to a naive eye; a browser would run them.
    if (
        not head
        or b"\x00" in head
        or head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"#!", b"%!", b"MZ"))
    ):
        return False
    # The cut may go through a character.
    body = head if size <= HEAD else head[:-4]
    for encoding in ("utf-8", "gb18030"):
        try:
            text = body.decode(encoding, "strict" if size <= HEAD else "ignore")
        except UnicodeDecodeError:
            continue
        return all(c.isprintable() or c in "\t\r\n\f\u3000\ufeff" for c in text)
    return False
