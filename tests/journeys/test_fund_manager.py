"""A fund manager: browses pitches, opens a mandate's matches, and moves a deal along with notes of their own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.browser
SIZES = [(lang, width) for lang in ("zh", "en") for width in (1280, 390)]


def browse(visitor: Visitor) -> None:
    """Search and filter what is published, read one pitch."""
    visitor.go("/projects?stage=financing&sort=-ask", "fund-1-browse")
    card = visitor.page.locator("main a[href^='/projects/prj_']").locator("visible=true").first
    with visitor.page.expect_navigation():
        card.click()
    visitor.check("fund-2-pitch")


def matches(visitor: Visitor) -> None:
    """From the mandates to the matches of the first, and those of one genre."""
    visitor.go("/mandates", "fund-3-mandates")
    address = visitor.page.locator("main a[href$='/matches']").first.get_attribute("href")
    assert address
    visitor.go(address, "fund-4-matches")
    assert visitor.page.locator("article.match").count() >= 1
    visitor.go(f"{address}?sort=ask", "fund-5-matches-by-ask")


def open_deal(visitor: Visitor) -> None:
    """Ask for an introduction to a match, then find the deal that came of it or another open one."""
    visitor.go("/deals?open=true", "fund-6-deals")
    first = visitor.page.locator("main a[href^='/deals/deal_']").locator("visible=true").first
    with visitor.page.expect_navigation():
        first.click()
    visitor.check("fund-7-deal")


def move_and_note(visitor: Visitor) -> None:
    """Say who looks after the deal, which a stage may ask for, move it to the next stage it offers, keep a note; both
    stand on the page afterwards."""
    page = visitor.page
    page.locator("#own select[name='assignee_id']").select_option(index=1)
    visitor.press("Save", page.locator("#own"))
    target = page.locator("select[name='stage_id'] option").first.inner_text()
    visitor.fill(reason="The numbers hold.")
    visitor.press("Move")
    assert target.strip() in page.locator("main").inner_text()
    visitor.check("fund-8-moved")
    visitor.fill(text="CANARY: ask for the platform statement first.")
    visitor.press("Keep the note")
    assert page.get_by_text("CANARY: ask for the platform statement first.").first.is_visible()
    visitor.check("fund-9-noted")


@pytest.mark.parametrize(("lang", "width"), SIZES)
def test_a_fund_manager_browses_matches_and_moves_a_deal(
    visit: Callable[..., Visitor], lang: str, width: int
) -> None:
    visitor = visit("fund", lang, width)
    visitor.check("fund-0-home")
    browse(visitor)
    matches(visitor)
    open_deal(visitor)
    move_and_note(visitor)


@pytest.mark.parametrize(("lang", "width"), SIZES)
def test_a_fund_manager_finds_a_deal_and_reads_who_gets_what(
    visit: Callable[..., Visitor], lang: str, width: int
) -> None:
    """Ctrl+K from anywhere, the deal by name, its term sheet with the point of break-even."""
    visitor = visit("fund", lang, width)
    page = visitor.page
    visitor.go("/deals?open=true")
    sheets = page.locator("main a[href^='/deals/deal_']").evaluate_all(
        "links => links.map(a => a.getAttribute('href'))"
    )
    for address in dict.fromkeys(sheets):
        visitor.go(address)
        if page.locator("main a[href^='/term-sheets/ts_']").count():
            break
    title = page.locator("h1").inner_text()
    visitor.go("/models")
    page.keyboard.press("Control+k")
    page.locator("#palette input").fill(title)
    hit = page.locator(f"#palette-hits a[href='{address}']")
    hit.wait_for()
    visitor.check("fund-10-palette")
    with page.expect_navigation():
        hit.click()
    with page.expect_navigation():
        page.locator("main a[href^='/term-sheets/ts_']").first.click()
    visitor.check("fund-11-who-gets-what")
    with page.expect_navigation():
        page.get_by_role("link", name=visitor.say("Open the simulator")).first.click()
    assert visitor.say("Break-even gross") in page.locator("main").inner_text()
    visitor.check("fund-12-simulator")


def test_keys_choose_in_a_list_and_the_help_tells_them(visit: Callable[..., Visitor]) -> None:
    visitor = visit("fund", "en", 1280)
    page = visitor.page
    address = f"{visitor.site}/mandates"
    page.goto(address)
    page.goto(str(page.evaluate("document.querySelector(\"main a[href$='/matches']\").href")))
    page.keyboard.press("j")
    page.keyboard.press("j")
    chosen = page.locator("article.match.is-chosen")
    assert chosen.get_attribute("id") == page.locator("article.match").nth(1).get_attribute("id")
    page.keyboard.press("x")
    assert chosen.locator("input[form='compare']").is_checked()
    page.keyboard.press("?")
    visitor.check("fund-12-keys")
    page.keyboard.press("Escape")
    with page.expect_navigation():
        page.keyboard.press("g")
        page.keyboard.press("h")
    assert page.url == f"{visitor.site}/"


def test_notes_stay_with_the_fund(visit: Callable[..., Visitor]) -> None:
    fund = visit("fund", "en", 1280)
    fund.go("/deals?open=true")
    fund.page.locator("main a[href^='/deals/deal_']").first.click()
    fund.fill(text="CANARY of the fund")
    fund.press("Keep the note")
    address = fund.page.url.partition("#")[0].removeprefix(fund.site)
    for login in ("creator", "creator2", "investor"):
        other = visit(login, "en", 1280)
        other.expected = {404}
        other.go(address)
        assert "CANARY of the fund" not in other.page.content()
