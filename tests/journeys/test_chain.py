"""The whole way in one chain, an investor and a creator side by side: introduction, NDA, data room, term sheet, three counter-
proposals, clauses accepted one by one, both sides' acceptance, signing in order with an authenticator, the signed file
verified, and the altered one told."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pyotp
import pytest

from tests.factories import rooms
from tests.journeys.test_data_room import pages_shown
from tests.journeys.test_two_parties import ask
from tests.journeys.visitor import PASSWORD, Visitor

pytestmark = pytest.mark.browser


# Each run between organisations of its own: two deals of one project do not get in each other's way.
@pytest.mark.parametrize(
    ("investor", "creator", "lang", "width"),
    [("investor2", "studio", "zh", 1280), ("investor", "creator2", "en", 390)],
)
def test_from_the_first_contact_to_the_verified_file(
    visit: Callable[..., Visitor], investor: str, creator: str, lang: str, width: int
) -> None:
    ours, theirs = visit(investor, lang, width), visit(creator, lang, width)
    deal = introduced(ours, theirs)
    read_under_nda(ours, theirs, json.loads(ours.fetch(f"/api/v1/deals/{deal}"))["project_id"])
    path = negotiated(ours, theirs, deal)
    secrets = [with_authenticator(who) for who in (ours, theirs)]
    try:
        signed = sign_in_order(ours, theirs, path, secrets)
    finally:
        # Others log in as the same people.
        for who in (ours, theirs):
            without_authenticator(who)
    verify(visit(None, lang, width), signed)


def introduced(investor: Visitor, creator: Visitor) -> str:
    """Ask and accept; the deal that this opens. Before both agree neither sees how to reach the other."""
    place = ask(investor, creator)
    assert "@" not in investor.page.locator("main").inner_text()
    creator.go(place, "chain-1-asked")
    assert "@" not in creator.page.locator("main").inner_text()
    creator.press("Accept")
    href = creator.link("Open the deal").get_attribute("href")
    assert href
    return href.rpartition("/")[2]


def read_under_nda(investor: Visitor, creator: Visitor, project: str) -> None:
    """A document, access for the investor, the NDA before the first page, and the views the creator sees of it."""
    place = f"/projects/{project}/data-room"
    creator.go(place)
    creator.page.locator("main input[type=file]").set_input_files(
        {"name": "bible.pdf", "mimeType": "application/pdf", "buffer": rooms.pdf(4)}
    )
    creator.press("Add")
    house = json.loads(investor.fetch("/api/v1/me"))["organisations"][0]
    creator.go(f"{place}/access")
    creator.choose(organisation_id=house["id"], level="view")
    creator.press("Give access")
    listed = json.loads(creator.fetch(f"/api/v1/projects/{project}/data-room"))["documents"]
    document = next(each["id"] for each in listed if "bible" in json.dumps(each))
    content = investor.context.request.get(f"{investor.site}/api/v1/documents/{document}/content")
    assert (content.status, content.json()["code"]) == (403, "nda_required")
    investor.go(place)
    investor.follow("Read the NDA")
    investor.check("chain-2-nda")
    investor.press("I have read it and accept it")
    investor.go(place)
    investor.page.get_by_role("link", name="bible.pdf").first.click()
    assert pages_shown(investor) >= 1
    investor.check("chain-3-reading")
    creator.go(f"{place}/views", "chain-4-heat")
    assert house["name"] in creator.page.locator("main").inner_text()


def confirm(visitor: Visitor, message: str) -> None:
    """Press a button that asks first, and agree."""
    visitor.button(message).click()
    with visitor.page.expect_navigation():
        visitor.button("Confirm", visitor.page.locator("dialog[open]")).click()


def counter(visitor: Visitor, path: str, days: int) -> None:
    """Change two clauses in the form while the figures stand beside it, and send it."""
    visitor.go(path + "/edit")
    for name, value in (("exclusivity.days", days), ("confidentiality.years", days // 11 + 3)):
        field = visitor.page.locator(f"[id='{name}']")
        field.locator("xpath=ancestor::details/summary").click()
        field.fill(str(value))
    visitor.page.locator("#comment").fill(f"{days}")
    if days == 11:
        visitor.check("chain-6-edit")
    visitor.press("Send the counter-proposal")
    visitor.check(f"chain-7-counter-{days}")


def negotiated(ours: Visitor, theirs: Visitor, deal: str) -> str:
    """A term sheet that both accept in its fourth version; its address."""
    ours.go(f"/deals/{deal}")
    ours.press("Draft a term sheet")
    path = ours.page.url.removeprefix(ours.site)
    confirm(ours, "Propose it")
    theirs.go(path, "chain-5-received")
    clause = theirs.page.locator("#clause-exclusivity")
    clause.locator("details.clause__comment summary").click()
    clause.locator("textarea[name='text']").last.fill("30?")
    theirs.button("Send the comment", clause).click()
    theirs.page.locator("#clause-exclusivity .thread").wait_for()
    for who, days in ((theirs, 11), (ours, 22), (theirs, 33)):
        counter(who, path, days)
    ours.go(path)
    assert ours.page.locator("#clause-exclusivity ins").count() >= 1
    for name in ("exclusivity", "confidentiality"):
        clause = ours.page.locator(f"#clause-{name}")
        ours.button("Accept this clause", clause).click()
        ours.button("Take back my acceptance", ours.page.locator(f"#clause-{name}")).wait_for()
    ours.check("chain-8-clauses")
    with ours.page.expect_navigation():
        ours.page.locator("form[action$='/accept'] button").first.click()
        ours.button("Confirm", ours.page.locator("dialog[open]")).click()
    theirs.go(path, "chain-9-agreed")
    assert not theirs.page.locator("form[action$='/accept']").count()
    return path


def with_authenticator(visitor: Visitor) -> str:
    """Switch the second step on; the secret of the authenticator."""
    visitor.go("/settings/security")
    form = visitor.page.locator("form[action$='/otp/begin']")
    form.locator("input[type='password']").fill(PASSWORD)
    visitor.press("Set up an authenticator")
    secret = visitor.page.locator(".otp-setup code").inner_text().strip()
    visitor.page.locator("input[name='code']").fill(pyotp.TOTP(secret).now())
    visitor.press("Switch on")
    return secret


def without_authenticator(visitor: Visitor) -> None:
    """Switch it off again."""
    visitor.go("/settings/security")
    visitor.page.locator("form[action$='/otp/codes'] input[type='password']").fill(PASSWORD)
    confirm(visitor, "Switch off")


def next_code(secret: str) -> str:
    """The code of the step after this one: the one of this step was used to switch the second step on."""
    return pyotp.TOTP(secret).at(datetime.now(UTC), counter_offset=1)


def sign_in_order(ours: Visitor, theirs: Visitor, path: str, secrets: list[str]) -> bytes:
    """A seal for one side, a round that asks for codes, a signature of each side in turn; the signed file."""
    ours.go("/settings/seal")
    ours.fill(words="远山资本管理有限公司")
    ours.press("Save")
    ours.go(path)
    ours.follow("Sign it")
    ours.page.locator("input[name='require_otp']").check()
    ours.check("chain-10-begin")
    ours.press("Begin signing")
    theirs.go(path)
    assert not theirs.page.locator("form[action$='/sign']").count()
    for who, secret, name in ((ours, secrets[0], "investor"), (theirs, secrets[1], "producer")):
        who.go(path, f"chain-11-{name}")
        who.fill(title="Managing Director", otp=next_code(secret))
        with who.page.expect_navigation():
            who.page.locator("form[action$='/sign'] button[type='submit']").first.click()
    ours.go(path)
    for _attempt in range(60):
        if ours.link("Download the signed file").count():
            break
        with ours.page.expect_response("**/term-sheets/**"):
            ours.page.reload()
    ours.check("chain-12-done")
    assert ours.page.locator("#signing").inner_text().count(ours.say("Confirmed with an authenticator")) == 2
    href = ours.link("Download the signed file").get_attribute("href")
    assert href
    return ours.fetch(href)


def verify(anybody: Visitor, signed: bytes) -> None:
    """Whoever holds the file, logged in or not, sees what it is."""
    altered = bytearray(signed)
    altered[len(signed) // 2] ^= 1
    for content, told in ((signed, "Genuine"), (bytes(altered), "Altered")):
        anybody.go("/verify")
        anybody.page.locator("#file").set_input_files(
            {"name": "signed.pdf", "mimeType": "application/pdf", "buffer": content}
        )
        anybody.press("Verify")
        anybody.check(f"chain-13-{told.lower()}")
        assert anybody.say(told) in anybody.page.locator("main .banner").first.inner_text()
    code = anybody.page.locator("main dd").first.inner_text().strip()
    anybody.go(f"/verify/{code}", "chain-14-code")
    assert anybody.say("What was signed") in anybody.page.locator("main").inner_text()
