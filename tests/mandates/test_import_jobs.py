"""A large file of mandates is checked and written in the background; amounts stand in any currency."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from dealflow.core import batches, intake, jobs
from tests.conftest import Person

CELLS = ("45万", "USD 450,000", "45万美元", "€1.2m", "300 HKD", "XYZ 5")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is large in these tests."""
    monkeypatch.setattr(intake, "WRITTEN_AT_ONCE", 4)
    monkeypatch.setattr(intake, "CHECKED_AT_ONCE", 5)
    monkeypatch.setattr(batches, "SIZE", 2)


def sent(browser: Any) -> str:
    """The address of the page that checks the file."""
    lines = [f'M-{n},Mandate {n},"{cell}"' for n, cell in enumerate(CELLS)]
    content = "\n".join(["external_id,name,capital", *lines]).encode("gb18030")
    answer = browser.post("/mandates/import", data={"file": (io.BytesIO(content), "m.csv")})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_a_large_file_is_checked_and_written_by_jobs(app: Any, person: Callable[..., Person]) -> None:
    investor, stranger = person("investor"), person("investor")
    browser = investor.browser()
    path = sent(browser)
    assert "The rows are being checked" in browser.get(path).text
    jobs.run_due()
    page = browser.get(path).text
    assert "Import 5 rows" in page
    assert "use a code such as CNY, USD or EUR" in page
    assert browser.post(f"{path}/run").status_code == 303
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
    for address in (path, f"{path}/errors.csv"):
        assert stranger.browser().get(address).status_code == 404
    assert browser.post(f"{path}/run").status_code == 409


def test_the_same_file_again_changes_nothing(app: Any, person: Callable[..., Person]) -> None:
    investor = person("investor")
    browser = investor.browser()
    for _turn in range(2):
        path = sent(browser)
        jobs.run_due()
        browser.post(f"{path}/run")
        jobs.run_due()
    assert investor.get("/mandates").json["total"] == 5
    assert "5 as before" in browser.get(path).text
