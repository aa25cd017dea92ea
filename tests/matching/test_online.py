"""Lists are kept as shown and can be worked out again; a trial drafts them by two models and counts who is liked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from dealflow.core import clock, config, db, jobs
from dealflow.core.actor import SYSTEM
from dealflow.core.errors import Conflict, InvalidTransition
from dealflow.matching import archive, lifecycle, lists, live, queries, service, trials
from dealflow.matching.models import ModelEvent, RankedList, TrialAnswer
from tests.conftest import Person
from tests.factories import pitches
from tests.matching.answered import candidate

MANDATE: dict[str, Any] = {
    "name": "M",
    "preferences": {"stages": {"financing": 1.0}, "genres": {"sweet": 0.1}},
    "capital": {"amount_minor": 500_000_000, "currency": "CNY"},
}


@pytest.fixture
def investor(person: Callable[..., Person]) -> Person:
    return person("investor")


@pytest.fixture
def mandate(investor: Person) -> str:
    return str(investor.post("/mandates", MANDATE).json["id"])


@pytest.fixture
def projects(person: Callable[..., Person]) -> list[str]:
    """Twelve projects in three stages and two genres, in the stored matrix."""
    creator = person("creator")
    stages, genres = ("financing", "development", "production"), (["sweet"], ["revenge"])
    made = [
        pitches.published(creator, title={"zh": f"第{n}部"}, stage=stages[n % 3], genres=genres[n % 2])["id"]
        for n in range(12)
    ]
    service.rebuild()
    return made


def kept() -> list[RankedList]:
    with db.system_edge(write=False) as session:
        return list(session.scalars(select(RankedList).order_by(RankedList.id)))


def ids(person: Person, mandate: str) -> list[str]:
    return [item["project_id"] for item in person.get(f"/mandates/{mandate}/matches").json["items"]]


def test_a_list_is_kept_once_and_worked_out_again_exactly(
    investor: Person, mandate: str, projects: list[str]
) -> None:
    shown = investor.get(f"/mandates/{mandate}/matches").json["items"]
    investor.browser().get(f"/mandates/{mandate}/matches")
    (row,) = kept()
    found = investor.get(f"/ranked-lists/{row.id}").json
    assert found["same"] is True
    for told in (found["shown"], found["replayed"]):
        assert [place["project_id"] for place in told] == [item["project_id"] for item in shown]
        assert [place["score"] for place in told] == pytest.approx(
            [item["score"] for item in shown], abs=1e-4
        )
        assert [place["exploration"] for place in told] == [item["exploration"] for item in shown]
    # An answer changes the list: another one is kept, the first stays what it was.
    investor.post(f"/mandates/{mandate}/feedback", {"project_id": projects[0], "action": "pass"})
    clock.set_base(clock.now() + timedelta(days=9))
    ids(investor, mandate)
    first, second = kept()
    assert first.places == row.places
    assert projects[0] not in [place[0] for place in second.places]
    assert [investor.get(f"/ranked-lists/{r.id}").json["same"] for r in (first, second)] == [True, True]


def test_a_list_can_be_worked_out_by_another_model(
    shipped: str,
    investor: Person,
    mandate: str,
    projects: list[str],
) -> None:
    version = candidate(shipped, 0.2)
    ids(investor, mandate)
    (row,) = kept()
    other = investor.get(f"/ranked-lists/{row.id}?model={version}").json
    assert (other["replayed_with"], other["same"]) == (version, None)
    assert {p["project_id"] for p in other["replayed"]} == {p["project_id"] for p in other["shown"]}
    assert [p["score"] for p in other["replayed"]] != [p["score"] for p in other["shown"]]
    assert investor.get(f"/ranked-lists/{row.id}?model=rank-unknown").status_code == 404


def test_a_list_is_worked_out_long_after_its_matrix_served(
    investor: Person, mandate: str, projects: list[str], app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ids(investor, mandate)
    (row,) = kept()
    served = live.folder() / "matrix" / row.matrix_version
    for _ in range(live.KEEP_VERSIONS + 1):
        clock.set_base(clock.now() + timedelta(days=1))
        service.rebuild()
    assert not served.exists()
    found = investor.get(f"/ranked-lists/{row.id}").json
    assert found["same"] is True
    assert [place["project_id"] for place in found["replayed"]] == before
    # Matrices that no list was made from are not kept, and no more than the bound of all others.
    assert [path.stem for path in (live.folder() / archive.FOLDER).iterdir()] == [row.matrix_version]
    monkeypatch.setattr(config, "settings", lambda: app.extensions["dealflow.settings"].with_(shown_lists=0))
    archive.put_away(
        live.folder() / "matrix" / (live.folder() / "matrix" / "CURRENT").read_text(), live.folder()
    )
    gone = investor.get(f"/ranked-lists/{row.id}").json
    assert (gone["same"], gone["replayed"], len(gone["shown"])) == (None, None, 12)


def test_a_list_whose_matrix_is_gone_is_still_shown(
    investor: Person, mandate: str, projects: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids(investor, mandate)
    (row,) = kept()
    monkeypatch.setattr(live, "stored_matrix", lambda version: None)
    found = investor.get(f"/ranked-lists/{row.id}").json
    assert (found["same"], found["replayed"], len(found["shown"])) == (None, None, 12)
    assert investor.browser("zh").get(f"/ranked-lists/{row.id}").status_code == 200


def test_lists_are_their_investors_and_a_look_from_above_is_noted(
    investor: Person, mandate: str, projects: list[str], person: Callable[..., Person]
) -> None:
    ids(investor, mandate)
    (row,) = kept()
    assert person("fund").get(f"/ranked-lists/{row.id}").status_code == 404
    assert person("fund").get("/ranked-lists").json["total"] == 0
    assert person("creator").get("/ranked-lists").status_code == 403
    for kind in ("platform", "park"):
        assert person(kind).get("/ranked-lists").json["total"] == 1
        assert person(kind).get(f"/ranked-lists/{row.id}").status_code == 200
    told = [entry["tag"] for entry in investor.get("/audit").json["items"]]
    assert told.count("matching:list:replayed") == 2


def in_trial(shipped: str) -> str:
    """A candidate that likes the opposite of the mandate's stage, in trial."""
    version = candidate(shipped, 0.0)
    with db.system_edge():
        trials.start(SYSTEM, version)
    jobs.run_due()
    return version


