"""A person at a browser: goes to pages, clicks what is written there, and objects to anything that is wrong with them."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Response

from dealflow.core import i18n

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text("utf-8")
RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "resultTypes": ["violations"],
}
PASSWORD = "demo-dealflow"
SHOTS = Path(tempfile.gettempdir()) / "shots" if os.environ.get("DEALFLOW_SHOTS") else None
HEIGHTS = {1280: 900, 390: 844}

# Every picture in the window has come or failed, or three seconds have passed; then two frames are drawn.
PICTURES_LOADED = """Promise.race([
  Promise.all([...document.images].filter(i => i.getClientRects().length && !i.complete)
    .map(i => new Promise(done => { i.addEventListener("load", done); i.addEventListener("error", done); }))),
  new Promise(done => setTimeout(done, 3000)),
]).then(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))"""


class Visitor:
    """A browser window of its own, in one language at one width."""

    def __init__(self, chromium: Browser, site: str, lang: str, width: int, *, scripts: bool = True) -> None:
        self.site, self.lang, self.width, self.scripts = site, lang, width, scripts
        self.context = chromium.new_context(
            viewport={"width": width, "height": HEIGHTS[width]}, locale="zh-CN" if lang == "zh" else "en-GB",
            java_script_enabled=scripts, reduced_motion="reduce", has_touch=width < 800,
        )  # fmt: skip
        self.context.add_cookies([{"name": "lang", "value": lang, "url": site}])
        self.page: Page = self.context.new_page()
        self.troubles: list[str] = []
        self.expected: set[int] = set()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        self.page.on("response", self._look)

    def _hear(self, message: ConsoleMessage) -> None:
        # The browser itself reports answers such as 422, which a form is meant to get; and a page that is left ends the
        # requests it still waits for.
        known = ("Failed to load resource", "htmx:sendAbort", "htmx:afterRequest")
        if message.type in ("error", "warning") and not any(text in message.text for text in known):
            self.troubles.append(f"console: {message.text}")

    def _look(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.troubles.append(f"{response.status} {response.request.method} {response.url}")

    def say(self, message: str, **params: object) -> str:
        """A text of the site in this visitor's language."""
        with i18n.using(self.lang):
            return i18n.gettext(message, **params)

    def go(self, path: str, name: str | None = None) -> None:
        """Open an address; with a name, check the page."""
        self.page.goto(self.site + path)
        if name:
            self.check(name)

    def log_in(self, email: str) -> None:
        """Through the login page, as everybody does."""
        self.page.goto(f"{self.site}/login")
        self.page.fill("#email", email)
        self.page.fill("#password", PASSWORD)
        self.button("Sign in").click()
        self.page.wait_for_url(lambda url: "/login" not in url)

    def button(self, message: str, within: Locator | None = None) -> Locator:
        """The visible button with this text."""
        found = (within or self.page).get_by_role("button", name=self.say(message), exact=True)
        return found.locator("visible=true").first

    def link(self, message: str, within: Locator | None = None) -> Locator:
        """The visible link with this text."""
        found = (within or self.page).get_by_role("link", name=self.say(message), exact=True)
        return found.locator("visible=true").first

    def press(self, message: str, within: Locator | None = None) -> None:
        """Press a button that leads to another page or state, and wait for it."""
        with self.page.expect_navigation():
            self.button(message, within).click()

    def follow(self, message: str, within: Locator | None = None) -> None:
        """Follow a link to its page."""
        with self.page.expect_navigation():
            self.link(message, within).click()

    def fill(self, **values: str) -> None:
        """Type into fields by their names."""
        for name, value in values.items():
            self.page.locator(f"main [name='{name}']").first.fill(value)

    def choose(self, **values: str) -> None:
        """Choose in selects by their names."""
        for name, value in values.items():
            self.page.locator(f"main select[name='{name}']").first.select_option(value)

    def tick(self, name: str, *values: str) -> None:
        """Tick chips and cards by the name of the field and their values."""
        for value in values:
            box = self.page.locator(f"main input[name='{name}'][value='{value}']").first
            closed = box.locator("xpath=ancestor::details[not(@open)]/summary")
            if closed.count():
                closed.first.click()
            box.locator("xpath=ancestor::label").first.click()

    def value(self, name: str) -> str:
        """What stands in a field."""
        return self.page.locator(f"main [name='{name}']").first.input_value()

    def check(self, name: str) -> None:
        """Object to errors, to what an assistive reader cannot use, to overflow and to the wrong language."""
        self.page.wait_for_load_state()
        self.shoot(name)
        found = [*self.troubles, *self._overflow(), *self._language(), *(self._axe() if self.scripts else [])]
        self.troubles.clear()
        assert not found, f"{name} ({self.lang}, {self.width} px, {self.page.url})\n" + "\n".join(found)

    def shoot(self, name: str) -> None:
        """Keep a picture of the whole page, when asked to."""
        if SHOTS:
            folder = SHOTS / f"{self.lang}-{self.width}"
            folder.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=folder / f"{name}.png", full_page=True)

    def _axe(self) -> list[str]:
        # In a window as high as the page, so that nothing is judged by what a bar happens to cover now; evaluated by
        # the debugger, so that the page's own policy against foreign scripts stays in force.
        place = self.page.evaluate("scrollY")
        self._show_whole()
        self.page.evaluate(AXE)
        result: dict[str, Any] = self.page.evaluate("rules => axe.run(document, rules)", RULES)
        self.page.set_viewport_size({"width": self.width, "height": HEIGHTS[self.width]})
        self.page.evaluate("top => scrollTo({top, behavior: 'instant'})", place)
        return [
            f"axe {v['id']} ({v['impact']}): {v['help']}: "
            + " | ".join(n["html"][:160] for n in v["nodes"][:3])
            for v in result["violations"]
        ]

    def _show_whole(self) -> None:
        """Make the window as high as the page and stand at its top; pictures that load only now may make it higher again."""
        for _ in range(4):
            height = min(int(self.page.evaluate("document.documentElement.scrollHeight")), 12_000)
            self.page.set_viewport_size({"width": self.width, "height": height})
            self.page.evaluate(PICTURES_LOADED)
            if self.page.evaluate("document.documentElement.scrollHeight") <= height:
                break
        self.page.evaluate("scrollTo({top: 0, behavior: 'instant'})")

    def _overflow(self) -> list[str]:
        if not self.scripts:
            return []
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return [f"the page is {wide} px wider than the window"] if wide > 0 else []

    def _language(self) -> list[str]:
        """Headings, labels and buttons in the other language. Names that people gave are theirs."""
        tag = self.page.locator("html").get_attribute("lang")
        found = [] if tag == i18n.HTML[self.lang] else [f"the page says it is {tag}"]
        texts = self.page.locator("main h2, main label, main th, main button").all_inner_texts()
        if self.lang == "zh":
            latin = [t for t in texts if re.fullmatch(r"[A-Za-z][a-z]+( [a-z]+)+", t.strip())]
            found += [f"English: {text}" for text in latin]
        return found

    def fetch(self, path: str) -> bytes:
        """The bytes of an address, with this visitor's cookies."""
        answer = self.context.request.get(path if path.startswith("http") else self.site + path)
        assert answer.ok, answer.status
        return answer.body()
