"""The demo in the database: complete, consistent, and loaded once."""

from __future__ import annotations

import hashlib
import re
import time
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select, text

from dealflow.core import clock, db, invariants
from dealflow.core.db import Base
from dealflow.deals import states as deal_states
from dealflow.demo import commands, service
from dealflow.demo.logins import LOGINS, PASSWORD
from dealflow.files import storage
from dealflow.notify.service import webhooks
from dealflow.pitches import vocabulary
from dealflow.pitches.schemas import missing_for_publication
from dealflow.pitches.states import PROJECT
from dealflow.termsheets.states import TERM_SHEET
from tests.demo.conftest import NOW, Maker


def mapped(name: str) -> Any:
    """The class of a table."""
    return next(m.class_ for m in Base.registry.mappers if m.local_table.name == name)


def values_of(table: str, column: str) -> set[Any]:
    with db.system_edge(write=False) as session:
        return set(session.scalars(select(getattr(mapped(table), column)).distinct()))


def counts() -> dict[str, int]:
    """Rows of every table."""
    with db.system_edge(write=False) as session:
        return {
            name: session.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()  # noqa: S608 - our own names
            for name in Base.metadata.tables
        }


def test_loading_again_changes_nothing_and_is_quick(demo: Flask) -> None:
    before = counts()
    began = time.perf_counter()
    assert service.load() is False
    assert time.perf_counter() - began < 1
    assert counts() == before


