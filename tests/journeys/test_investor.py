"""An investor: states a mandate and sees what passes it while typing, reads matches and their reasons, saves, passes and
takes back, compares, and has the term sheet as a PDF in three clicks."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pypdfium2
import pytest

from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.browser
SIZES = [(lang, width) for lang in ("zh", "en") for width in (1280, 390)]


def state_mandate(visitor: Visitor, name: str) -> None:
    """A new mandate; the counts beside it change while it is typed; then its matches."""
    visitor.go("/mandates", "investor-1-mandates")
    visitor.link("New mandate").click()
    visitor.page.wait_for_url("**/mandates/new")
    with visitor.page.expect_response(lambda answer: answer.url.endswith("/mandates/counts")):
        visitor.fill(name=name, capital="5000万")
    with visitor.page.expect_response(lambda answer: answer.url.endswith("/mandates/counts")):
        visitor.fill(ask_max="1000万")
    visitor.page.wait_for_function("/\\d/.test(document.querySelector('#counts').innerText)")
    visitor.check("investor-2-mandate")
    visitor.expected = {422}
    visitor.fill(max_per_project="9000万")
    visitor.press("Save and see matches")
    assert (visitor.value("name"), visitor.value("max_per_project")) == (name, "9000万")
    visitor.check("investor-3-mandate-refused")
    visitor.expected = set()
    visitor.fill(max_per_project="500万")
    visitor.press("Save and see matches")
    assert visitor.page.url.endswith("/matches"), visitor.page.url
    visitor.check("investor-4-matches")


def save_and_pass(visitor: Visitor) -> None:
    """Save one, pass on one with a reason, take that back: the list keeps its place."""
    page = visitor.page
    rows = page.locator("article.match")
    assert rows.count() >= 3
    first, second = rows.nth(0), rows.nth(1)
    visitor.button("Save", first).click()
    visitor.button("Remove from saved", rows.nth(0)).wait_for()
    gone = second.get_attribute("id")
    second.locator("summary").filter(has_text=visitor.say("Pass")).click()
    visitor.button("Pass on this project", second).click()
    passed = page.locator(f"#{gone}")
    visitor.button("Undo", passed).wait_for()
    visitor.check("investor-5-passed")
    visitor.button("Undo", passed).click()
    passed.locator(".match__title").wait_for()
    page.reload()
    assert page.locator(f"#{gone} .match__title").count() == 1
    visitor.check("investor-6-after")


def reasons_and_comparison(visitor: Visitor) -> None:
    """All reasons of the first match; two matches side by side."""
    matches = visitor.page.url
    visitor.page.locator("article.match .match__why a").first.click()
    visitor.page.wait_for_url("**/why**")
    visitor.check("investor-7-why")
    visitor.page.goto(matches)
    for place in (0, 1):
        visitor.page.locator("article.match").nth(place).locator("input[name='project']").locator(
            "xpath=ancestor::label"
        ).click()
    with visitor.page.expect_navigation():
        visitor.page.locator(".compare-tray button").click()
    assert visitor.page.locator(".compare th a").count() == 2
    visitor.check("investor-8-compare")
    visitor.page.goto(matches)


def draft_and_print(visitor: Visitor) -> None:
    """Draft term sheet → the template → the PDF: three clicks, and what comes is a PDF in two languages."""
    row = visitor.page.locator("article.match").first
    title = row.locator(".match__title").inner_text()
    visitor.follow("Draft term sheet", row)
    visitor.check("investor-9-draft")
    visitor.press("Draft this")
    visitor.check("investor-10-term-sheet")
    link = visitor.link("PDF in Chinese and English").get_attribute("href")
    assert link
    content = visitor.fetch(link)
    assert content.startswith(b"%PDF-")
    document = pypdfium2.PdfDocument(io.BytesIO(content))
    text = "\n".join(page.get_textpage().get_text_range() for page in document)
    assert len(document) >= 3
    assert re.search(r"DRAFT", text)
    assert "1." in text
    joined = re.sub(r"\s", "", text)
    assert re.sub(r"\s", "", title) in joined
    document.close()
    change_terms(visitor)


def change_terms(visitor: Visitor) -> None:
    """Change the terms: a new version, and the difference on a page."""
    visitor.follow("Change the terms")
    visitor.check("investor-11-terms")
    days = visitor.page.locator("main input.input--num[name$='_days'], main input[type='number']").first
    days.fill(str(int(days.input_value() or "9") + 1))
    visitor.press("Save as a new version")
    visitor.follow("What changed")
    assert visitor.page.locator(".clause ins").count() >= 1
    visitor.check("investor-12-difference")


@pytest.mark.parametrize(("lang", "width"), SIZES)
def test_an_investor_goes_from_mandate_to_term_sheet(
    visit: Callable[..., Visitor], lang: str, width: int
) -> None:
    visitor = visit("investor", lang, width)
    visitor.check("investor-0-home")
    state_mandate(visitor, f"旅程 {lang}{width}")
    save_and_pass(visitor)
    reasons_and_comparison(visitor)
    draft_and_print(visitor)


def test_the_same_way_without_scripts(visit: Callable[..., Visitor]) -> None:
    visitor = visit("investor2", "en", 390, scripts=False)
    visitor.go("/mandates/new")
    visitor.fill(name="Without scripts", capital="20,000,000")
    visitor.press("Save and see matches")
    page = visitor.page
    first = page.locator("article.match").first
    kept = first.get_attribute("id")
    visitor.press("Save", first)
    assert visitor.button("Remove from saved", page.locator(f"#{kept}")).is_visible()
    row = page.locator("article.match").nth(1)
    gone = row.get_attribute("id")
    row.locator("summary").filter(has_text=visitor.say("Pass")).click()
    visitor.press("Pass on this project", row)
    assert page.locator(f"#{gone}").count() == 0
    visitor.check("investor-noscript-matches")
    visitor.follow("Draft term sheet", page.locator("article.match").first)
    visitor.press("Draft this")
    link = visitor.link("PDF in Chinese and English").get_attribute("href")
    assert link
    assert visitor.fetch(link).startswith(b"%PDF-")
    visitor.check("investor-noscript-term-sheet")
