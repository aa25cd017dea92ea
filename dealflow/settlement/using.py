"""What other rooms need to know of this one: who reads proofs and funding books, and where their object stands."""

from __future__ import annotations

from typing import Any

from dealflow.core.actor import Actor
from dealflow.files import access as files
from dealflow.funds import service as funds
from dealflow.ledger import access as books
from dealflow.settlement import papers, queries, service
from dealflow.settlement.books import KIND
from dealflow.settlement.service import PURPOSE


def proof_readable(actor: Actor, stored: Any) -> bool:
    """The other party of a tranche reads what proves its milestone."""
    return queries.is_proof_of(actor, stored.id)


def book_readable(actor: Actor, book: Any) -> bool:
    """A funding book shows what every investor paid, so only the project's own organisation reads it."""
    return False


def install() -> None:
    """Register with the rooms below."""
    files.allow(PURPOSE, proof_readable, queries.files_in_use)
    files.allow(papers.PURPOSE, papers.readable, papers.in_use)
    funds.register_statements("settlement", service.free)
    books.allow(KIND, book_readable, endpoint="settlement.of_project", parameter="project_id")
