"""Pages of models say what was measured; copies stand at the end until a person has looked."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from dealflow.accounts.models import Membership, Organisation
from dealflow.core import clock, db, ids, jobs
from dealflow.core.actor import SYSTEM
from dealflow.mandates import queries as queries_of_mandates
from dealflow.matching import (
    advice,
    copying,
    heldout,
    lifecycle,
    live,
    measured,
    queries,
    rows,
    service,
    signals,
    trials,
)
from dealflow.matching.models import DriftReport, MatchFeedback, PitchFingerprint
from tests.conftest import Person
from tests.factories import pitches
from tests.matching import answered

STORY = (
    "被赶出家门的女儿二十年后带着遗嘱回到旧城，她发现当年夺走一切的人正是最疼爱她的舅舅。"
    "三代人的恩怨在雨夜里被一封迟到的信揭开，她必须在亲情和真相之间选择。"
)


def test_cards_tell_what_was_measured(person: Callable[..., Person], shipped: str) -> None:
    projects = answered.published_projects(person, 12)
    answered.answer(projects, answered.mandates(person, 8), lambda stage: stage == "financing")
    assert measured.watch() == {"alarms": 0}
    version = answered.candidate(shipped)
    with db.system_edge():
        trials.start(SYSTEM, version)
    staff, anybody = person("platform"), person("creator")
    for lang in ("zh", "en"):
        browser = staff.browser(lang)
        for path in ("", f"/{shipped}", f"/{version}", "/trials", "/drift", "/exposure", "/copies"):
            answer = browser.get(f"/models{path}")
            assert answer.status_code == 200, path
        card = anybody.browser(lang).get(f"/models/{shipped}").text
        assert "<svg" in card
        assert ("分组表现" if lang == "zh" else "How it does by group") in card
        assert "/promote" not in card
    with db.system_edge(write=False):
        figures = queries.model(shipped).metrics["measured"]
    assert figures["answers"] == 48
    assert {row["way"] for row in figures["arrangement"]} == {"score", "usual", "more", "shown"}


def test_a_market_that_turns_is_told_to_the_platform(person: Callable[..., Person], shipped: str) -> None:
    creator, staff = person("creator"), person("platform")
    for number in range(12):
        pitches.published(creator, title={"zh": f"第{number}部"}, stage="financing")
    measured.watch()
    with db.system_edge() as session:
        first = session.scalars(select(DriftReport)).one()
        turned = dict(first.figures["features"], stage=[0.0, 0.0, 0.0, 0.0, 400.0, 400.0])
        session.add(
            DriftReport(
                model_version=shipped,
                figures=first.figures | {"features": turned},
                findings=[],
                id="drf_" + "0" * 26,
            )
        )
    assert measured.watch()["alarms"] == 1
    jobs.run_due()
    told = [note for note in staff.get("/notifications").json["items"] if "/models/drift" in str(note)]
    assert len(told) == 1
    assert "Alarm" in staff.browser().get("/models/drift").text


def test_what_an_empty_installation_looked_like_is_no_reference(
    person: Callable[..., Person], shipped: str
) -> None:
    staff = person("platform")
    measured.watch()
    for lang, words in (("en", "Too few projects to compare"), ("zh", "项目太少，无法比较")):
        page = staff.browser(lang).get("/models/drift").text
        assert words in page
        assert "Nothing moved" not in page
    creator = person("creator")
    for number in range(12):
        pitches.published(creator, title={"zh": f"第{number}部"}, stage="financing")
    with db.system_edge() as session:
        first = session.scalars(select(DriftReport)).one()
        assert not measured.enough(first)
        # The day on which there was a market for the first time.
        features = first.figures["features"]
        full = features | {"credits": [400.0, 0.0, 0.0, 0.0], "stage": [0.0, 0.0, 0.0, 0.0, 400.0, 400.0]}
        figures = first.figures | {"features": full}
        session.add(DriftReport(id=ids.new("drf"), model_version=shipped, figures=figures, findings=[]))
    assert measured.watch()["alarms"] > 0
    assert "Too few projects" not in staff.browser().get("/models/drift").text


def test_a_copy_stands_behind_all_others_until_it_is_cleared(
    person: Callable[..., Person], shipped: str
) -> None:
    author, copyist, investor, staff = (
        person("creator"),
        person("creator"),
        person("investor"),
        person("platform"),
    )
    first = pitches.published(author, synopsis=STORY)["id"]
    copy = pitches.published(copyist, synopsis=STORY.replace("旧城", "古镇") + "！", title={"zh": "别名"})[
        "id"
    ]
    weak = pitches.published(
        author, synopsis="别的故事" * 3 + "讲一位厨师在海边重新开店。", stage="released", genres=["sweet"]
    )["id"]
    stated = {"stages": {"financing": 1.0}, "genres": {"revenge": 1.0}}
    body = {"name": "M", "capital": {"amount_minor": 10**9, "currency": "CNY"}, "preferences": stated}
    mandate = investor.post("/mandates", body).json["id"]

    def ids() -> list[str]:
        return [item["project_id"] for item in investor.get(f"/mandates/{mandate}/matches").json["items"]]

    assert ids()[-1] == weak
    assert copying.find() == {"published": 3, "copies": 1, "new": 1}
    assert copying.find()["new"] == 0
    jobs.run_due()
    assert ids() == [first, weak, copy]
    assert any(copy in str(note) for note in copyist.get("/notifications").json["items"])
    assert author.get("/notifications").json["items"] == []
    assert "别名" in staff.browser("zh").get("/models/copies").text
    assert person("park").browser().post(f"/models/copies/{copy}").status_code == 403
    assert staff.browser().post(f"/models/copies/{copy}").status_code == 303
    jobs.run_due()
    assert ids()[-1] == weak
    with db.system_edge(write=False) as session:
        assert session.get_one(PitchFingerprint, copy).cleared_at is not None


@pytest.mark.parametrize(
    ("age", "linked", "believed"), [(30, False, True), (1, False, False), (30, True, False)]
)
def test_attention_is_believed_of_known_strangers_only(
    person: Callable[..., Person], age: int, linked: bool, believed: bool
) -> None:
    creator, investor = person("creator"), person("investor")
    project = pitches.published(creator)["id"]
    body = {"name": "M", "capital": {"amount_minor": 10**9, "currency": "CNY"}}
    mandate = investor.post("/mandates", body).json["id"]
    investor.post(f"/mandates/{mandate}/feedback", {"project_id": project, "action": "save"})
    with db.system_edge() as session:
        session.get_one(Organisation, investor.organisation_id).created_at = clock.now() - timedelta(days=age)
        if linked:
            session.add(
                Membership(organisation_id=investor.organisation_id, user_id=creator.user_id, role="member")
            )
    with db.system_edge(write=False):
        found = signals.of([project])[project]
    assert (found["attention"] > 0, found["interactions"] > 0) == (believed, believed)


def test_bought_answers_train_and_judge_no_model(person: Callable[..., Person]) -> None:
    creators = [person("creator") for _ in range(5)]
    projects = [pitches.published(creator)["id"] for creator in creators]
    known, young, narrow = (person("investor") for _ in range(3))
    answered.aged(known, narrow)
    body = {"name": "M", "capital": {"amount_minor": 10**9, "currency": "CNY"}}
    for who, chosen in ((known, projects), (young, projects), (narrow, projects[:1])):
        mandate = who.post("/mandates", body).json["id"]
        for project in chosen:
            who.post(f"/mandates/{mandate}/feedback", {"project_id": project, "action": "save"})
    with db.system_edge() as session:
        # Somebody works for the investor and for the owner of the first project.
        session.add(
            Membership(organisation_id=known.organisation_id, user_id=creators[0].user_id, role="member")
        )
    with db.system_edge(write=False):
        found = [(answer.house, answer.project_id, answer.credence) for answer in heldout.answers()]
    assert found == [
        *((known.organisation_id, project, 1.0) for project in projects[1:]),
        (narrow.organisation_id, projects[0], 0.2),
    ]


def test_the_place_of_an_answer_is_where_it_was_shown(person: Callable[..., Person], shipped: str) -> None:
    creator, investor = person("creator"), person("investor")
    for number in range(3):
        pitches.published(creator, title={"zh": f"第{number}部"})
    body = {"name": "M", "capital": {"amount_minor": 10**9, "currency": "CNY"}}
    mandate = investor.post("/mandates", body).json["id"]
    first, second, third = (
        item["project_id"] for item in investor.get(f"/mandates/{mandate}/matches").json["items"]
    )
    # An answer from far down weighs up to twenty times as much; saying that it was does not make it so.
    for project, told in ((first, 5_000_000), (second, 2), (third, None)):
        answer = {"project_id": project, "action": "save"} | ({"rank": told} if told else {})
        assert investor.post(f"/mandates/{mandate}/feedback", answer).status_code < 300
    with db.system_edge(write=False) as session:
        given = session.scalars(select(MatchFeedback).order_by(MatchFeedback.id))
        assert [(row.project_id, row.rank) for row in given] == [(first, 1), (second, 2), (third, None)]


def test_who_was_there_first_is_no_copy_of_who_came_and_copied(
    person: Callable[..., Person], shipped: str
) -> None:
    author, thief = person("creator"), person("creator")
    other = "别的故事" * 3 + "讲一位厨师在海边小镇重新开店，遇见旧日的邻居和一只走失的猫。"
    early = pitches.published(thief, synopsis=other)
    clock.set_base(clock.now() + timedelta(days=1))
    true = pitches.published(author, synopsis=STORY)["id"]
    assert copying.find()["copies"] == 0
    clock.set_base(clock.now() + timedelta(hours=1))
    # The earlier pitch takes the later one's story: published before, told after.
    retell(thief, early["id"], STORY)
    assert copying.find()["copies"] == 1

    def copies() -> dict[str, str | None]:
        with db.system_edge(write=False) as session:
            return {row.project_id: row.copy_of for row in session.scalars(select(PitchFingerprint))}

    assert copies() == {early["id"]: true, true: None}
    # The author retouches, and retouches again; takes it back and publishes it anew.
    for text in (STORY + "结局未定。", STORY.replace("雨夜", "雪夜")):
        clock.set_base(clock.now() + timedelta(hours=1))
        retell(author, true, text)
        copying.find()
        assert copies() == {early["id"]: true, true: None}
    published = author.get(f"/projects/{true}").json["published_at"]
    for step in ("withdraw", "publish"):
        assert author.post(f"/projects/{true}/{step}", {}).status_code == 200
        copying.find()
    assert copies() == {early["id"]: true, true: None}
    assert author.get(f"/projects/{true}").json["published_at"] == published
    # Once the thief tells its own story again, it stands where its score puts it at once.
    jobs.run_due()
    assert live.copies_in_force() == {early["id"]}
    retell(thief, early["id"], other)
    copying.find()
    jobs.run_due()
    assert (copies(), live.copies_in_force()) == ({early["id"]: None, true: None}, frozenset())


def retell(owner: Person, project_id: str, synopsis: str) -> None:
    """Change the story of a pitch."""
    version = owner.get(f"/projects/{project_id}").json["version"]
    answer = owner.patch(f"/projects/{project_id}", {"synopsis": synopsis}, version)
    assert answer.status_code == 200, answer.text


def test_the_owner_of_a_copy_is_told_the_truth(person: Callable[..., Person], shipped: str) -> None:
    author, copyist, staff = person("creator"), person("creator"), person("platform")
    pitches.published(author, synopsis=STORY)
    weak = pitches.published(
        author, synopsis="别的故事" * 3 + "讲一位厨师在海边重新开店。", genres=["sweet"], stage="released"
    )["id"]
    copy = pitches.published(copyist, synopsis=STORY + "！")["id"]
    body = {"name": "M", "capital": {"amount_minor": 10**9, "currency": "CNY"}}
    stated = {"stages": {"financing": 1.0}, "genres": {"revenge": 1.0}}
    for investor in [person("investor") for _ in range(3)]:
        for _ in range(3):
            assert investor.post("/mandates", body | {"preferences": stated}).status_code == 201
    jobs.run_due()
    assert "stands behind all others" not in copyist.browser().get(f"/projects/{copy}/advice").text
    copying.find()
    jobs.run_due()
    assert copyist.get(f"/projects/{copy}/advice").json == []
    for lang, words in (("en", "reads nearly like an earlier"), ("zh", "与较早的一个项目文字几乎相同")):
        browser = copyist.browser(lang)
        for path in ("", "/advice", "/investors"):
            assert words in browser.get(f"/projects/{copy}{path}").text, (lang, path)
        assert words not in author.browser(lang).get(f"/projects/{weak}").text
    # A copy stands before nobody, so it is none of those that a pitch is advised to pass.
    with db.system_edge(write=False):
        snapshot, rows = live.current(), queries_of_mandates.active_everywhere()
        content = next(content for i, (_at, content) in live.contents([weak]).items())
        _passes, ranks = advice._rescored(snapshot, rows, weak, [content])
    assert set(ranks[0].tolist()) == {2}
    # Who judges sees whose they are and since when each tells its story.
    page = staff.browser().get("/models/copies").text
    assert page.count("story since") == 2


def test_a_score_says_what_it_is_by_how_the_model_was_fitted(
    person: Callable[..., Person], shipped: str
) -> None:
    projects = answered.published_projects(person)
    answered.answer(projects, answered.mandates(person), lambda stage: stage != "financing")
    row = lifecycle.train(SYSTEM)
    assert row is not None
    anybody, investor = person("creator"), person("investor")
    base, fitted = (
        anybody.browser().get(f"/models/{version}").text for version in (shipped, row.model_version)
    )
    assert "drawn at random, 90 nine times" in base
    assert "seven in ten" not in base
    assert "Calibration error on real investments" in base
    assert "drawn at random, 90 nine times" not in fitted
    assert "seven in ten" in fitted
    assert "Calibration error on answers held out here" in fitted
    assert "NDCG of the first ten, gain" in fitted
    body = {"name": "M", "capital": {"amount_minor": 10**9, "currency": "CNY"}}
    mandate = investor.post("/mandates", body).json["id"]
    assert (
        "as likely as a project drawn at random"
        in investor.browser().get(f"/mandates/{mandate}/matches").text
    )
    with db.system_edge():
        lifecycle.promote(SYSTEM, row.model_version)
    service.rebuild()
    page = investor.browser().get(f"/mandates/{mandate}/matches").text
    assert "drawn at random" not in page
    assert "chance in a hundred" in page
    measured.watch()
    assert "之前四周" in person("platform").browser("zh").get("/models/drift").text


def test_nobody_is_advised_to_pass_a_review_that_is_not_recorded(
    person: Callable[..., Person], shipped: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    creator = person("creator")
    ids = [pitches.published(creator, title={"zh": f"第{number}部"})["id"] for number in range(8)]
    body = {"name": "M", "capital": {"amount_minor": 10**9, "currency": "CNY"}}
    for investor in [person("investor") for _ in range(5)]:
        investor.post("/mandates", body | {"preferences": {"stages": {"financing": 1.0}}})

    def fields() -> set[str]:
        told = [tip for i in ids[1:] for tip in creator.get(f"/projects/{i}/advice").json]
        return {tip["change"]["field"] for tip in told}

    assert "review_passed" not in fields()
    # Once a project is known to have passed, the others hear of it.
    known = signals.of
    monkeypatch.setattr(signals, "of", lambda wanted=None: known(wanted) | {ids[0]: {"review_passed": True}})
    service.rebuild()
    assert "review_passed" in fields()
    editor = person("investor").browser("en").get("/mandates/new").text
    assert "1 of 8 published projects have one on record." in editor


def test_a_list_never_says_that_a_team_without_credits_has_them(
    person: Callable[..., Person], shipped: str
) -> None:
    creator, investor = person("creator"), person("investor")
    credits = {}
    for number in (0, 1, 7):
        team = [{"name": "林", "role": "导演", "credits": number}]
        credits[pitches.published(creator, title={"zh": f"第{number}部"}, team=team)["id"]] = number
    body = {"name": "M", "capital": {"amount_minor": 10**9, "currency": "CNY"}}
    mandate = investor.post("/mandates", body).json["id"]
    for item in investor.get(f"/mandates/{mandate}/matches?reasons=all").json["items"]:
        told = [reason["label"] for reason in item["reasons"] if reason["code"] == "team_credits"]
        count = credits[item["project_id"]]
        assert told == ([{1: "The team has 1 credit", 7: "The team has 7 credits"}[count]] if count else [])


def test_a_place_above_a_higher_score_says_why(person: Callable[..., Person], shipped: str) -> None:
    creator, investor = person("creator"), person("investor")
    for number in range(24):
        team = [{"name": "林", "role": "导演", "credits": 40 * (number % 4 > 0)}]
        record = pitches.COMPLETE["track_record"] if number % 4 else []
        pitches.published(
            creator,
            title={"zh": f"第{number}部"},
            team=team,
            track_record=record,
            genres=["revenge" if number % 4 else "sweet"],
        )
    body = {"name": "M", "capital": {"amount_minor": 10**9, "currency": "CNY"}}
    # What they say is liked a little better, what they have made before makes up for it.
    mandate = investor.post("/mandates", body | {"preferences": {"genres": {"sweet": 0.1}}}).json["id"]
    items = investor.get(f"/mandates/{mandate}/matches").json["items"]
    scores = [item["score"] for item in items]
    expected = sum(
        not item["exploration"] and max(scores[at + 1 :], default=0) - item["score"] >= rows.RAISED
        for at, item in enumerate(items)
    )
    assert expected > 0
    page = investor.browser().get(f"/mandates/{mandate}/matches").text
    # Once for each such row, and once below the list with the reason in words.
    assert page.count(">Above its score<") == expected + 1
    with db.system_edge():
        trials.start(SYSTEM, answered.candidate(shipped, 0.0))
    jobs.run_due()
    drafted = investor.browser().get(f"/mandates/{mandate}/matches").text
    assert "Two models draft this list" in drafted
    by_ask = investor.browser().get(f"/mandates/{mandate}/matches?sort=ask").text
    assert "Above its score" not in by_ask


def test_what_a_blank_mandate_is_told_is_true(person: Callable[..., Person], shipped: str) -> None:
    creator, investor = person("creator"), person("investor")
    for number in range(3):
        record = pitches.COMPLETE["track_record"] if number else []
        pitches.published(creator, title={"zh": f"第{number}部"}, track_record=record)
    body = {"name": "M", "capital": {"amount_minor": 10**9, "currency": "CNY"}}
    mandate = investor.post("/mandates", body).json["id"]
    scores = [item["score"] for item in investor.get(f"/mandates/{mandate}/matches").json["items"]]
    assert max(scores) - min(scores) > 5
    assert "all rank alike" not in investor.browser().get("/mandates").text
    card = investor.browser().get(f"/models/{shipped}").text
    assert "near 50" not in card
    assert "evidence of earlier works: the same order for everybody" in card
    # Sentences of Chinese follow each other without a space.
    for path in (f"/mandates/{mandate}/matches", f"/models/{shipped}"):
        page = investor.browser("zh").get(path).text
        assert re.search("[\u4e00-\u9fff]。 [\u4e00-\u9fff0-9]", page) is None, path


def test_what_a_page_shows_of_a_score_adds_up(person: Callable[..., Person], shipped: str) -> None:
    creator, investor = person("creator"), person("investor")
    genres = (["revenge"], ["sweet"], ["sweet", "revenge", "strong_heroine"], ["strong_heroine"])
    ids = [
        pitches.published(
            creator,
            title={"zh": f"第{n}部"},
            genres=genres[n],
            team=[{"name": "林", "role": "导演", "credits": n}],
        )
        for n in range(4)
    ]
    body = {"name": "M", "capital": {"amount_minor": 10**9, "currency": "CNY"}}
    stated = {
        "genres": {"revenge": 0.7, "sweet": -0.4},
        "ticket": {"amount_minor": 5 * 10**6, "currency": "CNY"},
    }
    mandate = investor.post("/mandates", body | {"preferences": stated}).json["id"]
    for project in ids:
        match = investor.get(f"/mandates/{mandate}/matches/{project['id']}?reasons=all").json
        page = investor.browser().get(f"/mandates/{mandate}/why?project={project['id']}").text
        shown = [float(text.replace("−", "-")) for text in re.findall("<b>([+−][0-9.]+)</b>", page)]
        *parts, total = shown
        assert len(parts) == len(match["reasons"]) + 1
        assert round(sum(parts), 2) == total
        exact = [*(reason["contribution"] for reason in match["reasons"]), match["base"]]
        assert max(abs(a - b) for a, b in zip(parts, exact, strict=True)) < 0.01
        assert abs(100 / (1 + math.exp(-total)) - match["score"]) < 0.13
        assert f"a score of {match['score']:.1f}" in page
    both = "&".join(f"project={project['id']}" for project in ids[:2])
    assert "Apr 1, 2027" in investor.browser().get(f"/mandates/{mandate}/compare?{both}").text
