"""A creator opens a data room, an investor accepts the NDA and reads, the creator sees where, and takes the access back."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.factories import rooms
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.browser


def published(creator: Visitor) -> str:
    """A project of the creator's that investors see."""
    own = json.loads(creator.fetch("/api/v1/me"))["organisations"][0]["id"]
    wanted = (own, "published", "investors")
    listed = json.loads(creator.fetch("/api/v1/projects?limit=200"))["items"]
    return str(
        next(
            each["id"]
            for each in listed
            if (each["organisation_id"], each["status"], each["visibility"]) == wanted
        )
    )


def pages_shown(visitor: Visitor) -> int:
    """How many pages the viewer has drawn, once the first is there."""
    visitor.page.locator("[data-viewer-pages] canvas").first.wait_for()
    return visitor.page.locator("[data-viewer-pages] canvas").count()


def drag(creator: Visitor, document: str, folder: str) -> None:
    """Carry a document into a folder with the mouse."""
    target = creator.page.locator(f"section[data-folder][aria-label='{folder}']")
    with creator.page.expect_navigation():
        creator.page.locator("li.file", has_text=document).first.drag_to(target)
    assert document in target.inner_text()


@pytest.mark.parametrize(("login", "lang", "width"), [("creator2", "zh", 1280), ("creator", "en", 390)])
def test_from_the_upload_to_the_access_taken_back(
    visit: Callable[..., Visitor], login: str, lang: str, width: int
) -> None:
    creator, investor = visit(login, lang, width), visit("investor2", lang, width)
    project = published(creator)
    place = f"/projects/{project}/data-room"
    creator.go(place, "room-1-before")
    creator.page.locator("aside input[name='name']").fill("分集 Episodes")
    creator.press("Make")
    creator.page.locator("main input[type=file]").set_input_files(
        {"name": "pilot.pdf", "mimeType": "application/pdf", "buffer": rooms.pdf(6)}
    )
    creator.press("Add")
    if width > 800:
        drag(creator, "pilot.pdf", "分集 Episodes")
    creator.check("room-2-document")
    creator.go(f"{place}/access")
    house = json.loads(investor.fetch("/api/v1/me"))["organisations"][0]
    creator.choose(organisation_id=house["id"], level="view")
    creator.press("Give access")
    creator.check("room-3-access")

    investor.go(place, "room-4-before-the-nda")
    investor.follow("Read the NDA")
    investor.check("room-5-nda")
    investor.press("I have read it and accept it")
    investor.go(place)
    investor.page.get_by_role("link", name="pilot.pdf").first.click()
    assert pages_shown(investor) >= 1
    investor.check("room-6-reading")
    document = investor.page.url
    investor.page.locator("form[action$='/questions'] textarea").fill("前十集的付费卡点定了吗？")
    investor.press("Ask the owner")
    part = investor.page.locator("[data-viewer]").get_attribute("data-part")
    access = investor.page.locator("[data-viewer]").get_attribute("data-access")
    assert investor.context.request.get(f"{investor.site}{part}1?access={access}").ok

    creator.go(f"{place}/views", "room-7-heat")
    assert house["name"] in creator.page.locator("main").inner_text()
    creator.go(place, "room-8-question-waits")
    creator.go(f"{place}/access")
    # The document is open at the investor's and tells what is read; from now on it is told that it is gone.
    investor.expected |= {403, 404}
    creator.button("Take back").click()
    with creator.page.expect_navigation():
        creator.page.locator("dialog[open] .btn--primary").click()
    creator.check("room-9-taken-back")
    assert investor.context.request.get(f"{investor.site}{part}1?access={access}").status == 404
    assert investor.context.request.get(document).status == 404
    investor.page.goto(document)
    investor.check("room-10-gone")
