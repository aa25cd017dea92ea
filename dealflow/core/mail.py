"""Outgoing mail: written with the change, sent by a job. A file outbox by default, SMTP by setting.

A mail is kept only until it is sent, since it may hold a link that opens an account.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from jinja2 import Environment, FileSystemLoader
from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dealflow.core import clock, i18n
from dealflow.core.db import Base, session, system_edge
from dealflow.core.ids import Id, new
from dealflow.core.jobs import enqueue, job
from dealflow.core.scope import Shared

# Control characters, and those that turn the direction of reading: with them a name could make a mail look like another.
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
SMTP_TIMEOUT = 20


class OutgoingMail(Base, Shared):
    """A mail that is to be sent; its texts are dropped once it was."""

    __tablename__ = "outgoing_mail"
    id: Mapped[str] = mapped_column(Id("eml"), primary_key=True, default=lambda: new("eml"))
    address: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(300))
    language: Mapped[str] = mapped_column(String(5))
    text: Mapped[str | None] = mapped_column(Text)
    html: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    sent_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Transport:
    """Where mail goes: to `smtp_url` (smtp://user:password@host:587, smtps://…), else into `folder`."""

    folder: Path
    sender: str
    base_url: str
    smtp_url: str | None = None


_transport: Transport | None = None


def configure(transport: Transport) -> None:
    """Say where mail goes from now on."""
    global _transport
    _transport = transport


def transport() -> Transport:
    """Where mail goes; RuntimeError before `configure`."""
    if _transport is None:
        raise RuntimeError("mail is not configured")
    return _transport


def link(path: str) -> str:
    """The full address of a path of this site, by setting and never by a request's Host header."""
    return transport().base_url + path


@lru_cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, extensions=["jinja2.ext.i18n"], trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]
    return environment


def send(
    address: str,
    subject: str,
    paragraphs: list[str],
    *,
    action: tuple[str, str] | None = None,
    closing: str = "",
) -> str:
    """Add a mail in the current language to the open transaction; its id.

    `action` is (label, full address) of the one thing to do; `closing` a small print below.
    """
    subject = " ".join(_HIDDEN.sub("", subject).split())[:300]
    paragraphs = [_HIDDEN.sub("", paragraph) for paragraph in paragraphs]
    parts = [
        *paragraphs,
        *([f"{action[0]}:\n{action[1]}"] if action else []),
        *([closing] if closing else []),
    ]
    html = (
        _environment()
        .get_template("layouts/mail.html")
        .render(
            subject=subject, paragraphs=paragraphs, action=action, closing=closing, html_lang=i18n.HTML[i18n.language()]
        )
    )  # fmt: skip
    row = OutgoingMail(
        id=new("eml"), address=address, subject=subject, language=i18n.language(),
        text="\n\n".join([*parts, "-- \nDealflow"]) + "\n", html=html,
    )  # fmt: skip
    session().add(row)
    enqueue("core.send_mail", {"mail_id": row.id})
    return row.id


def message(row: OutgoingMail) -> EmailMessage:
    """The mail as bytes-to-be. A line break in a header is refused by the library."""
    made = EmailMessage(policy=SMTP)
    made["From"] = transport().sender
    made["To"] = row.address
    made["Subject"] = row.subject
    made["Date"] = format_datetime(row.created_at)
    made["Message-ID"] = f"<{row.id}@{urlsplit(transport().base_url).hostname or 'localhost'}>"
    made["Content-Language"] = i18n.HTML[row.language]
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(row.text or "")
    made.add_alternative(row.html or "", subtype="html")
    return made


@job("core.send_mail", tries=8, transactional=False)
def deliver(mail_id: str) -> None:
    """Send one mail, then drop its texts. Sent at least once, under one Message-ID."""
    with system_edge(write=False) as s:
        row = s.get_one(OutgoingMail, mail_id)
    if row.sent_at is not None:
        return
    if transport().smtp_url:
        _over_smtp(message(row))
    else:
        _into_folder(row)
    with system_edge() as s:
        sent = s.get_one(OutgoingMail, mail_id)
        sent.sent_at, sent.text, sent.html = clock.now(), None, None


def _into_folder(row: OutgoingMail) -> None:
    folder = transport().folder
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / f"{row.id}.eml"
    partial = target.with_suffix(".part")
    partial.write_bytes(message(row).as_bytes())
    partial.replace(target)


def _over_smtp(made: EmailMessage) -> None:
    url = urlsplit(transport().smtp_url or "")
    host, context = url.hostname or "localhost", ssl.create_default_context()
    server: smtplib.SMTP
    if url.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, url.port or 465, timeout=SMTP_TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(host, url.port or 25, timeout=SMTP_TIMEOUT)
    with server:
        server.ehlo_or_helo_if_needed()
        if url.scheme != "smtps" and server.has_extn("starttls"):
            server.starttls(context=context)
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        server.send_message(made, from_addr=parseaddr(transport().sender)[1])
