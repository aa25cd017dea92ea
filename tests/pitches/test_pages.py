"""The pages of projects: the form loses nothing, says what is wrong and where, and works without scripts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dealflow.core.money import Money
from dealflow.pitches.schemas import sum_problem
from tests.factories.pitches import COMPLETE, complete, published

MONEY_STEP: dict[str, Any] = {
    "currency": "CNY", "budget": "120万", "ask": "450,000", "min_ticket": "5万", "instruments": ["equity", "loan"],
    "use_of_funds-0-label": "拍摄", "use_of_funds-0-kind": "production", "use_of_funds-0-amount": "27万",
    "use_of_funds-1-label": "投流", "use_of_funds-1-kind": "ad_spend", "use_of_funds-1-amount": "180000",
}  # fmt: skip


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def begin(client: FlaskClient, **fields: str) -> str:
    """A new draft made in the browser; its id."""
    answer = client.post("/projects/new", data={"title_zh": "归来", "title_en": "", "logline": ""} | fields)
    assert answer.status_code == 303, text(answer)
    return str(answer.headers["Location"].split("/")[2])


def save(
    client: FlaskClient, project_id: str, step: str, data: dict[str, Any], version: int | None = None
) -> Any:
    form = data | ({"version": str(version)} if version else {})
    return client.post(f"/projects/{project_id}/edit/{step}", data=form)


def test_a_project_is_made_filled_in_step_by_step_and_published(person: Any) -> None:
    creator = person("creator")
    client = creator.browser()
    id_ = begin(client)
    steps = {
        "basics": {
            "title_zh": "归来", "title_en": "The Return", "logline": "她回来了", "genres": ["revenge"], "stage": "financing", "gender": "female",
            "age_from": "18", "age_to": "35", "languages": ["zh"], "regions": ["CN-ZJ"], "comparables": "闪婚老公为何那样\n闪婚老公为何那样\n",
        },
        "story": {
            "synopsis": "一页", "episodes": "80", "minutes_per_episode": "1.5", "orientation": "vertical",
            "hooks-0-episode": "11", "hooks-0-kind": "paywall_card", "hooks-0-note": "谁写的信？",
        },
        "money": MONEY_STEP,
        "team": {
            "team-0-name": "赟頔", "team-0-role": "导演", "team-0-credits": "12",
            "track_record-0-title": "旧作", "track_record-0-year": "2024", "track_record-0-plays": "1,000,000", "track_record-0-receipts": "3万",
            "track_record-0-evidence_class": "third_party",
        },
        "schedule": {"prep": "2027-01-01", "shoot_start": "", "shoot_end": "", "release": "2027-03-01", "scenes_needed": "古宅\n医院"},
        "visibility": {"visibility": "investors", "sample_episode_url": "https://video.example.com/1"},
    }  # fmt: skip
    for step, data in steps.items():
        assert client.get(f"/projects/{id_}/edit/{step}").status_code == 200
        answer = save(client, id_, step, data | {"go": "on"})
        assert answer.status_code == 303, text(answer)
    project = creator.get(f"/projects/{id_}").json
    assert project["ask"] == {"amount_minor": 45_000_000, "currency": "CNY"}
    assert project["comparables"] == ["闪婚老公为何那样"]
    assert project["track_record"][0]["receipts"]["amount_minor"] == 3_000_000
    assert project["schedule"] == {
        "prep": "2027-01-01",
        "shoot_start": None,
        "shoot_end": None,
        "release": "2027-03-01",
    }
    assert client.post(f"/projects/{id_}/publish").status_code == 303
    investor = person("investor").browser()
    page = text(investor.get(f"/projects/{id_}"))
    for shown in (
        "归来",
        "The Return",
        "她回来了",
        "赟頔",
        "180,000",
        "40.0%",
        "旧作",
        "古宅",
        "https://video.example.com/1",
    ):
        assert shown in page
    assert "闪婚老公为何那样" in page
    assert "yeyulingfeng" in page  # the source of the published figure
    assert f"/projects/{id_}/edit" not in page


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", ["creator", "investor", "park"])
def test_every_page_shows(person: Any, kind: str, lang: str) -> None:
    creator = person("creator")
    project = published(creator)
    who = creator if kind == "creator" else person(kind)
    client = who.browser(lang)
    paths = [
        "/projects",
        "/projects?view=table&sort=-ask",
        f"/projects/{project['id']}",
        f"/projects/{project['id']}/versions",
        "/projects/genres",
    ]
    if kind == "creator":
        paths += ["/projects/new", "/projects/import"]
        paths += [
            f"/projects/{project['id']}/edit/{s}"
            for s in ("basics", "story", "money", "team", "schedule", "visibility")
        ]
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert (
            ("雨落旧城" if lang == "zh" else "Rain over the Old Town") in text(answer)
            or "genres" in path
            or "new" in path
            or "import" in path
        )


BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("basics", {"logline": "x" * 301}, "x" * 301, "at most 300 characters"),
    ("basics", {"title_zh": "bell\x07"}, "bell", "invisible control characters"),
    ("basics", {"age_from": "abc", "age_to": "30"}, 'value="abc"', "whole number"),
    ("basics", {"age_from": "40", "age_to": "30"}, 'value="40"', "cannot be above"),
    ("basics", {"age_from": "40"}, 'value="40"', "both ages"),
    ("basics", {"languages": ["xx-YY"]}, "xx-YY", "language tag"),
    ("basics", {"regions": ["CN-QQ"]}, "CN-QQ", "such as CN-ZJ"),
    ("basics", {"genres": ["nonsense"]}, "nonsense", "not in the genre vocabulary"),
    ("basics", {"stage": "dreaming"}, "", "Choose one of"),
    ("story", {"episodes": "501"}, 'value="501"', "Use 500 or less"),
    ("story", {"episodes": "-3"}, 'value="-3"', "Use 1 or more"),
    ("story", {"minutes_per_episode": "1e9"}, 'value="1e9"', "Enter a number"),
    ("story", {"episodes": "5", "hooks-0-episode": "6", "hooks-0-kind": "hook"}, 'value="6"', "only 5 episodes"),
    ("money", {"ask": "-5"}, 'value="-5"', "cannot be negative"),
    ("money", {"ask": "9999999999999999"}, 'value="9999999999999999"', "too large"),
    ("money", {"ask": "1.005"}, 'value="1.005"', "fewer decimals"),
    ("money", {"ask": "viel"}, 'value="viel"', "Enter an amount"),
    ("money", {"ask": "XXX 5"}, 'value="XXX 5"', "currency is not known"),
    ("money", {"currency": "DOGE", "ask": "5"}, 'value="5"', "currency is not known"),
    ("money", {"use_of_funds-4-label": "拍摄", "use_of_funds-4-kind": "cast", "use_of_funds-4-amount": "zwölf"}, 'value="zwölf"', "Enter an amount"),
    ("money", {"use_of_funds-0-label": "", "use_of_funds-0-kind": "cast", "use_of_funds-0-amount": "5"}, 'value="5"', "This is required"),
    ("money", {"use_of_funds-0-label": "a", "use_of_funds-0-kind": "bribes", "use_of_funds-0-amount": "5"}, 'value="5"', "Choose one of"),
    ("team", {"team-0-name": "A", "team-0-credits": "many"}, 'value="many"', "whole number"),
    ("team", {"track_record-0-title": "A", "track_record-0-year": "", "track_record-0-evidence_class": "third_party"}, 'value="A"', "whole number"),
    ("team", {"track_record-0-title": "A", "track_record-0-year": "1492", "track_record-0-evidence_class": "third_party"}, 'value="1492"', "1900 or more"),
    ("schedule", {"shoot_start": "2027-02-08", "shoot_end": "2027-02-01"}, 'value="2027-02-01"', "cannot lie before"),
    ("schedule", {"prep": "2026-02-30"}, 'value="2026-02-30"', "Enter a date"),
    ("schedule", {"prep": "1066-10-14"}, 'value="1066-10-14"', "Use 1900-01-01 or a later day"),
    ("visibility", {"visibility": "everyone"}, "", "Choose one of"),
    ("visibility", {"sample_episode_url": "javascript:alert(1)"}, "javascript:alert(1)", "Use an address that begins with"),
]  # fmt: skip


@pytest.mark.parametrize(("step", "typed", "kept", "message"), BAD)
def test_bad_input_is_named_and_stays_in_the_form(
    person: Any, step: str, typed: dict[str, Any], kept: str, message: str
) -> None:
    creator = person("creator")
    client = creator.browser()
    id_ = begin(client)
    answer = save(client, id_, step, typed)
    page = text(answer)
    assert answer.status_code == 422
    assert message in page
    assert kept in page
    assert 'class="errors"' in page
    assert creator.get(f"/projects/{id_}").json["version"] == 1
    # The same while typing: kept on the server as typed, and shown again at the next visit.
    kept_answer = client.post(f"/projects/{id_}/autosave/{step}", data=typed | {"version": "1"})
    assert kept_answer.status_code == 200
    assert kept_answer.json["errors"]
    again = text(client.get(f"/projects/{id_}/edit/{step}"))
    assert message in again
    assert kept in again
    assert client.post(f"/projects/{id_}/edit/{step}/discard").status_code == 303
    assert message not in text(client.get(f"/projects/{id_}/edit/{step}"))


def marks(client: FlaskClient, id_: str, step: str = "basics") -> dict[str, str]:
    """Step → how the stepper marks it on the page of another one."""
    page = text(client.get(f"/projects/{id_}/edit/{step}"))
    found = re.findall(r'class="steps__item([^"]*)"[^>]*><a href="/projects/[^/]+/edit/(\w+)"', page)
    return {name: mark.strip().removeprefix("steps__item--") for mark, name in found}


def test_a_step_is_ticked_when_something_is_in_it(person: Any) -> None:
    client = person("creator").browser()
    id_ = begin(client)
    empty = {"basics": "current", "story": "", "money": "", "team": "", "schedule": "", "visibility": ""}
    assert marks(client, id_) == empty
    assert save(client, id_, "team", {"team-0-name": "赟頔", "team-0-role": "导演"}).status_code == 303
    assert save(client, id_, "visibility", {"visibility": "investors"}).status_code == 303
    assert marks(client, id_) == empty | {"team": "done", "visibility": "done"}
    assert save(client, id_, "money", MONEY_STEP).status_code == 303
    assert marks(client, id_)["money"] == "done"
    assert save(client, id_, "team", {}).status_code == 303
    assert marks(client, id_)["team"] == ""


def test_the_start_page_leads_a_new_house_to_its_first_project(person: Any) -> None:
    surfer = person("creator").browser()
    first = 'href="/projects/new"'
    assert first in surfer.get("/").text.partition("card--next")[2].partition("</section>")[0]
    surfer.post("/projects/new", data={"title_zh": "合同"})
    assert first not in surfer.get("/").text


def test_a_new_project_needs_no_title_but_refuses_a_bad_one(person: Any) -> None:
    client = person("creator").browser()
    answer = client.post("/projects/new", data={"title_zh": "x" * 201, "logline": "bleibt"})
    assert answer.status_code == 422
    assert "at most 200 characters" in text(answer)
    assert "x" * 201 in text(answer)
    assert "bleibt" in text(answer)


def test_autosave_takes_over_what_is_valid_without_leaving_versions(person: Any) -> None:
    creator = person("creator")
    client = creator.browser()
    id_ = begin(client)
    first = client.post(f"/projects/{id_}/autosave/story", data={"synopsis": "eins", "version": "1"})
    assert first.json == {"version": 2}
    second = client.post(f"/projects/{id_}/autosave/story", data={"synopsis": "zwei", "version": "2"})
    assert second.json == {"version": 3}
    assert client.post(f"/projects/{id_}/autosave/story", data={"synopsis": "zwei", "version": "3"}).json == {
        "version": 3
    }
    assert creator.get(f"/projects/{id_}").json["synopsis"] == "zwei"
    assert creator.get(f"/projects/{id_}/versions").json["total"] == 1
    late = client.post(f"/projects/{id_}/autosave/story", data={"synopsis": "alt", "version": "1"})
    assert late.status_code == 412


def test_typing_in_a_published_pitch_shows_nothing_to_investors_before_it_is_saved(person: Any) -> None:
    creator, investor = person("creator"), person("investor")
    project = published(creator)
    client = creator.browser()
    data = {"synopsis": "halb get", "episodes": "80"}
    kept = client.post(
        f"/projects/{project['id']}/autosave/story", data=data | {"version": str(project["version"])}
    )
    assert kept.json["pending"]
    assert investor.get(f"/projects/{project['id']}").json["synopsis"] == COMPLETE["synopsis"]
    page = text(client.get(f"/projects/{project['id']}/edit/story"))
    assert "halb get" in page
    assert "Investors do not see these changes yet" in page
    assert save(client, project["id"], "story", data, project["version"]).status_code == 303
    assert investor.get(f"/projects/{project['id']}").json["synopsis"] == "halb get"
    assert "halb get" in text(investor.browser().get(f"/projects/{project['id']}/versions"))


def test_a_published_pitch_does_not_become_incomplete_by_a_step(person: Any) -> None:
    creator = person("creator")
    project = published(creator)
    client = creator.browser()
    one_fen_off = MONEY_STEP | {"use_of_funds-1-amount": "179999.99"}
    answer = save(client, project["id"], "money", one_fen_off, project["version"])
    assert answer.status_code == 422
    assert "¥0.01 is missing" in text(answer)
    assert 'value="179999.99"' in text(answer)
    both = text(
        save(client, project["id"], "money", one_fen_off | {"min_ticket": "viel"}, project["version"])
    )
    assert "¥0.01 is missing. Add it to a line or lower the ask" in both, "beside what cannot be read"
    assert "Enter an amount such as 450,000" in both


def test_all_that_is_wrong_with_a_step_is_told_at_once(person: Any) -> None:
    client = person("creator").browser()
    id_ = begin(client)
    money = MONEY_STEP | {"budget": "viel", "min_ticket": "12000000000000000000", "use_of_funds-0-label": ""}
    page = text(save(client, id_, "money", money))
    assert "Enter an amount such as 450,000" in page, "what cannot be read"
    assert "This is required" in page, "and what breaks a rule"
    days = {
        "prep": "sometime",
        "shoot_start": "2027-03-01",
        "shoot_end": "2027-02-01",
        "release": "2027-01-01",
    }
    page = text(save(client, id_, "schedule", days))
    assert page.count("This date cannot lie before 2027-03-01") == 4, "beside each field and on top"
    assert 'value="sometime"' in page


def test_somebody_was_faster_both_versions_are_shown_and_nothing_is_lost(person: Any) -> None:
    creator = person("creator")
    client = creator.browser()
    id_ = begin(client)
    creator.patch(f"/projects/{id_}", {"synopsis": "von der Kollegin"}, 1)
    answer = save(client, id_, "story", {"synopsis": "von mir"}, version=1)
    page = text(answer)
    assert answer.status_code == 409
    assert "von der Kollegin" in page
    assert re.search(r"<textarea[^>]*>\s*von mir", page)
    assert 'name="version" value="2"' in page
    assert save(client, id_, "story", {"synopsis": "von mir"}, version=2).status_code == 303
    assert creator.get(f"/projects/{id_}").json["synopsis"] == "von mir"


def test_row_buttons_work_without_scripts_and_keep_what_was_typed(person: Any) -> None:
    creator = person("creator")
    client = creator.browser()
    id_ = begin(client)
    added = text(save(client, id_, "money", MONEY_STEP | {"rows": "use_of_funds:add"}))
    assert 'name="use_of_funds-2-amount"' in added
    assert 'value="27万"' in added
    moved = text(save(client, id_, "money", MONEY_STEP | {"rows": "use_of_funds:up:1"}))
    assert re.search(r'name="use_of_funds-0-amount"[^>]*value="180000"', moved)
    removed = text(save(client, id_, "money", MONEY_STEP | {"rows": "use_of_funds:remove:0"}))
    assert "27万" not in removed
    assert "180000" in removed
    strange = save(client, id_, "money", MONEY_STEP | {"rows": "team:remove:zwölf"})
    assert strange.status_code == 200
    assert creator.get(f"/projects/{id_}").json["version"] == 1


def test_the_strip_is_drawn_from_what_is_typed(person: Any) -> None:
    client = person("creator").browser()
    drawn = client.post(
        "/projects/strip", data={"episodes": "20", "hooks-0-episode": "7", "hooks-0-kind": "paywall_card"}
    )
    assert "paywall from episode 7" in text(drawn)
    nothing = client.post("/projects/strip", data={"episodes": "viele", "hooks-0-episode": "x"})
    assert nothing.status_code == 200


def test_publishing_too_early_lists_what_is_missing(person: Any) -> None:
    client = person("creator").browser()
    id_ = begin(client)
    answer = client.post(f"/projects/{id_}/publish")
    assert answer.status_code == 422
    assert "Choose at least one genre" in text(answer)
    listed = text(client.get("/projects"))
    assert "7 things missing" in listed
    assert f"/projects/{id_}/edit/basics#logline" in listed


def test_texts_of_people_are_shown_as_texts(person: Any) -> None:
    evil = "<script>alert(1)</script>{{ 7*7 }}{% if %}${x}"
    creator = person("creator")
    project = published(
        creator, title={"zh": evil, "en": evil}, logline=evil, synopsis=evil, comparables=[evil], scenes_needed=["<b>x</b>"],
        team=[{"name": "<i>N</i>", "role": "{{ 1+1 }}", "credits": 0}],
    )  # fmt: skip
    creator.patch(f"/projects/{project['id']}", {"synopsis": evil + "!"}, project["version"])
    for who in (creator, person("investor")):
        client = who.browser()
        for path in (
            "/projects",
            "/projects?view=table",
            f"/projects/{project['id']}",
            f"/projects/{project['id']}/versions",
        ):
            page = text(client.get(path))
            assert "<script>alert" not in page
            assert "<b>x</b>" not in page
            assert "<i>N</i>" not in page
    assert "{{ 7*7 }}" in text(creator.browser().get(f"/projects/{project['id']}/edit/story"))


def test_others_find_no_edit_pages(person: Any) -> None:
    creator, other, investor = person("creator"), person("creator"), person("investor")
    viewer = person("creator", "viewer", organisation_id=creator.organisation_id)
    project = published(creator)
    path = f"/projects/{project['id']}"
    assert other.browser().get(path).status_code == 404
    assert other.browser().get(f"{path}/edit/money").status_code == 404
    assert investor.browser().get(f"{path}/edit/money").status_code == 403
    assert viewer.browser().get(path).status_code == 200
    assert viewer.browser().get(f"{path}/edit/money").status_code == 403
    assert viewer.browser().post(f"{path}/withdraw").status_code == 403
    assert creator.browser().get(f"{path}/edit/nonsense").status_code == 404


def test_inviting_and_taking_back_in_the_browser(person: Any) -> None:
    creator, investor = person("creator"), person("investor", name="云杉资本")
    project = published(creator, visibility="invited")
    client = creator.browser()
    page = f"/projects/{project['id']}/edit/visibility"
    assert "云杉资本" in text(client.get(page))
    assert (
        client.post(f"/projects/{project['id']}/invitations", data={"organisation_id": ""}).status_code == 303
    )
    client.post(f"/projects/{project['id']}/invitations", data={"organisation_id": investor.organisation_id})
    assert investor.browser().get(f"/projects/{project['id']}").status_code == 200
    client.post(f"/projects/{project['id']}/invitations/{investor.organisation_id}/remove")
    assert investor.browser().get(f"/projects/{project['id']}").status_code == 404


def test_filters_that_cannot_be_read_are_said_and_left_out(person: Any) -> None:
    published(person("creator"))
    client = person("investor").browser()
    for args, message in (
        ("ask_min=viel", "Enter an amount"), ("stage=x", "Choose one of"), ("ask_min=9万&ask_max=1万", "below the lower one"),
        ("sort=x", "Choose one of"), ("cursor=zzz", "Start again without a cursor"),
    ):  # fmt: skip
        answer = client.get(f"/projects?{args}")
        assert answer.status_code == 200
        assert message in text(answer)
        assert "Rain over the Old Town" in text(answer)
    assert "Rain over the Old Town" not in text(client.get("/projects?ask_min=100万"))
    assert "Nothing fits" in text(client.get("/projects?q=gibtesnicht"))


def test_the_state_is_shown_by_its_tab_and_other_filters_by_what_they_are_called(person: Any) -> None:
    browser = person("creator").browser("zh")
    page = browser.get("/projects?status=published&stage=development").text
    active = page.partition("filters__active")[2].partition("</div>")[0]
    assert "开发中" in active
    assert "published" not in active.replace("status=published", "")


def test_the_park_adds_a_genre_on_its_page(person: Any) -> None:
    park = person("park").browser()
    data = {"term": "e_sports", "zh": "电竞", "en": "E-sports", "facet": "setting", "review_note": ""}
    assert park.post("/projects/genres", data=data | {"term": "E Sports"}).status_code == 422
    assert park.post("/projects/genres", data=data).status_code == 303
    assert "E-sports" in text(park.get("/projects/genres"))
    twice = park.post("/projects/genres", data=data)
    assert twice.status_code == 422
    assert 'value="电竞"' in text(twice)
    assert person("creator").browser().post("/projects/genres", data=data).status_code == 403


@given(st.lists(st.integers(0, 10**13), min_size=1, max_size=30), st.sampled_from([-1, 0, 1]))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_use_of_funds_is_the_ask_to_one_fen(amounts: list[int], off: int) -> None:
    ask = sum(amounts) + off
    if not 0 <= ask <= 10**15:
        return
    lines = [
        {"label": "x", "kind": "other", "amount": {"amount_minor": a, "currency": "CNY"}} for a in amounts
    ]
    problem = sum_problem(lines, Money(ask, "CNY"))
    assert (problem is None) == (off == 0)
    if problem is not None:
        assert problem.code == "sum_differs"
        assert "0.01" in problem.text()


def test_the_sum_is_of_one_currency() -> None:
    lines = complete()["use_of_funds"]
    lines[1]["amount"]["currency"] = "USD"
    problem = sum_problem(lines, Money(45_000_000, "CNY"))
    assert problem is not None
    assert (problem.field, problem.code) == ("use_of_funds.1.amount", "currency_mismatch")


def test_a_list_says_what_is_asked_for_together(person: Any) -> None:
    creator = person("creator")
    for amount, currency in ((10**15, "CNY"), (50_000_000, "USD"), (25_000_050, "USD")):
        creator.post(
            "/projects", {"title": {"en": "T"}, "ask": {"amount_minor": amount, "currency": currency}}
        )
    page = creator.browser().get("/projects?lang=en").text
    assert "asked for together" in page
    assert 'title="$750,000.50"' in page
    assert 'title="CN¥10,000,000,000,000.00"' in page
