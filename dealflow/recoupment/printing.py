"""A statement as PDF in one language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from dealflow.core import i18n, money, pdf, printed
from dealflow.core.money import Money
from dealflow.recoupment import labels
from dealflow.releases import platforms

FOLDER = Path(__file__).resolve().parents[2] / "templates" / "recoupment" / "pdf"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = printed.environment(FOLDER)
    made.filters |= {"money": money.show, "ppm": labels.percent, "localised": i18n.localised}
    return made


def by_source(inputs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Receipts summed by where they came from and their evidence, the largest first."""
    sums: dict[tuple[str, str], list[int]] = {}
    for row in inputs:
        if row["kind"] == "receipt":
            found = sums.setdefault((row["platform"] or row["source"], row["evidence_class"]), [0, 0])
            found[0] += 1
            found[1] += row["amount_minor"]
    rows = [{"source": s, "evidence": e, "count": c, "amount_minor": m} for (s, e), (c, m) in sums.items()]
    return sorted(rows, key=lambda row: (-row["amount_minor"], row["source"]))


def statement_html(plan: Any, lang: str) -> str:
    """The page of a statement as it was issued."""
    content = plan.content

    def amount(minor: int) -> Money:
        return Money(minor, content["currency"])

    with i18n.using(lang):
        return _environment().get_template("statement.html").render(
            c=content, plan=plan, lang=lang, html_lang=i18n.HTML[lang], amount=amount, foreign=Money, sources=by_source(plan.inputs),
            payee=labels.payee, kind=labels.run_kind(content["run"]["kind"]), evidence=labels.evidence, platform=platforms.platform_name,
        )  # fmt: skip


def statement_pdf(plan: Any, lang: str) -> bytes:
    """The PDF. Raises PdfFailed and its kinds."""
    number = plan.content["number"]
    return pdf.render(
        statement_html(plan, lang), title=f"{number} {plan.content['project']['titles'].get('zh') or ''}".strip(),
        lang=i18n.HTML[lang], identifier=f"{plan.sha256}/{lang}".encode(), dated=date.fromisoformat(plan.issued_on),
    )  # fmt: skip
