"""The pages of mandates: editor, live counts, pause and duplicate, stale saves, import."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Person
from tests.factories import mandates, pitches

Make = Callable[..., Person]
TYPED = {
    "name": "悬疑与反转",
    "capital": "500万",
    "capital_currency": "CNY",
    "genres_any": ["suspense", "revenge"],
    "ask_max": "100万",
    "ask_currency": "CNY",
    "words_none": "吸血鬼，僵尸",
    "genres-revenge": "1.0",
    "genres-sweet": "-0.5",
    "genres-ceo": "never",
    "text": "反转",
}


def test_what_is_typed_becomes_a_mandate(person: Make) -> None:
    investor = person("investor")
    answer = investor.browser().post("/mandates/new", data=TYPED)
    assert answer.status_code == 303, answer.text
    made = investor.get("/mandates").json["items"][0]
    assert answer.location.endswith(f"/mandates/{made['id']}/matches")
    assert made["capital"] == {"amount_minor": 500_000_000, "currency": "CNY"}
    assert made["constraints"] == {
        "genres_any": ["suspense", "revenge"],
        "genres_none": ["ceo"],
        "ask": {"max": {"amount_minor": 100_000_000, "currency": "CNY"}},
        "words_none": ["吸血鬼", "僵尸"],
    }
    assert made["preferences"] == {"genres": {"revenge": 1.0, "sweet": -0.5}, "text": "反转"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_refused_form_keeps_what_was_typed(person: Make, lang: str) -> None:
    typed = TYPED | {"capital": "viel", "ask_min": "200万", "name": "<b>{{ 7*7 }}</b>"}
    answer = person("investor").browser(lang).post("/mandates/new", data=typed)
    assert answer.status_code == 422
    assert 'value="viel"' in answer.text
    assert 'value="200万"' in answer.text
    assert "&lt;b&gt;{{ 7*7 }}&lt;/b&gt;" in answer.text


def test_min_above_max_stands_beside_its_field(person: Make) -> None:
    answer = person("investor").browser().post("/mandates/new", data=TYPED | {"ask_min": "200万"})
    assert answer.status_code == 422
    assert "The largest amount is below the smallest one" in answer.text


def test_all_that_is_wrong_is_told_at_once(person: Make) -> None:
    wrong = {
        "ask_min": "200万",
        "max_per_project": "900万",
        "budget_max": "viel",
        "min_credits": "x",
        "name": "",
    }
    answer = person("investor").browser().post("/mandates/new", data=TYPED | wrong)
    assert answer.status_code == 422
    told = [
        "The largest amount is below the smallest one; raise it or lower the smallest",
        "More per project than the whole capital; lower it or raise the capital",
        "Enter an amount such as",
        "Enter a whole number",
        "This is required",
    ]
    assert [answer.text.count(f">{message}") for message in told] == [1] * 5
    unread = person("investor").browser().post("/mandates/new", data=TYPED | {"capital": "viel"})
    assert "This is required" not in unread.text, "what cannot be read is not missing too"


def test_saving_keeps_what_the_form_does_not_show(person: Make) -> None:
    investor = person("investor")
    preferences = {"regions": {"CN-ZJ": 0.5}, "genres": {"sweet": 0.3}}
    made = mandates.stated(investor, preferences=preferences, external_id="A-1")
    page = investor.browser().get(f"/mandates/{made['id']}/edit")
    assert '<option value="0.3" selected>' in page.text
    typed = TYPED | {"version": "1", "genres-sweet": "0.3"}
    assert investor.browser().post(f"/mandates/{made['id']}/edit", data=typed).status_code == 303
    after = investor.get(f"/mandates/{made['id']}").json
    assert after["preferences"]["regions"] == {"CN-ZJ": 0.5}
    assert after["preferences"]["genres"]["sweet"] == 0.3
    assert after["external_id"] == "A-1"


def test_a_stale_save_shows_both_and_keeps_what_was_typed(person: Make) -> None:
    investor = person("investor")
    made = mandates.stated(investor)
    investor.patch(f"/mandates/{made['id']}", {"name": "改过的名称"}, 1)
    answer = investor.browser().post(f"/mandates/{made['id']}/edit", data=TYPED | {"version": "1"})
    assert answer.status_code == 412
    assert "改过的名称" in answer.text
    assert "悬疑与反转" in answer.text
    assert 'name="version" value="2"' in answer.text


def test_the_editor_counts_what_passes_while_one_types(person: Make) -> None:
    creator, investor = person("creator"), person("investor")
    pitches.published(creator)
    pitches.published(creator, genres=["sweet"], ask={"amount_minor": 45_000_000, "currency": "CNY"})
    answer = investor.browser().post("/mandates/counts", data={"genres_any": ["revenge"]})
    assert answer.status_code == 200
    assert "1 <small>of 2 published projects" in answer.text
    none = investor.browser().post("/mandates/counts", data={"genres_any": ["revenge"], "ask_max": "1"})
    assert "0 <small>of 2 published projects" in none.text
    assert "No project passes all constraints together" in none.text


def test_nobody_is_led_into_an_empty_list_without_a_word(person: Make) -> None:
    creator, investor = person("creator"), person("investor")
    project = pitches.published(creator)
    browser = investor.browser()
    empty = "No published project has a passed review on record yet"
    assert empty in browser.get("/mandates/new").text
    assert "目前没有任何已发布项目留有内容审核通过的记录" in investor.browser("zh").get("/mandates/new").text
    sent = browser.post("/mandates/new", data={"name": "M", "capital": "500万", "review_passed": "y"})
    shown = browser.get(sent.location).text
    assert "no project passes all of its constraints" in shown
    assert "These projects fit it best" not in shown
    assert '<dt>Content review</dt><dd class="num bad">0 of 1</dd>' in shown
    assert investor.get("/mandates").json["items"][0]["constraints"] == {"review_passed": True}
    # A list that is empty because everything was passed on says that instead.
    other = mandates.stated(investor, constraints={})
    investor.post(f"/mandates/{other['id']}/feedback", {"project_id": project["id"], "action": "pass"})
    left = browser.get(f"/mandates/{other['id']}/matches").text
    assert "You passed on every project" in left
    assert "tab=passed" in left


def test_pause_resume_duplicate_delete(person: Make) -> None:
    investor = person("investor")
    made, browser = mandates.stated(investor, external_id="A-1"), investor.browser()
    path = f"/mandates/{made['id']}"
    assert browser.post(f"{path}/pause", data={"version": 1}).status_code == 303
    assert investor.get(path).json["active"] is False
    assert browser.post(f"{path}/resume", data={"version": 1}).status_code == 412
    assert browser.post(f"{path}/resume", data={"version": 2}).status_code == 303
    assert browser.post(f"{path}/duplicate").status_code == 303
    copy = next(m for m in investor.get("/mandates").json["items"] if m["id"] != made["id"])
    assert (copy["active"], copy["external_id"], copy["constraints"]) == (False, None, made["constraints"])
    assert browser.post(f"{path}/delete").status_code == 303
    assert investor.get(path).status_code == 404


def test_the_list_speaks_to_everybody(person: Make) -> None:
    investor = person("investor")
    assert "State a mandate" in investor.browser().get("/mandates").text
    mandates.stated(investor)
    page = investor.browser("zh").get("/mandates")
    assert "复仇" in page.text
    assert "Mandates are stated by investors" in person("creator").browser().get("/mandates").text
    viewer = person("investor", "viewer", organisation_id=investor.organisation_id)
    assert viewer.browser().get("/mandates/new").status_code == 403
    assert viewer.browser().post("/mandates/new", data=TYPED).status_code == 403


def sent(text: str, encoding: str = "utf-8") -> dict[str, Any]:
    return {"file": (io.BytesIO(text.encode(encoding)), "mandates.csv")}


CSV = (
    "编号,名称,资金规模,题材任一,题材偏好,最高融资额\n"
    "A-1,女频,500万,复仇;甜宠,复仇:1;甜宠:-0.5,100万\n"
    "A-2,坏行,很多,没有的题材,,\n"
    "A-1,重复,1万,,,\n"
)


def sent_to(browser: Any, text: str, encoding: str = "utf-8") -> str:
    """The address of the page that checks a file."""
    answer = browser.post("/mandates/import", data=sent(text, encoding))
    assert answer.status_code == 303, answer.text
    return str(answer.location)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_import_checks_then_writes_what_is_right(person: Make, encoding: str) -> None:
    investor = person("investor")
    browser = investor.browser()
    path = sent_to(browser, CSV, encoding)
    page = browser.get(path)
    assert page.status_code == 200, page.text
    assert "Ask up to" in page.text, "columns and errors carry the names of the form"
    assert investor.get("/mandates").json["total"] == 0
    errors = browser.get(f"{path}/errors.csv")
    assert errors.text.count("\n") == 3
    assert "A-2" in errors.text
    assert browser.post(f"{path}/run").status_code == 303
    assert browser.get(f"{path}/errors.csv").text == errors.text
    items = investor.get("/mandates").json["items"]
    assert [m["name"] for m in items] == ["女频"]
    assert items[0]["preferences"]["genres"] == {"revenge": 1.0, "sweet": -0.5}
    browser.post(f"{sent_to(browser, CSV.replace('500万', '600万'), encoding)}/run")
    after = investor.get("/mandates").json["items"]
    assert [(m["capital"]["amount_minor"], m["version"]) for m in after] == [(600_000_000, 2)]


def test_the_columns_of_a_file_are_given_their_meaning_by_hand(person: Make) -> None:
    investor = person("investor")
    browser = investor.browser()
    path = sent_to(browser, "Wie,Geld,Nr\nMeines,20万,B-7\n")
    page = browser.get(path)
    assert "Say which column holds the name or the external id" in page.text
    assert browser.post(f"{path}/run").status_code == 422
    twice = browser.post(f"{path}/mapping", data={"column-0": "name", "column-1": "name"})
    assert twice.status_code == 422
    assert "Two columns are taken for the field name" in twice.text
    typed = {"column-0": "name", "column-1": "capital", "column-2": "external_id"}
    assert browser.post(f"{path}/mapping", data=typed).status_code == 303
    assert "Import 1 row" in browser.get(path).text
    browser.post(f"{path}/run")
    [made] = investor.get("/mandates").json["items"]
    assert (made["name"], made["capital"]["amount_minor"], made["external_id"]) == (
        "Meines",
        20_000_000,
        "B-7",
    )
    again = sent_to(browser, "external_id,capital\nB-7,30万\n")
    browser.post(f"{again}/run")
    [changed] = investor.get("/mandates").json["items"]
    assert (changed["name"], changed["capital"]["amount_minor"]) == ("Meines", 30_000_000)


def test_the_list_is_summed_up_in_one_line(person: Make) -> None:
    investor = person("investor")
    million = {"amount_minor": 100_000_000, "currency": "CNY"}
    for number in range(3):
        mandates.stated(investor, name=f"M {number}", active=number != 1, capital=million)
    mandates.stated(investor, capital={"amount_minor": 10**15, "currency": "USD"})
    mandates.stated(investor, capital={"amount_minor": 10**15, "currency": "USD"})
    mandates.stated(person("investor"), capital={"amount_minor": 700, "currency": "HKD"})
    page = investor.browser().get("/mandates?lang=en").text
    assert "4 active · 1 paused" in page
    assert 'title="CN¥2,000,000.00"' in page
    assert "HKD" not in page
    only = investor.browser().get("/mandates?currency=CNY&lang=en").text
    assert only.count('class="card"') == 3
