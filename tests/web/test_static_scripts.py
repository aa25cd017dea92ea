"""The scripts in a browser: amounts read to the fen, rows, drafts, comparing, dialogs, and the same page without scripts."""

from __future__ import annotations

import functools
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.browser

TEXTS = {
    "saved": "Saved {time}",
    "left": "Left",
    "over": "Over by",
    "even": "Equal",
    "unread": "Cannot be read",
}
HEAD = f"""<!doctype html><html lang="en" data-theme="auto"><meta charset="utf-8"><title>t</title>
<meta name="csrf-token" content="token-1"><meta name="dealflow-texts" content='{json.dumps(TEXTS)}'>
<script type="module" src="/static/js/app.js"></script><main id="main">"""
FORM = """<form method="post" action="/sent" data-autosave="/save"><input name="version" type="hidden" value="3">
<input name="title" id="title"><input id="ask" name="ask" value="45万"><output data-save-status></output>
<div data-rows="lines" data-min="1"><table><tbody data-rows-body></tbody></table>
<template data-rows-template><tr data-row><td><select name="lines-NEW-kind"><option>production<option>ad_spend</select>
<input id="lines-NEW-amount" name="lines-NEW-amount" data-money><button name="rows" value="lines:up:NEW" data-row-up>u</button>
<button name="rows" value="lines:remove:NEW" data-row-remove>r</button></td></tr></template>
<button name="rows" value="lines:add" data-rows-add>add</button><span data-rows-say></span></div>
<p data-sum-of="lines" data-ask-input="ask" data-ad-value="ad_spend"><b data-sum></b>
<span data-sum-state>Left <b data-sum-left></b></span><b data-sum-ad></b></p></form>"""
LIST = """<form id="tray" data-compare="2" action="/compare"><span data-compare-text></span><button>Go</button></form>
<input type="checkbox" form="tray" name="id" value="1"><input type="checkbox" form="tray" name="id" value="2">
<input type="checkbox" form="tray" name="id" value="3">
<form method="post" action="/sent" data-confirm="Really?"><button id="danger">Delete</button></form>
<details data-menu><summary>Menu</summary><a href="#x">Item</a></details>
<button type="button" data-theme-choice="dark" aria-pressed="false">Dark</button>
<input type="search" data-shortcut="/">"""


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("450,000", "45000000"), ("45万", "45000000"), ("1.2亿", "12000000000"), ("￥3,000.50", "300050"),
        ("１２，３４５", "1234500"), ("0.01", "1"), ("1.5 w", "1500000"), ("9007199254740993.01", "900719925474099301"),
        ("12..5", None), ("1,23", None), ("0.001", None), ("-5", None), ("", None), ("万", None), ("1e9", None),
    ],
)  # fmt: skip
def test_amounts_are_read_to_the_fen(page: Page, typed: str, minor: str | None) -> None:
    read = """async (typed) => { const m = await import("/static/js/money.js");
        const n = m.parseAmount(typed); return n === null ? null : n.toString(); }"""
    assert page.evaluate(read, typed) == minor


def test_rows_are_numbered_summed_and_compared_with_the_ask(page: Page) -> None:
    show(page, FORM)
    page.click("[data-rows-add]")
    page.click("[data-rows-add]")
    page.fill("[name=lines-0-amount]", "25万")
    page.fill("[name=lines-1-amount]", "20万")
    page.select_option("[name=lines-1-kind]", "ad_spend")
    assert page.inner_text("[data-sum]") == "450,000.00"
    assert page.inner_text("[data-sum-state]").strip() == "Equal"
    assert page.inner_text("[data-sum-ad]") == "44.4%"
    page.click("tr:nth-child(2) [data-row-up]")
    assert page.input_value("[name=lines-0-amount]") == "20万"
    assert page.get_attribute("tr:nth-child(1) [data-row-remove]", "value") == "lines:remove:0"
    page.click("tr:nth-child(1) [data-row-remove]")
    assert page.inner_text("[data-sum-state]") == "Left 200,000.00"
    page.fill("[name=lines-0-amount]", "many")
    assert page.inner_text("[data-sum]") == "Cannot be read"


def test_a_form_saves_itself_with_token_and_version(page: Page) -> None:
    show(page, FORM)
    with page.expect_response("**/save") as saved:
        page.fill("#title", "归来的她")
    sent = saved.value.request
    assert sent.headers["x-csrftoken"] == "token-1"
    assert "归来的她" in (sent.post_data or "")
    page.wait_for_function("document.querySelector('[data-save-status]').dataset.state === 'saved'")
    assert page.input_value("[name=version]") == "4"
    assert page.evaluate("localStorage.length") == 0


def test_what_was_typed_outlives_a_failing_server_and_a_reload(page: Page) -> None:
    page.route("**/save", lambda route: route.abort())
    show(page, FORM)
    page.click("[data-rows-add]")
    page.fill("[name=lines-0-amount]", "7万")
    page.fill("#title", "Kept")
    page.wait_for_function("document.querySelector('[data-save-status]').dataset.state === 'error'")
    page.on("dialog", lambda dialog: dialog.accept())
    show(page, FORM)
    page.click(".banner .btn >> nth=0")
    assert page.input_value("#title") == "Kept"
    assert page.input_value("[name=lines-0-amount]") == "7万"


def test_saving_stops_when_somebody_else_was_faster(page: Page) -> None:
    page.route("**/save", lambda route: route.fulfill(status=409, json={}))
    show(page, FORM)
    page.fill("#title", "Mine")
    page.wait_for_function("document.querySelector('[data-save-status]').dataset.state === 'conflict'")
    assert page.evaluate("localStorage.getItem('draft:/save')") is not None


def test_comparing_stops_at_the_limit(page: Page) -> None:
    show(page, LIST)
    boxes = page.locator("[type=checkbox]")
    assert not page.is_visible("#tray")
    boxes.nth(0).check()
    assert page.is_disabled("#tray button")
    boxes.nth(1).check()
    assert boxes.nth(2).is_disabled()
    assert page.is_enabled("#tray button")


def test_a_question_is_asked_before_and_a_no_changes_nothing(page: Page) -> None:
    show(page, LIST)
    page.click("#danger")
    page.click("dialog .btn >> nth=0")
    assert page.url.endswith("/page")
    page.click("#danger")
    page.click("dialog .btn--primary")
    page.wait_for_url("**/sent")


def test_menus_close_by_key_and_shortcuts_and_theme_work(page: Page) -> None:
    show(page, LIST)
    page.click("summary")
    page.keyboard.press("Escape")
    assert page.get_attribute("details", "open") is None
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
    page.click("[data-theme-choice]")
    assert page.get_attribute("html", "data-theme") == "dark"
    assert "theme=dark" in page.evaluate("document.cookie")


def show(page: Page, body: str) -> None:
    """Open a page of ours with this body and wait for the scripts."""
    page.route("**/page", lambda route: route.fulfill(content_type="text/html", body=HEAD + body))
    page.goto("/page")
    page.wait_for_selector("html.js")


class Files(http.server.SimpleHTTPRequestHandler):
    """Static files as they are; a POST is answered as autosave expects."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b'{"version": 4}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=str(ROOT)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    context = chromium.new_context(base_url=address)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.goto("/static/favicon.svg")
    yield opened
    context.close()
    assert errors == []
