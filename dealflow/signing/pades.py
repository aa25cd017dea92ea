"""PAdES signatures on a PDF, each an incremental update with a visible block (ETSI EN 319 142-1, baseline B-B or B-T).

Pure: bytes in, bytes out. The method is pyHanko's; what is decided here is which fields, where, and what counts as whole.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dealflow.signing.keys import SigningKey

POINTS = 72 / 25.4


@dataclass(frozen=True)
class Block:
    """A signature to be made: a field named `anchor`, at the place of that id in the document, drawn as a PDF page.

    `appearance` is a PDF whose first page is shown in the field; width and height in millimetres.
    """

    anchor: str
    appearance: bytes
    width_mm: float
    height_mm: float
    name: str
    reason: str
    contact: str


@dataclass(frozen=True)
class Found:
    """A signature in a file: whom it names, when it was made, and whether nothing but further signatures came after."""

    field: str
    name: str
    at: datetime | None
    genuine: bool


class NoPlace(ValueError):
    """The document has no element with the id of a signature field."""


def places(pdf: bytes) -> dict[str, tuple[int, float, float]]:
    """Ids in the document → page index, left and top edge in points."""
    import pikepdf

    found: dict[str, tuple[int, float, float]] = {}
    with pikepdf.open(io.BytesIO(pdf)) as document:
        pages = {page.objgen: number for number, page in enumerate(document.pages)}
        names: Any = document.Root.get("/Names", {})
        listed = list(names.get("/Dests", {}).get("/Names", [])) if names else []
        for name, target in zip(listed[::2], listed[1::2], strict=True):
            found[str(name)] = (pages[target[0].objgen], float(target[2]), float(target[3]))
    return found


def sign(pdf: bytes, blocks: Sequence[Block], key: SigningKey) -> bytes:
    """The document with one signature a block, in order. Raises NoPlace."""
    where = places(pdf)
    pdf = _with_plain_objects(pdf)
    for block in blocks:
        if block.anchor not in where:
            raise NoPlace(block.anchor)
        pdf = _sign_one(pdf, block, where[block.anchor], key)
    return pdf


def _with_plain_objects(pdf: bytes) -> bytes:
    """The same document with each object on its own: a validator reads the head of an object stream anew for each of
    the thousands of objects in it, which made checking a signed file take tens of seconds."""
    import pikepdf

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(
            out,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            deterministic_id=True,
            fix_metadata_version=False,
        )
    return out.getvalue()


def _sign_one(pdf: bytes, block: Block, place: tuple[int, float, float], key: SigningKey) -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.layout import AxisAlignment, Margins, SimpleBoxLayoutRule
    from pyhanko.sign import fields, signers
    from pyhanko.stamp import StaticStampStyle

    page, left, top = place
    right, bottom = left + block.width_mm * POINTS, top - block.height_mm * POINTS
    box = (round(left), round(bottom), round(right), round(top))
    metadata = signers.PdfSignatureMetadata(
        field_name=block.anchor, name=block.name, reason=block.reason, contact_info=block.contact,
        subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256",
    )  # fmt: skip
    whole = SimpleBoxLayoutRule(AxisAlignment.ALIGN_MID, AxisAlignment.ALIGN_MID, Margins.uniform(0))
    with tempfile.NamedTemporaryFile(suffix=".pdf") as drawn:
        drawn.write(block.appearance)
        drawn.flush()
        style = StaticStampStyle.from_pdf_file(drawn.name, border_width=0, background_layout=whole)
        with key.signer() as signs:
            signer = signers.PdfSigner(
                metadata, signs, timestamper=key.timestamper(), stamp_style=style,
                new_field_spec=fields.SigFieldSpec(block.anchor, on_page=page, box=box),
            )  # fmt: skip
            out = signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)))
    return bytes(out.getbuffer())


def check(pdf: bytes, key: SigningKey) -> list[Found]:
    """The signatures in a file and whether each is whole: by our key, unchanged, and followed only by signatures.

    The last one must cover the whole file. An unreadable file has none.
    """
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    found: list[Found] = []
    try:
        embedded = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
    except (PdfError, ValueError, KeyError, RecursionError):
        return []
    for number, signature in enumerate(embedded, 1):
        name = str(signature.sig_object.get("/Name", ""))
        try:
            status = validate_pdf_signature(signature, key.trust())
        except (PdfError, SignatureValidationError, ValueError):
            found.append(Found(signature.field_name, name, None, genuine=False))
            continue
        last = number == len(embedded)
        covered = not last or status.coverage == SignatureCoverageLevel.ENTIRE_FILE
        # `intact` alone stays true when a page was changed afterwards; the bottom line does not.
        found.append(
            Found(
                signature.field_name,
                name,
                status.signer_reported_dt,
                genuine=bool(status.bottom_line) and covered,
            )
        )
    return found
