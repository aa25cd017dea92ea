"""A fund's money from the first commitment to the partner's statement: fund, partners, closing, fee, call, payment, a holding of
the park with a valuation that rests on a document, a distribution that a second person approves, statements. Then the partner
in the portal: its own notices, parts and statement, and nothing else.

Each run makes a fund of its own, so that no other journey sees a figure of its.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import pypdfium2
import pytest
from playwright.sync_api import Locator

from dealflow.core.money import Money, show
from dealflow.funds.periods import last_ended, span
from tests.factories import rooms
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("mode", "lang", "width"), [("european", "zh", 1280), ("american", "en", 390)])
def test_from_the_commitment_to_the_statement(
    visit: Callable[..., Visitor], mode: str, lang: str, width: int
) -> None:
    manager, second, partner = (visit(login, lang, width) for login in ("fund", "fund2", "lp"))
    fund = make_fund(manager, mode)
    ours, other = gather(manager, fund, str(house(partner)["id"]))
    deal = "《第二次春天》" if mode == "american" else ""
    notice = call_capital(manager, fund, ours, deal)
    holding = hold(manager, fund)
    distribute(manager, second, fund, deal)
    state(manager, fund, ours)
    read_own(partner, fund, ours, notice)
    stay_out(partner, [f"{fund}/lps/{other}", f"{fund}/lps", f"{fund}/statements", holding])


def house(visitor: Visitor) -> dict[str, str]:
    """The visitor's organisation."""
    found: dict[str, str] = json.loads(visitor.fetch("/api/v1/me"))["organisations"][0]
    return found


def yuan(amount: float) -> str:
    """An amount in yuan as the pages show it."""
    return show(Money(round(amount * 100), "CNY"))


def words_of(content: bytes) -> str:
    """The text of a PDF."""
    with pypdfium2.PdfDocument(content) as opened:
        return "\n".join(page.get_textpage().get_text_bounded() for page in opened)


def main(visitor: Visitor) -> str:
    """What the page says."""
    return visitor.page.locator("main").inner_text()


def part(visitor: Visitor, name: str) -> Locator:
    """A card with a form, by its id."""
    return visitor.page.locator(f"#{name}")


def quarter() -> tuple[str, date]:
    """The last quarter that is over, and its first day."""
    period = last_ended(datetime.now(UTC).date())
    return period, span(period)[0]


def make_fund(manager: Visitor, mode: str) -> str:
    """A fund that began with the last quarter; its address."""
    began = quarter()[1]
    manager.go("/funds")
    manager.follow("New fund")
    manager.fill(
        name=f"旅程基金 {datetime.now(UTC):%H%M%S} {mode}",
        target="5000万",
        started_on=began.isoformat(),
        vintage=str(began.year),
    )
    manager.fill(payment_details="户名：旅程基金\n账号：0000 0000 0000 0042")
    manager.choose(carry_mode=mode)
    manager.press("Save")
    fund = urlsplit(manager.page.url).path.removesuffix("/lps")
    # A fund without commitments says what comes first.
    manager.go(fund, "story-2-empty")
    assert manager.say("Nobody has committed anything yet") in main(manager)
    return fund


def gather(manager: Visitor, fund: str, organisation: str) -> tuple[str, str]:
    """Two partners, one of them on the platform, and the first closing; their ids."""
    place = f"{fund}/lps"
    manager.go(place)
    manager.choose(organisation_id=organisation)
    manager.press("Add")
    manager.fill(name="旅程引导基金", email="fof@partner.example")
    manager.press("Add", part(manager, "add"))
    boxes = part(manager, "closing").locator("input[name^='commit-']")
    ours, other = (str(box.get_attribute("name")) for box in boxes.all())
    manager.fill(on=quarter()[1].isoformat(), **{ours: "1000万", other: "500万"})
    manager.press("Show what it moves")
    assert manager.value(ours) == "1000万"
    manager.check("story-3-closing")
    manager.press("Hold the closing")
    assert yuan(15_000_000) in main(manager)
    return ours.removeprefix("commit-"), other.removeprefix("commit-")


def call_capital(manager: Visitor, fund: str, ours: str, deal: str) -> str:
    """The fee of the quarter, a call for an investment and the fee, its notice read, and the partner's payment; the notice."""
    manager.go(f"{fund}/costs")
    manager.press("Post the fee", part(manager, "fee"))
    assert yuan(75_616.44) in main(manager)
    manager.check("story-5-fee")
    manager.go(f"{fund}/calls")
    manager.fill(investment="300万", fee="15万", **({"deal": deal} if deal else {}))
    manager.press("Draft the call")
    manager.press("Issue the call")
    manager.check("story-7-issued")
    notice = str(manager.page.locator(f"main a[href$='/notices/{ours}.pdf']").get_attribute("href"))
    text = words_of(manager.fetch(notice))
    assert "2,100,000.00" in text
    assert "0000000000000042" in text.replace(" ", "")
    # More than is open is refused, and what was typed stays.
    manager.choose(lp_id=ours)
    manager.fill(amount="220万", reference="ICBC-0001")
    manager.expected = {422}
    manager.press("Enter the payment")
    assert (manager.value("amount"), manager.value("lp_id")) == ("220万", ours)
    manager.check("story-8-refused")
    manager.fill(amount="210万")
    manager.press("Enter the payment")
    assert "ICBC-0001" in main(manager)
    manager.check("story-9-paid")
    return notice


