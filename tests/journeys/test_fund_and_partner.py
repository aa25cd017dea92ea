"""A fund manager from a capital call to its payment and a distribution that waits; and a partner in its own place."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.browser
SIZES = [("zh", 1280), ("en", 390)]


def to_the_fund(visitor: Visitor) -> str:
    """Open the demo's fund from the list, where others may have put theirs; its address."""
    visitor.go("/funds", "funds-1-list")
    with visitor.page.expect_navigation():
        visitor.page.locator("main a.row-link", has_text="长三角微短剧一号基金").first.click()
    visitor.check("funds-2-fund")
    return visitor.page.url.removeprefix(visitor.site)


@pytest.mark.parametrize(("lang", "width"), SIZES)
def test_a_manager_calls_capital_is_paid_and_prepares_a_distribution(
    visit: Callable[..., Visitor], lang: str, width: int
) -> None:
    visitor = visit("fund", lang, width)
    page, fund = visitor.page, to_the_fund(visitor)
    for part in ("lps", "costs", "distributions", "statements", "edit"):
        visitor.go(f"{fund}/{part}", f"funds-3-{part}")
    visitor.go(f"{fund}/calls", "funds-4-calls")
    visitor.fill(investment="100万")
    visitor.press("Draft the call")
    visitor.check("funds-5-drafted")
    visitor.press("Issue the call")
    visitor.check("funds-6-issued")
    visitor.fill(amount="10万", reference=f"J-{lang}-{width}")
    visitor.press("Enter the payment")
    assert f"J-{lang}-{width}" in page.locator("main").inner_text()
    visitor.check("funds-7-paid")
    with page.expect_navigation():
        page.locator("main a[href*='/entries/']").first.click()
    visitor.check("funds-8-entry")
    visitor.go(f"{fund}/distributions")
    visitor.fill(amount="5万")
    visitor.press("Prepare")
    assert visitor.say("Waits for somebody else") in page.locator("main").inner_text()
    visitor.check("funds-9-prepared")
    visitor.fill(reason="journey")
    visitor.press("Cancel it")
    visitor.go(f"{fund}/statements")
    with page.expect_navigation():
        page.locator("main a.row-link").first.click()
    visitor.check("funds-10-statement")


@pytest.mark.parametrize(("lang", "width"), SIZES)
def test_a_partner_reads_its_calls_notices_and_statement(
    visit: Callable[..., Visitor], lang: str, width: int
) -> None:
    visitor = visit("lp", lang, width)
    page, place = visitor.page, to_the_fund(visitor)
    assert "/lps/lpt_" in place
    notice = page.locator("main a[href$='.pdf']").first.get_attribute("href")
    assert notice
    assert visitor.fetch(notice).startswith(b"%PDF")
    with page.expect_navigation():
        page.locator("main a[href*='/statements/']").first.click()
    visitor.check("partner-1-statement")
    for kind, magic in ((".pdf", b"%PDF"), (".xlsx", b"PK")):
        file = page.locator(f"main a[href*='{kind}']").first.get_attribute("href")
        assert file
        assert visitor.fetch(file).startswith(magic)
    visitor.expected.add(404)
    page.goto(visitor.site + place.rpartition("/lps/")[0] + "/lps")
    assert visitor.say("There is nothing here that you may see") in page.locator("main").inner_text()
