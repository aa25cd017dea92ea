"""A file that is imported on the command line is an event like one that was imported in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dealflow.core import db, tabular
from dealflow.core.jobs import Job
from dealflow.notify.models import WebhookDelivery
from tests.factories import pitches
from tests.faults.processes import dealflow


def test_who_listens_to_projects_hears_of_a_file_on_the_command_line(
    settings: Any, person: Any, tmp_path: Path
) -> None:
    creator = person("creator")
    project = pitches.published(creator, external_id="A-1")
    asked = {"label": "CRM", "url": "https://hooks.example.com/", "kinds": ["project.changed"]}
    assert creator.post("/webhooks", asked).status_code == 201
    file = tmp_path / "p.csv"
    file.write_bytes(tabular.write_csv(["external_id", "title_en"], [["A-1", "Another Name"]]))
    done = dealflow(
        settings.instance, "import", "projects", str(file), "--organisation", creator.organisation_id,
        DEALFLOW_DATABASE_URL=settings.database_url, DEALFLOW_SECRET_KEY=settings.secret_key,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert creator.get(f"/projects/{project['id']}").json["title"]["en"] == "Another Name"
    with db.system_edge(write=False) as session:
        (delivery,) = session.query(WebhookDelivery).all()
        kinds = {kind for (kind,) in session.query(Job.kind)}
    assert delivery.state == "waiting"
    assert any(kind.startswith("event:ProjectChanged:matching") for kind in kinds), kinds
