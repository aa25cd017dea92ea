"""Models: trained on answers, kept out by a failed gate, put into service and back, refused when a file was touched."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from dealflow.audit.models import AuditEvent
from dealflow.core import clock, db, jobs
from dealflow.core.actor import SYSTEM
from dealflow.core.errors import Forbidden, InvalidTransition
from dealflow.matching import commands, lifecycle, live, queries, service
from dealflow.matching.models import ModelEvent, RankerModel
from dealflow.matching.policy import Tag
from dealflow.settings import Settings
from ml.rank import Ranker
from ml.store import ModelRefused, new_signing_key
from tests.conftest import Person
from tests.factories import pitches
from tests.matching import answered
from tests.matching.answered import candidate


@pytest.fixture
def environment(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands read the test's own instance."""
    monkeypatch.setenv("DEALFLOW_INSTANCE", str(settings.instance))
    monkeypatch.setenv("DEALFLOW_DATABASE_URL", settings.database_url)


def state_of(version: str) -> str:
    with db.system_edge(write=False):
        return queries.model(version).state


def events(version: str) -> list[str]:
    with db.system_edge(write=False) as session:
        return [
            e.kind
            for e in session.scalars(select(ModelEvent).order_by(ModelEvent.id))
            if e.model_version == version
        ]


def audited() -> list[str]:
    with db.system_edge(write=False) as session:
        return list(session.scalars(select(AuditEvent.tag).order_by(AuditEvent.number)))


@pytest.mark.usefixtures("environment")
def test_from_answers_to_service_and_back_in_commands(person: Callable[..., Person], shipped: str) -> None:
    projects = answered.published_projects(person)
    answered.answer(projects, answered.mandates(person), lambda stage: stage != "financing")
    trained = CliRunner().invoke(commands.model, ["train"])
    assert trained.exit_code == 0, trained.output
    version = trained.output.split()[0]
    assert "failed" not in trained.output, trained.output
    assert state_of(version) == "candidate"
    promoted = CliRunner().invoke(commands.model, ["promote", version])
    assert promoted.exit_code == 0, promoted.output
    assert promoted.output.endswith(f"{version} ranks 24 projects\n")
    with db.system_edge(write=False):
        assert live.current().ranker.version == version
    shown = json.loads(CliRunner().invoke(commands.model, ["show", version]).output)
    assert {gate["code"]: gate["passed"] for gate in shown["gates"]} == dict.fromkeys(
        ("better", "calibrated", "exposed", "adds_up", "repeats"), True
    )
    assert shown["gates"][0]["figures"]["log_likelihood"]["low"] > 0
    assert shown["fitted_on"] == 360
    back = CliRunner().invoke(commands.model, ["rollback", "--reason", "complaints"])
    assert back.output == f"{shipped} ranks 24 projects\n"
    with db.system_edge(write=False):
        assert live.current().ranker.version == shipped
    assert events(version) == ["trained", "examined", "examined", "promoted"]
    assert events(shipped)[-1] == "rolled_back"
    assert [tag for tag in audited() if ":model:" in tag] == [
        Tag.MODEL_INSTALLED, Tag.MODEL_TRAINED, Tag.MODEL_EXAMINED, Tag.MODEL_EXAMINED, Tag.MODEL_PROMOTED,
        Tag.MODEL_ROLLED_BACK,
    ]  # fmt: skip


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("command", ["show", "examine", "promote"])
def test_a_version_that_is_not_there_is_told_with_those_that_are(shipped: str, command: str) -> None:
    told = CliRunner().invoke(commands.model, [command, "rank-nope"])
    assert told.exit_code == 1
    assert "there is no model rank-nope here" in told.output
    assert shipped in told.output


def test_without_answers_there_is_nothing_to_learn(shipped: str, person: Callable[..., Person]) -> None:
    pitches.published(person("creator"))
    assert lifecycle.train(SYSTEM) is None
    assert lifecycle.retrain() == {"answers": 0, "trained": None}


