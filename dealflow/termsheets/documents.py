"""Printed term sheets, kept by the hash of all that goes into them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Response

from dealflow.core import pdf
from dealflow.core.actor import Actor
from dealflow.core.errors import Invalid
from dealflow.core.http import download
from dealflow.termsheets import libraries, library, prints, queries
from dealflow.termsheets.forms import Language, PdfQuery
from dealflow.termsheets.models import TermSheet, TermSheetVersion
from dealflow.termsheets.queries import Redline

Offer = Callable[[Actor, TermSheet, TermSheetVersion, PdfQuery], Response | None]
# The key a print is kept under, and how it is made when it is not there.
Print = tuple[str, Callable[[], bytes]]
_offers: list[Offer] = []


def offer(find: Offer) -> None:
    """Let a higher room answer in place of a print: with a signed file, when there is one."""
    if find not in _offers:
        _offers.append(find)


def answer(actor: Actor, term_sheet_id: str, query: PdfQuery, folder: Path) -> Response:
    """The PDF that page and API give: a version, or what changed since another one."""
    if query.against is None:
        named = queries.printed(actor, term_sheet_id, query.version)
        known = _known.get((named.template, named.state, named.id, query.lang))
        content = prints.read(folder, known) if known else None
        if known and content:
            return _download(content, known, file_name(named, query.lang))
    sheet = queries.get(actor, term_sheet_id)
    version = queries.version(actor, sheet, query.version)
    if query.against is None:
        for find in _offers:
            made = find(actor, sheet, version, query)
            if made is not None:
                return made
        key, render = of_version(sheet, version, query.lang)
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[named.template, named.state, named.id, query.lang] = key
    else:
        found = queries.redline(actor, sheet, query.against, version.number)
        key, render = of_redline(sheet, found, query.lang)
    try:
        content = prints.kept(folder, key, render)
    except library.TermSheetError as error:
        raise Invalid.field("terms", "invalid", str(error)) from None
    return _download(content, key, file_name(version, query.lang, query.against))


# A version is never changed, so this process finds a print that it saw before without hashing its terms again.
_known: dict[tuple[str, ...], str] = {}
_MOST_KNOWN = 5000


def _download(content: bytes, key: str, name: str) -> Response:
    return download(content, name=name, mimetype="application/pdf", etag=key, inline=True)


def of_version(sheet: TermSheet, version: TermSheetVersion, lang: Language) -> Print:
    """A printed version. Same version, language and state → same key, same bytes.

    Rendering raises PdfFailed and its kinds when it hits its limits.
    """

    def render() -> bytes:
        return library.termsheet_pdf(
            sheet.template, version.project, version.parties, version.terms, version_code=version.code, state=sheet.state,
            lang=lang, generated_on=version.at.date(), library=libraries.get(sheet.library_number),
        )  # fmt: skip

    return _key(sheet.template, str(sheet.library_number), sheet.state, lang, version), render


def of_redline(sheet: TermSheet, found: Redline, lang: Language) -> Print:
    """The print of what changed, each clause with who wrote it."""

    def render() -> bytes:
        document = library.build_document(
            sheet.template, found.newer.project, found.newer.parties, found.newer.terms, version_code=found.newer.code,
            state=sheet.state, lang=lang, generated_on=found.newer.at.date(),
            library=libraries.get(sheet.library_number),
        )  # fmt: skip
        by = {
            key: library.Writer(v.number, v.user_name, sheet.side(v.author_organisation_id) or "")
            for key, v in found.wrote.items()
        }
        return library.redline_pdf(document, found.changes, by, (found.older.number, found.newer.number))

    key = _key(
        "redline", sheet.template, str(sheet.library_number), sheet.state, lang, found.older, found.newer
    )
    return key, render


@lru_cache(maxsize=1)
def _design() -> str:
    """Changes when the pages' design, the fonts or the renderer change, so that no old print outlives them."""
    folder = library.TEMPLATE_FOLDER
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    return hashlib.sha256("".join([pdf.cache_key(""), *digests]).encode()).hexdigest()


def _key(*parts: str | TermSheetVersion) -> str:
    """The hash of all that goes into a print: versions count with all they are made from."""
    made = [
        part if isinstance(part, str)
        else [part.code, part.number, part.at.isoformat(), part.terms, part.project, part.parties]
        for part in parts
    ]  # fmt: skip
    return hashlib.sha256(
        json.dumps([_design(), library.LIBRARY_VERSION, *made], sort_keys=True).encode()
    ).hexdigest()


def file_name(version: Any, lang: Language, against: int | None = None) -> str:
    """A name for the download: `term-sheet-<code>-v2-zh-en.pdf`, `…-v2-since-v1-…` for what changed."""
    since = f"-since-v{against}" if against is not None else ""
    return f"term-sheet-{version.code}-v{version.number}{since}-{lang.replace('+', '-')}.pdf"
