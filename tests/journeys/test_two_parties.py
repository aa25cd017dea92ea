"""An investor and a creator side by side: one asks to be introduced, the other accepts, both see the deal; the investor carries
it on over its board with the mouse and with the keyboard, and takes a slip back. The creator's board follows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.browser


def listed(visitor: Visitor, path: str) -> list[Any]:
    """What the API lists for a visitor's browser session."""
    return list(json.loads(visitor.fetch(f"/api/v1/{path}?limit=200"))["items"])


def ask(investor: Visitor, creator: Visitor) -> str:
    """Ask about a project of the creator's that the investor has not met; the address of the introduction."""
    own = json.loads(creator.fetch("/api/v1/me"))["organisations"][0]["id"]
    met = {each["project_id"] for path in ("deals", "introductions") for each in listed(investor, path)}
    project = next(
        each["id"] for each in listed(creator, "projects")
        if each["organisation_id"] == own and each["id"] not in met
        if each["status"] == "published" and each["visibility"] == "investors"
    )  # fmt: skip
    investor.go(f"/projects/{project}")
    investor.follow("Ask for an introduction")
    investor.check("parties-1-ask")
    investor.fill(note="看过前三集，想约主创聊聊。")
    investor.press("Ask")
    investor.check("parties-2-asked")
    return urlsplit(investor.page.url).path


def card(visitor: Visitor, deal: str) -> str:
    """The stage in which a deal's card lies on the board."""
    visitor.page.goto(f"{visitor.site}/deals?per=400")
    column = visitor.page.locator(f"#d-{deal}").locator("xpath=ancestor::section[1]")
    return str(column.get_attribute("data-name"))


def by_mouse(visitor: Visitor, deal: str, stage: str) -> None:
    """Drag the card into a column."""
    page = visitor.page
    source = page.locator(f"#d-{deal} .kcard__party")
    target = page.locator(f".column[data-name='{stage}'] .column__head")
    target.scroll_into_view_if_needed()
    start, end = (
        source.bounding_box(),
        page.locator(f".column[data-name='{stage}'] [data-cards]").bounding_box(),
    )
    assert start
    assert end
    with page.expect_response(lambda answer: answer.url.endswith("/transitions")) as answer:
        page.mouse.move(start["x"] + 20, start["y"] + 5)
        page.mouse.down()
        page.mouse.move(start["x"] + 40, start["y"] + 10, steps=4)
        page.mouse.move(end["x"] + 60, end["y"] + 20, steps=12)
        page.mouse.up()
    assert answer.value.status == 200


def by_keyboard(visitor: Visitor, deal: str) -> None:
    """Lift the card, carry it one column on, put it down."""
    page = visitor.page
    page.locator(f"#d-{deal} [data-grip]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    with page.expect_response(lambda answer: answer.url.endswith("/transitions")) as answer:
        page.keyboard.press("Space")
    assert answer.value.status == 200
    assert page.locator("[data-board-say]").inner_text()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_from_an_introduction_over_the_boards_of_both(visit: Callable[..., Visitor], lang: str) -> None:
    investor, creator = visit("investor2", lang, 1280), visit("creator", lang, 1280)
    introduction = ask(investor, creator)
    creator.go(introduction, "parties-3-waits")
    with creator.page.expect_navigation():
        creator.button("Accept").click()
    creator.check("parties-4-accepted")
    assert "@" in creator.page.locator("aside").inner_text()
    href = creator.link("Open the deal").get_attribute("href")
    assert href
    deal = href.rpartition("/")[2]
    assert card(investor, deal) == card(creator, deal) == investor.say("Introduction")

    investor.check("parties-5-board")
    by_mouse(investor, deal, investor.say("Data room"))
    assert card(creator, deal) == creator.say("Data room")
    card(investor, deal)
    by_keyboard(investor, deal)
    assert card(creator, deal) == creator.say("Negotiation")

    undo = investor.button("Undo")
    undo.wait_for()
    with investor.page.expect_navigation():
        undo.click()
    assert card(investor, deal) == card(creator, deal) == investor.say("Data room")
    investor.go("/deals?view=table", "parties-6-table")
    creator.go(f"/deals/{deal}", "parties-7-deal")


def test_the_board_works_without_scripts(visit: Callable[..., Visitor]) -> None:
    visitor = visit("fund", "en", 1280, scripts=False)
    visitor.go("/deals")
    # Somebody looks after it and knows what comes next: that is all that the stages ask for.
    moving = visitor.page.locator(".kcard:has(select):has(.kcard__who):has(.kcard__next)").first
    deal = str(moving.get_attribute("data-id"))

    def stage() -> str | None:
        found = visitor.page.locator(f"#d-{deal}").locator("xpath=ancestor::section[1]")
        return found.get_attribute("data-name")

    before = stage()
    moving.locator("select").select_option(index=1)
    with visitor.page.expect_navigation():
        moving.locator("button[name='one']").click()
    assert stage() != before
    visitor.press("Undo")
    assert stage() == before
