"""A document as HTML and as PDF. People's texts enter the page escaped, as text."""

from __future__ import annotations

import json
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from dealflow.core import clock, pdf, printed
from dealflow.termsheets.library.catalogue import LIBRARY
from dealflow.termsheets.library.defaults import merge_terms
from dealflow.termsheets.library.document import LANGUAGES, Document, build_document
from dealflow.termsheets.library.drawing import fit, order_drawing, payout_bars, payout_columns
from dealflow.termsheets.library.formats import day, figures, percent
from dealflow.termsheets.library.messages import Problem, TermSheetError
from dealflow.termsheets.library.model import Library, Text

FOLDER = Path(__file__).resolve().parents[3] / "templates" / "termsheets" / "pdf"
HTML_LANG = {"zh": "zh-CN", "en": "en", "zh+en": "zh-CN"}


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Where the documents' templates live."""
    made = printed.environment(FOLDER)
    made.filters |= {"figures": figures, "percent": percent, "day": day}
    return made


def wordings(document: Document) -> dict[str, Any]:
    """How the templates say a label in each language printed."""

    def both(words: Text) -> Markup:
        """One span a language."""
        spans = (Markup('<span lang="{}">{}</span>').format(lang, words.get(lang)) for lang in document.langs)
        return Markup(" ").join(spans)

    def say(zh: str, en: str) -> Markup:
        return both(Text(zh=zh, en=en))

    def say_plain(zh: str, en: str) -> str:
        return " ".join(Text(zh=zh, en=en).get(lang) for lang in document.langs)

    return {"both": both, "say": say, "say_plain": say_plain, "dual": len(document.langs) > 1}


def render_html(document: Document, signing: Any = None) -> str:
    """The whole page, styles inside; needs nothing but the fonts of `dealflow.core.pdf`.

    `signing`: who signed and when (dealflow.signing.printing.Record); then places for the signatures and the audit
    trail stand where a draft has blanks.
    """
    page = environment().get_template("document.html")
    return page.render(
        d=document,
        signing=signing,
        **wordings(document),
        html_lang=HTML_LANG[document.lang],
        title=document_title(document),
        short_title=fit(document.project.get(document.langs[0]), 44, 1.0),
        payout_columns=payout_columns(document),
        order=order_drawing(document),
        bars=payout_bars(document),
    )


def document_title(document: Document) -> str:
    """The title in the file's metadata: `投资条款清单 — 项目`."""
    kind = {"zh": "投资条款清单", "en": "Term sheet", "zh+en": "投资条款清单 Term sheet"}[document.lang]
    return f"{kind} — {document.project.get(document.langs[0])}"


def termsheet_json(document: Document) -> bytes:
    """What is attached to the PDF: the terms and what identifies them."""
    data = {
        "template": document.template.key,
        "version_code": document.version_code,
        "state": document.state,
        "generated_on": document.generated_on.isoformat(),
        "project": {"title": {"zh": document.project.zh, "en": document.project.en}},
        "parties": {side: vars(party) for side, party in document.parties.items()},
        "terms": document.terms,
    }
    return json.dumps(data, ensure_ascii=False, sort_keys=True, indent=1).encode("utf-8", "replace")


def pdf_options(document: Document) -> dict[str, Any]:
    """The arguments beside the HTML, as `pdf.render` and `pdf.cache_key` want them."""
    return {
        "title": document_title(document),
        "lang": HTML_LANG[document.lang],
        "identifier": f"{document.version_code}/{document.lang}".encode(),
        "dated": document.generated_on,
        "attachments": [
            pdf.Attachment(
                "termsheet.json", termsheet_json(document), "application/json", "Term sheet as data"
            )
        ],
    }


def pdf_of(document: Document, *, timeout_s: float = 20.0) -> bytes:
    """The PDF/A-3a of a document. Raises PdfFailed and its kinds."""
    return pdf.render(render_html(document), **pdf_options(document), timeout_s=timeout_s)


def termsheet_pdf(
    template: str,
    project: Any,
    parties: Any,
    terms: Any,
    *,
    version_code: str,
    state: str,
    lang: str,
    generated_on: date,
    library: Library = LIBRARY,
    timeout_s: float = 20.0,
) -> bytes:
    """The PDF of complete terms; the same arguments give the same bytes. Raises TermSheetError, PdfFailed."""
    document = build_document(
        template,
        project,
        parties,
        terms,
        version_code=version_code,
        state=state,
        lang=lang,
        generated_on=generated_on,
        library=library,
    )
    return pdf_of(document, timeout_s=timeout_s)


def render_file(data: Any, lang: str) -> bytes:
    """The PDF of `{template, project, parties, terms?, version_code?, state?, generated_on?}`.

    What `terms` leaves out takes the template's defaults. Raises TermSheetError, whose text is one line that names
    the field, and PdfFailed.
    """
    if not isinstance(data, dict):
        raise TermSheetError([Problem.of("", "not_an_object")])
    if lang not in LANGUAGES:
        raise TermSheetError([Problem.of("lang", "unknown_choice", limit=", ".join(LANGUAGES))])
    allowed = {"template", "project", "parties", "terms", "version_code", "state", "generated_on"}
    if unknown := [Problem.of(str(key), "unknown_field") for key in data if key not in allowed]:
        raise TermSheetError(unknown)
    for key in ("template", "project", "parties"):
        if key not in data:
            raise TermSheetError([Problem.of(key, "missing")])
    for key in ("template", "version_code", "state"):
        if not isinstance(data.get(key, ""), str):
            raise TermSheetError([Problem.of(key, "not_text")])
    on = _given_day(data.get("generated_on"))
    terms = merge_terms(data["template"], data["project"], data["parties"], data.get("terms", {}), on=on)
    try:
        return termsheet_pdf(
            data["template"],
            data["project"],
            data["parties"],
            terms,
            version_code=data.get("version_code") or "DRAFT",
            state=data.get("state") or "draft",
            lang=lang,
            generated_on=on,
        )
    except TermSheetError as error:
        raise TermSheetError([_below_terms(problem) for problem in error.problems]) from None


def _given_day(raw: Any) -> date:
    if raw is None:
        return clock.today()
    try:
        return date.fromisoformat(raw)
    except (TypeError, ValueError):
        raise TermSheetError([Problem.of("generated_on", "bad_date")]) from None


def _below_terms(problem: Problem) -> Problem:
    """Problems of terms are named relative to them; in a file they stand under `terms`."""
    if problem.field in ("template", "lang") or problem.field.startswith(("project", "parties")):
        return problem
    return Problem(f"terms.{problem.field}", problem.code, problem.message_en, problem.message_zh)
