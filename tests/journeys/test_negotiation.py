"""Two parties side by side: a draft, a proposal, three counter-proposals, clauses accepted one by one, and both accept; then
both sign, and anybody can tell the signed file from an altered one."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.browser


def shared_deal(ours: Visitor, theirs: Visitor) -> str:
    """An open deal between both."""
    found = [
        [deal["id"] for deal in json.loads(who.fetch("/api/v1/deals?open=true&limit=200"))["items"]]
        for who in (ours, theirs)
    ]
    return str(next(deal for deal in found[0] if deal in found[1]))


def drafted(investor: Visitor, deal: str) -> str:
    """A draft of the investor in a deal; its address."""
    investor.go(f"/deals/{deal}")
    investor.press("Draft a term sheet")
    investor.check("negotiation-1-draft")
    return investor.page.url.removeprefix(investor.site)


def confirm(visitor: Visitor, message: str) -> None:
    """Press a button that asks first, and agree."""
    visitor.button(message).click()
    with visitor.page.expect_navigation():
        visitor.button("Confirm", visitor.page.locator("dialog[open]")).click()


def counter(visitor: Visitor, path: str, days: int, name: str) -> None:
    """Change the exclusivity in the form while the figures stand beside it, and send it."""
    visitor.go(path + "/edit", f"{name}-edit")
    field = visitor.page.locator("[id='exclusivity.days']")
    field.locator("xpath=ancestor::details/summary").click()
    field.fill(str(days))
    visitor.page.locator("#comment").fill(f"{days}")
    visitor.press("Send the counter-proposal")
    visitor.check(name)


# Each run in a deal of its own: a deal has one term sheet that is signed.
@pytest.mark.parametrize(
    ("investor", "creator", "lang", "width"),
    [("investor2", "creator2", "zh", 1280), ("investor", "creator", "en", 390)],
)
def test_two_parties_agree_after_three_counter_proposals(
    visit: Callable[..., Visitor], investor: str, creator: str, lang: str, width: int
) -> None:
    ours, theirs = visit(investor, lang, width), visit(creator, lang, width)
    path = drafted(ours, shared_deal(ours, theirs))
    confirm(ours, "Propose it")
    ours.check("negotiation-2-proposed")
    theirs.go(path, "negotiation-3-received")
    clause = theirs.page.locator("#clause-exclusivity")
    clause.locator("details.clause__comment summary").click()
    clause.locator("textarea[name='text']").last.fill("30?")
    theirs.button("Send the comment", clause).click()
    theirs.page.locator("#clause-exclusivity .thread").wait_for()
    counter(theirs, path, 11, "negotiation-4-first")
    counter(ours, path, 22, "negotiation-5-second")
    counter(theirs, path, 33, "negotiation-6-third")
    ours.go(path)
    assert ours.page.locator("#clause-exclusivity ins").count() >= 1
    clause = ours.page.locator("#clause-exclusivity")
    ours.button("Accept this clause", clause).click()
    ours.button("Take back my acceptance", ours.page.locator("#clause-exclusivity")).wait_for()
    ours.check("negotiation-7-clause")
    with ours.page.expect_navigation():
        ours.page.locator("form[action$='/accept'] button").first.click()
        ours.button("Confirm", ours.page.locator("dialog[open]")).click()
    ours.check("negotiation-8-agreed")
    theirs.go(path, "negotiation-9-agreed")
    assert not theirs.page.locator("form[action$='/accept']").count()
    signed = sign_both(ours, theirs, path)
    verify(visit(None, lang, width), signed)


def sign_both(ours: Visitor, theirs: Visitor, path: str) -> bytes:
    """A seal for one side, a round, a signature of each side; the signed file."""
    ours.go("/settings/seal", "signing-1-seal")
    ours.fill(words="远山资本管理有限公司")
    ours.press("Save")
    ours.check("signing-2-seal-set")
    ours.go(path)
    ours.follow("Sign it")
    ours.check("signing-3-begin")
    ours.press("Begin signing")
    for who, name in ((ours, "signing-4-investor"), (theirs, "signing-5-producer")):
        who.go(path, name)
        who.fill(title="Managing Director")
        who.page.locator("form[action$='/sign'] button[type='submit']").first.click()
        who.page.wait_for_load_state()
    ours.go(path)
    for _attempt in range(60):
        if ours.link("Download the signed file").count():
            break
        with ours.page.expect_response("**/term-sheets/**"):
            ours.page.reload()
    ours.check("signing-6-done")
    href = ours.link("Download the signed file").get_attribute("href")
    assert href
    return ours.fetch(href)


def verify(anybody: Visitor, signed: bytes) -> None:
    """Whoever holds the file, logged in or not, sees what it is."""
    altered = bytearray(signed)
    altered[len(signed) // 2] ^= 1
    for content, told in ((signed, "Genuine"), (bytes(altered), "Altered")):
        anybody.go("/verify")
        file = {"name": "signed.pdf", "mimeType": "application/pdf", "buffer": content}
        anybody.page.locator("#file").set_input_files(file)
        anybody.press("Verify")
        anybody.check(f"signing-7-{told.lower()}")
        assert anybody.say(told) in anybody.page.locator("main .banner").first.inner_text()
    code = anybody.page.locator("main dd").first.inner_text().strip()
    anybody.go(f"/verify/{code}", "signing-8-code")
    assert anybody.say("What was signed") in anybody.page.locator("main").inner_text()
