"""A large file of mandates is written in the background: progress shown, refused rows told, amounts in any currency."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from typing import Any

import pytest

from dealflow.core import batches, jobs
from dealflow.mandates import uploads
from tests.conftest import Person

CELLS = ("45万", "USD 450,000", "45万美元", "€1.2m", "300 HKD", "XYZ 5")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is large in these tests."""
    monkeypatch.setattr(uploads, "WRITTEN_AT_ONCE", 4)
    monkeypatch.setattr(batches, "SIZE", 2)


def carried(browser: Any) -> str:
    """The checked table as the page carries it."""
    lines = [f'M-{n},Mandate {n},"{cell}"' for n, cell in enumerate(CELLS)]
    content = "\n".join(["external_id,name,capital", *lines]).encode("gb18030")
    page = browser.post("/mandates/import", data={"file": (io.BytesIO(content), "m.csv")})
    assert page.status_code == 200, page.text
    assert "use a code such as CNY, USD or EUR" in page.text
    found = re.search(r'name="table" value="([^"]*)"', page.text)
    assert found
    return html.unescape(found[1])


def test_a_large_file_is_written_by_a_job(app: Any, person: Callable[..., Person]) -> None:
    investor, stranger = person("investor"), person("investor")
    browser = investor.browser()
    table = carried(browser)
    path = browser.post("/mandates/import/run", data={"table": table}).location
    assert "The file is being imported" in browser.get(path).text
    assert investor.get("/mandates").json["total"] == 0
    jobs.run_due()
    made = {m["external_id"]: m["capital"] for m in investor.get("/mandates").json["items"]}
    assert {(m["amount_minor"], m["currency"]) for m in made.values()} == {
        (45_000_000, "CNY"), (45_000_000, "USD"), (120_000_000, "EUR"), (30_000, "HKD"),
    }  # fmt: skip
    assert len(made) == 5
    assert "5 new" in browser.get(path).text
    errors = browser.get(f"{path}/errors.csv").text
    assert "XYZ 5" in errors
    assert "capital: " in errors
    shown = investor.get(f"/jobs/{path.rpartition('/')[2]}").json
    assert (shown["state"], shown["result"]["counts"]["create"]) == ("done", 5)
    for address in (path, f"{path}/errors.csv"):
        assert stranger.browser().get(address).status_code == 404
    assert browser.post(f"{path}/again").status_code == 409


def test_the_same_file_again_changes_nothing(app: Any, person: Callable[..., Person]) -> None:
    investor = person("investor")
    browser = investor.browser()
    for _turn in range(2):
        table = carried(browser)
        path = browser.post("/mandates/import/run", data={"table": table}).location
        jobs.run_due()
    assert investor.get("/mandates").json["total"] == 5
    assert "5 as before" in browser.get(path).text
