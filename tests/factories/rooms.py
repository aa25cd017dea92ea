"""Data rooms for tests: small files of each kind, and rooms in a state."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pikepdf
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

VIDEO = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(range(256)) * 1600


def pdf(pages: int = 3, *, text: str = "Page", **save: Any) -> bytes:
    """A PDF whose pages say `text` and their number."""
    made = pikepdf.new()
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    for number in range(1, pages + 1):
        page = made.add_blank_page(page_size=(595, 842))
        page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        page.contents_add(f"BT /F1 24 Tf 72 720 Td ({text} {number}) Tj ET".encode())
    stream = io.BytesIO()
    made.save(stream, **save)
    return stream.getvalue()


def picture(size: tuple[int, int] = (800, 600)) -> bytes:
    """A PNG."""
    stream = io.BytesIO()
    Image.new("RGB", size, "navy").save(stream, "PNG")
    return stream.getvalue()


def office() -> bytes:
    """A Word file, as far as its content tells."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in ("[Content_Types].xml", "_rels/.rels", "word/document.xml"):
            archive.writestr(name, "<x/>")
    return stream.getvalue()


def upload(
    owner: Any, project_id: str, data: bytes | None = None, name: str = "budget.pdf", **fields: str
) -> dict[str, Any]:
    """A document that a person added, as the API shows it."""
    answer = send(owner, f"/projects/{project_id}/documents", pdf() if data is None else data, name, **fields)
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def send(owner: Any, path: str, data: bytes, name: str = "budget.pdf", **fields: str) -> Any:
    """The answer to a multipart upload."""
    headers = {"Authorization": f"Bearer {owner.token}", "Accept-Language": "en"}
    # Encoded in memory: the client would leave a large body's temporary file open.
    boundary, body = encode_multipart({"file": FileStorage(io.BytesIO(data), name)} | fields)
    return owner.app.test_client().post(
        f"/api/v1{path}", data=body, headers=headers, content_type=f"multipart/form-data; boundary={boundary}"
    )


def grant(owner: Any, project_id: str, reader: Any, **more: Any) -> dict[str, Any]:
    """Let a person's organisation in."""
    answer = owner.post(f"/projects/{project_id}/grants", {"organisation_id": reader.organisation_id} | more)
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def accept(reader: Any, project_id: str) -> None:
    """Accept the NDA in force."""
    answer = reader.post(f"/projects/{project_id}/nda")
    assert answer.status_code == 201, answer.json


def text_of(content: bytes, page: int = 0) -> str:
    """The text of a page of a PDF."""
    import pypdfium2

    document = pypdfium2.PdfDocument(content)
    try:
        return str(document[page].get_textpage().get_text_bounded())
    finally:
        document.close()
