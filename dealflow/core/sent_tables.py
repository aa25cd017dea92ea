"""A table that somebody sends, read before the transaction: a large XLSX takes seconds, in which no other writer waits."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from flask import request

from dealflow.core.i18n import N_
from dealflow.core.tabular import FILE_LIMIT, ROW_LIMIT, IsHeader, Table, read, refuse


@dataclass(frozen=True)
class SentTable:
    """The file of a form: its bytes, its name, and the table in it."""

    content: bytes
    name: str
    table: Table


def sent_table(
    allowed: Callable[..., object], *, row_limit: int = ROW_LIMIT, is_header: IsHeader | None = None
) -> Callable[..., SentTable]:
    """For `prepares`: reads the field `file`; `allowed(**arguments of the route)` raises for who may not send it.

    Raises what `tabular.read` raises, and Invalid of `file` when there is none.
    """

    def take(**arguments: Any) -> SentTable:
        allowed(**arguments)
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            raise refuse("required", N_("Choose a CSV or XLSX file"))
        with closing(sent):
            content = sent.stream.read(FILE_LIMIT + 1)
        return SentTable(
            content, sent.filename, read(io.BytesIO(content), row_limit=row_limit, is_header=is_header)
        )

    return take