def test_without_a_trial_nothing_is_drafted(investor: Person, mandate: str, projects: list[str]) -> None:
    ids(investor, mandate)
    (row,) = kept()
    assert (row.trial_id, {place[3] for place in row.places}) == (None, {""})
    investor.post(f"/mandates/{mandate}/feedback", {"project_id": projects[0], "action": "save"})
    with db.system_edge(write=False) as session:
        assert session.scalars(select(TrialAnswer)).first() is None


def test_a_trial_drafts_lists_that_stay_and_counts_answers(
    shipped: str,
    investor: Person,
    mandate: str,
    projects: list[str],
    person: Callable[..., Person],
) -> None:
    before = ids(investor, mandate)
    version = in_trial(shipped)
    drafted = ids(investor, mandate)
    assert sorted(drafted) == sorted(before)
    assert drafted == ids(investor, mandate)
    longer = investor.get(f"/mandates/{mandate}/matches?limit=5").json["items"]
    assert [item["project_id"] for item in longer] == drafted[:5]
    row = kept()[-1]
    teams = [place[3] for place in row.places]
    assert teams.count("candidate") == teams.count("service") == 6
    chosen = next(place[0] for place in row.places if place[3] == "candidate")
    # Scores and reasons are those of the model in service, whoever placed the project.
    assert {item["model_version"] for item in longer} == {shipped}
    investor.post(f"/mandates/{mandate}/feedback", {"project_id": chosen, "action": "save"})
    with db.system_edge():
        trial = queries.open_trial()
        assert trial is not None
        told = trials.as_dict(trial)["outcome"]
        assert (told["wins"], told["losses"], told["verdict"]) == (1, 0, "open")
        assert trials.counts(trial.id) == {"service": {}, "candidate": {"save": 1}}
    staff = person("platform")
    assert version in staff.browser("zh").get("/models/trials").text
    with db.system_edge():
        trials.end(SYSTEM)
    jobs.run_due()
    assert ids(investor, mandate)[0] == chosen or ids(investor, mandate) != drafted
    with db.system_edge(write=False) as session:
        ended = session.scalars(select(ModelEvent).where(ModelEvent.kind == "trial_ended")).one()
        assert ended.figures["outcome"]["wins"] == 1


