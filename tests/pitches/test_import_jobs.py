"""Large files of projects: checked and written in the background, nothing twice, with the rights of that moment."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from dealflow.accounts.models import User
from dealflow.core import batches, clock, db, intake, jobs
from dealflow.core.jobs import Job
from dealflow.pitches import importing
from dealflow.pitches.models import ProjectImport
from tests.pitches.test_import import csv_of, text, upload

HEADER = ["id", "title", "logline", "ask"]
ROWS = 60


def rows(count: int = ROWS, wrong: int = 3) -> list[list[str]]:
    """Rows of which each `wrong`th cannot be read."""
    return [
        [f"X-{n}", f"Title {n}", "One line", "no amount" if wrong and n % wrong == 0 else "45万"]
        for n in range(count)
    ]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is large in these tests."""
    monkeypatch.setattr(intake, "WRITTEN_AT_ONCE", 10)
    monkeypatch.setattr(intake, "CHECKED_AT_ONCE", 20)
    monkeypatch.setattr(batches, "SIZE", 10)


def start(client: Any, content: bytes) -> str:
    answer = upload(client, content)
    assert answer.status_code == 303, text(answer)
    return str(answer.headers["Location"])


def job_id_of(path: str) -> str:
    with db.system_edge(write=False) as session:
        kept = session.get_one(ProjectImport, path.rpartition("/")[2])
        assert kept.job_id
        return kept.job_id


def test_a_large_file_is_checked_and_written_by_jobs(person: Any) -> None:
    creator = person("creator")
    client = creator.browser()
    path = start(client, csv_of(*rows(), header=HEADER))
    assert "The rows are being checked" in client.get(path).text
    jobs.run_due()
    page = client.get(path).text
    assert re.search(r"Import 40 rows", page)
    errors = client.get(f"{path}/errors.csv").data
    assert creator.get("/projects?mine=true").json["total"] == 0, "nothing is written yet"
    assert client.post(f"{path}/run").status_code == 303
    assert "The file is being imported" in client.get(path).text
    job_id = job_id_of(path)
    assert creator.get(f"/jobs/{job_id}").json["state"] == "queued"
    assert person("creator").get(f"/jobs/{job_id}").status_code == 404
    jobs.run_due()
    shown = creator.get(f"/jobs/{job_id}").json
    assert (shown["state"], shown["progress"], shown["result"]["counts"]["create"]) == ("done", 1.0, 40)
    assert creator.get("/projects?mine=true").json["total"] == 40
    assert client.get(f"{path}/errors.csv").data == errors, "the run refuses what the dry run refused"
    assert "Imported" in client.get(path).text
    assert client.post(f"{path}/run").status_code == 409


def test_columns_that_mean_nothing_start_no_job_and_the_page_says_so(person: Any) -> None:
    client = person("creator").browser()
    path = start(client, csv_of(*rows(), header=["a", "b", "c", "d"]))
    for page in (client.get(path), client.post(f"{path}/run")):
        assert "Say which column holds the title" in page.text
        assert "being" not in page.text
    with db.system_edge(write=False) as session:
        kinds = session.scalars(select(Job.kind)).all()
    assert not [kind for kind in kinds if "import" in kind]
    assert client.post(f"{path}/mapping", data={"column-1": "title_zh"}).status_code == 303
    assert "The rows are being checked" in client.get(path).text


def test_another_mapping_is_checked_anew(person: Any) -> None:
    client = person("creator").browser()
    path = start(client, csv_of(*rows(), header=HEADER))
    jobs.run_due()
    mapping = {"column-0": "external_id", "column-1": "title_zh", "column-2": "logline"}
    assert client.post(f"{path}/mapping", data=mapping).status_code == 303
    assert "being checked" in client.get(path).text
    jobs.run_due()
    assert "Import 60 rows" in client.get(path).text


def test_a_worker_that_dies_in_between_leaves_nothing_twice(
    person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    creator = person("creator")
    client = creator.browser()
    without_id = [["", *row[1:]] for row in rows(40, wrong=0)]
    path = start(client, csv_of(*without_id, header=HEADER))
    jobs.run_due()
    client.post(f"{path}/run")
    written, known = [], importing.write_row

    def dies(actor: Any, row: Any) -> None:
        written.append(row.number)
        if len(written) == 25:
            raise MemoryError
        known(actor, row)

    with monkeypatch.context() as patch:
        patch.setattr(importing, "write_row", dies)
        jobs.run_due()
    assert creator.get("/projects?mine=true").json["total"] == 20, "whole batches"
    assert creator.get(f"/jobs/{job_id_of(path)}").json["progress"] == 0.5
    clock.set_base(clock.now() + jobs.KINDS["pitches.import"].lease)
    jobs.run_due()
    assert creator.get("/projects?mine=true").json["total"] == 40
    assert creator.get(f"/jobs/{job_id_of(path)}").json["result"]["counts"]["create"] == 40


def test_who_lost_the_job_writes_nothing_more(person: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    creator = person("creator")
    client = creator.browser()
    path = start(client, csv_of(*rows(40, wrong=0), header=HEADER))
    jobs.run_due()
    client.post(f"{path}/run")
    known, taken = importing.write_row, []

    def overtaken(actor: Any, row: Any) -> None:
        known(actor, row)
        if not taken:
            taken.append(row.number)
            db.session().execute(
                jobs.update(Job).where(Job.id == job_id_of(path)).values(tries=Job.tries + 1),
                execution_options={"unscoped": "another worker takes the job over"},
            )

    monkeypatch.setattr(importing, "write_row", overtaken)
    assert jobs.run(job_id_of(path)) == "lost"
    assert creator.get("/projects?mine=true").json["total"] == 0


def test_somebody_who_was_shut_out_meanwhile_imports_nothing(person: Any) -> None:
    creator = person("creator")
    other = person("creator", "member", organisation_id=creator.organisation_id)
    client = other.browser()
    path = start(client, csv_of(*rows(40, wrong=0), header=HEADER))
    jobs.run_due()
    client.post(f"{path}/run")
    with db.system_edge() as session:
        session.get_one(User, other.user_id).disabled_at = clock.now()
    jobs.run_due()
    assert creator.get("/projects?mine=true").json["total"] == 0
    with db.system_edge() as session:
        session.get_one(User, other.user_id).disabled_at = None
    for _ in range(6):
        clock.set_base(clock.now() + jobs.KINDS["pitches.import"].lease * 40)
        jobs.run_due()
    assert creator.get("/projects?mine=true").json["total"] == 40, "let in again, the work goes on"


def test_a_small_file_is_written_at_once(person: Any) -> None:
    creator = person("creator")
    client = creator.browser()
    path = start(client, csv_of(*rows(5, wrong=0), header=HEADER))
    assert client.post(f"{path}/run").status_code == 303
    assert creator.get("/projects?mine=true").json["total"] == 5
