"""The clause library of term sheets and the documents made from it. Pure: no database, no request.

Doors: `TEMPLATES`, `default_terms`, `merge_terms`, `validate`, `schema`, `payout_table`, `build_document`,
`render_html`, `termsheet_pdf`, `render_file`, `TermSheetError`.
"""

from dealflow.termsheets.library.catalogue import LIBRARY, TEMPLATES
from dealflow.termsheets.library.declared import to_be_given
from dealflow.termsheets.library.defaults import default_terms, merge_terms
from dealflow.termsheets.library.document import DRAFT_STATES, LANGUAGES, USE_KINDS, Document, build_document
from dealflow.termsheets.library.figures import Payouts, payout_table
from dealflow.termsheets.library.instruments import TERMS
from dealflow.termsheets.library.messages import Problem, TermSheetError
from dealflow.termsheets.library.model import FIELD, NAMES, Library
from dealflow.termsheets.library.pari_passu import pari_passu
from dealflow.termsheets.library.redline import ClauseChange, Passage, Segment, reading, redline
from dealflow.termsheets.library.redline_print import Writer, redline_html, redline_pdf
from dealflow.termsheets.library.rendering import FOLDER as TEMPLATE_FOLDER
from dealflow.termsheets.library.rendering import pdf_of, pdf_options, render_file, render_html, termsheet_pdf
from dealflow.termsheets.library.simulator import Assumptions, Figures, figures, usual
from dealflow.termsheets.library.terms import LIBRARY_VERSION, Terms
from dealflow.termsheets.library.validation import schema, validate

__all__ = [
    "DRAFT_STATES",
    "FIELD",
    "LANGUAGES",
    "LIBRARY",
    "LIBRARY_VERSION",
    "NAMES",
    "TEMPLATES",
    "TEMPLATE_FOLDER",
    "TERMS",
    "USE_KINDS",
    "Assumptions",
    "ClauseChange",
    "Document",
    "Figures",
    "Library",
    "Passage",
    "Payouts",
    "Problem",
    "Segment",
    "TermSheetError",
    "Terms",
    "Writer",
    "build_document",
    "default_terms",
    "figures",
    "merge_terms",
    "pari_passu",
    "payout_table",
    "pdf_of",
    "pdf_options",
    "reading",
    "redline",
    "redline_html",
    "redline_pdf",
    "render_file",
    "render_html",
    "schema",
    "termsheet_pdf",
    "to_be_given",
    "usual",
    "validate",
]
