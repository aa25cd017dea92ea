"""Matches: what is listed, in which order, why, and what answers change."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from dealflow.core import db, i18n, invariants, jobs
from dealflow.pitches import vocabulary
from ml import sentences
from tests.conftest import Person
from tests.factories import pitches

MANDATE: dict[str, Any] = {
    "name": "复仇题材",
    "active": True,
    "constraints": {
        "genres_any": ["revenge"],
        "ask": {"max": {"amount_minor": 100_000_000, "currency": "CNY"}},
    },
    "preferences": {
        "genres": {"strong_heroine": 1.0},
        "ticket": {"amount_minor": 40_000_000, "currency": "CNY"},
    },
    "capital": {"amount_minor": 500_000_000, "currency": "CNY"},
    "allow_discovery": True,
}


def test_the_list_holds_what_passes_and_its_reasons_add_up(
    investor: Person, mandate: str, projects: dict[str, str]
) -> None:
    page = investor.get(f"/mandates/{mandate}/matches?reasons=all").json
    assert {item["project_id"] for item in page["items"]} == {projects["fits"], projects["also"]}
    assert page["total"] == 2
    for item in page["items"]:
        logit = item["base"] + math.fsum(r["contribution"] for r in item["reasons"])
        assert item["score"] == pytest.approx(100 / (1 + math.exp(-logit)), abs=1e-9)
        assert all(r["label"] for r in item["reasons"])
    assert [item["rank"] for item in page["items"]] == [1, 2]
    assert page == investor.get(f"/mandates/{mandate}/matches?reasons=all").json


def test_the_default_shows_five_reasons_at_most(
    investor: Person, mandate: str, projects: dict[str, str]
) -> None:
    for item in investor.get(f"/mandates/{mandate}/matches").json["items"]:
        assert len(item["reasons"]) <= 5


def test_a_reason_says_what_is_usual_in_the_list(
    investor: Person, mandate: str, projects: dict[str, str]
) -> None:
    items = investor.get(f"/mandates/{mandate}/matches?reasons=all").json["items"]
    parts = {(r["code"], r["usual"]) for item in items for r in item["reasons"] if r["code"] == "genre_match"}
    given = [sum(r["contribution"] for r in i["reasons"] if r["code"] == "genre_match") for i in items]
    assert [usual for _code, usual in parts] == [pytest.approx(sum(given) / len(items), abs=1e-6)]
    page = investor.browser().get(f"/mandates/{mandate}/why?project={projects['fits']}&lang=en").text
    assert "Usual in this list: +" in page


def test_an_excluded_project_says_which_constraint_excludes_it(
    investor: Person, mandate: str, projects: dict[str, str]
) -> None:
    answer = investor.get(f"/mandates/{mandate}/matches/{projects['dear']}").json
    assert answer["excluded"] is True
    assert [b["constraint"] for b in answer["blockers"]] == ["ask"]
    assert "score" not in investor.get(f"/mandates/{mandate}/matches/{projects['other']}").json


def test_a_project_nobody_may_see_is_not_found(investor: Person, creator: Person, mandate: str) -> None:
    hidden = creator.post("/projects", pitches.complete()).json["id"]
    assert investor.get(f"/mandates/{mandate}/matches/{hidden}").status_code == 404
    invited = pitches.published(creator, visibility="invited")["id"]
    assert invited not in [
        i["project_id"] for i in investor.get(f"/mandates/{mandate}/matches").json["items"]
    ]


def test_a_pass_takes_it_away_and_undo_brings_it_back(
    investor: Person, mandate: str, projects: dict[str, str]
) -> None:
    def listed() -> list[str]:
        return [i["project_id"] for i in investor.get(f"/mandates/{mandate}/matches").json["items"]]

    body = {"project_id": projects["fits"], "action": "pass", "reason": "Too expensive"}
    assert investor.post(f"/mandates/{mandate}/feedback", body).json["standing"] == "passed"
    assert listed() == [projects["also"]]
    assert projects["fits"] in investor.browser().get(f"/mandates/{mandate}/matches?tab=passed").text
    shut = investor.get(f"/mandates/{mandate}/matches/{projects['fits']}").json
    assert [b["constraint"] for b in shut["blockers"]] == ["passed"]
    investor.post(f"/mandates/{mandate}/feedback", body | {"action": "undo"})
    assert set(listed()) == {projects["fits"], projects["also"]}
    again = investor.post(f"/mandates/{mandate}/feedback", body | {"action": "undo"})
    assert (again.status_code, again.json["standing"]) == (201, None)
    with db.system_edge(write=False):
        assert not any(invariants.run_all().values())


def test_a_withdrawn_project_leaves_the_list_at_once(
    investor: Person, creator: Person, mandate: str, projects: dict[str, str]
) -> None:
    jobs.run_due()
    assert creator.post(f"/projects/{projects['fits']}/withdraw").status_code == 200
    assert [i["project_id"] for i in investor.get(f"/mandates/{mandate}/matches").json["items"]] == [
        projects["also"]
    ]
    jobs.run_due()
    assert [i["project_id"] for i in investor.get(f"/mandates/{mandate}/matches").json["items"]] == [
        projects["also"]
    ]


def test_the_stored_matrix_ranks_like_the_one_in_memory(
    investor: Person, mandate: str, projects: dict[str, str]
) -> None:
    before = investor.get(f"/mandates/{mandate}/matches?reasons=all").json
    assert jobs.run_due() > 0
    assert investor.get(f"/mandates/{mandate}/matches?reasons=all").json == before


def test_others_do_not_learn_of_a_mandate(
    creator: Person, mandate: str, projects: dict[str, str], person: Callable[..., Person]
) -> None:
    for who in (person("investor"), creator, person("platform")):
        assert who.get(f"/mandates/{mandate}/matches").status_code == 404
        assert who.get(f"/mandates/{mandate}/matches/{projects['fits']}").status_code == 404
        body = {"project_id": projects["fits"], "action": "save"}
        assert who.post(f"/mandates/{mandate}/feedback", body).status_code == 404


def test_a_viewer_reads_and_does_not_answer(
    investor: Person, mandate: str, projects: dict[str, str], person: Callable[..., Person]
) -> None:
    viewer = person("investor", "viewer", organisation_id=investor.organisation_id)
    assert viewer.get(f"/mandates/{mandate}/matches").status_code == 200
    assert (
        viewer.post(
            f"/mandates/{mandate}/feedback", {"project_id": projects["fits"], "action": "save"}
        ).status_code
        == 403
    )


def test_an_introduction_is_told_to_the_owner(
    investor: Person, creator: Person, mandate: str, projects: dict[str, str]
) -> None:
    body = {"project_id": projects["fits"], "action": "request_intro", "reason": "想聊聊"}
    assert investor.post(f"/mandates/{mandate}/feedback", body).json["intro_requested_at"]
    again = investor.post(f"/mandates/{mandate}/feedback", body)
    assert again.json["intro_requested_at"]
    jobs.run_due()
    told = creator.get("/notifications").json["items"]
    assert len([n for n in told if n["code"] == "intro_requested"]) == 1
    page = creator.browser("zh").get(f"/projects/{projects['fits']}/investors").text
    assert "想聊聊" in page
    (waiting,) = creator.get("/introductions").json["items"]
    assert f'href="/introductions/{waiting["id"]}"' in page, "it can be answered from here"


def test_the_owner_sees_investors_that_allow_it_and_nothing_of_their_wishes(
    investor: Person, creator: Person, mandate: str, projects: dict[str, str], person: Callable[..., Person]
) -> None:
    hidden = person("fund")
    assert hidden.post("/mandates", MANDATE | {"allow_discovery": False}).status_code == 201
    found = creator.get(f"/projects/{projects['fits']}/investors").json
    assert [i["organisation_id"] for i in found["items"]] == [investor.organisation_id]
    for entry in found["items"]:
        assert entry["score"] % 5 == 0
        fields = {r["project_field"] for r in entry["reasons"]}
        assert fields <= {"genres", "languages", "regions", "stage", "instruments"}
    assert person("creator").get(f"/projects/{projects['fits']}/investors").status_code == 404
    assert investor.get(f"/projects/{projects['fits']}/investors").status_code == 404


def test_advice_is_silent_below_the_least_group_and_true_above(
    creator: Person, mandate: str, projects: dict[str, str], person: Callable[..., Person]
) -> None:
    assert creator.get(f"/projects/{projects['dear']}/advice").json == []
    for number in range(6):
        body = MANDATE | {
            "name": f"M{number}",
            "constraints": {"ask": {"max": {"amount_minor": 45_000_000 * 4, "currency": "CNY"}}},
        }
        assert person("investor").post("/mandates", body).status_code == 201
    tips = creator.get(f"/projects/{projects['dear']}/advice").json
    lower = [tip for tip in tips if tip["change"]["field"] == "ask"]
    assert lower
    assert max(tip["mandates_gained"] for tip in lower) == 5
    assert all(tip["mandates_gained"] % 5 == 0 for tip in tips)


def test_the_page_takes_the_same_number_of_statements_for_two_and_twenty(
    investor: Person, creator: Person, mandate: str, projects: dict[str, str]
) -> None:
    def statements() -> int:
        seen: list[str] = []
        engine = db.database().engine

        def count(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
            if not statement.startswith(("BEGIN", "PRAGMA")):
                seen.append(statement)

        browser = investor.browser()
        event.listen(engine, "before_cursor_execute", count)
        assert browser.get(f"/mandates/{mandate}/matches").status_code == 200
        event.remove(engine, "before_cursor_execute", count)
        return len(seen)

    jobs.run_due()
    statements()
    few = statements()
    for number in range(18):
        pitches.published(creator, title={"zh": f"第{number}部"})
    jobs.run_due()
    statements()
    assert statements() == few <= 8


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages_show_lists_and_answers(
    investor: Person, creator: Person, mandate: str, projects: dict[str, str], lang: str
) -> None:
    browser = investor.browser(lang)
    page = browser.get(f"/mandates/{mandate}/matches")
    assert page.status_code == 200
    assert page.text.count('<article class="match"') == 2
    saved = browser.post(f"/mandates/{mandate}/matches/{projects['fits']}", data={"action": "save"})
    assert saved.status_code == 303
    assert saved.location.endswith(f"#m-{projects['fits']}")
    for path in (
        "/matches?tab=saved",
        "/matches?tab=passed",
        "/matches?genre=revenge&sort=-ask",
        f"/why?project={projects['fits']}",
        f"/why?project={projects['dear']}",
        "/why?q=归途",
        f"/compare?project={projects['fits']}&project={projects['also']}",
    ):  # fmt: skip
        assert browser.get(f"/mandates/{mandate}{path}").status_code == 200, path
    assert browser.get("/mandates").status_code == 200
    assert browser.get(f"/mandates/{mandate}/edit").status_code == 200
    assert browser.get("/models").status_code == 200
    version = investor.get(f"/mandates/{mandate}/matches").json["items"][0]["model_version"]
    assert browser.get(f"/models/{version}").status_code == 200
    assert creator.browser(lang).get(f"/projects/{projects['fits']}/advice").status_code == 200
    assert browser.get("/").status_code == 200
    assert creator.browser(lang).get(f"/projects/{projects['fits']}/investors").status_code == 200


@pytest.mark.parametrize("number", [0, 1], ids=["en", "zh"])
def test_files_name_stages_instruments_and_evidence_as_the_site_does(number: int) -> None:
    with i18n.using(("en", "zh")[number]):
        said = {code: vocabulary.label(code) for code in sentences.NAMES}
    assert said == {code: pair[number] for code, pair in sentences.NAMES.items()}
    assert set(said) == {*vocabulary.STAGES, *vocabulary.INSTRUMENTS, *vocabulary.EVIDENCE}


def test_every_sentence_says_the_same_parameters_in_both_languages() -> None:
    for code, pairs in sentences.SENTENCES.items():
        for pair in pairs:
            english, chinese = (set(re.findall(r"%\((\w+)\)s", text)) for text in pair)
            assert english == chinese <= set(sentences.PARAMETERS), code


@pytest.fixture
def creator(person: Callable[..., Person]) -> Person:
    """A creator."""
    return person("creator")


@pytest.fixture
def investor(person: Callable[..., Person]) -> Person:
    """An investor."""
    return person("investor")


@pytest.fixture
def mandate(investor: Person) -> str:
    """The id of the investor's mandate."""
    made = investor.post("/mandates", MANDATE)
    assert made.status_code == 201, made.json
    return str(made.json["id"])


@pytest.fixture
def projects(creator: Person) -> dict[str, str]:
    """Published projects: two fit, one is too dear, one is of another genre."""
    dear = {"amount_minor": 200_000_000, "currency": "CNY"}
    return {
        "fits": pitches.published(creator)["id"],
        "also": pitches.published(creator, title={"zh": "归途"}, genres=["revenge"])["id"],
        "dear": pitches.published(
            creator,
            title={"zh": "贵"},
            ask=dear,
            budget=dear,
            use_of_funds=[{"label": "制作", "kind": "production", "amount": dear}],
        )["id"],
        "other": pitches.published(creator, title={"zh": "甜"}, genres=["sweet"])["id"],
    }


def test_a_word_that_is_none_is_refused_where_a_project_is_sought(investor: Person, mandate: str) -> None:
    answer = investor.browser().get(f"/mandates/{mandate}/why?q=%00")
    assert answer.status_code == 422