def test_a_model_that_is_not_better_stays_out(shipped: str, person: Callable[..., Person]) -> None:
    projects = answered.published_projects(person, 12)
    answered.answer(projects, answered.mandates(person, 12), lambda stage: True)
    staff = person("platform")
    version = candidate(shipped)
    row = lifecycle.examine(SYSTEM, version)
    assert not row.gates[0]["passed"]
    with pytest.raises(InvalidTransition), db.system_edge():
        lifecycle.promote(SYSTEM, version)
    assert (state_of(version), state_of(shipped)) == ("candidate", "in_service")
    assert events(version) == ["examined", "refused"]
    assert Tag.MODEL_REFUSED in audited()
    jobs.run_due()
    assert any(version in str(note) for note in staff.get("/notifications").json["items"])


@pytest.mark.parametrize(
    ("gate", "moment", "against"),
    [("exposed", timedelta(), ""), ("", timedelta(days=2), ""), ("", timedelta(), "another")],
)
def test_promotion_needs_fresh_figures_against_what_serves(
    shipped: str, gate: str, moment: timedelta, against: str
) -> None:
    version = candidate(against or shipped, **({gate: {"passed": False}} if gate else {}))
    clock.set_base(clock.now() + moment)
    with pytest.raises(InvalidTransition), db.system_edge():
        lifecycle.promote(SYSTEM, version)
    assert state_of(version) == "candidate"


def forge(path: Path, how: str) -> None:
    """Change a model's file: a byte in the middle, no signature, or another's signature."""
    content = path.read_bytes()
    if how == "tampered":
        path.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    elif how == "unsigned":
        path.write_bytes(content[:-72])
    else:
        live.ranker_of("").model.save(path, new_signing_key()[0])


@pytest.mark.parametrize("how", ["tampered", "unsigned", "foreign"])
def test_a_touched_candidate_is_refused_and_the_old_model_serves(shipped: str, how: str) -> None:
    version = candidate(shipped)
    forge(live.folder() / "rank" / f"{version}.skops", how)
    with pytest.raises(InvalidTransition), db.system_edge():
        lifecycle.promote(SYSTEM, version)
    assert (state_of(version), state_of(shipped)) == ("candidate", "in_service")
    row = lifecycle.examine(SYSTEM, version)
    assert row.state == "retired"
    assert events(version) == ["refused", "refused"]


@pytest.mark.parametrize("how", ["tampered", "unsigned", "foreign"])
def test_a_model_touched_in_service_gives_way_to_the_one_before(
    shipped: str, how: str, person: Callable[..., Person]
) -> None:
    pitches.published(person("creator"))
    version = candidate(shipped)
    with db.system_edge():
        lifecycle.promote(SYSTEM, version)
    service.rebuild()
    with db.system_edge(write=False):
        assert live.current().ranker.version == version
    forge(live.folder() / "rank" / f"{version}.skops", how)
    with pytest.raises(ModelRefused):
        live.ranker_of(version)
    live._mapped.cache_clear()
    with db.system_edge(write=False):
        assert live.current().ranker.version == shipped
    service.rebuild()
    assert (state_of(version), state_of(shipped)) == ("retired", "in_service")
    assert "rolled_back" in events(shipped)


def test_only_the_platform_governs(shipped: str, person: Callable[..., Person]) -> None:
    version = candidate(shipped)
    for who in (person("creator"), person("investor"), person("park"), person("platform", "viewer")):
        for step in (lambda actor: lifecycle.promote(actor, version), lifecycle.roll_back, lifecycle.train):
            with pytest.raises(Forbidden), db.edge(actor=who.actor):
                step(who.actor)
    assert state_of(version) == "candidate"


def test_there_is_nothing_to_roll_back_to_at_first(shipped: str) -> None:
    with pytest.raises(InvalidTransition), db.system_edge():
        lifecycle.roll_back(SYSTEM)


def test_the_database_lets_one_model_serve(shipped: str) -> None:
    from sqlalchemy.exc import IntegrityError

    version = candidate(shipped)
    with pytest.raises(IntegrityError), db.system_edge() as session:
        session.scalars(
            select(RankerModel).where(RankerModel.model_version == version)
        ).one().state = "in_service"


def test_rolling_back_goes_one_model_at_a_time(shipped: str) -> None:
    chain = [shipped]
    for scale in (1.2, 1.4):
        chain.append(candidate(chain[-1], scale))
        with db.system_edge():
            lifecycle.promote(SYSTEM, chain[-1])
    for expected in reversed(chain[:-1]):
        with db.system_edge():
            assert lifecycle.roll_back(SYSTEM).model_version == expected
    assert isinstance(live.ranker_of(chain[1]), Ranker)
