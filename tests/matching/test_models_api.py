"""Models over the API: their cards for every user, everything that changes a model for the platform's people alone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from dealflow.core import db, jobs
from dealflow.matching import live, measured, queries
from tests.conftest import Person
from tests.factories import pitches
from tests.matching import answered
from tests.matching.answered import candidate


@pytest.fixture
def staff(person: Callable[..., Person]) -> Person:
    return person("platform")


def test_a_card_tells_what_is_weighed_and_what_happened(shipped: str, person: Callable[..., Person]) -> None:
    creator = person("creator")
    listed = creator.get("/models").json
    assert (listed["total"], [row["version"] for row in listed["items"]]) == (1, [shipped])
    card = creator.get(f"/models/{shipped}").json
    assert (card["state"], [event["kind"] for event in card["events"]]) == ("in_service", ["installed"])
    model = live.ranker_of("").model
    assert {w["code"]: w["coefficient"] for w in card["weights"]} == pytest.approx(dict(model.coefficients))
    assert (card["intercept"], card["half_life_days"]) == (model.intercept, 730)
    # Only who may promote is told why it cannot be done.
    assert card["cannot_promote"] == ""
    assert person("platform").get(f"/models/{shipped}").json["cannot_promote"]
    assert creator.get("/models/rank-unknown").status_code == 404
    assert [creator.get("/models?limit=1&cursor=bad").status_code] == [422]


def test_from_training_to_service_and_back(
    shipped: str, staff: Person, person: Callable[..., Person]
) -> None:
    projects = answered.published_projects(person)
    answered.answer(projects, answered.mandates(person), lambda stage: stage != "financing")
    assert staff.post("/models/train").status_code == 202
    jobs.run_due()
    version = staff.get("/models").json["items"][0]["version"]
    assert version != shipped
    assert staff.get(f"/models/{version}").json["cannot_promote"] == ""
    assert staff.post(f"/models/{version}/examine").json == {"queued": "matching.examine"}
    jobs.run_due()
    promoted = staff.post(f"/models/{version}/promote")
    assert (promoted.status_code, promoted.json["state"]) == (200, "in_service")
    assert all(gate["passed"] for gate in promoted.json["gates"])
    refused = staff.post(f"/models/{version}/promote")
    assert (refused.status_code, refused.json["detail"]) == (409, "This model is in service already")
    back = staff.post("/models/rollback", {"reason": "complaints"})
    assert (back.json["version"], back.json["state"]) == (shipped, "in_service")
    assert staff.get(f"/models/{shipped}").json["events"][0]["reason"] == "complaints"
    assert staff.post("/models/rollback", {"because": "x"}).status_code == 422


def test_a_trial_is_begun_told_and_ended(shipped: str, staff: Person, person: Callable[..., Person]) -> None:
    version = candidate(shipped, 0.2)
    begun = staff.post(f"/models/{version}/trial")
    assert (begun.status_code, begun.json["state"], begun.json["service_version"]) == (201, "open", shipped)
    assert staff.post(f"/models/{candidate(shipped, 0.3)}/trial").status_code == 409
    told = person("park").get("/models/trials").json["items"]
    assert [(row["id"], row["outcome"]["verdict"], row["answers"]) for row in told] == [
        (begun.json["id"], "open", {"service": {}, "candidate": {}})
    ]
    assert person("investor").get("/models/trials").status_code == 403
    ended = staff.post("/models/trials/end")
    assert (ended.json["state"], ended.json["id"]) == ("ended", begun.json["id"])
    assert staff.post("/models/trials/end").status_code == 409


def test_drift_exposure_and_copies_are_told_to_those_who_oversee(
    shipped: str, staff: Person, person: Callable[..., Person]
) -> None:
    story = "雨夜里，女主在旧码头捡到一封没有寄出的信，信里写着她自己的名字和十年后的日期。" * 3
    first, second = (
        pitches.published(person("creator"), title={"zh": f"第{n}部"}, synopsis=story)["id"] for n in range(2)
    )
    jobs.run_due()
    measured.watch()
    with db.system_edge(write=False):
        assert queries.model_in_service() is not None
    (report,) = staff.get("/models/drift").json["items"]
    assert (report["model_version"], report["alarms"]) == (shipped, 0)
    told = staff.get("/models/exposure").json
    assert (told["model_version"], told["bounds"]) == (shipped, [0.8, 1.25])
    from dealflow.matching import copying

    copying.find()
    (copy,) = staff.get("/models/copies").json["items"]
    assert (copy["project_id"], copy["copy_of"], copy["cleared_at"]) == (second, first, None)
    assert staff.post(f"/models/copies/{second}/clear").json["cleared_at"]
    assert staff.post(f"/models/copies/{first}/clear").status_code == 404
    for path in ("drift", "exposure", "copies"):
        assert person("creator").get(f"/models/{path}").status_code == 403


def test_the_menu_marks_models_on_the_pages_of_kept_lists(
    shipped: str, person: Callable[..., Person]
) -> None:
    browser = person("investor").browser("en")
    for path in ("/ranked-lists", "/models"):
        page = browser.get(path)
        assert page.status_code == 200
        current = re.findall(r'<a[^>]*href="(/[^"]*)"[^>]*aria-current="page"[^>]*>', page.text)
        assert "/models" in current, path
