"""A fund manager from a capital call to its payment out of a bank statement and a distribution that waits; and a partner in its
own place, where it reads that its part is paid."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from dealflow.core import clock
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


def paid_from_a_statement(visitor: Visitor, partner: Visitor) -> None:
    """The partner reads what to pay under which reference; the manager goes from the call just issued to the bank statements,
    imports one, and confirms what is suggested; then the partner is asked for it no more."""
    page, call = visitor.page, visitor.page.url
    row = page.locator("main tr", has_text="启东临港产业投资").first.inner_text()
    reference, amount = re.search(r"DF[0-9A-Z]{8}", row), re.search(r"¥([\d,]+\.\d\d)", row)
    assert reference
    assert amount
    place = to_the_fund(partner)
    assert reference[0] in partner.page.locator("main").inner_text()
    with page.expect_navigation():
        page.locator("main a[href^='/bank']").click()
    line = f"{clock.today()},{amount[1].replace(',', '')},,启东临港产业投资,{reference[0]}"
    content = f"交易时间,收入金额,支出金额,对方户名,交易用途\n{line}\n".encode("gb18030")
    page.set_input_files("input[name=file]", {"name": "abc.csv", "mimeType": "text/csv", "buffer": content})
    visitor.press("Import it")
    visitor.check("funds-7-statement")
    visitor.press("Confirm", page.locator("main section", has=page.locator("p", has_text=reference[0])))
    assert page.url.split("?")[0] == call.split("?")[0]
    assert visitor.say("From a bank statement") in page.locator("main").inner_text()
    visitor.check("funds-7-matched")
    partner.go(place, "partner-0-paid")
    assert reference[0] not in partner.page.locator("main").inner_text()


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
    paid_from_a_statement(visitor, visit("lp", lang, width))
    visitor.fill(amount="10万", reference=f"J-{lang}-{width}")
    visitor.press("Enter the payment")
    assert f"J-{lang}-{width}" in page.locator("main").inner_text()
    visitor.check("funds-8-paid")
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