def hold(manager: Visitor, fund: str) -> str:
    """A holding in a project with a signed deal: what was paid, what it is worth and by which document, what came back."""
    signed = json.loads(manager.fetch("/api/v1/deals?limit=200"))["items"]
    project = next(deal["project_id"] for deal in signed if deal["stage"] == "signed")
    manager.go(f"{fund}/holdings/new")
    manager.choose(project_id=project)
    manager.check("story-10-new-holding")
    manager.press("Add the holding")
    holding = urlsplit(manager.page.url).path
    book(manager, "cost", "150万")
    value(manager)
    book(manager, "proceeds", "90万")
    manager.check("story-13-holding")
    assert manager.page.locator("#valuations a", has_text="deck.pdf").count() == 1
    stats = manager.page.locator("main .stats").inner_text()
    assert "1.80" in stats, stats
    with manager.page.expect_navigation():
        manager.page.locator("main .stats a[href*='/figures/value']").click()
    manager.check("story-14-behind")
    return holding


def book(manager: Visitor, kind: str, amount: str) -> None:
    """Money into or out of the holding."""
    flows = manager.page.locator("#flows")
    flows.locator("details > summary", has_text=manager.say("Enter a booking")).click()
    flows.locator(f"input[name='kind'][value='{kind}']").locator("xpath=ancestor::label").click()
    flows.locator("input[name='amount']").fill(amount)
    manager.press("Post it", flows)


def value(manager: Visitor) -> None:
    """A valuation by a document that is kept beside it."""
    card = manager.page.locator("#valuations")
    card.locator("details > summary").last.click()
    card.locator("input[name='value']").fill("180万")
    card.locator("select[name='method']").select_option("contracted")
    card.locator("select[name='evidence_class']").select_option("third_party")
    card.locator("textarea[name='evidence']").fill("第三方估值报告，第 3 页")
    card.locator("input[type=file]").set_input_files(
        {"name": "deck.pdf", "mimeType": "application/pdf", "buffer": rooms.pdf(1)}
    )
    manager.press("Enter it", card)


def distribute(manager: Visitor, second: Visitor, fund: str, deal: str) -> None:
    """A distribution with its tiers before it is posted; only another person may approve it."""
    manager.go(f"{fund}/distributions")
    manager.fill(amount="90万", text="首笔回款", **({"deal": deal} if deal else {}))
    manager.press("Prepare")
    manager.check("story-15-prepared")
    assert yuan(600_000) in main(manager)
    assert not manager.page.locator("form[action$='/approve']").count()
    path = urlsplit(manager.page.url).path
    second.go(path)
    second.press("Approve and post")
    second.check("story-17-posted")


def state(manager: Visitor, fund: str, ours: str) -> None:
    """The statements of the quarter, issued to all partners."""
    manager.go(f"{fund}/statements")
    manager.press("Issue")
    manager.check("story-20-issued")
    href = manager.page.locator(f"main a[href*='/statements/{ours}.pdf']").first.get_attribute("href")
    assert manager.fetch(str(href)).startswith(b"%PDF")


def read_own(partner: Visitor, fund: str, ours: str, notice: str) -> None:
    """The partner finds its place from the list of funds, with notices, parts, and the statement as a file."""
    partner.go("/funds")
    with partner.page.expect_navigation():
        partner.page.locator(f"main a.row-link[href='{fund}']").click()
    partner.check("story-21-portal")
    assert partner.page.url.endswith(f"{fund}/lps/{ours}")
    said = main(partner)
    assert "旅程引导基金" not in said
    for amount in (2_100_000, 600_000):
        assert yuan(amount) in said
    assert words_of(partner.fetch(notice))
    share = partner.page.locator("main a[href*='/distributions/']").get_attribute("href")
    assert "600,000.00" in words_of(partner.fetch(str(share)))
    closing = partner.page.locator("main a[href*='/closings/']").get_attribute("href")
    assert "10,000,000.00" in words_of(partner.fetch(str(closing)))
    period = quarter()[0]
    with partner.page.expect_navigation():
        partner.page.locator(f"main a[href*='/statements/{ours}']").first.click()
    partner.check("story-22-statement")
    file = partner.page.locator("a[href*='.pdf']").first.get_attribute("href")
    text = words_of(partner.fetch(str(file)))
    assert period in text
    assert "10,000,000.00" in text


def stay_out(partner: Visitor, places: list[str]) -> None:
    """What is another partner's or the manager's answers as if it were not there."""
    partner.expected = {404}
    for place in places:
        partner.go(place)
        assert partner.say("There is nothing here that you may see") in main(partner)
