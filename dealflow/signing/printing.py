"""The executed file: the agreed terms with places for the signatures, the audit trail, and one signature a step."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment

from dealflow.core import clock, pdf, printed
from dealflow.signing import pades
from dealflow.signing.keys import SigningKey
from dealflow.termsheets import library

FOLDER = Path(__file__).resolve().parents[2] / "templates" / "signing" / "pdf"
WIDTH_MM, HEIGHT_MM = 78.0, 32.0
SEAL_ASSET = "seal"


@dataclass(frozen=True)
class Letter:
    """A letter of a round seal and the angle at which it stands."""

    letter: str
    angle: float


@dataclass(frozen=True)
class Step:
    """One signature as it is printed."""

    anchor: str
    side: str
    name: str
    title: str
    organisation: str
    at: datetime
    second_factor: bool
    seal_words: str = ""
    seal_image: bytes | None = None

    @property
    def shown_at(self) -> str:
        """The moment in UTC."""
        return self.at.strftime("%Y-%m-%d %H:%M:%S UTC")

    @property
    def seal_picture(self) -> str:
        """Address of the picture of the seal within the document."""
        return f"asset:{SEAL_ASSET}" if self.seal_image else ""

    @property
    def seal_letters(self) -> list[Letter]:
        """The seal's words along the upper three quarters of the circle."""
        letters = list(self.seal_words)
        span = min(260.0, 26.0 * max(len(letters) - 1, 0))
        step = span / max(len(letters) - 1, 1)
        return [Letter(letter, round(-span / 2 + step * n, 1)) for n, letter in enumerate(letters)]

    @property
    def seal_size(self) -> float:
        """Size of the letters, so that they do not touch."""
        return max(6.0, min(13.0, 190 / max(len(self.seal_words), 1)))


@dataclass(frozen=True)
class Happening:
    """A line of the audit trail."""

    at: str
    zh: str
    en: str
    who: str


@dataclass(frozen=True)
class Record:
    """All that was signed, by whom and when."""

    steps: tuple[Step, ...]
    digest: str
    code: str
    verify_url: str
    begun_at: datetime
    trail: tuple[Happening, ...] = field(default=())

    def with_trail(self) -> Record:
        """The same with the lines of its audit trail."""
        rows = [Happening(_moment(self.begun_at), "开始签署", "Signing began", "")]
        for step in self.steps:
            zh, en = "签署", "Signed"
            if step.second_factor:
                zh, en = "签署（已用动态验证码确认）", "Signed (confirmed with an authenticator's code)"
            rows.append(Happening(_moment(step.at), zh, en, f"{step.name}, {step.organisation}"))
        rows.append(Happening(_moment(self.steps[-1].at), "全部签署完成", "Signed by all", ""))
        return Record(self.steps, self.digest, self.code, self.verify_url, self.begun_at, tuple(rows))

    def as_json(self) -> bytes:
        """The audit trail as it is attached."""
        data = {
            "code": self.code,
            "digest": self.digest,
            "begun_at": clock.rfc3339(self.begun_at),
            "steps": [
                {
                    "position": number, "side": s.side, "name": s.name, "title": s.title, "organisation": s.organisation,
                    "at": clock.rfc3339(s.at), "second_factor": s.second_factor,
                }
                for number, s in enumerate(self.steps, 1)
            ],
        }  # fmt: skip
        return json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True).encode("utf-8", "replace")


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S")


def executed(document: library.Document, record: Record, key: SigningKey) -> bytes:
    """The signed file. Raises PdfFailed and its kinds."""
    whole = record.with_trail()
    options = library.pdf_options(document)
    options["attachments"] = [
        *options["attachments"],
        pdf.Attachment("audit-trail.json", whole.as_json(), "application/json", "Audit trail"),
    ]
    base = pdf.render(library.render_html(document, whole), **options)
    blocks = [_block(step, whole) for step in whole.steps]
    return pades.sign(base, blocks, key)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Where the blocks' template lives."""
    return printed.environment(FOLDER)


def _block(step: Step, record: Record) -> pades.Block:
    html = environment().get_template("block.html").render(step=step, code=record.code)
    assets = {SEAL_ASSET: pdf.Asset(step.seal_image, "image/webp")} if step.seal_image else {}
    drawn = pdf.render(
        html, title=step.name, lang="zh-CN", identifier=f"{record.code}/{step.anchor}".encode(), assets=assets,
        variant="pdf/a-3u",
    )  # fmt: skip
    reason = f"{step.organisation}: signed {step.shown_at}"
    return pades.Block(step.anchor, drawn, WIDTH_MM, HEIGHT_MM, step.name, reason, record.verify_url)
