"""The pages of recoupment in both languages, and its forms without scripts."""

from __future__ import annotations

import pytest

from dealflow.core import jobs
from tests.factories.distributions import Stage


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_from_receipts_to_a_dispute_by_pages(stage: Stage, lang: str) -> None:
    stage.receipt("2026-10-01", 30_000_000)
    stage.receipt("2026-10-02", 9_000_000, "self_reported")
    maker, second, payee = (who.browser(lang) for who in (stage.creator, stage.colleague, stage.investor))
    ledger = f"/projects/{stage.project}/ledger"
    assert ledger in maker.get(f"/projects/{stage.project}").text
    assert ledger in payee.get(f"/projects/{stage.project}").text
    bad = maker.post(f"/projects/{stage.project}/distributions/run", data={"through": "soon"})
    assert bad.status_code == 422
    assert "soon" in bad.text
    made = maker.post(f"/projects/{stage.project}/distributions/run", data={"through": "2026-10-31"})
    run = made.headers["Location"]
    page = maker.get(run).text
    assert f"{run}/approve" not in page
    assert ("不计入" if lang == "zh" else "not counted") in page
    assert maker.post(f"{run}/approve").status_code == 403
    assert run in second.get("/").text
    assert f"{run}/approve" in second.get(run).text
    assert second.post(f"{run}/approve", data={"version": "1"}).status_code == 303
    jobs.run_due()
    assert "ICBC" not in second.get(run).text
    wrong = second.post(f"{run}/payouts", data={"payee": stage.investor.organisation_id, "on": "2026-11-02"})
    assert wrong.status_code == 422
    right = {"payee": stage.investor.organisation_id, "on": "2026-11-02", "bank_reference": "ICBC-7"}
    assert second.post(f"{run}/payouts", data=right).status_code == 303
    assert "ICBC-7" in second.get(run).text
    transfer = second.get(run).text.partition("/distribution-payouts/")[2].partition("/")[0]
    assert (
        second.post(f"/distribution-payouts/{transfer}/take-back", data={"reason": "退汇"}).status_code == 303
    )
    assert "退汇" in second.get(run).text
    assert second.post(f"/distribution-payouts/{transfer}/take-back", data={"reason": ""}).status_code == 303
    assert second.post(f"{run}/payouts", data=right | {"bank_reference": "ICBC-8"}).status_code == 303
    assert "/entries/" in maker.get(f"{run}/receipts").text
    assert "ICBC-7" in payee.get(ledger).text
    statement = f"/distribution-statements/{stage.statement(stage.investor)['id']}"
    shown = payee.get(statement).text
    assert "红果" in shown
    assert f"{statement}/file?form=xlsx" in shown
    assert payee.get(f"{statement}/file?form=pdf_zh").mimetype == "application/pdf"
    assert payee.post(f"{statement}/disputes", data={"reason": ""}).status_code == 422
    assert payee.post(f"{statement}/disputes", data={"reason": "少了抖音"}).status_code == 303
    page = maker.get(statement).text
    assert "少了抖音" in page
    dispute = page.partition("/distribution-disputes/")[2].partition("/")[0]
    assert (
        maker.post(f"/distribution-disputes/{dispute}/answer", data={"text": "十一月到账"}).status_code == 303
    )
    closing = {"outcome": "已说明", "upheld": "0"}
    assert maker.post(f"/distribution-disputes/{dispute}/close", data=closing).status_code == 303
    text = payee.get(statement).text
    assert "十一月到账" in text
    assert "已说明" in text
    assert payee.post(f"/distribution-disputes/{dispute}/withdraw", follow_redirects=True).status_code == 200
    preview = maker.post(f"/projects/{stage.project}/distributions/run", data={"through": "2026-10-31"})
    assert preview.headers["Location"] == run
    stage.receipt("2026-11-01", 1_000_000)
    later = maker.post(f"/projects/{stage.project}/distributions/run", data={"through": "2026-11-20"})
    assert second.post(f"{later.headers['Location']}/discard").status_code == 303
