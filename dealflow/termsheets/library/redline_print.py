"""The print of what changed between two versions: every clause woven of both, with who wrote what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dealflow.core import pdf
from dealflow.termsheets.library.document import Document
from dealflow.termsheets.library.drawing import fit
from dealflow.termsheets.library.redline import ClauseChange
from dealflow.termsheets.library.rendering import HTML_LANG, environment, wordings


@dataclass(frozen=True)
class Writer:
    """Who wrote a clause as it reads now: in which version, by name and side ("investor" or "project")."""

    version: int
    name: str
    side: str


def redline_html(
    document: Document,
    changes: Sequence[ClauseChange],
    writers: Mapping[str, Writer],
    numbers: tuple[int, int],
) -> str:
    """The whole page. `document` is the newer version, `numbers` both."""
    differing = [change for change in changes if change.state != "same"]
    page = environment().get_template("redline.html")
    return page.render(
        d=document, changes=differing, unchanged=len(changes) - len(differing), writers=writers, older=numbers[0],
        newer=numbers[1], short_title=fit(document.project.get(document.langs[0]), 44, 1.0),
        html_lang=HTML_LANG[document.lang], title=_title(document, numbers), **wordings(document),
    )  # fmt: skip


def _title(document: Document, numbers: tuple[int, int]) -> str:
    zh, en = f"修订对比 第{numbers[0]}版→第{numbers[1]}版", f"Redline, version {numbers[0]} to {numbers[1]}"
    return f"{zh if document.langs[0] == 'zh' else en} — {document.project.get(document.langs[0])}"


def redline_pdf(
    document: Document,
    changes: Sequence[ClauseChange],
    writers: Mapping[str, Writer],
    numbers: tuple[int, int],
    *,
    timeout_s: float = 20.0,
) -> bytes:
    """The same as PDF; the same arguments give the same bytes. Raises PdfFailed and its kinds."""
    options: dict[str, Any] = {
        "title": _title(document, numbers),
        "lang": HTML_LANG[document.lang],
        "identifier": f"{document.version_code}/{numbers[0]}-{numbers[1]}/{document.lang}".encode(),
        "dated": document.generated_on,
    }
    return pdf.render(redline_html(document, changes, writers, numbers), **options, timeout_s=timeout_s)
