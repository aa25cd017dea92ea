"""A creator: logs in, enters a project step by step, loses nothing typed wrongly, publishes, meets investors and advice."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.browser
LOGLINE = "一个守灯塔的姑娘收到了二十年前寄出的求救信。"
SIZES = [(lang, width) for lang in ("zh", "en") for width in (1280, 390)]


def begin(visitor: Visitor, title: str) -> str:
    """Make the project; its address."""
    visitor.go("/projects", "creator-1-projects")
    visitor.link("New project").click()
    visitor.page.wait_for_url("**/projects/new")
    visitor.fill(title_zh=title, title_en="The Keeper of Letters", logline=LOGLINE)
    visitor.check("creator-2-new")
    visitor.press("Create and continue")
    found = re.search(r"/projects/(prj_\w+)", visitor.page.url)
    assert found, visitor.page.url
    return found[0]


def basics(visitor: Visitor) -> None:
    """Genre, stage, audience; an age that is no number stays in its field, with a reason beside it."""
    visitor.tick("genres", "revenge", "strong_heroine")
    visitor.choose(stage="financing", gender="female")
    visitor.fill(age_from="achtzehn", age_to="35")
    visitor.tick("languages", "zh")
    visitor.tick("regions", "CN")
    visitor.expected = {422}
    visitor.press("Save and continue")
    assert visitor.value("age_from") == "achtzehn"
    assert visitor.value("logline") == LOGLINE
    assert visitor.page.locator("input[name='genres'][value='revenge']").is_checked()
    assert visitor.page.locator(".field__error").first.is_visible()
    visitor.check("creator-3-basics-refused")
    visitor.expected = set()
    visitor.fill(age_from="18")
    visitor.press("Save and continue")
    assert visitor.page.url.endswith("/edit/story"), visitor.page.url


def story(visitor: Visitor) -> None:
    """Synopsis, episodes and the first hook."""
    visitor.fill(
        synopsis="灯塔、旧信、一座岛。\n三代人的秘密在台风夜里揭开。",
        episodes="80",
        minutes_per_episode="1.5",
    )
    visitor.choose(orientation="vertical")
    visitor.page.locator("[name='hooks-0-episode']").fill("10")
    visitor.page.locator("select[name='hooks-0-kind']").select_option("paywall_card")
    visitor.page.locator("[name='hooks-0-note']").fill("信是谁写的？")
    visitor.check("creator-4-story")
    visitor.press("Save and continue")


def money(visitor: Visitor) -> None:
    """Amounts as one says them; lines that do not add up are said to be wrong and kept."""
    visitor.fill(budget="120万", ask="45万", min_ticket="50,000")
    visitor.tick("instruments", "equity", "revenue_share")
    visitor.page.locator("[name='use_of_funds-0-label']").fill("拍摄")
    visitor.page.locator("select[name='use_of_funds-0-kind']").select_option("production")
    visitor.page.locator("[name='use_of_funds-0-amount']").fill("250000")
    visitor.button("Add a line").click()
    visitor.page.locator("[name='use_of_funds-1-label']").fill("投流")
    visitor.page.locator("select[name='use_of_funds-1-kind']").select_option("ad_spend")
    visitor.page.locator("[name='use_of_funds-1-amount']").fill("20万")
    visitor.check("creator-5-money")
    visitor.press("Save and continue")


def team_schedule_visibility(visitor: Visitor) -> None:
    """The remaining steps, up to the preview."""
    visitor.page.locator("[name='team-0-name']").fill("赟頔")
    visitor.page.locator("[name='team-0-role']").fill("导演")
    visitor.page.locator("[name='team-0-credits']").fill("12")
    visitor.check("creator-6-team")
    visitor.press("Save and continue")
    visitor.fill(shoot_start="2027-02-01", shoot_end="2027-02-08")
    visitor.check("creator-7-schedule")
    visitor.press("Save and continue")
    visitor.tick("visibility", "investors")
    visitor.check("creator-8-visibility")
    visitor.press("Save and preview")


@pytest.mark.parametrize(("lang", "width"), SIZES)
def test_a_creator_publishes_a_pitch_and_meets_investors(
    visit: Callable[..., Visitor], lang: str, width: int
) -> None:
    visitor = visit("creator", lang, width)
    visitor.check("creator-0-home")
    project = begin(visitor, f"守信人 {lang}{width}")
    basics(visitor)
    story(visitor)
    money(visitor)
    team_schedule_visibility(visitor)
    assert visitor.page.url.endswith(project), visitor.page.url
    visitor.check("creator-9-preview")
    visitor.press("Publish")
    assert visitor.page.locator("main .badge, main .status").filter(has_text=visitor.say("Published")).count()
    visitor.check("creator-10-published")
    visitor.go(f"{project}/investors", "creator-11-investors")
    visitor.go(f"{project}/advice", "creator-12-advice")
    visitor.go(f"{project}/versions", "creator-13-versions")


def test_the_start_page_leads_to_what_a_draft_lacks(visit: Callable[..., Visitor]) -> None:
    visitor = visit("creator", "zh", 390)
    todo = visitor.page.locator("main a[href*='/edit/']").first
    with visitor.page.expect_navigation():
        todo.click()
    assert "#" in visitor.page.url, "the way to the box that is missing"
    visitor.check("creator-14-missing")


def test_what_is_typed_is_kept_without_pressing_save(visit: Callable[..., Visitor]) -> None:
    visitor = visit("creator", "en", 1280)
    project = begin(visitor, "不会丢的草稿")
    visitor.go(f"{project}/edit/story")
    with visitor.page.expect_response(lambda answer: "/autosave/" in answer.url):
        visitor.fill(synopsis="Typed and never saved by hand.")
    visitor.go(f"{project}/edit/story")
    assert visitor.value("synopsis") == "Typed and never saved by hand."


def test_an_amount_that_cannot_be_read_is_named_and_marked_while_one_types(
    visit: Callable[..., Visitor],
) -> None:
    visitor = visit("creator", "zh", 390)
    project = begin(visitor, "写错的预算")
    visitor.go(f"{project}/edit/money")
    budget, status = visitor.page.locator("[name=budget]"), visitor.page.locator("[data-save-status]")
    with visitor.page.expect_response(lambda answer: "/autosave/" in answer.url):
        visitor.fill(budget="1,2万")
    visitor.page.locator("[name=budget][aria-invalid=true]").wait_for()
    assert status.inner_text().startswith("预算：")
    assert visitor.page.locator("[aria-invalid=true]").count() == 1
    with visitor.page.expect_response(lambda answer: "/autosave/" in answer.url):
        visitor.fill(budget="120万")
    visitor.page.locator("[name=budget]:not([aria-invalid])").wait_for()
    assert budget.input_value() == "120万"


def test_a_second_window_is_told_of_and_loses_nothing(visit: Callable[..., Visitor]) -> None:
    visitor = visit("creator", "zh", 390)
    project = begin(visitor, "两个窗口")
    visitor.go(f"{project}/edit/money")
    other = visitor.page.context.new_page()
    other.goto(visitor.page.url)
    with other.expect_response(lambda answer: "/autosave/" in answer.url):
        other.fill("[name=ask]", "45万")
    other.locator("[data-save-status][data-state=saved]").wait_for()
    with visitor.page.expect_response(lambda answer: "/autosave/" in answer.url):
        visitor.fill(ask="46万")
    visitor.page.locator("[data-save-status][data-state=conflict]").wait_for()
    assert "另一个窗口" in visitor.page.locator("[data-save-status]").inner_text()
    visitor.press("Save")
    assert visitor.value("ask") == "46万"
    shown = visitor.page.locator("main").inner_text()
    assert "¥450,000.00" in shown or "¥45万" in shown
