"""Commitments for tests: a term sheet that both sides signed, and what came of it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from dealflow.core import clock, db, jobs
from dealflow.core.jobs import Job
from dealflow.settlement.models import InterestWaiver, PaymentCall
from dealflow.termsheets import service as termsheets
from tests.factories import pitches


def deliver(prefix: str) -> None:
    """Run the jobs that wait and whose kind begins so; prints and rankings are not needed here."""
    with db.system_edge(write=False) as session:
        rows = session.query(Job.id).filter(Job.state == "queued", Job.kind.like(f"{prefix}%")).all()
    for (job_id,) in rows:
        assert jobs.run(job_id) == "done"


def signed(
    creator: Any,
    investor: Any,
    template: str,
    terms: dict[str, Any],
    *,
    project_id: str | None = None,
    **project: Any,
) -> dict[str, Any]:
    """A deal about a new project (or `project_id`) whose term sheet both signed; what comes of it waits as jobs."""
    about = project_id or pitches.published(creator, **project)["id"]
    opened = investor.post("/deals", {"project_id": about})
    assert opened.status_code == 201, opened.json
    deal = opened.json
    sheet = investor.post(f"/deals/{deal['id']}/term-sheets", {"template": template, "terms": terms})
    assert sheet.status_code == 201, sheet.json
    with db.edge(actor=investor.actor):
        termsheets.propose(investor.actor, sheet.json["id"])
    with db.edge(actor=creator.actor):
        termsheets.accept(creator.actor, sheet.json["id"])
        termsheets.start_signing(creator.actor, sheet.json["id"])
        termsheets.complete(creator.actor, sheet.json["id"])
    return {"deal": deal, "sheet": sheet.json}


def executed(
    creator: Any,
    investor: Any,
    *,
    template: str = "equity_spv",
    terms: dict[str, Any] | None = None,
    **project: Any,
) -> dict[str, Any]:
    """The same, and the commitment it became."""
    made = signed(creator, investor, template, terms or {}, **project)
    deliver("event:TermSheetExecuted:settlement")
    found = creator.get(f"/projects/{made['deal']['project_id']}/commitments").json
    assert found["total"] == 1, found
    return made | {"commitment": found["items"][0]}


def upload(who: Any, path: str, content: bytes, name: str = "file.csv", **fields: str) -> Any:
    """Send a file to the API."""
    headers = {"Authorization": f"Bearer {who.token}", "Accept-Language": "en"}
    data = {"file": (BytesIO(content), name), **fields}
    return who.app.test_client().post(
        f"/api/v1{path}", data=data, headers=headers, content_type="multipart/form-data"
    )


def _made(answer: Any) -> dict[str, Any]:
    assert answer.status_code in (200, 201), answer.json
    return dict(answer.json)


def funding(creator: Any, investor: Any, words: str) -> dict[str, str]:
    """A commitment of which the first tranche is called and part paid, one waits with a proof handed in, one is open; a
    line of a bank statement; the ids."""
    commitment = executed(creator, investor, title={"zh": "有人出资的项目", "en": "A funded project"})[
        "commitment"
    ]
    first, second, third, _last = commitment["tranches"]
    call = _made(creator.post(f"/tranches/{first['id']}/calls", {"note": words}))
    today = clock.today().isoformat()
    body = {"amount": {"amount_minor": 100, "currency": "CNY"}, "on": today, "note": words}
    payment = _made(creator.post(f"/payment-calls/{call['id']}/payments", body))
    with db.system_edge() as session:
        found = session.get_one(PaymentCall, call["id"])
        waiver = InterestWaiver(
            call_id=found.id, investor_organisation_id=found.investor_organisation_id,
            project_organisation_id=found.project_organisation_id, amount_minor=1, currency=found.currency, reason=words,
            key="of-the-factory",
        )  # fmt: skip
        session.add(waiver)
        found.interest_waived_minor = 1
        session.flush()
        waiver_id = waiver.id
    proof = _made(
        upload(creator, f"/tranches/{second['id']}/proofs", b"%PDF-1.4\n%%EOF\n", "proof.pdf", note=words)
    )
    _made(investor.post(f"/tranches/{third['id']}/release"))
    statement = f"交易时间,收入金额,支出金额,对方户名,交易用途\n{today},5.00,,{words},{words}\n".encode()
    _made(upload(creator, "/bank-statements", statement))
    (line,) = creator.get("/bank-lines").json["items"]
    return {
        "commitment": commitment["id"], "tranche": second["id"], "opened": third["id"], "payment_call": call["id"],
        "payment": payment["id"], "waiver": waiver_id, "proof": proof["id"], "line": line["id"],
        "claim_of_line": call["id"],
    }  # fmt: skip
