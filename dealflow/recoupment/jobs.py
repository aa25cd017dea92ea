"""Background work: the files of statements."""

from __future__ import annotations

from typing import Any

from dealflow.core.db import system_edge
from dealflow.core.jobs import job
from dealflow.recoupment import printing, service, workbook
from dealflow.recoupment.service.posting import FILES_JOB


@job(FILES_JOB, tries=8, lease_s=300, transactional=False)
def statement_files(run_id: str) -> dict[str, Any]:
    """Draw the files of a run's statements. No transaction is held while drawing; a second run makes what is missing."""
    with system_edge(write=False):
        plans = service.missing_files(run_id)
    for plan in plans:
        kind, _, lang = plan.form.partition("_")
        data = printing.statement_pdf(plan, lang) if kind == "pdf" else workbook.statement_xlsx(plan)
        received = service.receive_file(plan, data)
        with system_edge():
            service.store_file(plan, received)
    return {"made": len(plans)}