def test_the_command_prints_the_logins_when_the_demo_is_there(
    demo: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = demo.extensions["dealflow.settings"]
    monkeypatch.setenv("DEALFLOW_INSTANCE", str(settings.instance))
    monkeypatch.setenv("DEALFLOW_DATABASE_URL", settings.database_url)
    result = CliRunner().invoke(commands.demo, ["load"])
    assert result.exit_code == 0, result.output
    assert PASSWORD in result.output
    assert all(login.email in result.output for login in LOGINS)


def test_production_refuses_the_demo(demo: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = demo.extensions["dealflow.settings"].with_(environment="production")
    monkeypatch.setattr(commands, "connect", lambda: settings)
    result = CliRunner().invoke(commands.demo, ["load"])
    assert result.exit_code != 0


def test_every_state_occurs(demo: Flask) -> None:
    assert values_of("project", "status") == set(PROJECT.states)
    assert values_of("project", "visibility") == set(vocabulary.VISIBILITIES)
    assert values_of("project", "stage") >= set(vocabulary.STAGES)
    assert values_of("deal", "stage") == set(deal_states.STAGES)
    assert values_of("term_sheet", "state") == set(TERM_SHEET.states)
    assert values_of("term_sheet", "template") == {"equity_spv", "revenue_share", "loan", "presale"}
    assert values_of("signing_round", "state") == {"open", "completed"}
    assert values_of("signing_step", "state") == {"signed", "waiting"}
    assert values_of("move_approval", "state") == {"waiting"}
    assert values_of("mandate", "active") == values_of("mandate", "allow_discovery") == {True, False}
    assert values_of("match_feedback", "action") == {"view", "save", "pass", "request_intro", "undo"}
    with db.system_edge(write=False) as session:
        projects = session.scalars(select(mapped("project"))).all()
    assert {i for p in projects for i in p.instruments} == set(vocabulary.INSTRUMENTS)
    assert {w["evidence_class"] for p in projects for w in p.track_record} == set(vocabulary.EVIDENCE)
    assert any(p.published_version and p.published_version > 3 for p in projects)


def test_everything_is_a_sample_and_lies_in_the_last_year(demo: Flask) -> None:
    for table in ("organisation", "project", "mandate"):
        assert values_of(table, "is_sample") == {True}
    with db.system_edge(write=False) as session:
        first, last = session.execute(
            select(func.min(mapped("audit_event").at), func.max(mapped("audit_event").at))
        ).one()
    assert 250 < (NOW - first).days < 366
    assert last < clock.now()
    assert (NOW - last).days < 10


def test_every_pitch_shows_a_poster(demo: Flask) -> None:
    with db.system_edge(write=False) as session:
        stored = session.scalars(select(mapped("stored_file")))
        posters = {row.id: row for row in stored if row.purpose == "pitches.poster"}
        shown = session.scalars(select(mapped("project").poster_id)).all()
    assert len(shown) > 290
    assert set(shown) == set(posters)
    for row in posters.values():
        assert set(row.variants) == {"large", "small"}
        assert hashlib.sha256(b"".join(storage.read(row.sha256, 0, row.size))).hexdigest() == row.sha256


def test_the_worker_finds_little_to_do_at_the_first_start(demo: Flask) -> None:
    with db.system_edge(write=False) as session:
        waiting = session.scalars(select(mapped("job").kind)).all()
    # The signed files of the main logins are made then, as they are after every last signature.
    assert 1 <= waiting.count("signing.seal") <= 5
    assert len([kind for kind in waiting if kind not in ("core.send_mail", "signing.seal")]) < 15


def test_published_pitches_are_complete_and_some_drafts_are_not(demo: Flask) -> None:
    with db.system_edge(write=False) as session:
        projects = session.scalars(select(mapped("project"))).all()
        assert not [p.id for p in projects if p.status == "published" and missing_for_publication(p)]
        assert [p.id for p in projects if p.status == "draft" and missing_for_publication(p)]


def test_all_invariants_hold(demo: Flask) -> None:
    with db.system_edge(write=False):
        assert {name: lines for name, lines in invariants.run_all().items() if lines} == {}


def organisation_ids() -> dict[str, str]:
    """Local part of a login's address → its organisation."""
    query = select(mapped("user").email, mapped("membership").organisation_id).join(
        mapped("membership"), mapped("membership").user_id == mapped("user").id
    )
    with db.system_edge(write=False) as session:
        return {email.partition("@")[0]: organisation for email, organisation in session.execute(query)}


def test_the_main_logins_have_much_to_look_at(demo: Flask) -> None:
    homes = organisation_ids()
    assert len({homes[name] for name in ("creator", "creator2", "investor", "investor2")}) == 4
    with db.system_edge(write=False) as session:

        def rows(table: str, **where: str) -> list[Any]:
            return list(session.scalars(select(mapped(table)).filter_by(**where)))

        mine = rows("project", organisation_id=homes["creator"])
        assert len(mine) >= 8
        assert {p.status for p in mine} == set(PROJECT.states)
        assert rows("deal", project_organisation_id=homes["creator"])
        assert rows("notification", organisation_id=homes["creator"])
        for name in ("investor", "fund"):
            assert len(rows("mandate", organisation_id=homes[name])) == 3
            assert {d.stage for d in rows("deal", investor_organisation_id=homes[name])} == set(
                deal_states.STAGES
            )
            assert rows("term_sheet", author_organisation_id=homes[name])


@pytest.mark.parametrize("login", LOGINS, ids=lambda login: login.email)
def test_every_login_works(demo: Flask, login: Any) -> None:
    client = demo.test_client()
    answer = client.post("/api/v1/tokens", json={"email": login.email, "password": PASSWORD, "label": "test"})
    assert answer.status_code == 201, answer.json
    me = client.get("/api/v1/me", headers={"Authorization": f"Bearer {answer.json['token']}"}).json
    assert me["user"]["name"] == login.name
    assert me["organisations"][0]["role"] == login.role


def content() -> list[Any]:
    """What the demo says, without ids and moments."""
    project, deal, organisation = mapped("project"), mapped("deal"), mapped("organisation")
    sheet = mapped("term_sheet")
    with db.system_edge(write=False) as session:
        return [
            session.execute(query).all()
            for query in (
                select(project.title_zh, project.logline, project.ask_minor, project.status, project.version).order_by(
                    project.id
                ),
                select(organisation.name, project.title_en, deal.stage)
                .join(deal, deal.investor_organisation_id == organisation.id)
                .join(project, project.id == deal.project_id)
                .order_by(deal.id),
                select(sheet.template, sheet.state, sheet.current_number).order_by(sheet.id),
                select(mapped("mandate").name, mapped("mandate").capital_minor).order_by(mapped("mandate").id),
                select(mapped("match_feedback").action, mapped("match_feedback").reason).order_by(
                    mapped("match_feedback").id
                ),
            )
        ]  # fmt: skip


@pytest.mark.slow
def test_two_loads_say_the_same(demo: Flask, make_demo: Maker) -> None:
    first = content()
    make_demo()
    assert content() == first


def test_the_sample_webhook_shows_every_state_and_is_never_called(demo: Flask) -> None:
    home = organisation_ids()["creator"]
    with db.system_edge(write=False) as session:
        (hook,) = session.scalars(select(mapped("webhook"))).all()
        rows = session.scalars(select(mapped("webhook_delivery")).filter_by(webhook_id=hook.id)).all()
        (waiting,) = [row for row in rows if row.state == "waiting"]
        calls = session.scalars(select(mapped("job")).filter_by(kind="notify.deliver")).all()
    assert (hook.organisation_id, hook.is_sample) == (home, True)
    assert {row.state for row in rows} == {"waiting", "delivered", "dead"}
    assert not calls
    clock.set_base(waiting.next_at + timedelta(hours=1))
    assert webhooks.take(hook.id, waiting.object_id) is None


def test_beside_a_deal_stands_as_whom_one_answers_for_the_sample(demo: Flask) -> None:
    client = demo.test_client()
    client.set_cookie("lang", "en")
    form = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
    data = {"email": "investor@demo.example", "password": PASSWORD, "csrf_token": form[1] if form else ""}
    assert client.post("/login", data=data).status_code == 303
    deals = client.get("/api/v1/deals?limit=50").json["items"]
    is_open = [deal for deal in deals if not deal["stage"].startswith("closed")]
    assert is_open
    for deal in is_open:
        found = re.search(r"<code>(\S+@\S+)</code>", client.get(f"/deals/{deal['id']}").text)
        assert found, deal["id"]
        body = {"email": found[1], "password": PASSWORD, "label": "test"}
        token = demo.test_client().post("/api/v1/tokens", json=body).json["token"]
        header = {"Authorization": f"Bearer {token}"}
        assert demo.test_client().get(f"/api/v1/deals/{deal['id']}", headers=header).status_code == 200
    ended = next(deal for deal in deals if deal["stage"].startswith("closed"))
    assert "Nobody answers by itself" not in client.get(f"/deals/{ended['id']}").text