def test_what_was_taken_back_counts_for_nobody(
    shipped: str,
    investor: Person,
    mandate: str,
    projects: list[str],
) -> None:
    in_trial(shipped)
    ids(investor, mandate)
    chosen = kept()[-1].places[0][0]
    for action in ("save", "undo"):
        investor.post(f"/mandates/{mandate}/feedback", {"project_id": chosen, "action": action})
    with db.system_edge(write=False):
        trial = queries.open_trial()
        assert trial is not None
        assert (trials.outcome(trial.id).wins, trials.outcome(trial.id).losses) == (0, 0)


def test_one_trial_at_a_time_and_only_with_a_candidate_that_may(shipped: str, projects: list[str]) -> None:
    with pytest.raises(InvalidTransition), db.system_edge():
        trials.start(SYSTEM, shipped)
    with pytest.raises(InvalidTransition), db.system_edge():
        trials.start(SYSTEM, candidate(shipped, 0.7, exposed={"passed": False}))
    first, second = candidate(shipped, 0.5), candidate(shipped, 0.6, better={"passed": False})
    with db.system_edge():
        trials.start(SYSTEM, second)
    with pytest.raises(Conflict), db.system_edge():
        trials.start(SYSTEM, first)
    with pytest.raises(InvalidTransition), db.system_edge():
        lifecycle.promote(SYSTEM, first)
    with db.system_edge():
        trials.end(SYSTEM)
    with pytest.raises(InvalidTransition), db.system_edge():
        trials.end(SYSTEM)


def test_variety_is_the_mandates_choice(investor: Person, projects: list[str]) -> None:
    found = {}
    for choice in ("off", "usual", "more"):
        body = MANDATE | {"preferences": MANDATE["preferences"] | {"diversity": choice}}
        made = investor.post("/mandates", body).json
        assert made["preferences"]["diversity"] == choice
        page = investor.get(f"/mandates/{made['id']}/matches").json["items"]
        found[choice] = [round(item["score"], 4) for item in page if not item["exploration"]]
    # By score alone the scores fall; variety lets a lower one stand before a higher one.
    assert found["off"] == sorted(found["off"], reverse=True)
    assert found["more"] != sorted(found["more"], reverse=True)
    assert sorted(found["more"]) == pytest.approx(sorted(found["off"]), abs=0.01)
    wrong = investor.post("/mandates", MANDATE | {"preferences": {"diversity": "much"}})
    assert wrong.status_code == 422


def test_the_form_keeps_the_choice(investor: Person, mandate: str) -> None:
    browser = investor.browser()
    page = browser.get(f"/mandates/{mandate}/edit").text
    assert 'name="diversity"' in page
    values = {"name": "M", "capital": "5000000", "version": "1", "diversity": "off"}
    assert browser.post(f"/mandates/{mandate}/edit", data=values).status_code == 303
    assert investor.get(f"/mandates/{mandate}").json["preferences"]["diversity"] == "off"
    assert lists.DEPTH >= 50
