"""What signing tells higher rooms."""

from __future__ import annotations

from dataclasses import dataclass

from dealflow.core.outbox import Event


@dataclass(frozen=True)
class ExecutedFileReady(Event):
    """The signed file of a term sheet is there."""

    term_sheet_id: str
    round_id: str
    file_id: str
    sha256: str
