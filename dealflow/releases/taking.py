"""Reading and storing a statement that was sent, before the transaction that keeps it."""

from __future__ import annotations

from collections.abc import Callable

from dealflow.core.http import actor, sent_table
from dealflow.releases import presets, statements
from dealflow.releases.statements import Sent


def sent_statement(allowed: Callable[[str], object]) -> Callable[..., Sent]:
    """For `prepares` of a route of a project: reads the table in the field `file` and stores its bytes.

    `allowed(project_id)` raises for who may not send it. Raises what `sent_table` and `statements.receive` raise.
    """
    read = sent_table(allowed, row_limit=statements.ROW_LIMIT, is_header=presets.is_header)

    def take(project_id: str) -> Sent:
        sent = read(project_id=project_id)
        return statements.receive(actor(), project_id, sent.content, sent.name, sent.table)

    return take
