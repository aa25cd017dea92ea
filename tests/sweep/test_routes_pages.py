"""Every page in both languages: it opens for those it is for, has a title of its own, and says nothing in the wrong language."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import Person
from tests.factories import world as worlds
from tests.factories.world import World
from tests.sweep.routes import Route, routes

# Answers that are no pages of the site: files, texts for machines, parts of a page.
NO_PAGES = frozenset({"static", "healthz", "readyz", "metrics", "openapi_json"})


@pytest.fixture
def world(app: Flask, person: Callable[..., Person]) -> World:
    """People of every kind and objects in every relation."""
    return worlds.build(person)


def pages(app: Flask) -> list[Route]:
    return [r for r in routes(app) if r.method == "GET" and not r.is_api and r.endpoint not in NO_PAGES]


def defects(text: str, lang: str) -> list[str]:
    """What is wrong with a whole page in this language: its title, its language, its headings."""
    found = []
    title = re.search(r"<title>\s*(.*?)\s*</title>", text, re.DOTALL)
    if title is None or not re.sub(r"[\s·|—-]*Dealflow\s*$", "", title[1]).strip():
        found.append("no title of its own")
    if f'<html lang="{"zh-CN" if lang == "zh" else "en"}"' not in text:
        found.append("another language")
    found += [
        f"a thing of the program: {sign}"
        for sign in ("built-in method", "bound method", " object at 0x")
        if sign in text
    ]
    if re.search(r"<x-raw|x-raw&gt;49|&amp;lt;x-raw", text):
        found.append("a text that is not shown as it was typed")
    if len(re.findall(r"<h1[ >]", text)) != 1:
        found.append(f"{len(re.findall(r'<h1[ >]', text))} main headings")
    # What people typed, marked by a canary, stays in their own language.
    said = re.sub(r"(?:\S+ )?CANARY.*", "", title[1]) if title is not None else ""
    if lang == "en" and re.search(r"[\u4e00-\u9fff]", said):
        found.append(f"Chinese in the title: {said}")
    return found


def values(world: World) -> dict[str, str]:
    """Parts of addresses that lead to something."""
    ids = world.ids
    return {
        "project_id": ids["published"],
        "mandate_id": ids["mandate"],
        "deal_id": ids["deal"],
        "term_sheet_id": ids["sheet"],
        "pipeline_id": ids["pipeline"],
        "introduction_id": ids["introduction"],
        "step": "basics",
        "document_id": ids["document"],
        "commitment_id": ids["commitment"],
        "tranche_id": ids["tranche"],
        "payment_call_id": ids["payment_call"],
        "release_id": ids["release"],
        "receipt_id": ids["receipt"],
        "statement_id": ids["statement"],
        "fund_id": ids["fund"],
        "lp_id": ids["lp"],
        "call_id": ids["call"],
        "closing_id": ids["closing"],
        "holding_id": ids["holding"],
        "figure": "nav",
        "distribution_id": ids["distribution"],
        "clause": "law",
        "parameter": "new",
    }


def visit(client: FlaskClient, route: Route, world: World, lang: str) -> str | None:
    """The page as text; None when it is not one for this visitor."""
    query = {"lang": lang, "project_id": world.ids["published"], "from": "1", "to": "1"}
    asks = ("termsheets.draft", "termsheets.diff", "deals.ask_page")
    wanted = {"lang"} if route.endpoint not in asks else set(query)
    answer = client.get(
        route.path(values(world)), query_string={k: v for k, v in query.items() if k in wanted}
    )
    text = answer.text if answer.status_code == 200 and answer.mimetype == "text/html" else None
    answer.close()
    return text if text and "<html" in text else None


def test_every_page_opens_for_somebody_and_has_a_title_in_both_languages(app: Flask, world: World) -> None:
    wrong, seen, typed = [], set(), set()
    visitors = ("creator.owner", "investor.owner", "park.owner", "platform.owner", "fund.owner")
    for lang in ("zh", "en"):
        clients = [world[name].browser(lang) for name in visitors]
        clients.append(app.test_client())
        for route in pages(app):
            for client in clients:
                text = visit(client, route, world, lang)
                if text is not None:
                    seen.add(route.endpoint)
                    if "&lt;x-raw&gt;{{7*7}}" in text:
                        typed.add(route.endpoint)
                    wrong += [f"{lang} {route}: {defect}" for defect in defects(text, lang)]
    assert not wrong, "\n".join(sorted(set(wrong)))
    assert len(typed) > 10, "pages show what was typed"
    unseen = {r.endpoint for r in pages(app)} - seen - NEEDS_MORE
    assert not unseen


# Pages behind a secret, a state or a redirect, which the tests of their rooms open.
NEEDS_MORE = frozenset(
    {
        "accounts.invitation",
        "accounts.reset",
        "accounts.new_email",
        "notify.webhook",
        "mandates.check_import",
        "mandates.import_errors",
        "accounts.confirm_signup",
        "accounts.setup",
        "accounts.login_code",
        "pitches.check_import",
        "pitches.import_errors",
        "termsheets.pdf",
        "pitches.edit",
        "files.show",
        "funds.invitation",
        "funds.notice",
        "funds.closing_notice",
        "funds.distribution_notice",
        "settlement.notice",
        "portfolio.report_file",
        "funds.statement_pdf",
        "funds.statement_xlsx",
        "signing.signed",
        "termsheets.edit_clause",
        "termsheets.edit_parameter",
        "termsheets.library_diff",
        "matching.kept_list",
        "ledger.account",
        "ledger.entry",
        "ledger.export_book",
        "ledger.journal",
        "ledger.show",
        "rates.offer",
        "files.variant",
        "matching.compare",
        "models.show",
        "dataroom.content",
        "dataroom.guest_content",
        "dataroom.guest_document",
        "dataroom.guest_enter",
        "dataroom.guest_nda",
        "dataroom.guest_part",
        "dataroom.guest_room",
        "dataroom.part",
        "dataroom.take_archive",
        "dataroom.take_version",
        "releases.refused_rows",
        "recoupment.receipts",
        "recoupment.run",
        "recoupment.statement",
        "recoupment.statement_file",
    }
)


def test_the_sweep_knows_its_offenders() -> None:
    good = '<html lang="en"><title>Deals · Dealflow</title><h1>Deals</h1>'
    assert defects(good, "en") == []
    assert defects(good, "zh") == ["another language"]
    assert defects('<html lang="en"><title> · Dealflow</title><h1>x</h1>', "en") == ["no title of its own"]
    assert defects('<html lang="en"><title>交易</title><h1>a</h1><h1>b</h1>', "en") == [
        "2 main headings",
        "Chinese in the title: 交易",
    ]
