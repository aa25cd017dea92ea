"""Printed term sheets, kept by the hash of all that goes into them."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Literal

from dealflow.core import pdf
from dealflow.core.errors import Invalid
from dealflow.termsheets import library
from dealflow.termsheets.models import TermSheet, TermSheetVersion

Language = Literal["zh", "en", "zh+en"]


def pdf_path(folder: Path, sheet: TermSheet, version: TermSheetVersion, lang: Language) -> Path:
    """The file of a printed version, rendered now unless it was before.

    Same version, language and state → same file. Raises PdfFailed and its kinds when rendering hit its limits.
    """
    path = folder / f"{_key(sheet, version, lang)}.pdf"
    if path.exists():
        return path
    try:
        content = library.termsheet_pdf(
            sheet.template, version.project, version.parties, version.terms, version_code=version.code, state=sheet.state,
            lang=lang, generated_on=version.at.date(),
        )  # fmt: skip
    except library.TermSheetError as error:
        raise Invalid.field("terms", "invalid", str(error)) from None
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    Path(name).replace(path)
    return path


@lru_cache(maxsize=1)
def _design() -> str:
    """Changes when the pages' design, the fonts or the renderer change, so that no old print outlives them."""
    folder = library.TEMPLATE_FOLDER
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    return hashlib.sha256("".join([pdf.cache_key(""), *digests]).encode()).hexdigest()


def _key(sheet: TermSheet, version: TermSheetVersion, lang: str) -> str:
    parts = [
        _design(),
        library.LIBRARY_VERSION,
        sheet.template,
        sheet.state,
        version.code,
        version.number,
        version.at.isoformat(),
        lang,
    ]
    return hashlib.sha256(
        json.dumps([*parts, version.terms, version.project, version.parties], sort_keys=True).encode()
    ).hexdigest()


def file_name(sheet: TermSheet, version: TermSheetVersion, lang: Language) -> str:
    """A name for the download: `term-sheet-<code>-v2-zh-en.pdf`."""
    return f"term-sheet-{version.code}-v{version.number}-{lang.replace('+', '-')}.pdf"
