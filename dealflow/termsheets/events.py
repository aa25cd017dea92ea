"""What term sheets tell higher rooms."""

from __future__ import annotations

from dataclasses import dataclass

from dealflow.core.outbox import Event


@dataclass(frozen=True)
class TermSheetAccepted(Event):
    """Both sides accepted the same version; signing may begin."""

    term_sheet_id: str
    deal_id: str
    project_id: str
    version: int


@dataclass(frozen=True)
class TermSheetExecuted(Event):
    """Everybody signed; the terms of `version` are in force."""

    term_sheet_id: str
    deal_id: str
    project_id: str
    version: int


@dataclass(frozen=True)
class TermSheetClosed(Event):
    """A term sheet ended without being signed: `state` says how."""

    term_sheet_id: str
    deal_id: str
    project_id: str
    state: str
